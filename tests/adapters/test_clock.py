"""The machine's clock may be set: whoever sleeps by it is woken to look again."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.adapters.clock import SystemClock

HOUR = timedelta(hours=1)


class SetClock(SystemClock):
    """The machine's clock, and how far somebody has set it."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_sleeper_is_woken_when_the_clock_was_set_forward_or_back(
    monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    monkeypatch.setattr("bot.adapters.clock._LONGEST_NAP_SECONDS", 0.01)
    clock = SetClock()
    sleeping = asyncio.create_task(clock.alarm("sleeper").wait(clock.now() + HOUR))
    await asyncio.wait([sleeping], timeout=0.05)
    assert not sleeping.done()
    clock.ahead = hours * HOUR
    async with asyncio.timeout(60):
        await sleeping


async def test_who_waits_for_a_ring_alone_is_woken_by_it() -> None:
    alarm = SetClock().alarm("sleeper")
    sleeping = asyncio.create_task(alarm.wait(None))
    await asyncio.sleep(0)
    alarm.ring()
    async with asyncio.timeout(60):
        await sleeping
