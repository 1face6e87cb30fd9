"""Work in flight that no loop's alarm shows."""

from __future__ import annotations

import asyncio

from bot.flow.ports import Clock


class Busy:
    """Counts pieces of work (``with busy:``). While there is one, the clock takes nobody for idle.

    A loop that has started tasks sleeps on its own alarm until the next due time; that alone would look like rest, and
    a clock that travels would run away under the calls. So this keeps an alarm of its own, asleep exactly while there
    is no work.
    """

    def __init__(self, clock: Clock, name: str) -> None:
        self._alarm = clock.alarm(name)
        self._count = 0
        self._free = asyncio.Event()
        self._free.set()

    def __enter__(self) -> None:
        self._count += 1
        if self._count == 1:
            self._free.clear()
            self._alarm.ring()

    def __exit__(self, *_: object) -> None:
        self._count -= 1
        if self._count == 0:
            self._free.set()

    @property
    def is_free(self) -> bool:
        """True while there is no work."""
        return self._count == 0

    async def free(self) -> None:
        """Return when there is no work."""
        await self._free.wait()

    async def run(self) -> None:
        """Keep the alarm; for ever."""
        while True:
            await self._alarm.wait(None)
            await self._free.wait()
