"""How often something is said although nothing has changed: ``python -m tests.studies.false_alarms [--quick]``.

Prints tables for the verdict on two windows (measurement.md 11) and for the watch for a drop (measurement.md 12).
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from functools import lru_cache

from bot.domain.alerts import (
    BASELINE_FROM,
    HARD_AMONG_LAST,
    LAST,
    THRESHOLDS,
    Sensitivity,
    shares,
    weights,
)
from bot.domain.comparison import compare
from bot.domain.run_length import average_run_length
from bot.domain.scales import SCALES
from bot.domain.scoring import Counts
from tests.studies.shapes import SHAPES, Table, drawn, percentile, worse

WINDOWS = ((10, 40), (10, 10), (25, 100), (50, 50), (200, 200))
BASELINES = (100, 200, 500)
_FIVE = SCALES["emoji5"]
_GOOD = SHAPES["good"]
_SENSITIVITIES: tuple[Sensitivity, ...] = ("careful", "normal", "quick")


@lru_cache(maxsize=100_000)
def _verdict(now: tuple[int, ...], before: tuple[int, ...]) -> str:
    return str(compare(Counts(_FIVE, now), Counts(_FIVE, before)).outcome)


def clear_verdicts(
    now: Sequence[float], before: Sequence[float], sizes: tuple[int, int], samples: int
) -> float:
    """The share of pairs of windows that are called easier or harder."""
    dice = random.Random(f"{now} {sizes}")
    found = 0
    for _ in range(samples):
        verdict = _verdict(drawn(dice, now, sizes[0]), drawn(dice, before, sizes[1]))
        found += verdict in ("easier", "harder")
    return found / samples


def verdict_table(samples: int) -> Table:
    """False alarms of the verdict rule, and how often a drop of about 0.4 is seen."""
    rows = []
    for sizes in WINDOWS:
        cells = [f"{100 * clear_verdicts(each, each, sizes, samples):.1f}" for each in SHAPES.values()]
        power = clear_verdicts(worse(_GOOD), _GOOD, sizes, samples)
        rows.append((f"{sizes[0]} / {sizes[1]}", *cells, f"{100 * power:.0f}"))
    head = ("n now / before", *SHAPES, "good → worse")
    return Table(f"Verdicts “easier” or “harder”, %, {samples:,} pairs a cell", head, tuple(rows))


def simulated_run_length(
    gains: Sequence[float], truth: Sequence[float], threshold: float, answers: int, seed: str
) -> float:
    """Answers per alarm, counted in one long stream."""
    total, alarms = 0.0, 0
    for option in random.Random(seed).choices(range(len(truth)), truth, k=answers):
        total = max(0.0, total + gains[option])
        if total >= threshold:
            total, alarms = 0.0, alarms + 1
    return answers / max(1, alarms)


def watch_table(answers: int) -> Table:
    """Answers between false alarms, and until doubled odds are found: worked out, and in brackets counted."""
    rows = []
    for name, usual in SHAPES.items():
        gains = weights(tuple(round(share * 10_000_000) for share in usual))
        for sensitivity in _SENSITIVITIES:
            threshold = THRESHOLDS[sensitivity]
            cells = [
                f"{average_run_length(gains, truth, threshold):,.0f} "
                f"({simulated_run_length(gains, truth, threshold, answers, f'{name} {threshold}'):,.0f})"
                for truth in (usual, worse(usual))
            ]
            rows.append((name, f"{sensitivity} (h = {threshold:g})", *cells))
    head = ("shape", "sensitivity", "answers per false alarm", "answers until doubled odds are found")
    return Table(
        f"The watch with a perfect baseline; in brackets as counted in {answers:,} answers", head, tuple(rows)
    )


def baseline_table(baselines: int) -> Table:
    """What the true distance between false alarms is, where the baseline is itself a sample."""
    rows = []
    for size in BASELINES:
        dice = random.Random(f"baselines of {size}")
        ratios, lengths = [], []
        for _ in range(baselines):
            baseline = drawn(dice, _GOOD, size)
            gains = weights(baseline)
            true = average_run_length(gains, _GOOD, THRESHOLDS["normal"])
            lengths.append(true)
            ratios.append(true / average_run_length(gains, shares(baseline), THRESHOLDS["normal"]))
        rows.append(
            (
                f"{size}" + (" (from here on used)" if size == BASELINE_FROM else ""),
                f"{percentile(lengths, 0.1):,.0f} to {percentile(lengths, 0.9):,.0f}",
                f"{percentile(ratios, 0.1):.2f} to {percentile(ratios, 0.9):.2f}",
            )
        )
    head = (
        "answers in the baseline",
        "true answers per false alarm, 10–90 %",
        "÷ what the baseline promises",
    )
    return Table(f"The watch (normal) with {baselines:,} baselines of the good shape", head, tuple(rows))


def simple_rule_run_length(hard: float, answers: int) -> float:
    """Answers per alarm of “4 hard of the last 10”, which begins anew after each."""
    window: list[bool] = []
    alarms = 0
    dice = random.Random(f"simple {hard}")
    for _ in range(answers):
        window = [*window[-(LAST - 1) :], dice.random() < hard]
        if sum(window) >= HARD_AMONG_LAST:
            window, alarms = [], alarms + 1
    return answers / max(1, alarms)


def simple_rule_table(answers: int) -> Table:
    """The rule that watches until there is a baseline."""
    rows = tuple(
        (f"{100 * hard:.0f} %", f"{simple_rule_run_length(hard, answers):,.0f}")
        for hard in (0.04, 0.08, 0.12, 0.25)
    )
    return Table("Before the baseline: 4 hard of the last 10", ("hard answers", "answers per alarm"), rows)


def study(*, is_quick: bool) -> list[Table]:
    """Every table of this study."""
    size = 20 if is_quick else 1
    return [
        verdict_table(2_000 // size),
        watch_table(500_000 // size),
        baseline_table(600 // size),
        simple_rule_table(500_000 // size),
    ]


if __name__ == "__main__":
    for table in study(is_quick="--quick" in sys.argv):
        print(table, end="\n\n")
