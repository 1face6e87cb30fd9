"""Fault switches and sending limits."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from telegram import Bot
from telegram.error import NetworkError, RetryAfter, TimedOut

from bot.adapters.clock import TravelClock
from bot.playground.botapi import World
from tests.playground.conftest import ANN, CHANNEL, FORUM, RawApi


async def test_a_call_dropped_before_has_no_effect(api: RawApi, world: World) -> None:
    world.faults.drop_before("sendMessage")
    with pytest.raises(aiohttp.ClientError):
        await api("sendMessage", chat_id=ANN, text="?")
    assert len(world.messages(ANN)) == 1
    assert (await api("sendMessage", chat_id=ANN, text="?"))["ok"]


async def test_a_call_dropped_after_has_its_effect_and_no_answer(bot: Bot, world: World) -> None:
    world.faults.drop_after("sendMessage", times=2)
    for _ in range(2):
        with pytest.raises(NetworkError):
            await bot.send_message(ANN, "?")
    assert [message.get("text") for message in world.messages(ANN)] == ["/start", "?", "?"]
    assert world.is_settled


async def test_a_late_answer_comes_after_its_effect(bot: Bot, world: World) -> None:
    world.faults.delay("sendMessage", seconds=60)
    with pytest.raises(TimedOut):
        await bot.send_message(ANN, "?", read_timeout=0.01)
    assert world.messages(ANN)[-1]["text"] == "?"


async def test_a_trickling_answer_is_whole_in_the_end_or_too_late(bot: Bot, world: World) -> None:
    world.faults.trickle("sendMessage", seconds=0.2)
    assert (await bot.send_message(ANN, "slowly")).text == "slowly"
    world.faults.trickle("sendMessage", seconds=60)
    with pytest.raises(TimedOut):
        await bot.send_message(
            ANN, "too slowly", read_timeout=0.01, write_timeout=0.05, pool_timeout=0.05, connect_timeout=0.05
        )
    assert world.messages(ANN)[-1]["text"] == "too slowly", "it had its effect"


async def test_a_call_that_fails_has_no_effect(bot: Bot, world: World) -> None:
    world.faults.fail("*", 502, "Bad Gateway")
    with pytest.raises(NetworkError, match="Bad Gateway"):
        await bot.send_message(ANN, "?")
    world.faults.fail("sendMessage", 429, "Too Many Requests: retry after 7", retry_after=7)
    with pytest.raises(RetryAfter) as raised:
        await bot.send_message(ANN, "?")
    assert raised.value._retry_after == timedelta(seconds=7)
    assert len(world.messages(ANN)) == 1


async def test_switches_can_be_cleared(api: RawApi, world: World) -> None:
    world.faults.fail("sendMessage", 500, "Internal Server Error", times=9)
    world.faults.clear()
    assert (await api("sendMessage", chat_id=ANN, text="?"))["ok"]


async def send_until_refused(api: RawApi, chat_id: int, most: int = 100) -> tuple[int, dict[str, Any]]:
    for count in range(most):
        body = await api("sendMessage", chat_id=chat_id, text="?")
        if not body["ok"]:
            return count, body
    return most, {}


async def test_a_private_chat_takes_a_small_burst_and_then_one_a_second(
    api: RawApi, world: World, clock: TravelClock
) -> None:
    world.limits_on = True
    count, body = await send_until_refused(api, ANN)
    assert count == 3
    assert body["error_code"] == 429
    assert body["description"] == "Too Many Requests: retry after 1"
    assert body["parameters"] == {"retry_after": 1}
    clock.move(timedelta(seconds=1))
    assert (await send_until_refused(api, ANN))[0] == 1


async def test_a_group_takes_20_a_minute_all_topics_together(
    api: RawApi, world: World, clock: TravelClock
) -> None:
    world.limits_on = True
    count, body = await send_until_refused(api, FORUM)
    assert count == 20
    assert body["parameters"] == {"retry_after": 60}
    assert (await send_until_refused(api, CHANNEL, most=5))[0] == 5
    clock.move(timedelta(seconds=60))
    assert (await send_until_refused(api, FORUM))[0] == 20


async def test_all_chats_together_take_30_a_second(api: RawApi, world: World, clock: TravelClock) -> None:
    world.limits_on = True
    for person_id in range(100, 140):
        world.add_person(person_id, "P")
        world.start(person_id)
    answers = [await api("sendMessage", chat_id=person_id, text="?") for person_id in range(100, 140)]
    assert [body["ok"] for body in answers] == [True] * 30 + [False] * 10
    clock.move(timedelta(seconds=1))
    assert (await api("sendMessage", chat_id=139, text="?"))["ok"]


async def test_an_album_counts_each_of_its_pictures(api: RawApi, world: World) -> None:
    photo = world.send(ANN, ANN, "photo")["photo"][0]["file_id"]
    world.limits_on = True
    album = [{"type": "photo", "media": photo}] * 10
    results = [(await api("sendMediaGroup", chat_id=FORUM, media=album))["ok"] for _ in range(3)]
    assert results == [True, True, False]


async def test_without_limits_nothing_is_counted(api: RawApi) -> None:
    assert (await send_until_refused(api, ANN))[0] == 100


async def test_a_call_under_way_is_not_settled(api: RawApi, world: World) -> None:
    world.faults.delay("getMe", seconds=0.05)
    asking = asyncio.create_task(api("getMe"))
    while not world.in_flight:  # noqa: ASYNC110 - what is waited for is not ours to signal
        await asyncio.sleep(0)
    assert not world.is_settled
    await asking
    assert world.is_settled
