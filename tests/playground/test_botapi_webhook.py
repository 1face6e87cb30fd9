"""Webhooks: the secret, the order, the retries, Retry-After, a method in the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.adapters.clock import TravelClock
from bot.playground.botapi import World
from tests.playground.conftest import ANN, BEN, RawApi
from tests.settling import until


class Hook:
    """A bot's webhook that answers as told and remembers what came."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.secrets: list[str | None] = []
        self.answer: Callable[[dict[str, Any]], web.Response] = lambda body: web.Response()
        self.gate = asyncio.Event()
        self.gate.set()
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        """Handle one POST."""
        body = await request.json()
        self.bodies.append(body)
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        await self.gate.wait()
        return self.answer(body)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """A webhook on a free port."""
    hook = Hook()
    application = web.Application()
    application.router.add_post("/hook", hook.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield hook
    await runner.cleanup()


async def settled(world: World, clock: TravelClock) -> None:
    await until(lambda: world.is_settled and not clock.busy())


def texts(hook: Hook) -> list[str]:
    return [body["message"]["text"] for body in hook.bodies]


async def test_updates_are_posted_with_the_secret(
    api: RawApi, world: World, hook: Hook, clock: TravelClock
) -> None:
    await api("setWebhook", url=hook.url, secret_token="s3cret")
    world.say(ANN, ANN, "hello")
    await settled(world, clock)
    assert texts(hook) == ["hello"]
    assert hook.secrets == ["s3cret"]
    assert (await api("getWebhookInfo"))["result"] == {
        "url": hook.url,
        "has_custom_certificate": False,
        "max_connections": 40,
        "pending_update_count": 0,
    }


async def test_one_chat_waits_for_its_turn_and_another_does_not(
    api: RawApi, world: World, hook: Hook, clock: TravelClock
) -> None:
    await api("setWebhook", url=hook.url)
    hook.gate.clear()
    world.say(ANN, ANN, "first of Ann")
    world.say(ANN, ANN, "second of Ann")
    world.say(BEN, BEN, "first of Ben")
    await until(lambda: len(hook.bodies) == 2)
    assert sorted(texts(hook)) == ["first of Ann", "first of Ben"]
    assert not world.is_settled
    hook.gate.set()
    await settled(world, clock)
    assert texts(hook)[-1] == "second of Ann"


async def test_failed_posts_are_tried_again_at_the_vendors_pace(
    api: RawApi, world: World, hook: Hook, clock: TravelClock
) -> None:
    await api("setWebhook", url=hook.url)
    hook.answer = lambda body: web.Response(status=500)
    message = (
        await api(
            "sendMessage",
            chat_id=ANN,
            text="?",
            reply_markup={"inline_keyboard": [[{"text": "5", "callback_data": "five"}]]},
        )
    )["result"]
    began = clock.now()
    tries: list[float] = []
    world.press(ANN, ANN, message["message_id"], "five")
    while True:
        seen = len(hook.bodies)
        await settled(world, clock)
        tries += [(clock.now() - began).total_seconds()] * (len(hook.bodies) - seen)
        due = clock.next_due()
        if due is None:
            break
        clock.move_to(due)
    assert tries[:7] == [0, 0, 2, 6, 14, 30, 62]
    assert 122 <= tries[7] <= 126
    assert len(tries) == 8
    assert world.is_settled
    described = (await api("getWebhookInfo"))["result"]
    assert described["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"


async def test_retry_after_is_obeyed_and_does_not_grow_the_pause(
    api: RawApi, world: World, hook: Hook, clock: TravelClock
) -> None:
    await api("setWebhook", url=hook.url)
    hook.answer = lambda body: web.Response(status=503, headers={"Retry-After": "1"})
    world.say(ANN, ANN, "hello")
    for tries in range(1, 6):
        await settled(world, clock)
        assert len(hook.bodies) == tries
        assert clock.next_due() == clock.now() + timedelta(seconds=1)
        clock.move(timedelta(seconds=1))
    hook.answer = lambda body: web.Response()
    clock.move(timedelta(seconds=1))
    await settled(world, clock)
    assert (await api("getWebhookInfo"))["result"]["pending_update_count"] == 0


async def test_a_method_in_the_answer_is_called(
    api: RawApi, world: World, hook: Hook, clock: TravelClock
) -> None:
    await api("setWebhook", url=hook.url)
    hook.answer = lambda body: web.json_response({"method": "sendMessage", "chat_id": ANN, "text": "Thanks"})
    world.say(ANN, ANN, "hello")
    await settled(world, clock)
    assert world.messages(ANN)[-1]["text"] == "Thanks"


async def test_a_duplicated_update_is_posted_twice(
    api: RawApi, world: World, hook: Hook, clock: TravelClock
) -> None:
    await api("setWebhook", url=hook.url)
    world.faults.duplicate_updates()
    world.say(ANN, ANN, "hello")
    await settled(world, clock)
    assert texts(hook) == ["hello", "hello"]


async def test_a_bot_that_is_down_is_noted_and_served_when_it_is_back(
    api: RawApi, world: World, hook: Hook, clock: TravelClock
) -> None:
    await api("setWebhook", url="http://127.0.0.1:9/hook")
    world.say(ANN, ANN, "hello")
    await settled(world, clock)
    described = (await api("getWebhookInfo"))["result"]
    assert described["last_error_message"] == "Connection refused"
    assert described["pending_update_count"] == 1
    await api("setWebhook", url=hook.url)
    clock.move(timedelta(seconds=2))
    await settled(world, clock)
    assert texts(hook) == ["hello"]


async def test_a_webhook_that_is_gone_for_23_hours_is_closed(
    api: RawApi, world: World, hook: Hook, clock: TravelClock
) -> None:
    await api("setWebhook", url=hook.url)
    hook.answer = lambda body: web.Response(status=410)
    for _ in range(2):
        world.say(ANN, ANN, "hello")
        await until(lambda: (world.is_settled or not world.webhook.url) and not clock.busy())
        clock.move(timedelta(hours=23, seconds=1))
    assert (await api("getWebhookInfo"))["result"]["url"] == ""


async def test_a_webhook_address_or_secret_that_cannot_be_is_refused(api: RawApi) -> None:
    assert "bad webhook" in await api.refusal("setWebhook", url="nowhere")
    assert await api.refusal("setWebhook", url="https://a.example", secret_token="a b") == (
        "Bad Request: secret token contains unallowed characters"
    )
