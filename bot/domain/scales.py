"""The scales as one table: values, faces, easy and hard sets, direction (measurement.md 2).

A scale fixes the direction: for every scale but ``ten_effort`` a higher stored value is easier.
Adding a scale is adding one row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Band = Literal["low", "mid", "high"]


@dataclass(frozen=True)
class Scale:
    """One ordered set of options. ``values`` run from hard to easy, as the buttons do from left to right."""

    name: str
    values: tuple[int, ...]
    easy: frozenset[int]
    hard: frozenset[int]
    faces: tuple[str, ...] = ()  # one emoji per option, or none
    anchors: Literal["ease", "agree", "effort"] = "ease"  # which words the catalogue gives its options
    labels: tuple[int, ...] = ()  # per option, its place 1..5 among the five labels; empty: only the ends
    headline: Literal["mean", "easy_share"] = "mean"  # three points are too coarse for a mean
    rows: int = 1  # rows of buttons on a phone

    @property
    def lowest(self) -> int:
        """The smallest stored value (not always the hardest: see ``ten_effort``)."""
        return min(self.values)

    @property
    def highest(self) -> int:
        """The largest stored value."""
        return max(self.values)

    @property
    def higher_is_easier(self) -> bool:
        """False for ``ten_effort`` alone."""
        return self.values[0] < self.values[-1]

    @property
    def top(self) -> int:
        """The single best option (top box)."""
        return self.values[-1]

    def band(self, value: int) -> Band:
        """``low`` for the hard set, ``high`` for the easy set, ``mid`` between."""
        if value in self.hard:
            return "low"
        return "high" if value in self.easy else "mid"

    def position(self, value: int) -> float:
        """Where a value stands between hardest (0.0) and easiest (1.0)."""
        return abs(value - self.values[0]) / abs(self.values[-1] - self.values[0])

    def face(self, value: int) -> str:
        """The emoji of an option, or an empty string."""
        return self.faces[self.values.index(value)] if self.faces else ""


def _upto(top: int) -> tuple[int, ...]:
    return tuple(range(1, top + 1))


SCALES: Mapping[str, Scale] = {
    scale.name: scale
    for scale in (
        Scale(
            "emoji5",
            _upto(5),
            frozenset({4, 5}),
            frozenset({1, 2}),
            ("😫", "🙁", "😐", "🙂", "😄"),
            labels=_upto(5),
        ),
        Scale(
            "emoji3",
            _upto(3),
            frozenset({3}),
            frozenset({1}),
            ("🙁", "😐", "🙂"),
            labels=(2, 3, 4),
            headline="easy_share",
        ),
        Scale("ces5", _upto(5), frozenset({4, 5}), frozenset({1, 2}), labels=_upto(5)),
        Scale("likert5", _upto(5), frozenset({4, 5}), frozenset({1, 2}), anchors="agree", labels=_upto(5)),
        Scale("likert7", _upto(7), frozenset({5, 6, 7}), frozenset({1, 2, 3}), anchors="agree"),
        Scale("ten_ease", _upto(10), frozenset({7, 8, 9, 10}), frozenset({1, 2, 3}), rows=2),
        Scale(
            "ten_effort",
            tuple(range(10, 0, -1)),
            frozenset({1, 2, 3}),
            frozenset({7, 8, 9, 10}),
            anchors="effort",
            rows=2,
        ),
    )
}
