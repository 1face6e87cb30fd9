"""The support relay as people see it: the whole bot over real HTTP against the stand-in for the Bot API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.clock import RandomTokens, TravelClock
from bot.app import App
from bot.config import load
from bot.playground.botapi.server import Server
from bot.playground.botapi.world import World
from bot.playground.travel import Traveller
from tests.settings_file import no_settings_from_outside

__all__ = ["no_settings_from_outside"]

EMMA, LIN, OLGA, IVAN = 71, 72, 81, 82
FORUM, STAFF = -1001000000001, -1001000000002


class Desk:
    """A running bot with a forum, two customers and two members of staff."""

    def __init__(self, world: World, clock: TravelClock) -> None:
        self.world = world
        self.clock = clock
        self.app: App
        self.travel = Traveller(
            clock, lambda: world.is_settled and self.app.is_ready and self.app.loops.are_idle
        )

    async def settle(self) -> None:
        await self.travel.settle()

    async def say(self, person: int, text: str, **where: Any) -> int:
        """A customer privately, or staff in ``thread_id``; then everything settles."""
        chat_id = FORUM if "thread_id" in where else person
        message = self.world.say(person, chat_id, text, **where)
        await self.settle()
        return int(message["message_id"])

    async def send(self, person: int, kind: str, **fields: Any) -> int:
        chat_id = FORUM if "thread_id" in fields else person
        message = self.world.send(person, chat_id, kind, **fields)
        await self.settle()
        return int(message["message_id"])

    def thread(self, name: str = "Emma") -> int:
        return int([t["thread_id"] for t in self.world.topics(FORUM) if t["name"] == name][-1])

    def is_closed(self, name: str = "Emma") -> bool:
        return [bool(t["is_closed"]) for t in self.world.topics(FORUM) if t["name"] == name][-1]

    def shown(self, chat_id: int, thread_id: int | None = None) -> list[str]:
        """What a chat, or a topic, shows now: texts and kinds of what is not text; service messages apart."""
        found = self.world.messages(chat_id, thread_id) if thread_id else self.world.messages(chat_id)
        kinds = ("photo", "voice", "sticker", "location", "contact", "document", "video", "venue", "dice")
        lines = []
        for message in found:
            if "text" in message:
                lines.append(message["text"])
            else:
                lines += [f"<{kind}>" for kind in kinds if kind in message][:1]
        return lines


@pytest.fixture
async def desk(clock: TravelClock, tmp_path: Path) -> AsyncIterator[Desk]:
    world = World(clock)
    world.add_person(EMMA, "Emma", language_code="en")
    world.add_person(LIN, "林晓", language_code="zh-hans")
    world.add_person(OLGA, "Olga")
    world.add_person(IVAN, "Ivan")
    world.add_forum(FORUM, "Support", admins={OLGA: None, IVAN: None})
    world.add_group(STAFF, "Staff", admins={OLGA: None})
    server = Server(world)
    url = await server.start()
    settings = load(
        None,
        {
            "telegram": {"token": world.token, "api_url": url},
            "chats": {"staff": STAFF, "support_forum": FORUM, "explain": False},
            "database": {"url": f"sqlite:///{tmp_path / 'ces.db'}"},
            "privacy": {"pepper_file": str(tmp_path / "pepper")},
            "http": {"port": 0},
            "sending": {"per_second": 1000, "per_group_minute": 1000},
            "survey": {"minimum_messages": 0, "minimum_characters": 0},
        },
    )
    bench = Desk(world, clock)
    try:
        async with App(settings, clock, RandomTokens()) as bench.app:
            await bench.settle()
            yield bench
        assert world.violations == []
    finally:
        await server.stop()


async def test_a_conversation_goes_both_ways_and_closing_it_asks(desk: Desk) -> None:
    await desk.say(EMMA, "Where is my parcel?")
    thread = desk.thread()
    assert desk.shown(FORUM, thread)[-1] == "Where is my parcel?"
    assert "Emma" in desk.shown(FORUM, thread)[0]
    await desk.say(OLGA, "// checking", thread_id=thread)
    answer = await desk.say(OLGA, "It arrives tomorrow", thread_id=thread)
    assert desk.shown(EMMA) == ["Where is my parcel?", "It arrives tomorrow"]
    desk.world.edit(OLGA, FORUM, answer, "It arrives today")
    await desk.settle()
    assert desk.shown(EMMA)[-1] == "It arrives today"
    desk.world.close_topic(OLGA, FORUM, thread)
    await desk.settle()
    await desk.travel.by(timedelta(minutes=6))
    assert "How easy" in desk.shown(EMMA)[-1]


async def test_replies_quote_on_both_sides(desk: Desk) -> None:
    first = await desk.say(EMMA, "One")
    await desk.say(EMMA, "Two")
    thread = desk.thread()
    copy = desk.world.messages(FORUM, thread)[-2]
    assert copy["text"] == "One"
    await desk.say(OLGA, "About one", thread_id=thread, reply_to=copy["message_id"])
    answer = desk.world.messages(EMMA)[-1]
    assert answer["reply_to_message"]["message_id"] == first
    await desk.say(EMMA, "Yes, that", reply_to=answer["message_id"])
    assert desk.world.messages(FORUM, thread)[-1]["reply_to_message"]["text"] == "About one"


@pytest.mark.parametrize(
    "kind",
    ["photo", "voice", "video", "document", "sticker", "location", "contact", "venue", "dice", "animation"],
)
async def test_everything_that_telegram_lets_us_copy_arrives(desk: Desk, kind: str) -> None:
    await desk.send(EMMA, kind)
    thread = desk.thread()
    assert kind in desk.world.messages(FORUM, thread)[-1]
    await desk.send(OLGA, kind, thread_id=thread)
    assert kind in desk.world.messages(EMMA)[-1]


async def test_an_album_arrives_as_one(desk: Desk) -> None:
    album = desk.world.new_album()
    for _ in range(3):
        desk.world.send(EMMA, EMMA, "photo", media_group_id=album)
    await desk.travel.by(timedelta(seconds=3))
    photos = [m for m in desk.world.messages(FORUM, desk.thread()) if "photo" in m]
    assert len(photos) == 3
    assert len({photo["media_group_id"] for photo in photos}) == 1


async def test_what_cannot_be_copied_is_said_on_both_sides(desk: Desk) -> None:
    await desk.send(EMMA, "paid_media")
    assert "paid media" in desk.shown(FORUM, desk.thread())[-1]
    assert "cannot be passed on" in desk.shown(EMMA)[-1]


async def test_a_live_location_shows_its_first_and_its_last_point(desk: Desk) -> None:
    shared = await desk.send(EMMA, "location", live_period=900)
    for latitude in (52.6, 52.7):
        desk.world.edit(EMMA, EMMA, shared, location={"latitude": latitude})
        await desk.settle()
    await desk.travel.by(timedelta(minutes=16))
    points = [m["location"]["latitude"] for m in desk.world.messages(FORUM, desk.thread()) if "location" in m]
    assert points == [52.52, 52.7]


async def test_done_closes_the_topic_and_the_next_message_reopens_it(desk: Desk) -> None:
    await desk.say(EMMA, "Hello")
    thread = desk.thread()
    await desk.say(OLGA, "Hi", thread_id=thread)
    await desk.say(OLGA, "/done", thread_id=thread)
    assert desk.is_closed()
    await desk.say(EMMA, "thanks 🙏")
    assert desk.is_closed(), "a bare thanks while the question waits does not reopen"
    assert desk.shown(FORUM, thread)[-1] == "thanks 🙏"
    await desk.say(EMMA, "But one more thing")
    assert not desk.is_closed()
    await desk.travel.by(timedelta(minutes=10))
    assert not any("How easy" in line for line in desk.shown(EMMA)), "the question was taken back"


async def test_a_deleted_topic_comes_back_with_what_was_written(desk: Desk) -> None:
    await desk.say(EMMA, "Hello")
    old = desk.thread()
    desk.world.delete_topic(OLGA, FORUM, old)
    await desk.say(EMMA, "Still there?")
    new = desk.thread()
    assert new != old
    shown = desk.shown(FORUM, new)
    assert "Still there?" in shown
    assert any("was deleted" in line for line in shown)


async def test_a_customer_who_blocked_the_bot_is_said_in_the_topic(desk: Desk) -> None:
    await desk.say(EMMA, "Hello")
    thread = desk.thread()
    desk.world.block(EMMA)
    await desk.settle()
    assert "has blocked the bot" in desk.shown(FORUM, thread)[-1]
    answer = await desk.say(OLGA, "Hi", thread_id=thread)
    notice = desk.world.messages(FORUM, thread)[-1]
    assert "Not delivered" in notice["text"]
    assert notice["reply_to_message"]["message_id"] == answer
    desk.world.unblock(EMMA)
    await desk.settle()
    assert "is back" in desk.shown(FORUM, thread)[-1]


async def test_without_rights_messages_wait_and_the_staff_chat_hears_once(desk: Desk) -> None:
    desk.world.appoint(FORUM, desk.world.bot_id, ["can_delete_messages"], by=OLGA)
    await desk.say(EMMA, "Hello")
    await desk.say(EMMA, "Anybody?")
    warnings = [line for line in desk.shown(STAFF) if "forum cannot be used" in line]
    assert len(warnings) == 1
    assert desk.world.topics(FORUM) == []
    desk.world.appoint(FORUM, desk.world.bot_id, None, by=OLGA)
    await desk.settle()
    assert desk.shown(FORUM, desk.thread())[-2:] == ["Hello", "Anybody?"]
    assert "works again" in desk.shown(STAFF)[-1]


async def test_a_bot_that_is_thrown_out_and_let_in_again_loses_nothing(desk: Desk) -> None:
    await desk.say(EMMA, "Hello")
    desk.world.kick_bot(FORUM, by=OLGA)
    await desk.say(EMMA, "One")
    await desk.say(EMMA, "Two")
    desk.world.appoint(FORUM, desk.world.bot_id, None, by=OLGA)
    await desk.settle()
    assert desk.shown(FORUM, desk.thread())[-2:] == ["One", "Two"]


async def test_two_customers_have_two_topics_and_their_own_words(desk: Desk) -> None:
    await desk.say(EMMA, "Hello")
    await desk.say(LIN, "你好")
    emma, lin = desk.thread(), desk.thread("林晓")
    await desk.say(OLGA, "Hi Emma", thread_id=emma)
    await desk.say(IVAN, "你好，林晓", thread_id=lin)
    assert desk.shown(EMMA) == ["Hello", "Hi Emma"]
    assert desk.shown(LIN) == ["你好", "你好，林晓"]


async def test_a_lost_answer_of_telegram_doubles_a_line_rather_than_losing_it(desk: Desk) -> None:
    await desk.say(EMMA, "Hello")
    desk.world.faults.drop_after("copyMessage")
    await desk.say(EMMA, "Important")
    await desk.travel.by(timedelta(minutes=2))
    assert desk.shown(FORUM, desk.thread()).count("Important") == 2


async def test_forget_me_deletes_the_topic_and_says_so(desk: Desk) -> None:
    await desk.say(EMMA, "Hello")
    await desk.say(EMMA, "/forget_me")
    confirm = desk.world.messages(EMMA)[-1]
    data = confirm["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    desk.world.press(EMMA, EMMA, confirm["message_id"], data)
    await desk.settle()
    assert desk.world.topics(FORUM) == []
    assert "asked to be forgotten" in desk.shown(FORUM)[-1]
