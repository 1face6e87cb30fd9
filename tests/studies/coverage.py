"""How often the 95 % intervals hold the true value: ``python -m tests.studies.coverage [--quick]``.

Prints two tables: the interval of the mean (measurement.md 9) and Wilson's of the easy share, per shape and n.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence

from bot.domain.intervals import Interval
from bot.domain.scales import SCALES
from bot.domain.scoring import Counts
from tests.studies.shapes import SHAPES, Table, drawn, drawn_mean

SIZES = (3, 5, 10, 20, 50, 500)
SAMPLES, QUICK_SAMPLES = 10_000, 400
_FIVE = SCALES["emoji5"]


def coverage(
    shares: Sequence[float], n: int, samples: int, interval: Callable[[Counts], Interval], truth: float
) -> float:
    """The share of samples of ``n`` answers whose interval holds the truth."""
    dice = random.Random(f"{shares} {n}")
    known: dict[tuple[int, ...], bool] = {}
    hits = 0
    for _ in range(samples):
        counts = drawn(dice, shares, n)
        if counts not in known:
            known[counts] = truth in interval(Counts(_FIVE, counts))
        hits += known[counts]
    return hits / samples


def mean_coverage(samples: int) -> Table:
    """Of the interval of the mean."""
    rows = tuple(
        (
            name,
            *(
                f"{100 * coverage(shares, n, samples, Counts.interval, drawn_mean(shares)):.1f}"
                for n in SIZES
            ),
        )
        for name, shares in SHAPES.items()
    )
    head = ("shape", *(f"n = {n}" for n in SIZES))
    return Table(f"Coverage of the interval of the mean, %, {samples:,} samples a cell", head, rows)


def easy_coverage(samples: int) -> Table:
    """Of Wilson's interval of the easy share."""
    rows = tuple(
        (
            name,
            *(
                f"{100 * coverage(shares, n, samples, lambda counts: counts.easy.interval, sum(shares[3:])):.1f}"
                for n in SIZES
            ),
        )
        for name, shares in SHAPES.items()
    )
    head = ("shape", *(f"n = {n}" for n in SIZES))
    return Table(f"Coverage of the interval of the easy share, %, {samples:,} samples a cell", head, rows)


def study(samples: int) -> list[Table]:
    """Every table of this study."""
    return [mean_coverage(samples), easy_coverage(samples)]


if __name__ == "__main__":
    for table in study(QUICK_SAMPLES if "--quick" in sys.argv else SAMPLES):
        print(table, end="\n\n")
