"""Receiving and sending against the playground's Bot API: limits, lost answers, doubled updates, kill -9."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.clock import RandomTokens, TravelClock, backoff
from bot.adapters.telegram.channel import PlainBot, TelegramChannel, build_bot
from bot.adapters.telegram.receiving import Receiver
from bot.adapters.telegram.toasts import Toasts
from bot.flow.budgets import Budgets
from bot.flow.inbox import Inbox
from bot.flow.letters import LetterKind
from bot.flow.outbox import Sender
from bot.flow.press import Press, Toast
from bot.flow.ringing import RingingStore
from bot.playground.botapi import Server, World
from bot.store import outbox, respondents
from bot.store.engine import Tx
from bot.store.opening import OpenStore, open_store
from bot.store.outbox import Letter, ToChat, ToCustomer
from tests.settling import until

ROOT = Path(__file__).parents[2]
FORUM, ADMIN = -1001000000001, 1
CUSTOMERS = range(11, 19)


@pytest.fixture
async def world(clock: TravelClock) -> World:
    world = World(clock)
    world.add_person(ADMIN, "Eve")
    world.add_forum(FORUM, "Support", admins={ADMIN: None})
    for person in CUSTOMERS:
        world.add_person(person, f"Customer {person}", language_code="en")
        world.start(person)
    world.updates.forget_all()
    return world


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    server = Server(world)
    yield await server.start()
    await server.stop()


@pytest.fixture
async def bot(world: World, address: str) -> AsyncIterator[PlainBot]:
    bot = build_bot(world.token, address)
    await bot.open()
    yield bot
    await bot.shutdown()


@asynccontextmanager
async def running(*loops: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def settle(world: World, clock: TravelClock) -> None:
    await until(lambda: not clock.busy() and world.is_settled)


def sender_of(
    store: RingingStore, clock: TravelClock, bot: PlainBot, kinds: dict[str, LetterKind] | None = None
) -> Sender:
    sender = Sender(store, clock, TelegramChannel(bot), kinds or {}, Budgets(), RandomTokens())
    store.wakes(sender.ring)
    return sender


async def post(store: RingingStore, clock: TravelClock, letters: list[Letter]) -> None:
    async def op(tx: Tx) -> None:
        for person in CUSTOMERS:
            await respondents.seen(tx, f"key{person}", person, "en", clock.now())
        for letter in letters:
            await outbox.post(tx, letter, clock.now())

    await store.write(op)


async def test_a_flood_of_letters_never_meets_a_limit_of_telegram(
    world: World, clock: TravelClock, bot: PlainBot, sqlite_store: OpenStore
) -> None:
    world.limits_on = True
    store = RingingStore(sqlite_store)
    letters = [
        Letter("reply", "sendMessage", {"text": f"{n}"}, ToCustomer(f"key{person}"))
        for n in range(6)
        for person in CUSTOMERS
    ]
    letters += [Letter("relay", "sendMessage", {"text": f"f{n}"}, ToChat(FORUM)) for n in range(40)]
    await post(store, clock, letters)
    async with running(sender_of(store, clock, bot).run()):
        await settle(world, clock)
        while (due := clock.next_due()) is not None:
            clock.move_to(due)
            await settle(world, clock)
    assert [call.error for call in world.calls if call.error] == []
    for person in CUSTOMERS:
        assert [m["text"] for m in world.messages(person)][-6:] == [f"{n}" for n in range(6)]
    assert [m["text"] for m in world.messages(FORUM)] == [f"f{n}" for n in range(40)]
    assert world.violations == []


class Once(LetterKind):
    """At most once, like a question."""

    repeats_when_unknown = False


async def test_a_question_whose_answer_was_lost_stands_in_the_chat_once(
    world: World, clock: TravelClock, bot: PlainBot, sqlite_store: OpenStore
) -> None:
    world.faults.drop_after("sendMessage")
    store = RingingStore(sqlite_store)
    await post(store, clock, [Letter("question", "sendMessage", {"text": "Easy?"}, ToCustomer("key11"))])
    async with running(sender_of(store, clock, bot, {"question": Once()}).run()):
        await settle(world, clock)
        clock.move(timedelta(days=1))
        await settle(world, clock)
    assert [m["text"] for m in world.messages(11)].count("Easy?") == 1


async def test_a_group_that_became_a_supergroup_is_found_again(
    world: World, clock: TravelClock, bot: PlainBot, sqlite_store: OpenStore
) -> None:
    world.add_group(-5, "Team", admins={ADMIN: None}, members=[])
    new = world.migrate(-5)
    world.updates.forget_all()
    store = RingingStore(sqlite_store)
    letters = [Letter("summary", "sendMessage", {"text": f"week {n}"}, ToChat(-5)) for n in (1, 2)]
    await post(store, clock, letters)
    async with running(sender_of(store, clock, bot).run()):
        await settle(world, clock)
    assert [m["text"] for m in world.messages(new) if "text" in m] == ["week 1", "week 2"]


async def test_updates_that_come_twice_have_one_effect_and_every_press_its_toast(
    world: World, clock: TravelClock, bot: PlainBot, sqlite_store: OpenStore
) -> None:
    heard: Counter[str] = Counter()

    async def handle(tx: Tx, source: str, body: dict[str, Any], now: datetime) -> None:
        heard[body["message"]["text"]] += 1

    async def pressed(tx: Tx, press: Press, now: datetime) -> Toast:
        heard[press.data] += 1
        return Toast(press.callback_query_id, f"got {press.data}")

    channel, toasts = TelegramChannel(bot), Toasts(TelegramChannel(bot), clock)
    inbox = Inbox(sqlite_store, clock, handle, pressed, lambda update: "all")
    receiver = Receiver(channel, inbox, clock, toasts, lambda language: "…")
    async with running(receiver.poll(), inbox.run(), toasts.run()):
        await until(lambda: any(call.method == "deleteWebhook" for call in world.calls))
        world.faults.duplicate_updates(6)
        for person in CUSTOMERS[:3]:
            world.say(person, person, f"hello from {person}")
            world.press(person, person, 1, f"s1:t:v{person}", forged=True)
        await until(lambda: heard.total() == 6)
        await settle(world, clock)
    assert set(heard.values()) == {1}
    assert {e["text"] for e in world.feed() if e["type"] == "toast"} >= {"got s1:t:v11", "got s1:t:v13"}
    assert world.violations == []


async def test_a_receiver_that_is_killed_again_and_again_loses_no_press_and_counts_none_twice(
    world: World, address: str, sqlite_url: str
) -> None:
    async def child() -> asyncio.subprocess.Process:
        script = str(Path(__file__).with_name("receiving_child.py"))
        return await asyncio.create_subprocess_exec(
            sys.executable,
            script,
            world.token,
            address,
            sqlite_url,
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.DEVNULL,
        )

    def answered() -> int:
        return sum(call.method == "answerCallbackQuery" for call in world.calls)

    def has_answered(count: int) -> Callable[[], bool]:
        return lambda: answered() >= count

    wanted = []
    for life in range(4):
        process, before = await child(), answered()
        for number in range(40):
            person = CUSTOMERS[number % len(CUSTOMERS)]
            wanted.append(f"s1:t:v{life}-{number}")
            world.press(person, person, 1, wanted[-1], forged=True)
            if number % 4 == 0:
                wanted.append(f"word {life}-{number}")
                world.say(person, person, wanted[-1])
        if life < 3:
            await until(has_answered(before + 5 + 10 * life))
        else:
            await until(lambda: world.is_settled)
        process.kill()
        await process.wait()
    async with await open_store(sqlite_url, pause=backoff) as store:
        rows = await store.read(lambda tx: tx.all("SELECT subject FROM audit"))
        left = await store.read(lambda tx: tx.all("SELECT id FROM delivery WHERE done_at IS NULL"))
    heard = Counter(str(row["subject"]) for row in rows)
    pending = len(left)  # stored and not yet processed: the next life would
    assert {what for what in wanted if what.startswith("s1")} <= set(heard)
    assert len(set(wanted) - set(heard)) <= pending
    assert set(heard.values()) == {1}
