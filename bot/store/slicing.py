"""A part of the episodes, as a condition that every count of a view shares: the same above and below the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from bot.domain.summary import Window
from bot.domain.views import Dimension
from bot.store.engine import to_ms

_COLUMNS: Mapping[str, str] = {
    "team": "team",
    "source": "source",
    "touchpoint": "touchpoint",
    "language": "language",
    "trigger": "trigger_name",
}
# What was answered or asked in a window ended before it: a delay, a night and a deadline at most.
_ENDED_BEFORE = timedelta(days=31)
_QUARTER_HOUR = timedelta(minutes=15)


@dataclass(frozen=True)
class Where:
    """``sql`` follows other conditions on ``invitation i``; it begins with " AND", or is empty."""

    sql: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


ALL = Where()


def column_of(by: Dimension) -> str | None:
    """The column that holds this; ``None`` for tags and hours."""
    return _COLUMNS.get(by)


def slice_of(by: Dimension, name: str, window: Window, zone: tzinfo) -> Where:
    """The episodes of one segment. ``name``: of a team, a tag …, or an hour of the day in ``zone`` (``"00"`` …)."""
    column = column_of(by)
    if column is not None:
        return Where(f" AND i.{column}=:slice_name", {"slice_name": name})
    if by == "tag":
        tagged = "SELECT 1 FROM invitation_tag t WHERE t.invitation_id=i.id AND t.tag=:slice_name"
        return Where(f" AND EXISTS ({tagged})", {"slice_name": name})
    spans = _hours(int(name), window.from_at - window.span - _ENDED_BEFORE, window.to_at, zone)
    either = " OR ".join(f"(i.ended_at >= {to_ms(a)} AND i.ended_at < {to_ms(b)})" for a, b in spans)
    return Where(f" AND ({either})")


def _hours(hour: int, begin: datetime, end: datetime, zone: tzinfo) -> list[tuple[datetime, datetime]]:
    """Every time between two instants at which a clock in ``zone`` shows this hour."""
    at = begin.replace(minute=0, second=0, microsecond=0)
    spans: list[tuple[datetime, datetime]] = []
    while at < end:
        if at.astimezone(zone).hour == hour:
            if spans and spans[-1][1] == at:
                spans[-1] = (spans[-1][0], at + _QUARTER_HOUR)
            else:
                spans.append((at, at + _QUARTER_HOUR))
        at += _QUARTER_HOUR
    return spans
