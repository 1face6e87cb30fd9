"""Lengths of time as people write them in the settings and in commands: ``90s``, ``2m``, ``48h``, ``14d``, ``1w``."""

from __future__ import annotations

import re
from datetime import timedelta

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_PART = re.compile(r"(\d{1,9})\s*([smhdw])", re.IGNORECASE)
_LONGEST = timedelta(days=3650)


def parse_duration(text: str) -> timedelta:
    """``"1h30m"`` → 90 minutes; ``"0s"`` is zero. Raises ValueError with a sentence that says what is right."""
    written = text.strip()
    spans: list[timedelta] = []
    position = 0
    while part := _PART.match(written, position):
        spans.append(timedelta(seconds=int(part[1]) * _SECONDS[part[2].lower()]))
        position = part.end()
    if not spans or position != len(written):
        raise ValueError(
            'not a duration; write a number and s, m, h, d or w, as in "90s", "5m", "48h", "14d"'
        )
    total = sum(spans, timedelta())
    if total > _LONGEST:
        raise ValueError('longer than ten years; write at most "3650d"')
    return total


def duration_text(span: timedelta) -> str:
    """The shortest text that ``parse_duration`` turns back into ``span`` (whole seconds): 48 h → ``"48h"``.

    Hours are kept up to two days, as people say them: ``48h``, then ``3d``.
    """
    seconds = int(span.total_seconds())
    if seconds == 0:
        return "0s"
    for unit in ("d", "h", "m", "s"):
        size = _SECONDS[unit]
        if seconds % size == 0 and not (unit == "d" and seconds <= 2 * size):
            return f"{seconds // size}{unit}"
    raise AssertionError("seconds divide every whole span")
