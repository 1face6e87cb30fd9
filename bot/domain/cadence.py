"""Follow-up visits: how long after a purchase, or another beginning, a customer is asked again, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

_A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Cadence:
    """``visits`` after the beginning, ascending; then one ``then_every`` so long; none later than ``lasts``."""

    visits: tuple[timedelta, ...]
    then_every: timedelta | None = None
    lasts: timedelta = _A_YEAR

    def next_visit(self, started_at: datetime, after: datetime) -> datetime | None:
        """The first visit later than ``after``; ``None`` where there is none any more."""
        elapsed = after - started_at
        visit = next((visit for visit in self.visits if visit > elapsed), None)
        if visit is None and self.then_every:
            last = self.visits[-1]
            visit = last + self.then_every * ((elapsed - last) // self.then_every + 1)
        return None if visit is None or visit > self.lasts else started_at + visit

    @property
    def shortest_gap(self) -> timedelta | None:
        """The least time between two visits; ``None`` where there is only one."""
        gaps = [late - early for early, late in pairwise(self.visits)]
        return min((*gaps, *([self.then_every] if self.then_every else [])), default=None)


# Week 1, week 3, then every two weeks: the follow-up visits of the document S3-5 (measurement.md 17).
STANDARD = Cadence((timedelta(weeks=1), timedelta(weeks=3)), timedelta(weeks=2))
