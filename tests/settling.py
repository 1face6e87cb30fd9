"""Waiting for the loops without waiting for time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.adapters.clock import TravelClock


async def until(is_so: Callable[[], bool]) -> None:
    """Let everything else run until ``is_so``; fails after 60 s."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - what is waited for is not ours to signal
            await asyncio.sleep(0)


async def settle(clock: TravelClock) -> None:
    """Return when every loop of this clock is at rest at the present instant."""
    await until(lambda: not clock.busy())
