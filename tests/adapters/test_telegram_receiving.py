"""Receiving: nothing is acknowledged before it is stored; a tap hears its toast at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.adapters.clock import TravelClock
from bot.adapters.telegram.channel import TelegramChannel, build_bot
from bot.adapters.telegram.receiving import Receiver, WebhookAnswer
from bot.adapters.telegram.toasts import Toasts
from bot.domain.errors import StoreError
from bot.flow.inbox import Inbox
from bot.flow.press import Press, Toast
from bot.store.engine import Op, Store, T, Tx
from bot.store.opening import OpenStore
from tests.scripted_api import TOKEN, ScriptedApi, refusal, result
from tests.settling import until

Update = dict[str, Any]
SECRET = "correct_horse"


def message(update_id: int) -> Update:
    return {
        "update_id": update_id,
        "message": {"chat": {"id": 7, "type": "private"}, "text": f"m{update_id}"},
    }


def press(update_id: int) -> Update:
    query = {"id": f"q{update_id}", "from": {"id": 7, "language_code": "ar"}, "data": "s1:t:v5"}
    return {"update_id": update_id, "callback_query": query}


class Balky:
    """A real store that can be slow, or full."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.refusals = 0
        self.writes = 0
        self.refused_write = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def write(self, op: Op[T]) -> T:
        await self.gate.wait()
        self.writes += 1
        if self.writes == self.refused_write:
            raise StoreError("disk full for a moment")
        if self.refusals:
            self.refusals -= 1
            raise StoreError("disk full")
        return await self._store.write(op)

    async def read(self, op: Op[T]) -> T:
        return await self._store.read(op)


@dataclass
class Post:
    """Everything between a scripted Telegram and a real store."""

    api: ScriptedApi
    clock: TravelClock
    store: Balky
    receiver: Receiver
    plain: OpenStore

    async def keys(self) -> list[str]:
        rows = await self.plain.read(lambda tx: tx.all("SELECT key FROM delivery ORDER BY id"))
        return [row["key"] for row in rows]

    def offsets(self) -> list[int]:
        return [parameters["offset"] for parameters in self.api.heard("getUpdates")]

    def answers(self) -> list[tuple[str, str]]:
        return [(p["callback_query_id"], p.get("text", "")) for p in self.api.heard("answerCallbackQuery")]

    @asynccontextmanager
    async def polling(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.receiver.poll())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def after_a_rest(self) -> None:
        """Wait until something sleeps on the clock, and move there."""
        await until(lambda: bool(self._rests()))
        self.clock.move_to(max(self._rests()))

    def _rests(self) -> list[datetime]:
        sleeping = [alarm.until for alarm in self.clock.alarms if alarm.name == "sleep"]
        return [until for until in sleeping if until is not None and until > self.clock.now()]


async def handle(tx: Tx, source: str, body: Update, now: datetime) -> None:
    """Nothing: these tests are about storing."""


async def pressed(tx: Tx, press: Press, now: datetime) -> Toast:
    return Toast(press.callback_query_id, "thanks")


@pytest.fixture
async def post(sqlite_store: OpenStore, clock: TravelClock) -> AsyncIterator[Post]:
    async with ScriptedApi() as api:
        bot = build_bot(TOKEN, api.url)
        await bot.open()
        channel, store = TelegramChannel(bot), Balky(sqlite_store)
        toasts = Toasts(channel, clock)
        inbox = Inbox(store, clock, handle, pressed, lambda update: "lane")
        receiver = Receiver(channel, inbox, clock, toasts, lambda language: f"one moment ({language})")
        answering = asyncio.create_task(toasts.run())
        yield Post(api, clock, store, receiver, sqlite_store)
        api.gate.set()
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        await bot.shutdown()


async def test_polling_first_removes_the_webhook_and_drops_nothing(post: Post) -> None:
    async with post.polling():
        await until(lambda: len(post.offsets()) >= 1)
    assert post.api.calls[0] == ("deleteWebhook", {"drop_pending_updates": False})
    assert post.api.heard("getUpdates")[0] == {
        "offset": 0,
        "timeout": 25,
        "allowed_updates": ["message", "edited_message", "callback_query", "my_chat_member"],
    }


async def test_the_offset_moves_only_after_the_commit(post: Post) -> None:
    post.api.script["getUpdates"].append(result([message(5), message(9)]))
    post.store.gate.clear()
    async with post.polling():
        await until(lambda: post.offsets() == [0])
        for _ in range(200):
            await asyncio.sleep(0)
        assert post.offsets() == [0]
        post.store.gate.set()
        await until(lambda: len(post.offsets()) >= 2)
    assert post.offsets()[1] == 10
    assert await post.keys() == ["5", "9"]


async def test_a_full_disk_keeps_the_offset_and_does_not_ask_again(post: Post) -> None:
    post.api.script["getUpdates"].append(result([message(5)]))
    post.store.refusals = 2
    async with post.polling():
        await post.after_a_rest()
        assert post.offsets() == [0]
        await post.after_a_rest()
        await until(lambda: len(post.offsets()) >= 2)
    assert post.offsets()[1] == 6
    assert await post.keys() == ["5"]


async def test_a_press_is_answered_once_it_is_stored(post: Post) -> None:
    post.api.script["getUpdates"].append(result([press(5), message(6)]))
    async with post.polling():
        await until(lambda: len(post.answers()) == 1)
    assert post.answers() == [("q5", "thanks")]
    assert await post.keys() == ["5", "6"]


async def test_a_press_is_answered_as_soon_as_it_is_stored_itself_and_once(post: Post) -> None:
    post.api.script["getUpdates"].append(result([press(5), press(6)]))
    post.store.refused_write = 2
    async with post.polling():
        await until(lambda: len(post.answers()) == 1)
        assert post.offsets() == [0]  # the second is not stored yet
        post.clock.move(timedelta(seconds=1))
        await until(lambda: len(post.answers()) == 2 and len(post.offsets()) >= 2)
    assert post.answers() == [("q5", "thanks"), ("q6", "thanks")]
    assert await post.keys() == ["5", "6"]


async def test_a_slow_disk_answers_a_press_without_promising_anything(post: Post) -> None:
    post.api.script["getUpdates"].append(result([press(5)]))
    post.store.gate.clear()
    async with post.polling():
        await post.after_a_rest()
        await until(lambda: len(post.answers()) == 1)
        post.store.gate.set()
        await until(lambda: len(post.offsets()) >= 2)
    assert post.answers() == [("q5", "one moment (ar)")]
    assert await post.keys() == ["5"]


async def test_a_second_poller_makes_this_one_wait_half_a_minute(post: Post) -> None:
    post.api.script["getUpdates"].append(
        refusal(409, "Conflict: terminated by other getUpdates request; make sure that only one bot runs")
    )
    began = post.clock.now()
    async with post.polling():
        await until(lambda: post.clock.next_due() is not None)
        assert post.clock.next_due() == began + timedelta(seconds=30)
        await post.after_a_rest()
        await until(lambda: len(post.offsets()) >= 2)


async def test_polling_outlives_a_telegram_that_is_away(post: Post) -> None:
    post.api.script["deleteWebhook"].append(refusal(502, "Bad Gateway"))
    post.api.script["getUpdates"].extend([refusal(502, "Bad Gateway")] * 2 + [result([message(5)])])
    async with post.polling():
        for _ in range(3):
            await post.after_a_rest()
        await until(lambda: 6 in post.offsets())
    assert await post.keys() == ["5"]


async def test_an_answer_that_telegram_refuses_stops_nothing(post: Post) -> None:
    post.api.script["answerCallbackQuery"].append(
        refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
    )
    post.api.script["getUpdates"].extend([result([press(5)]), result([press(6)])])
    async with post.polling():
        await until(lambda: len(post.answers()) == 2)
    assert post.answers() == [("q5", "thanks"), ("q6", "thanks")]


async def test_no_more_than_64_answers_travel_at_once(clock: TravelClock) -> None:
    class Slow:
        now = peak = total = 0
        gate = asyncio.Event()

        async def call(self, method: str, payload: Any, upload: Any = None) -> Any:
            self.now += 1
            self.peak = max(self.peak, self.now)
            await self.gate.wait()
            self.now -= 1
            self.total += 1

    channel = Slow()
    toasts = Toasts(channel, clock)
    task = asyncio.create_task(toasts.run())
    for number in range(200):
        toasts.answer(Toast(f"q{number}"))
    await until(lambda: channel.now == 64)
    channel.gate.set()
    await until(lambda: channel.total == 200)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert channel.peak == 64


async def webhook(post: Post, update: Update, secret: str = SECRET) -> WebhookAnswer:
    return await post.receiver.webhook_answer(json.dumps(update).encode(), secret, SECRET)


async def test_a_webhook_is_set_with_its_secret_and_drops_nothing(post: Post) -> None:
    await post.receiver.listen("https://example.org/telegram/x", SECRET)
    [parameters] = post.api.heard("setWebhook")
    assert parameters["secret_token"] == SECRET
    assert parameters["drop_pending_updates"] is False


async def test_a_webhook_is_answered_after_the_commit(post: Post) -> None:
    assert await webhook(post, message(5)) == WebhookAnswer(200)
    assert await post.keys() == ["5"]


async def test_a_press_by_webhook_is_answered_in_the_response(post: Post) -> None:
    assert await webhook(post, press(5)) == WebhookAnswer(
        200, {"method": "answerCallbackQuery", "callback_query_id": "q5", "text": "thanks"}
    )
    assert post.answers() == []


async def test_a_redelivered_press_is_answered_again_but_has_no_effect(post: Post) -> None:
    await webhook(post, press(5))
    assert await webhook(post, press(5)) == WebhookAnswer(
        200, {"method": "answerCallbackQuery", "callback_query_id": "q5"}
    )
    assert await post.keys() == ["5"]


async def test_a_slow_disk_answers_a_press_by_webhook_with_a_call_of_its_own(post: Post) -> None:
    post.store.gate.clear()
    delivering = asyncio.create_task(webhook(post, press(5)))
    await post.after_a_rest()
    await until(lambda: len(post.answers()) == 1)
    post.store.gate.set()
    assert await delivering == WebhookAnswer(200)
    assert post.answers() == [("q5", "one moment (ar)")]


@pytest.mark.parametrize("secret", ["", "wrong", "correct_horse2", "\udcff"])
async def test_a_forged_webhook_is_refused_and_stored_nowhere(post: Post, secret: str) -> None:
    assert (await webhook(post, message(5), secret)).status == 401
    assert await post.keys() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe"])
async def test_what_is_not_an_update_is_refused(post: Post, body: bytes) -> None:
    assert (await post.receiver.webhook_answer(body, SECRET, SECRET)).status == 400


async def test_what_could_not_be_stored_is_delivered_again_in_a_second(post: Post) -> None:
    post.store.refusals = 1
    assert await webhook(post, press(5)) == WebhookAnswer(503, None, {"Retry-After": "1"})
    assert (await webhook(post, press(5))).status == 200
