"""What a staff message shows while somebody explores it, as the few letters that a button can carry.

A view is whole in itself: nothing about it is kept in memory, so a button works after a restart and in any order.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

Dimension = Literal["team", "tag", "source", "touchpoint", "language", "hour", "trigger"]
Shows = Literal["scores", "comments", "conversations"]

EXPLORE = "explore"  # what a button under a summary stands for

WINDOWS: Mapping[str, timedelta] = {
    "d": timedelta(hours=24),
    "w": timedelta(days=7),
    "m": timedelta(days=30),
    "q": timedelta(days=90),
}
DIMENSIONS: Mapping[str, Dimension] = {
    "t": "team",
    "g": "tag",
    "s": "source",
    "p": "touchpoint",
    "l": "language",
    "h": "hour",
    "r": "trigger",
}
_SHOWS: Mapping[str, Shows] = {"f": "scores", "c": "comments", "v": "conversations"}
_NONE = "-"
_VALUE = re.compile(r"([dwmq])([tgsplhr-])\.([0-9a-f]{10}|-)\.([fcv])(\d{1,3})", re.ASCII)


@dataclass(frozen=True)
class View:
    """One page of the drill-down.

    ``window``: a key of WINDOWS. ``by``: split by this; ``segment``: the ``mark`` of one of its segments, which is then
    looked at alone. ``page`` counts from 0.
    """

    window: str = "w"
    by: Dimension | None = None
    segment: str | None = None
    shows: Shows = "scores"
    page: int = 0

    @property
    def span(self) -> timedelta:
        """How long its window is."""
        return WINDOWS[self.window]

    @property
    def value(self) -> str:
        """As a button carries it: at most 18 letters."""
        by = next((code for code, name in DIMENSIONS.items() if name == self.by), _NONE)
        shows = next(code for code, name in _SHOWS.items() if name == self.shows)
        return f"{self.window}{by}.{self.segment or _NONE}.{shows}{self.page}"

    @property
    def back(self) -> View | None:
        """Where [Back] leads: from a list to its segment, from a segment to all of them, then to the whole window.

        ``None``: out of the drill-down, to the summary itself.
        """
        if self.shows != "scores":
            return replace(self, shows="scores", page=0)
        if self.segment is not None:
            return replace(self, segment=None, page=0)
        return None if self.by is None else View(self.window)


def view_of(value: str) -> View | None:
    """What ``View.value`` made; ``None`` for anything else."""
    match = _VALUE.fullmatch(value)
    if match is None:
        return None
    window, by, segment, shows, page = match.groups()
    if segment != _NONE and by == _NONE:
        return None
    return View(window, DIMENSIONS.get(by), None if segment == _NONE else segment, _SHOWS[shows], int(page))


def mark(name: str) -> str:
    """Ten letters that stand for a segment's name, whatever it is written in: names do not fit into a button."""
    return hashlib.sha256(name.encode()).hexdigest()[:10]
