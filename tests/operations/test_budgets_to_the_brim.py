"""What Telegram allows is used to the brim, and never a call more: minutes of the clock against its limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from bot.adapters.clock import RandomTokens, TravelClock
from bot.adapters.telegram.channel import TelegramChannel, build_bot
from bot.domain.quiet import QuietHours
from bot.flow.budgets import Budgets
from bot.flow.outbox import Sender
from bot.flow.ringing import RingingStore
from bot.playground.botapi import Server, World
from bot.playground.botapi.world import Call
from bot.store import outbox, respondents
from bot.store.engine import Tx
from bot.store.opening import OpenStore
from bot.store.outbox import Letter, LetterKindName, ToChat, ToCustomer
from tests.settling import until
from tests.stage import EMMA, Stage, buttons, stage

pytestmark = pytest.mark.timeout(300)
ADMIN, FORUM, CUSTOMERS = 1, -1001000000001, range(1001, 1101)
EVENING = datetime(2026, 11, 25, 20, 50, tzinfo=UTC)
NIGHT = QuietHours(time(21), time(9))


class Post:
    """A world with limits, a full outbox, and a sender."""

    def __init__(self, world: World, clock: TravelClock, store: OpenStore) -> None:
        self.world = world
        self.clock = clock
        self.store = RingingStore(store)

    async def fill(self, letters: list[Letter]) -> None:
        """Everything at once, as after an hour without Telegram."""

        async def op(tx: Tx) -> None:
            for person in CUSTOMERS:
                await respondents.seen(tx, f"key{person}", person, "en", self.clock.now())
            for letter in letters:
                await outbox.post(tx, letter, self.clock.now())

        await self.store.write(op)

    async def empty(self, budgets: Budgets) -> list[Call]:
        """Send it all; the calls, in the order in which Telegram heard them."""
        server = Server(self.world)
        bot = build_bot(self.world.token, await server.start())
        await bot.open()
        sender = Sender(self.store, self.clock, TelegramChannel(bot), {}, budgets, RandomTokens())
        self.store.wakes(sender.ring)
        running = asyncio.create_task(sender.run())
        try:
            await self._settle()
            while (due := self.clock.next_due()) is not None:
                self.clock.move_to(due)
                await self._settle()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await bot.shutdown()
            await server.stop()
        return self.world.calls

    async def _settle(self) -> None:
        await until(lambda: not self.clock.busy() and self.world.is_settled)


@pytest.fixture
def post(clock: TravelClock, sqlite_store: OpenStore) -> Post:
    world = World(clock)
    world.add_person(ADMIN, "Ada")
    world.add_forum(FORUM, "Support", admins={ADMIN: None})
    for person in CUSTOMERS:
        world.add_person(person, f"Customer {person}", language_code="en")
        world.start(person)
    world.updates.forget_all()
    world.limits_on = True
    return Post(world, clock, sqlite_store)


def to(person: int, words: str, kind: LetterKindName = "reply") -> Letter:
    return Letter(kind, "sendMessage", {"text": words}, ToCustomer(f"key{person}"))


@pytest.mark.parametrize("per_second", [25, 30])
async def test_two_minutes_of_sending_use_the_overall_budget_and_meet_no_limit(
    post: Post, per_second: int
) -> None:
    n = per_second * 120
    people = [CUSTOMERS[number % len(CUSTOMERS)] for number in range(n)]
    await post.fill([to(person, str(number)) for number, person in enumerate(people)])
    calls = await post.empty(Budgets(per_second=per_second, per_chat_second=1, per_group_minute=18))
    assert [call.error for call in calls if call.error] == []
    assert len(calls) == n
    took = (calls[-1].at - calls[0].at).total_seconds()
    assert n / (took + 1) >= 0.98 * per_second, f"{n / (took + 1):.2f} a second"


async def test_ten_minutes_of_one_group_use_its_eighteen_a_minute_and_meet_no_limit(post: Post) -> None:
    await post.fill(
        [Letter("relay", "sendMessage", {"text": str(n)}, ToChat(FORUM, None)) for n in range(180)]
    )
    calls = await post.empty(Budgets())
    assert [call.error for call in calls if call.error] == []
    assert [call.params["text"] for call in calls] == [str(n) for n in range(180)]
    took = (calls[-1].at - calls[0].at).total_seconds()
    assert took <= 9 * 60 + 1


async def test_asks_go_before_alerts_and_alerts_before_summaries(post: Post) -> None:
    kinds: tuple[LetterKindName, ...] = ("summary", "alert", "question")
    people = iter(CUSTOMERS)  # a lane keeps its own order, so everybody gets one letter
    await post.fill([to(next(people), kind, kind) for kind in kinds for _ in range(30)])
    calls = await post.empty(Budgets(per_second=5))
    heard = [call.params["text"] for call in calls]
    assert heard == sorted(heard, key=("question", "alert", "summary").index)
    assert [call.error for call in calls if call.error] == []


@asynccontextmanager
async def evening(**survey: Any) -> AsyncIterator[Stage]:
    changes = {"quiet_hours": NIGHT, "delay": timedelta(minutes=5), **survey}
    async with stage(survey=changes, summary={"live": False, "schedule": ""}, start=EVENING) as s:
        yield s


def asked_at(s: Stage) -> list[str]:
    """When the stand-in took a question to Emma, by its clock."""
    return [
        f"{call.at:%d %H:%M}"
        for call in s.world.calls
        if call.method == "sendMessage"
        and call.error is None
        and int(call.params.get("chat_id", 0)) == EMMA
        and "inline_keyboard" in str(call.params.get("reply_markup", ""))
    ]


async def test_a_question_that_falls_into_the_night_comes_in_the_morning() -> None:
    async with evening(delay=timedelta(minutes=15)) as s:
        await s.conversation()
        await s.after("12h")
        await s.after("1h")
        assert asked_at(s) == ["26 09:00"]


async def test_a_question_that_telegram_held_up_into_the_night_waits_for_the_morning() -> None:
    async with evening() as s:
        await s.conversation()
        s.world.faults.fail("sendMessage", 429, "Too Many Requests: retry after 900", retry_after=900)
        await s.after("6m")
        assert asked_at(s) == []
        await s.after("14h")
        assert asked_at(s) == ["26 09:00"]


async def test_a_question_that_cannot_be_sent_in_time_is_dropped_and_counted() -> None:
    async with evening(quiet_hours=None, too_old=timedelta(hours=3)) as s:
        await s.conversation()
        s.world.faults.fail("sendMessage", 502, "Bad Gateway", times=100_000)
        await s.after("4h")
        row = await s.row("SELECT state, reason FROM invitation")
        assert (row["state"], row["reason"]) == ("cancelled", "too_late")
        s.world.faults.clear()
        await s.after("1d")
        assert asked_at(s) == []
        assert not any(buttons(message) for message in s.messages(EMMA))
