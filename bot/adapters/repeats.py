"""One line where a fault would write thousands: a database that is full for an hour is retried every second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from structlog.typing import EventDict

from bot.adapters.clock import monotonic

_ONCE_IN_SECONDS = 60.0
_MOST_REMEMBERED = 256
_SAID_ELSEWHERE = frozenset({"timestamp", "exc_info", "seconds"})


class Repeats:
    """A processor for structlog: of the same warning or error, same in every word, one a minute is let through.

    The next one that is let through says how many were not (``repeated``). Other levels pass.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._monotonic = clock
        self._seen: dict[str, tuple[float, int]] = {}

    def __call__(self, logger: Any, method: str, event: EventDict) -> EventDict:
        """The event, or DropEvent."""
        if method not in ("warning", "error"):
            return event
        words = sorted((key, repr(value)) for key, value in event.items() if key not in _SAID_ELSEWHERE)
        key, now = f"{method}{words}", self._monotonic()
        said_at, swallowed = self._seen.get(key, (-_ONCE_IN_SECONDS, 0))
        if now - said_at < _ONCE_IN_SECONDS:
            self._seen[key] = (said_at, swallowed + 1)
            raise structlog.DropEvent
        self._forget(now)
        self._seen[key] = (now, 0)
        return {**event, "repeated": swallowed} if swallowed else event

    def _forget(self, now: float) -> None:
        """Keep it small: what has not been said for a while, then everything."""
        if len(self._seen) < _MOST_REMEMBERED:
            return
        self._seen = {key: seen for key, seen in self._seen.items() if now - seen[0] < _ONCE_IN_SECONDS}
        if len(self._seen) >= _MOST_REMEMBERED:
            self._seen.clear()
