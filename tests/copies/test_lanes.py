"""The inboxes of two copies on one database: a lane has one worker, and its order holds whoever works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.adapters.clock import TravelClock, backoff
from bot.flow.inbox import Inbox
from bot.flow.press import Press, Toast
from bot.store.engine import Tx
from bot.store.opening import OpenStore, open_store
from tests.settling import until

pytestmark = pytest.mark.postgres

NOW_AND_THEN = timedelta(milliseconds=50)


class Worker:
    """One copy's inbox. While its gate is shut, it is held up by what chat 7 says and by nothing else."""

    def __init__(self, store: OpenStore, clock: TravelClock, heard: list[str]) -> None:
        self._heard = heard
        self.gate = asyncio.Event()
        self.is_at_work = False
        self.inbox = Inbox(
            store,
            clock,
            self._handle,
            self._pressed,
            lambda update: str(update["message"]["chat"]["id"]),
            poll_every=NOW_AND_THEN,
        )

    async def _handle(self, tx: Tx, source: str, body: dict[str, Any], now: datetime) -> None:
        if body["message"]["chat"]["id"] == 7:
            self.is_at_work = True
            await self.gate.wait()
        self._heard.append(body["message"]["text"])

    async def _pressed(self, tx: Tx, press: Press, now: datetime) -> Toast:
        raise NotImplementedError


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[None]:
    task = asyncio.create_task(worker.inbox.run())
    try:
        yield
    finally:
        worker.gate.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def message(number: int, chat: int, text: str) -> dict[str, Any]:
    return {"update_id": number, "message": {"chat": {"id": chat}, "text": text}}


async def test_what_stands_behind_a_delivery_at_another_copy_waits_and_other_lanes_do_not(
    postgres_url: str,
) -> None:
    async with (
        await open_store(postgres_url, pause=backoff) as here,
        await open_store(postgres_url, pause=backoff) as there,
    ):
        clock = TravelClock(datetime.fromisoformat("2026-11-25T10:00:00+00:00"), is_running=True)
        heard: list[str] = []
        slow, quick = Worker(here, clock, heard), Worker(there, clock, heard)
        quick.gate.set()
        async with working(slow):
            await slow.inbox.save([message(1, 7, "first"), message(2, 7, "second")], clock.now())
            await until(lambda: slow.is_at_work)
            async with working(quick):
                await quick.inbox.save([message(3, 7, "third"), message(4, 8, "elsewhere")], clock.now())
                await until(lambda: heard == ["elsewhere"])
                await asyncio.sleep(0.5)  # many looks of the quick one
                assert heard == ["elsewhere"]
                slow.gate.set()
                await until(lambda: len(heard) == 4)
    assert heard == ["elsewhere", "first", "second", "third"]


async def test_what_a_copy_that_is_gone_left_undone_is_done_by_another_one(postgres_url: str) -> None:
    async with await open_store(postgres_url, pause=backoff) as here:
        clock = TravelClock(datetime.fromisoformat("2026-11-25T10:00:00+00:00"), is_running=True)
        heard: list[str] = []
        gone, next_one = Worker(here, clock, heard), Worker(here, clock, heard)
        next_one.gate.set()
        async with working(next_one):
            await gone.inbox.save([message(1, 7, "first"), message(2, 7, "second")], clock.now())
            await until(lambda: len(heard) == 2)
    assert heard == ["first", "second"]
