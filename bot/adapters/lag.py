"""How late the event loop is: the one figure that shows whether something holds everybody up."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Self

import structlog

log = structlog.get_logger(__name__)

_EVERY_SECONDS = 0.5
_REMEMBERED_SECONDS = 60.0
_SLOW_SECONDS = 1.0  # a tap is answered within a second: whatever takes the loop that long is a fault


class LoopLag:
    """Asks to be called every half second, and measures how late that happens. ``with`` it inside the running loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop
        self._next: asyncio.TimerHandle | None = None
        self._due_at = 0.0
        self._lags: deque[tuple[float, float]] = deque()

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._again()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def worst(self, within_seconds: float = _REMEMBERED_SECONDS) -> float:
        """The greatest lag in seconds of the last ``within_seconds`` (a minute at most); 0 before the first look."""
        since = self._loop.time() - within_seconds if self._lags else 0.0
        return max((lag for at, lag in self._lags if at >= since), default=0.0)

    def _again(self) -> None:
        self._due_at = self._loop.time() + _EVERY_SECONDS
        self._next = self._loop.call_at(self._due_at, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        lag = max(0.0, now - self._due_at)
        if lag >= _SLOW_SECONDS:
            log.warning("loop.slow", seconds=round(lag, 2))
        self._lags.append((now, lag))
        while self._lags[0][0] < now - _REMEMBERED_SECONDS:
            self._lags.popleft()
        self._again()
