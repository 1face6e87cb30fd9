"""How answers may be spread over five points: plausible shapes, not data (measurement.md 9)."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SHAPES: Mapping[str, tuple[float, ...]] = {
    "good": (0.03, 0.05, 0.10, 0.27, 0.55),
    "excellent": (0.01, 0.01, 0.03, 0.10, 0.85),
    "polarised": (0.20, 0.08, 0.07, 0.15, 0.50),
    "bad": (0.45, 0.25, 0.12, 0.10, 0.08),
}


@dataclass(frozen=True)
class Table:
    """A table of a study: ``rows`` are cells of text, as wide as ``head``."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        """As Markdown."""
        lines = [f"### {self.title}", "", _line(self.head), _line(("---",) * len(self.head))]
        return "\n".join([*lines, *map(_line, self.rows)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def drawn(dice: random.Random, shares: Sequence[float], n: int) -> tuple[int, ...]:
    """How often each option comes up among ``n`` answers."""
    counts = [0] * len(shares)
    for option in dice.choices(range(len(shares)), shares, k=n):
        counts[option] += 1
    return tuple(counts)


def drawn_mean(shares: Sequence[float]) -> float:
    """The true mean of a shape, on 1 to 5."""
    return sum(share * value for value, share in enumerate(shares, 1))


def worse(shares: Sequence[float], odds: float = 2.0) -> tuple[float, ...]:
    """The shape whose odds of an answer this hard or harder are ``odds`` times as high, at every point."""
    found, below0, below1 = [], 0.0, 0.0
    for place, share in enumerate(shares):
        up_to0 = below0 + share
        up_to1 = 1.0 if place == len(shares) - 1 else odds * up_to0 / (1 + (odds - 1) * up_to0)
        found.append(up_to1 - below1)
        below0, below1 = up_to0, up_to1
    return tuple(found)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]
