"""When an answer's time is up: calendar months, counted in whole days of the team's time zone."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier; the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def kept_from(now: datetime, months: int, zone: tzinfo) -> datetime:
    """The midnight from which on answers are kept: only whole days age, so that each is counted once."""
    return midnight(months_before(now.astimezone(zone).date(), months), zone)


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a day begins in a time zone."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def day_of(instant: datetime, zone: tzinfo) -> tuple[date, datetime]:
    """The local day of an instant, and when that day is over."""
    day = instant.astimezone(zone).date()
    return day, midnight(day + timedelta(days=1), zone)
