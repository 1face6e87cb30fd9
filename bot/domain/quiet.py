"""Quiet hours: a span of the local day in which nobody is asked, through every change of the clocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

_HOURS = re.compile(r"([01]?\d|2[0-3]):?([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):?([0-5]\d)")


@dataclass(frozen=True)
class QuietHours:
    """From ``start`` (included) to ``end`` (excluded) by the local clock; ``start`` after ``end`` spans midnight."""

    start: time
    end: time

    @property
    def length(self) -> timedelta:
        """How much of a day they take, on days without a change of the clocks."""
        start, end = (timedelta(hours=at.hour, minutes=at.minute) for at in (self.start, self.end))
        return (end - start) % timedelta(days=1)

    def holds(self, instant: datetime, zone: tzinfo) -> bool:
        """Whether an instant is inside, by the clock of ``zone``."""
        local = instant.astimezone(zone).time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end

    def next_allowed(self, instant: datetime, zone: tzinfo) -> datetime:
        """The instant itself, or the end of the quiet hours that it falls into.

        Where the clocks skip the end's wall time it is as much later as they skip; where they show it twice, it is the
        first that is still to come.
        """
        while self.holds(
            instant, zone
        ):  # more than once only where a change of the clocks skips all that is allowed
            local = instant.astimezone(zone)
            day = local.date() if local.time() < self.end else local.date() + timedelta(days=1)
            instant = datetime.combine(day, self.end.replace(fold=local.fold), tzinfo=zone).astimezone(UTC)
        return instant


def parse_quiet_hours(text: str) -> QuietHours | None:
    """``"21:00-09:00"`` → the span; ``"off"`` or nothing → ``None``. Raises ValueError with what would be right."""
    written = text.strip()
    if written.lower() in ("", "off"):
        return None
    match = _HOURS.fullmatch(written)
    if match is None:
        raise ValueError('not a span of hours; write one such as "21:00-09:00", or "off"')
    start, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    if start == end:
        raise ValueError("the quiet hours are the whole day, so nobody would ever be asked")
    return QuietHours(start, end)


def quiet_hours_text(span: QuietHours | None) -> str:
    """As the settings write it: ``21:00-09:00``, or ``off``."""
    return f"{span.start:%H:%M}-{span.end:%H:%M}" if span else "off"
