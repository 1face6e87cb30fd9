"""Time travel: the one clock goes from due time to due time, and everything settles at each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.adapters.clock import TravelClock, breathe

_QUIET_LOOKS = 2  # a request that was just started is seen by nobody for an instant
_MOST_LOOKS = 40_000  # about a minute of real time: then something works for ever, which is a mistake


class NeverSettles(RuntimeError):
    """Something keeps working although nothing is due."""


class Traveller:
    """Moves a clock. ``is_settled`` says whether everything that the clock does not know of has come to rest."""

    def __init__(self, clock: TravelClock, is_settled: Callable[[], bool]) -> None:
        self._clock = clock
        self._is_settled = is_settled

    async def settle(self) -> None:
        """Return when nobody works and nothing is due at the present instant."""
        quiet = 0
        for _ in range(_MOST_LOOKS):
            quiet = quiet + 1 if not self._clock.busy() and self._is_settled() else 0
            if quiet >= _QUIET_LOOKS:
                return
            await breathe()
        raise NeverSettles(f"still at work: {', '.join(self._clock.busy()) or 'calls or updates'}")

    async def step(self, until: datetime) -> None:
        """Go to the next due time, at most to ``until``, and settle there."""
        due = self._clock.next_due()
        self._clock.move_to(until if due is None else min(due, until))
        await self.settle()

    async def to(self, instant: datetime) -> None:
        """Go to an instant, stopping at every due time on the way."""
        was_running = self._clock.is_running
        self._clock.set_running(False)
        try:
            await self.settle()
            while self._clock.now() < instant:
                await self.step(instant)
        finally:
            self._clock.set_running(was_running)

    async def by(self, span: timedelta) -> None:
        """Go forward by ``span``."""
        await self.to(self._clock.now() + span)
