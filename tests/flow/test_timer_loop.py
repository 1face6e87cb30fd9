"""The timer loop: what is due is done once, with its timer's removal; failures come again later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from bot.adapters.clock import RandomTokens, TravelClock
from bot.flow.ringing import RingingStore
from bot.flow.timers import TimerLoop
from bot.store import timers
from bot.store.engine import Store, Tx
from bot.store.opening import OpenStore
from bot.store.timers import Timer
from tests.settling import settle, until


class Diary:
    """Steps and jobs that write down what they did."""

    def __init__(self, store: Store, clock: TravelClock) -> None:
        self.store = store
        self.clock = clock
        self.fails = 0
        self.jobs: list[tuple[str, datetime]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def step(self, tx: Tx, subject: str, now: datetime) -> None:
        await tx.run(
            "INSERT INTO audit(at, actor, action, subject) VALUES(0, 'test', 'done', :what)", what=subject
        )
        if self.fails:
            self.fails -= 1
            raise RuntimeError("not yet")

    async def again(self, tx: Tx, subject: str, now: datetime) -> None:
        await self.step(tx, subject, now)
        await timers.start(tx, "again", subject, now + timedelta(days=1))

    async def job(self, timer: Timer, now: datetime) -> None:
        self.jobs.append((timer.subject, timer.due_at))
        await self.gate.wait()
        if self.fails:
            self.fails -= 1
            raise RuntimeError("not yet")

    async def start(self, kind: str, subject: str, after: timedelta) -> None:
        due = self.clock.now() + after
        await self.store.write(lambda tx: timers.start(tx, kind, subject, due))

    async def done(self) -> list[str]:
        rows = await self.store.read(lambda tx: tx.all("SELECT subject FROM audit ORDER BY id"))
        return [row["subject"] for row in rows]

    async def left(self) -> int:
        row = await self.store.read(lambda tx: tx.one("SELECT count(*) AS n FROM timer"))
        assert row is not None
        return int(row["n"])

    @asynccontextmanager
    async def running(self, poll_every: timedelta | None = None) -> AsyncIterator[TimerLoop]:
        plain, ringing = self.store, RingingStore(self.store)
        loop = TimerLoop(
            ringing,
            self.clock,
            RandomTokens(),
            {"ask": self.step, "again": self.again},
            {"report": self.job},
            poll_every,
        )
        ringing.wakes(loop.ring)
        self.store = ringing
        task = asyncio.create_task(loop.run())
        try:
            yield loop
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.store = plain


@pytest.fixture
def diary(store: OpenStore, clock: TravelClock) -> Diary:
    return Diary(store, clock)


async def test_a_timer_is_done_when_it_is_due_and_only_once(diary: Diary, clock: TravelClock) -> None:
    async with diary.running():
        await diary.start("ask", "1", timedelta(minutes=5))
        await settle(clock)
        assert await diary.done() == []
        assert clock.next_due() == clock.now() + timedelta(minutes=5)
        clock.move(timedelta(minutes=5))
        await settle(clock)
        clock.move(timedelta(days=3))
        await settle(clock)
    assert await diary.done() == ["1"]
    assert await diary.left() == 0


async def test_what_became_due_while_nothing_ran_is_done_at_the_start(
    diary: Diary, clock: TravelClock
) -> None:
    for number in range(120):
        await diary.start("ask", f"{number}", timedelta(seconds=number))
    clock.move(timedelta(hours=1))
    async with diary.running():
        await settle(clock)
    assert sorted(map(int, await diary.done())) == list(range(120))
    assert await diary.left() == 0


async def test_a_step_may_set_its_own_timer_anew(diary: Diary, clock: TravelClock) -> None:
    async with diary.running():
        await diary.start("again", "daily", timedelta())
        await settle(clock)
        for _ in range(2):
            clock.move(timedelta(days=1))
            await settle(clock)
    assert await diary.done() == ["daily"] * 3
    assert await diary.left() == 1


async def test_a_failed_step_leaves_no_effect_and_comes_again(diary: Diary, clock: TravelClock) -> None:
    diary.fails = 2
    async with diary.running():
        await diary.start("ask", "hard", timedelta())
        await settle(clock)
        assert await diary.done() == []
        assert clock.next_due() == clock.now() + timedelta(seconds=30)
        clock.move(timedelta(seconds=30))
        await settle(clock)
        assert clock.next_due() == clock.now() + timedelta(minutes=2)
        clock.move(timedelta(minutes=2))
        await settle(clock)
    assert await diary.done() == ["hard"]
    assert await diary.left() == 0


async def test_one_failing_timer_never_stops_the_others(diary: Diary, clock: TravelClock) -> None:
    await diary.start("nobody knows this kind", "x", timedelta())
    await diary.start("ask", "fine", timedelta())
    async with diary.running():
        await settle(clock)
    assert await diary.done() == ["fine"]
    row = await diary.store.read(lambda tx: tx.one("SELECT last_error FROM timer"))
    assert row is not None
    assert "nobody knows this kind" in row["last_error"]


async def test_a_step_whose_timer_was_moved_meanwhile_does_not_count(
    diary: Diary, clock: TravelClock
) -> None:
    await diary.start("ask", "moved", timedelta())
    lease_until = clock.now() + timedelta(minutes=1)
    await diary.store.write(lambda tx: timers.claim(tx, clock.now(), lease_until, "somebody", 10))
    async with diary.running():
        await settle(clock)
        assert await diary.done() == []
        await diary.start("ask", "moved", timedelta(hours=1))
        clock.move(timedelta(minutes=2))
        await settle(clock)
        assert await diary.done() == []
        clock.move(timedelta(hours=1))
        await settle(clock)
    assert await diary.done() == ["moved"]


async def test_what_a_dead_process_had_claimed_is_done_when_its_lease_is_over(
    diary: Diary, clock: TravelClock
) -> None:
    await diary.start("ask", "stranded", timedelta())
    lease_until = clock.now() + timedelta(seconds=60)
    await diary.store.write(lambda tx: timers.claim(tx, clock.now(), lease_until, "the dead", 10))
    async with diary.running():
        await settle(clock)
        assert await diary.done() == []
        clock.move(timedelta(seconds=60))
        await settle(clock)
    assert await diary.done() == ["stranded"]


async def test_a_job_runs_beside_the_steps_and_the_clock_waits_for_it(
    diary: Diary, clock: TravelClock
) -> None:
    diary.gate.clear()
    async with diary.running() as loop:
        await diary.start("report", "daily", timedelta())
        await until(lambda: len(diary.jobs) == 1)
        await diary.start("ask", "meanwhile", timedelta())
        await until(lambda: clock.busy() == ["timer jobs"])
        assert not loop.is_idle
        assert await diary.done() == ["meanwhile"]
        assert await diary.left() == 1
        diary.gate.set()
        await settle(clock)
        assert await diary.left() == 0
    assert diary.jobs == [("daily", clock.now())]


async def test_a_job_that_is_set_anew_while_it_runs_is_done_once_more_at_once(
    diary: Diary, clock: TravelClock
) -> None:
    diary.gate.clear()
    async with diary.running():
        await diary.start("report", "daily", timedelta())
        await until(lambda: len(diary.jobs) == 1)
        await diary.start("report", "daily", timedelta())
        await until(lambda: clock.busy() == ["timer jobs"])
        assert len(diary.jobs) == 1  # never two of them side by side
        diary.gate.set()
        await settle(clock)
    assert len(diary.jobs) == 2
    assert await diary.left() == 0


async def test_a_failed_job_comes_again(diary: Diary, clock: TravelClock) -> None:
    diary.fails = 1
    async with diary.running():
        await diary.start("report", "daily", timedelta())
        await settle(clock)
        clock.move(timedelta(seconds=30))
        await settle(clock)
    assert len(diary.jobs) == 2
    assert await diary.left() == 0


async def test_with_several_processes_it_looks_even_if_nobody_rings(
    store: OpenStore, clock: TravelClock
) -> None:
    diary = Diary(store, clock)
    async with diary.running(timedelta(seconds=2)):
        await settle(clock)
        due = clock.now() + timedelta(seconds=1)
        await store.write(lambda tx: timers.start(tx, "ask", "from elsewhere", due))
        clock.move(timedelta(seconds=2))
        await settle(clock)
    assert await diary.done() == ["from elsewhere"]


async def test_what_was_under_way_when_the_only_bot_died_need_not_wait_for_its_lease(
    sqlite_store: OpenStore, clock: TravelClock
) -> None:
    """Not for ever, though: the fourth time round the bot may have died of it."""
    diary, now = Diary(sqlite_store, clock), clock.now()
    await diary.start("once", "x", timedelta())
    freed = []
    for _ in range(5):
        claimed = await diary.store.write(
            lambda tx: timers.claim(tx, now, now + timedelta(minutes=1), "dead", 10)
        )
        freed.append(len(claimed))
        await diary.store.write(lambda tx: timers.free_stranded(tx, now))
    assert freed == [1, 1, 1, 1, 0]
