"""The inbox: stored before acknowledged, each once, in order, and one bad update never blocks the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.adapters.clock import TravelClock
from bot.domain.errors import StoreError
from bot.flow.inbox import Inbox
from bot.flow.press import Press, Toast
from bot.store import deliveries
from bot.store.engine import Op, Store, T, Tx
from bot.store.opening import OpenStore
from bot.store.sqlite import SqliteStore
from tests.settling import settle, until

Update = dict[str, Any]


def message(update_id: int, text: str = "hi", chat: int = 7) -> Update:
    return {"update_id": update_id, "message": {"chat": {"id": chat, "type": "private"}, "text": text}}


def press(update_id: int, data: str = "s1:t:v5", person: int = 7) -> Update:
    query = {"id": f"q{update_id}", "from": {"id": person, "first_name": "Ann", "language_code": "en"}}
    chat = {"id": person, "type": "private"}
    return {
        "update_id": update_id,
        "callback_query": query | {"data": data, "message": {"message_id": 4, "chat": chat}},
    }


def lane_of(update: Update) -> str:
    return f"chat:{update['message']['chat']['id']}" if "message" in update else "update"


class Steps:
    """Handlers that write what they heard, so that tests see what was committed and in which order."""

    def __init__(self) -> None:
        self.fails_on: dict[str, int] = {}
        self.tries: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def handle(self, tx: Tx, source: str, body: dict[str, Any], now: datetime) -> None:
        text = str(body["message"]["text"] if "message" in body else body["text"])
        await self._note(tx, f"{source}:{text}")

    async def pressed(self, tx: Tx, press: Press, now: datetime) -> Toast:
        await self._note(tx, f"{press.person_id}:{press.data}")
        return Toast(press.callback_query_id, f"thanks for {press.data}")

    async def _note(self, tx: Tx, what: str) -> None:
        self.tries.append(what)
        await tx.run(
            "INSERT INTO audit(at, actor, action, subject) VALUES(0, 'test', 'heard', :what)", what=what
        )
        if self.fails_on.get(what, 0) > 0:
            self.fails_on[what] -= 1
            raise RuntimeError(f"cannot bear {what}")


async def heard(store: Store) -> list[str]:
    rows = await store.read(lambda tx: tx.all("SELECT subject FROM audit ORDER BY id"))
    return [row["subject"] for row in rows]


async def rows(store: Store) -> list[tuple[str, bool, bool, int, str | None]]:
    """(key, is done, has a body, attempts, error) of every delivery."""
    found = await store.read(lambda tx: tx.all("SELECT * FROM delivery ORDER BY id"))
    return [
        (r["key"], r["done_at"] is not None, r["body"] is not None, r["attempts"], r["error"]) for r in found
    ]


@asynccontextmanager
async def running(inbox: Inbox) -> AsyncIterator[None]:
    task = asyncio.create_task(inbox.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def steps() -> Steps:
    return Steps()


def inbox_of(store: Store, clock: TravelClock, steps: Steps, **more: Any) -> Inbox:
    return Inbox(store, clock, steps.handle, steps.pressed, lane_of, **more)


async def test_a_press_is_recorded_and_done_when_save_returns(
    store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    toasts = await inbox_of(store, clock, steps).save([press(1)], clock.now())
    assert toasts == [Toast("q1", "thanks for s1:t:v5")]
    assert await heard(store) == ["7:s1:t:v5"]
    assert await rows(store) == [("1", True, False, 0, None)]


async def test_a_duplicate_press_is_one_effect_and_an_empty_toast(
    store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    inbox = inbox_of(store, clock, steps)
    await inbox.save([press(1)], clock.now())
    assert await inbox.save([press(1), press(1)], clock.now()) == [Toast("q1"), Toast("q1")]
    assert await heard(store) == ["7:s1:t:v5"]


async def test_a_duplicate_message_is_one_effect(store: OpenStore, clock: TravelClock, steps: Steps) -> None:
    inbox = inbox_of(store, clock, steps)
    async with running(inbox):
        assert await inbox.save([message(1, "once")], clock.now()) == []
        await inbox.save([message(1, "once")], clock.now())
        await settle(clock)
        await inbox.save([message(1, "once")], clock.now())
        await settle(clock)
    assert await heard(store) == ["telegram:once"]
    assert await rows(store) == [("1", True, False, 0, None)]


async def test_messages_of_one_chat_keep_their_order_across_batches(
    store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    inbox = inbox_of(store, clock, steps)
    async with running(inbox):
        for batch in range(4):
            updates = [
                message(100 * batch + n, f"{chat}-{batch}-{n}", chat) for n in range(5) for chat in (7, 8)
            ]
            for number, update in enumerate(updates):
                update["update_id"] = 100 * batch + number
            await inbox.save(updates, clock.now())
        await settle(clock)
    for chat in (7, 8):
        mine = [what for what in await heard(store) if what.startswith(f"telegram:{chat}-")]
        assert mine == [f"telegram:{chat}-{batch}-{n}" for batch in range(4) for n in range(5)]


async def test_the_last_of_several_quick_presses_is_heard_last(
    store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    updates = [press(n, f"s1:t:v{n}") for n in range(1, 6)]
    await inbox_of(store, clock, steps).save(updates, clock.now())
    assert await heard(store) == [f"7:s1:t:v{n}" for n in range(1, 6)]


async def test_one_poison_press_leaves_the_others_alone_and_is_tried_again(
    store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    steps.fails_on["7:bad"] = 1
    inbox = inbox_of(store, clock, steps)
    toasts = await inbox.save([press(1, "a"), press(2, "bad"), press(3, "c", person=8)], clock.now())
    assert {toast.callback_query_id: toast.text for toast in toasts} == {
        "q1": "thanks for a",
        "q2": "",
        "q3": "thanks for c",
    }
    by_key = {row[0]: row[1:] for row in await rows(store)}
    assert by_key["1"] == by_key["3"] == (True, False, 0, None)
    assert by_key["2"] == (False, True, 1, "RuntimeError: cannot bear 7:bad")
    async with running(inbox):
        await settle(clock)
        assert "7:bad" not in await heard(store)
        clock.move(timedelta(seconds=2))
        await settle(clock)
    assert sorted(await heard(store)) == ["7:a", "7:bad", "8:c"]
    assert {row[0]: row[1:] for row in await rows(store)}["2"] == (True, False, 1, None)


async def test_a_poison_update_is_given_up_after_three_attempts_and_its_lane_goes_on(
    store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    steps.fails_on["telegram:bad"] = 99
    inbox = inbox_of(store, clock, steps)
    async with running(inbox):
        await inbox.save([message(1, "bad"), message(2, "good"), message(3, "other", chat=8)], clock.now())
        await settle(clock)
        assert await heard(store) == ["telegram:other"]
        clock.move(timedelta(seconds=2))
        await settle(clock)
        clock.move(timedelta(seconds=10))
        await settle(clock)
    assert await heard(store) == ["telegram:other", "telegram:good"]
    assert ("1", True, True, 3, "RuntimeError: cannot bear telegram:bad") in await rows(store)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"update_id": 1, "callback_query": "what"},
        {"update_id": 1, "callback_query": {"id": "q"}},
        {"update_id": 1, "message": {"no": "chat"}},
        {"update_id": 1},
        {"no": "id"},
        {"update_id": 1, "message": {"chat": {"id": 7, "type": "private"}, "text": "\ud800 half a letter"}},
    ],
)
async def test_nonsense_never_blocks_what_comes_with_it(
    sqlite_store: OpenStore, clock: TravelClock, steps: Steps, nonsense: Update
) -> None:
    inbox = inbox_of(sqlite_store, clock, steps)
    async with running(inbox):
        await inbox.save([nonsense, message(2, "good"), press(3)], clock.now())
        for _ in range(3):
            await settle(clock)
            clock.move(timedelta(seconds=10))
        await settle(clock)
    assert {"telegram:good", "7:s1:t:v5"} <= set(await heard(sqlite_store))
    assert all(is_done for _, is_done, *_ in await rows(sqlite_store))


async def test_what_an_earlier_life_left_undone_is_processed_at_the_start(
    store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    earlier = inbox_of(store, TravelClock(clock.now()), steps)
    await earlier.save([message(1, "old"), message(2, "older")], clock.now())
    async with running(inbox_of(store, clock, steps)):
        await settle(clock)
    assert await heard(store) == ["telegram:old", "telegram:older"]


async def test_a_helpdesks_delivery_is_stored_once_and_handled_with_its_source(
    store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    inbox = inbox_of(store, clock, steps)
    async with running(inbox):
        assert await inbox.save_delivery("generic", "msg_1", "generic", {"text": "ended"})
        assert not await inbox.save_delivery("generic", "msg_1", "generic", {"text": "ended"})
        assert await inbox.save_delivery("chatwoot", "msg_1", "chatwoot", {"text": "ended"})
        await settle(clock)
    assert sorted(await heard(store)) == ["chatwoot:ended", "generic:ended"]


class Counting:
    """A real store that also says how many writes are open at once, and may refuse them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.refusals = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.now = 0
        self.peak = 0
        self.writes = 0
        self.reads = 0

    async def write(self, op: Op[T]) -> T:
        self.writes += 1
        self.now += 1
        self.peak = max(self.peak, self.now)
        try:
            await self.gate.wait()
            if self.refusals:
                self.refusals -= 1
                raise StoreError("disk full")
            return await self._store.write(op)
        finally:
            self.now -= 1

    async def read(self, op: Op[T]) -> T:
        self.reads += 1
        return await self._store.read(op)


async def test_a_press_costs_one_transaction_and_no_reading(
    sqlite_store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    store = Counting(sqlite_store)
    await inbox_of(store, clock, steps).save([press(1)], clock.now())
    assert (store.writes, store.reads) == (1, 0)


async def test_presses_of_many_people_share_their_commits(
    sqlite_store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    assert isinstance(sqlite_store, SqliteStore)
    before = sqlite_store.commits
    await inbox_of(sqlite_store, clock, steps).save([press(n, person=n) for n in range(1, 65)], clock.now())
    assert sqlite_store.commits - before <= 2


async def test_at_most_32_lanes_are_worked_on_at_once_and_all_get_their_turn(
    sqlite_store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    store = Counting(sqlite_store)
    inbox = inbox_of(store, clock, steps)
    await inbox.save([message(n, f"m{n}", chat=n) for n in range(1, 81)], clock.now())
    store.peak = 0
    store.gate.clear()
    async with running(inbox):
        await until(lambda: store.now == 32)
        store.gate.set()
        await settle(clock)
    assert store.peak == 32
    assert len(await heard(sqlite_store)) == 80


async def test_a_store_that_refuses_is_an_error_and_nothing_is_acknowledged(
    sqlite_store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    store = Counting(sqlite_store)
    inbox = inbox_of(store, clock, steps)
    store.refusals = 1
    with pytest.raises(StoreError):
        await inbox.save([press(1), press(2, person=8)], clock.now())
    toasts = await inbox.save([press(1), press(2, person=8)], clock.now())
    assert len(toasts) == 2
    assert sorted(await heard(sqlite_store)) == ["7:s1:t:v5", "8:s1:t:v5"]


async def test_work_goes_on_when_the_store_recovers(
    sqlite_store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    store = Counting(sqlite_store)
    inbox = inbox_of(store, clock, steps)
    await inbox.save([message(1, "late")], clock.now())
    store.refusals = 1
    async with running(inbox):
        await settle_through_a_rest(clock)
    assert await heard(sqlite_store) == ["telegram:late"]


async def settle_through_a_rest(clock: TravelClock) -> None:
    await until(lambda: any(alarm.name == "sleep" and alarm.is_waiting for alarm in clock.alarms))
    clock.move(timedelta(seconds=1))
    await settle(clock)


async def test_a_crash_between_handling_and_the_mark_leaves_no_half_effect(
    store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    class Killed(BaseException):
        pass

    inbox = inbox_of(store, clock, steps)
    await inbox.save([message(1, "whole")], clock.now())

    async def dies(tx: Tx) -> None:
        taken = await deliveries.first_open(tx, "chat:7", clock.now())
        assert taken is not None
        await steps.handle(tx, "telegram", message(1, "whole"), clock.now())
        raise RuntimeError("killed here")

    with pytest.raises(RuntimeError):
        await store.write(dies)
    assert await heard(store) == []
    async with running(inbox):
        await settle(clock)
    assert await heard(store) == ["telegram:whole"]


async def test_keys_are_kept_for_redeliveries_and_swept_later(
    store: OpenStore, clock: TravelClock, steps: Steps
) -> None:
    inbox = inbox_of(store, clock, steps)
    await inbox.save([press(1), message(2, "waits")], clock.now())
    week = timedelta(days=7)
    assert await store.write(lambda tx: deliveries.sweep(tx, clock.now())) == 0
    clock.move(week + timedelta(seconds=1))
    assert await store.write(lambda tx: deliveries.sweep(tx, clock.now() - week)) == 1
    assert [key for key, *_ in await rows(store)] == ["2"]
