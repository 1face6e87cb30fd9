"""A database that takes no writes: seen at once, told once, and its end told too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.adapters.catalogues import Catalogues
from bot.adapters.clock import RandomTokens, SystemClock, TravelClock
from bot.adapters.telegram.channel import TelegramChannel, build_bot
from bot.app import App
from bot.config import Settings
from bot.domain.errors import ConstraintBroken, StoreError
from bot.flow.housekeeping import Housekeeping
from bot.flow.store_guard import StoreGuard, telling
from bot.flow.watched import WatchedStore
from bot.playground.botapi import Server, World
from bot.store import memory
from bot.store.engine import Tx
from bot.store.opening import OpenStore
from tests.refusing import refuse_writes
from tests.settling import until

ADMIN, STAFF = 1, -1001000000002


@pytest.fixture
async def world(clock: TravelClock) -> World:
    world = World(clock)
    world.add_person(ADMIN, "Ada")
    world.add_channel(STAFF, "Team", admins={ADMIN: None})
    return world


@pytest.fixture
async def channel(world: World) -> AsyncIterator[TelegramChannel]:
    server = Server(world)
    bot = build_bot(world.token, await server.start())
    await bot.open()
    yield TelegramChannel(bot)
    await bot.shutdown()
    await server.stop()


class Trouble:
    """A guarded store, whose file can be made to take no writes, on a clock that is moved."""

    def __init__(self, engine: OpenStore, clock: TravelClock, channel: TelegramChannel) -> None:
        self.engine = engine
        self.clock = clock
        self.store = WatchedStore(engine, lambda: clock.now().timestamp())
        self.leads = True
        texts = Catalogues.load().for_staff("en")
        tell = telling(channel, lambda: STAFF, lambda: self.leads)
        self.guard = StoreGuard(self.store, clock, lambda: clock.now().timestamp(), tell, texts)

    async def refuse(self, is_on: bool) -> None:
        """From now on every write is refused, or taken again."""
        await refuse_writes(self.engine, is_on)

    async def write(self) -> None:
        """One write as steps make them."""
        await self.store.write(lambda tx: memory.remember(tx, "a", "1"))

    async def passes(self, span: timedelta) -> None:
        """Time goes on, from one look of the guard to the next."""
        end = self.clock.now() + span
        while True:
            await until(self._rests)
            due = self.clock.next_due()
            if due is None or due > end:
                break
            self.clock.move_to(due)
        self.clock.move_to(end)

    def _rests(self) -> bool:
        """Whether the guard sleeps: until its next look, or for good because nothing is the matter."""
        due = self.clock.next_due()
        return not self.store.trouble.is_set() or (due is not None and due > self.clock.now())


@pytest.fixture
async def trouble(
    sqlite_store: OpenStore, clock: TravelClock, channel: TelegramChannel
) -> AsyncIterator[Trouble]:
    trouble = Trouble(sqlite_store, clock, channel)
    running = asyncio.create_task(trouble.guard.run())
    yield trouble
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def said(world: World) -> list[str]:
    return [message["text"] for message in world.messages(STAFF) if "text" in message]


async def test_a_database_that_is_down_for_an_hour_is_told_once_and_its_end_too(
    trouble: Trouble, world: World
) -> None:
    with capture_logs() as logs:
        await trouble.refuse(True)
        with pytest.raises(StoreError):
            await trouble.write()
        await trouble.passes(timedelta(hours=1))
        assert len(said(world)) == 1
        assert "takes no writes" in said(world)[0]
        await trouble.refuse(False)
        await trouble.passes(timedelta(seconds=5))
        await until(lambda: len(said(world)) == 2)
    assert said(world)[1:] == ["✅ The bot's database takes writes again, after about 60 minutes."]
    assert [line["event"] for line in logs if line["event"] in ("store.down", "store.up")] == [
        "store.down",
        "store.up",
    ]
    assert not trouble.store.trouble.is_set()


async def test_a_moment_of_refusal_is_nobodys_business(trouble: Trouble, world: World) -> None:
    await trouble.refuse(True)
    with pytest.raises(StoreError):
        await trouble.write()
    await trouble.passes(timedelta(seconds=5))
    await trouble.refuse(False)
    await trouble.passes(timedelta(seconds=3))
    assert said(world) == []
    assert trouble.store.refused_since is None


async def test_while_telegram_is_away_too_staff_hear_as_soon_as_it_is_back(
    trouble: Trouble, world: World
) -> None:
    world.faults.fail("sendMessage", 502, "Bad Gateway", times=5)
    await trouble.refuse(True)
    with pytest.raises(StoreError):
        await trouble.write()
    await trouble.passes(timedelta(minutes=5))
    assert len(said(world)) == 1


async def test_of_several_copies_only_one_tells(trouble: Trouble, world: World) -> None:
    trouble.leads = False
    await trouble.refuse(True)
    with pytest.raises(StoreError):
        await trouble.write()
    await trouble.passes(timedelta(minutes=5))
    assert said(world) == []


async def test_a_row_that_a_rule_refuses_is_no_trouble(trouble: Trouble) -> None:
    async def nonsense(tx: Tx) -> None:
        await tx.run("INSERT INTO switch(name, is_on, changed_at, changed_by) VALUES('x', NULL, 0, '')")

    with pytest.raises(ConstraintBroken):
        await trouble.store.write(nonsense)
    assert not trouble.store.trouble.is_set()


async def test_only_what_was_kept_is_counted(trouble: Trouble) -> None:
    async def noted(tx: Tx) -> None:
        tx.note("invitation", "sent", "")
        await memory.remember(tx, "b", "1")

    async def thought_better(tx: Tx) -> None:
        tx.note("invitation", "sent", "")
        raise LookupError

    await trouble.store.write(noted)
    with pytest.raises(LookupError):
        await trouble.store.write(thought_better)
    await trouble.refuse(True)
    with pytest.raises(StoreError):
        await trouble.store.write(noted)
    assert dict(trouble.store.notes) == {("invitation", "sent", ""): 1}
    assert (trouble.store.writes, trouble.store.refusals) == (1, 1)


async def test_a_probe_spares_the_disk_while_others_write(trouble: Trouble) -> None:
    await trouble.write()
    commits = trouble.engine.commits
    await trouble.store.probe(not_older_than=5.0)
    assert trouble.engine.commits == commits
    trouble.clock.move(timedelta(seconds=6))
    await asyncio.gather(*(trouble.store.probe(not_older_than=5.0) for _ in range(20)))
    assert trouble.engine.commits == commits + 1


async def test_a_write_that_hangs_counts_as_refused(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.flow.watched._PATIENCE_SECONDS", 0.05)
    held = asyncio.Event()

    async def hold(tx: Tx) -> Any:
        await held.wait()

    holding = asyncio.create_task(trouble.engine.write(hold))
    with pytest.raises(StoreError, match="not through"):
        await trouble.store.probe()
    assert trouble.store.trouble.is_set()
    held.set()
    await holding
    await trouble.passes(timedelta(seconds=4))
    assert not trouble.store.trouble.is_set()


async def test_a_database_that_refuses_the_first_write_is_waited_for(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = 0
    plan = Housekeeping.plan

    async def refused_twice(self: Housekeeping, tx: Tx, now: datetime) -> None:
        nonlocal times
        times += 1
        if times <= 2:
            raise StoreError("disk I/O error")
        await plan(self, tx, now)

    monkeypatch.setattr(Housekeeping, "plan", refused_twice)
    monkeypatch.setattr("bot.app._STORE_REST_SECONDS", 0.01)
    server = Server(world)
    settings = Settings.model_validate(
        {
            "telegram": {"token": SecretStr(world.token), "api_url": await server.start()},
            "database": {"url": f"sqlite:///{tmp_path / 'other.db'}"},
            "http": {"port": 0},
        }
    )
    async with App(settings, SystemClock(), RandomTokens()) as app:
        await until(lambda: app.is_ready)
    await server.stop()
    assert times == 3
