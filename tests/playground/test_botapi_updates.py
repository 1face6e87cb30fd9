"""The queue of updates: offsets, lifetimes, kinds, one poller at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from telegram import Bot
from telegram.error import Conflict

from bot.adapters.clock import TravelClock
from bot.playground.botapi import Server, World
from bot.playground.botapi.updates import MalformedUpdate
from tests.playground.conftest import ANN, BEN, CHANNEL, EVE, FORUM, GROUP, RawApi
from tests.settling import until

MARKUP = {"inline_keyboard": [[{"text": "5", "callback_data": "five"}]]}


async def ask(api: RawApi) -> int:
    """A question with one button in Ann's chat; its message id."""
    sent = await api("sendMessage", chat_id=ANN, text="?", reply_markup=MARKUP)
    message_id: int = sent["result"]["message_id"]
    return message_id


def texts(updates: list[dict[str, Any]]) -> list[str]:
    return [update["message"]["text"] for update in updates]


async def test_unconfirmed_updates_come_again(api: RawApi, world: World) -> None:
    world.say(ANN, ANN, "one")
    world.say(ANN, ANN, "two")
    first = await api.updates()
    assert await api.updates() == first
    assert texts(first) == ["one", "two"]


async def test_an_offset_confirms_what_lies_below_it(api: RawApi, world: World) -> None:
    for text in ("one", "two", "three"):
        world.say(ANN, ANN, text)
    first = await api.updates(limit=2)
    assert texts(first) == ["one", "two"]
    assert not world.is_settled
    assert texts(await api.updates(first[0]["update_id"] + 1)) == ["two", "three"]
    assert texts(await api.updates()) == ["two", "three"]
    assert await api.updates(first[1]["update_id"] + 2) == []
    assert world.is_settled


async def test_a_negative_offset_keeps_the_last_ones_only(api: RawApi, world: World) -> None:
    for text in ("one", "two", "three"):
        world.say(ANN, ANN, text)
    assert texts(await api.updates(-1)) == ["three"]
    assert texts(await api.updates()) == ["three"]


async def test_an_offset_from_the_future_confirms_nothing(api: RawApi, world: World) -> None:
    world.say(ANN, ANN, "one")
    newest = (await api.updates())[-1]["update_id"]
    assert texts(await api.updates(newest + 1000)) == ["one"]


async def test_update_ids_follow_each_other_until_a_week_of_silence(
    api: RawApi, world: World, clock: TravelClock
) -> None:
    world.say(ANN, ANN, "one")
    world.say(ANN, ANN, "two")
    one, two = await api.updates()
    assert two["update_id"] == one["update_id"] + 1
    clock.move(timedelta(days=7))
    world.say(ANN, ANN, "three")
    (three,) = await api.updates(two["update_id"] + 1)
    assert three["update_id"] < one["update_id"]


async def test_a_tap_is_forgotten_after_150_seconds_and_a_message_after_a_day(
    api: RawApi, world: World, clock: TravelClock
) -> None:
    message_id = await ask(api)
    world.say(ANN, ANN, "hello")
    world.press(ANN, ANN, message_id, "five")
    clock.move(timedelta(seconds=149))
    assert len(await api.updates()) == 2
    clock.move(timedelta(seconds=1))
    assert texts(await api.updates()) == ["hello"]
    clock.move(timedelta(days=1))
    assert await api.updates() == []
    assert world.is_settled


async def test_a_long_poll_ends_when_something_happens(bot: Bot, world: World) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=50))
    await until(lambda: world.updates.is_polled)
    assert world.is_settled
    world.say(ANN, ANN, "hello")
    (update,) = await poll
    assert update.message is not None
    assert update.message.text == "hello"


async def test_the_second_poller_ends_the_first_with_409(bot: Bot, api: RawApi, world: World) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=50))
    await until(lambda: world.updates.is_polled)
    second = asyncio.create_task(api.updates(timeout=50))
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first
    await until(lambda: world.updates.is_polled)
    world.say(ANN, ANN, "hello")
    assert texts(await second) == ["hello"]


async def test_polling_beside_a_webhook_is_409(bot: Bot, world: World) -> None:
    waiting = asyncio.create_task(bot.get_updates(timeout=50))
    await until(lambda: world.updates.is_polled)
    await bot.set_webhook("https://bot.example/hook")
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await waiting
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()


async def test_only_wanted_kinds_are_kept_and_the_wish_lasts(api: RawApi, world: World) -> None:
    message_id = await ask(api)
    await api.updates(allowed_updates=["callback_query"])
    world.say(ANN, ANN, "hello")
    world.press(ANN, ANN, message_id, "five")
    (update,) = await api.updates()
    assert update["callback_query"]["data"] == "five"


async def test_members_coming_and_going_are_told_only_on_request(api: RawApi, world: World) -> None:
    world.join(FORUM, BEN)
    assert ["message" in update for update in await api.updates()] == [True]
    await api.updates(allowed_updates=["chat_member"])
    world.leave(FORUM, BEN)
    update = (await api.updates())[-1]
    assert update["chat_member"]["new_chat_member"]["status"] == "left"


async def test_dropped_pending_updates_are_gone(api: RawApi, world: World) -> None:
    world.say(ANN, ANN, "hello")
    await api("deleteWebhook", drop_pending_updates=True)
    assert await api.updates() == []


async def test_a_hasty_poller_gets_one_update_when_throttled(api: RawApi, world: World) -> None:
    world.updates.is_throttled = True
    world.say(ANN, ANN, "one")
    world.say(ANN, ANN, "two")
    assert len(await api.updates(5)) == 2
    assert len(await api.updates(5)) == 1


async def test_a_duplicated_update_arrives_twice_with_one_id(api: RawApi, world: World) -> None:
    world.faults.duplicate_updates()
    world.say(ANN, ANN, "one")
    first, second = await api.updates()
    assert first == second
    assert len(await api.updates()) == 1


async def test_every_update_has_the_published_shape(world: World) -> None:
    with pytest.raises(MalformedUpdate, match="duration"):
        world.send(ANN, ANN, "voice", duration="long")


async def test_the_bot_hears_its_own_topic_but_not_its_own_talk(api: RawApi, world: World) -> None:
    topic = (await api("createForumTopic", chat_id=FORUM, name="Ann"))["result"]["message_thread_id"]
    await api("sendMessage", chat_id=FORUM, message_thread_id=topic, text="hello")
    await api("closeForumTopic", chat_id=FORUM, message_thread_id=topic)
    created, closed = (update["message"] for update in await api.updates())
    assert created["forum_topic_created"]["name"] == "Ann"
    assert (closed["forum_topic_closed"], closed["message_thread_id"]) == ({}, topic)
    assert closed["from"]["id"] == world.bot_id


async def test_privacy_mode_hides_talk_that_is_not_for_the_bot(api: RawApi, world: World) -> None:
    world.appoint(GROUP, world.bot_id, (), by=EVE)
    asked = (await api("sendMessage", chat_id=GROUP, text="Well?"))["result"]["message_id"]
    world.say(BEN, GROUP, "among ourselves")
    world.say(BEN, GROUP, "/ces")
    world.say(BEN, GROUP, "yes", reply_to=asked)
    heard = [update["message"]["text"] for update in await api.updates() if "message" in update]
    assert heard == ["/ces", "yes"]


async def test_a_channel_post_is_an_update_of_its_own_kind(api: RawApi, world: World) -> None:
    world.say(EVE, CHANNEL, "news")
    (update,) = await api.updates()
    assert update["channel_post"]["sender_chat"]["id"] == CHANNEL
    assert "from" not in update["channel_post"]


async def test_a_poller_that_dies_leaves_its_updates_to_the_next(bot: Bot, api: RawApi, world: World) -> None:
    dying = asyncio.create_task(bot.get_updates(timeout=50))
    await until(lambda: world.updates.is_polled)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    await until(lambda: not world.updates.is_polled)
    world.say(ANN, ANN, "hello")
    assert texts(await api.updates(timeout=50)) == ["hello"]
    assert world.in_flight == 0


async def test_a_server_stops_at_once_although_somebody_waits(
    server: Server, api: RawApi, world: World
) -> None:
    waiting = asyncio.create_task(api.updates(timeout=50))
    await until(lambda: world.updates.is_polled)
    async with asyncio.timeout(20):
        await server.stop()
    with pytest.raises(aiohttp.ClientError):
        await waiting
