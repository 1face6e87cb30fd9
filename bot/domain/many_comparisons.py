"""Looking at many things at once: p values adjusted so that a list of differences keeps its promise."""

from __future__ import annotations

from collections.abc import Sequence


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values, in the order given: of those below 5 %, 5 % at most are chance (measurement.md 13)."""
    count = len(p_values)
    ranked = sorted(range(count), key=p_values.__getitem__, reverse=True)
    adjusted, least = [1.0] * count, 1.0
    for from_largest, place in enumerate(ranked):
        least = min(least, count * p_values[place] / (count - from_largest))
        adjusted[place] = least
    return adjusted
