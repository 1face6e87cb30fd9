"""What people do: private chats, taps, topics, albums, edits, and what the bot hears of it."""

from __future__ import annotations

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

from bot.playground.botapi import World
from bot.playground.botapi.media import FILE_KINDS
from bot.playground.botapi.refusals import Impossible
from bot.playground.botapi.samples import SAMPLES
from tests.playground.conftest import ANN, BEN, CHANNEL, EVE, FORUM, GROUP, updates_of

FIVE = InlineKeyboardMarkup([[InlineKeyboardButton("5", callback_data="five")]])


async def test_pressing_start_opens_the_chat_with_its_payload(bot: Bot, world: World) -> None:
    world.start(BEN, "token-1")
    (update,) = await updates_of(bot)
    assert update.message is not None
    assert update.message.text == "/start token-1"
    assert update.message.from_user is not None
    assert update.message.from_user.language_code == "zh-hans"
    assert (await bot.send_message(BEN, "你好")).chat.username == "ben"


async def test_block_and_unblock_are_told(bot: Bot, world: World) -> None:
    world.block(ANN)
    world.start(ANN)
    kicked, back, start = await updates_of(bot)
    assert kicked.my_chat_member is not None
    assert back.my_chat_member is not None
    statuses = [
        (change.old_chat_member.status, change.new_chat_member.status)
        for change in (kicked.my_chat_member, back.my_chat_member)
    ]
    assert statuses == [("member", "kicked"), ("kicked", "member")]
    assert start.message is not None


async def test_a_tap_carries_the_message_and_its_answer_is_a_toast(bot: Bot, world: World) -> None:
    question = await bot.send_message(ANN, "?", reply_markup=FIVE)
    query_id = world.press(ANN, ANN, question.message_id, "five")
    (update,) = await updates_of(bot)
    query = update.callback_query
    assert query is not None
    assert (query.id, query.data, query.from_user.id) == (query_id, "five", ANN)
    assert isinstance(query.message, Message)
    assert query.message.reply_markup == FIVE
    await query.answer("Thanks", show_alert=True)
    await query.answer("Thanks again")
    toasts = [event for event in world.feed() if event["type"] == "toast"]
    assert [(toast["person_id"], toast["text"], toast["show_alert"]) for toast in toasts] == [
        (ANN, "Thanks", True)
    ]


async def test_only_buttons_that_are_there_can_be_pressed(bot: Bot, world: World) -> None:
    question = await bot.send_message(ANN, "?", reply_markup=FIVE)
    with pytest.raises(Impossible, match="no button"):
        world.press(ANN, ANN, question.message_id, "six")
    with pytest.raises(Impossible, match="does not see"):
        world.press(BEN, ANN, question.message_id, "five")
    world.press(BEN, ANN, question.message_id, "six", forged=True)
    world.press(ANN, ANN, 99, "five", forged=True)
    forged, for_a_ghost = await updates_of(bot)
    assert forged.callback_query is not None
    assert (forged.callback_query.data, forged.callback_query.from_user.id) == ("six", BEN)
    assert for_a_ghost.callback_query is not None
    assert for_a_ghost.callback_query.message is not None
    assert (
        for_a_ghost.callback_query.message.date.timestamp() == 0
    )  # the mark of a message that is out of reach


async def test_a_message_in_a_topic_replies_to_the_topic_unless_it_replies_to_another(
    bot: Bot, world: World
) -> None:
    topic = await bot.create_forum_topic(FORUM, "Ann")
    thread_id = topic.message_thread_id
    relayed = await bot.send_message(FORUM, "hello", message_thread_id=thread_id)
    assert relayed.is_topic_message
    assert relayed.reply_to_message is not None
    assert relayed.reply_to_message.message_id == thread_id
    world.say(EVE, FORUM, "hi", reply_to=relayed.message_id)
    world.say(EVE, FORUM, "in General")
    *_, reply, general = await updates_of(bot)
    assert reply.message is not None
    assert reply.message.message_thread_id == thread_id
    assert reply.message.reply_to_message is not None
    assert reply.message.reply_to_message.message_id == relayed.message_id
    assert general.message is not None
    assert general.message.message_thread_id is None
    assert [message["text"] for message in world.messages(FORUM, None)] == ["in General"]
    assert [message.get("text") for message in world.messages(FORUM, thread_id)] == [None, "hello", "hi"]


async def test_topics_are_opened_closed_renamed_and_deleted_by_people(bot: Bot, world: World) -> None:
    thread_id = world.create_topic(EVE, FORUM, "Billing")
    world.rename_topic(EVE, FORUM, thread_id, "Bills")
    world.close_topic(EVE, FORUM, thread_id)
    world.reopen_topic(EVE, FORUM, thread_id)
    world.close_topic(EVE, FORUM, thread_id, anonymous=True)
    messages = [update.message for update in await updates_of(bot)]
    created, edited, closed, reopened, closed_again = messages
    assert created is not None
    assert created.forum_topic_created is not None
    assert edited is not None
    assert edited.forum_topic_edited is not None
    assert edited.forum_topic_edited.name == "Bills"
    assert closed is not None
    assert closed.forum_topic_closed is not None
    assert closed.from_user is not None
    assert closed.from_user.id == EVE
    assert reopened is not None
    assert reopened.forum_topic_reopened is not None
    assert closed_again is not None
    assert closed_again.from_user is not None
    assert closed_again.from_user.username == "GroupAnonymousBot"
    assert closed_again.sender_chat == closed_again.chat
    assert world.topics(FORUM) == [
        {
            "thread_id": thread_id,
            "name": "Bills",
            "is_closed": True,
            "icon_color": 0x6FB9F0,
            "icon_custom_emoji_id": None,
        }
    ]
    world.delete_topic(EVE, FORUM, thread_id)
    assert world.topics(FORUM) == world.messages(FORUM) == []
    assert await updates_of(bot) == []


async def test_anonymous_admins_speak_as_the_group(bot: Bot, world: World) -> None:
    world.say(EVE, FORUM, "/ces", anonymous=True)
    (update,) = await updates_of(bot)
    assert update.message is not None
    assert update.message.from_user is not None
    assert update.message.from_user.id == 1087968824
    assert update.message.sender_chat == update.message.chat
    with pytest.raises(Impossible, match="only admins"):
        world.say(BEN, GROUP, "boo", anonymous=True)


@pytest.mark.parametrize("kind", [*FILE_KINDS, *SAMPLES])
async def test_everything_that_people_send_is_readable_by_the_library(
    bot: Bot, world: World, kind: str
) -> None:
    world.send(ANN, ANN, kind)
    (update,) = await updates_of(bot)
    assert update.effective_message is not None
    assert getattr(update.effective_message, kind) is not None


@pytest.mark.parametrize(
    "kind", ["photo", "voice", "video", "document", "sticker", "location", "contact", "poll"]
)
async def test_what_people_send_can_be_copied_into_a_topic(bot: Bot, world: World, kind: str) -> None:
    message = world.send(ANN, ANN, kind)
    topic = await bot.create_forum_topic(FORUM, "Ann")
    await bot.copy_message(FORUM, ANN, message["message_id"], message_thread_id=topic.message_thread_id)
    copied = world.messages(FORUM, topic.message_thread_id)[-1]
    assert copied[kind] == message[kind]
    assert "forward_origin" not in copied


async def test_an_album_stays_an_album_when_it_is_copied(bot: Bot, world: World) -> None:
    ids = [world.send(ANN, ANN, "photo", media_group_id="7")["message_id"] for _ in range(3)]
    await bot.copy_messages(FORUM, ANN, ids)
    copies = world.messages(FORUM)
    assert len({copy["media_group_id"] for copy in copies}) == 1
    assert copies[0]["media_group_id"] != "7"


async def test_a_live_location_moves_and_a_copy_of_it_stays(bot: Bot, world: World) -> None:
    live = world.send(ANN, ANN, "location", live_period=600)["message_id"]
    world.edit(ANN, ANN, live, location={"latitude": 1.0})
    world.edit(ANN, ANN, live, location={"latitude": 2.0, "live_period": None})
    await bot.copy_message(FORUM, ANN, live)
    _, moved, last = await updates_of(bot)
    assert moved.edited_message is not None
    assert moved.edited_message.location is not None
    assert (moved.edited_message.location.latitude, moved.edited_message.location.live_period) == (1.0, 600)
    assert last.edited_message is not None
    assert last.edited_message.location is not None
    assert last.edited_message.location.live_period is None
    assert world.messages(FORUM)[-1]["location"]["latitude"] == 2.0


async def test_people_edit_their_own_messages_only(bot: Bot, world: World) -> None:
    message = world.say(ANN, ANN, "helo")
    world.edit(ANN, ANN, message["message_id"], "hello /help")
    _, edited = await updates_of(bot)
    assert edited.edited_message is not None
    assert edited.edited_message.text == "hello /help"
    assert edited.edited_message.edit_date is not None
    answer = await bot.send_message(ANN, "hi")
    with pytest.raises(Impossible, match="not 11's"):
        world.edit(ANN, ANN, answer.message_id, "ha")


async def test_acts_that_no_app_offers_are_impossible(world: World) -> None:
    with pytest.raises(Impossible, match="not in the chat"):
        world.say(BEN, FORUM, "let me in")
    with pytest.raises(Impossible, match="no topic"):
        world.say(EVE, FORUM, "hello", thread_id=77)
    world.join(CHANNEL, BEN)
    with pytest.raises(Impossible, match="may not post"):
        world.say(BEN, CHANNEL, "hello")
    with pytest.raises(Impossible, match="there is no person"):
        world.start(404)
    world.block(ANN)
    with pytest.raises(Impossible, match="has blocked"):
        world.say(ANN, ANN, "hello")
