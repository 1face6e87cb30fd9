"""The schema check: good calls pass, planted mistakes are caught."""

from __future__ import annotations

import json
from typing import Any

import pytest
from telegram import Bot, BotCommand, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto

from bot.playground.botapi import World
from bot.playground.botapi.media import plain_picture
from bot.playground.botapi.schema import published
from tests.playground.conftest import ANN, FORUM, RawApi


def keyboard(**button: Any) -> str:
    return json.dumps({"inline_keyboard": [[{"text": "1", **button}]]})


MISTAKES: dict[str, tuple[str, dict[str, Any], str]] = {
    "callback data over 64 bytes": (
        "sendMessage",
        {"chat_id": 1, "text": "?", "reply_markup": keyboard(callback_data="é" * 33)},
        "66 bytes",
    ),
    "a button without action": (
        "sendMessage",
        {"chat_id": 1, "text": "?", "reply_markup": keyboard()},
        "exactly one action",
    ),
    "a button with two actions": (
        "sendMessage",
        {"chat_id": 1, "text": "?", "reply_markup": keyboard(callback_data="a", url="https://a.example")},
        "exactly one action",
    ),
    "a toast of 201 characters": (
        "answerCallbackQuery",
        {"callback_query_id": "1", "text": "x" * 201},
        "201 characters",
    ),
    "a topic name of 129 characters": (
        "createForumTopic",
        {"chat_id": 1, "name": "x" * 129},
        "129 characters",
    ),
    "an empty text": ("sendMessage", {"chat_id": 1, "text": ""}, "0 characters"),
    "a placeholder of 65 characters": (
        "sendMessage",
        {
            "chat_id": 1,
            "text": "?",
            "reply_markup": {"force_reply": True, "input_field_placeholder": "x" * 65},
        },
        "65 characters",
    ),
    "a caption far too long": (
        "copyMessage",
        {"chat_id": 1, "from_chat_id": 1, "message_id": 1, "caption": "x" * 5000},
        "5000 characters",
    ),
    "a mistyped parameter": ("sendMessage", {"chat_id": 1, "text": "?", "parsemode": "HTML"}, "unknown"),
    "a mistyped method": ("sendMesage", {"chat_id": 1, "text": "?"}, "no such method"),
    "text for an integer": (
        "copyMessage",
        {"chat_id": 1, "from_chat_id": 1, "message_id": "one"},
        "not of type Integer",
    ),
    "a missing required parameter": ("sendMessage", {"chat_id": 1}, "missing"),
    "a wrong kind of scope": (
        "setMyCommands",
        {"commands": [{"command": "a", "description": "b"}], "scope": {"type": "nobody"}},
        "must be",
    ),
    "an attached file that does not travel": (
        "sendMediaGroup",
        {"chat_id": 1, "media": [{"type": "photo", "media": "attach://a"}] * 2},
        "no file 'a'",
    ),
    "an album of one": (
        "sendMediaGroup",
        {"chat_id": 1, "media": [{"type": "photo", "media": "x"}]},
        "1 items",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_caught(name: str) -> None:
    method, params, complaint = MISTAKES[name]
    violations = published().validate(method, params)
    assert len(violations) == 1 or name == "an attached file that does not travel"
    assert complaint in violations[0]


def test_a_file_that_belongs_to_no_parameter_is_caught() -> None:
    violations = published().validate("sendMessage", {"chat_id": 1, "text": "?"}, ["photo"])
    assert violations == ["sendMessage: the file 'photo' belongs to no parameter"]


def test_a_text_that_gets_shorter_by_parsing_is_no_violation() -> None:
    long_markup = "<b>x</b>" * 600
    assert published().validate("sendMessage", {"chat_id": 1, "text": long_markup}) == []


def test_newer_fields_of_the_published_version_are_known() -> None:
    markup = {
        "inline_keyboard": [[{"text": "Skip", "callback_data": "k", "disabled": {}}]],
        "force_reply": True,
    }
    violations = published().validate("sendMessage", {"chat_id": 1, "text": "?", "reply_markup": markup})
    assert violations == [
        "sendMessage.reply_markup.inline_keyboard[0][0]: a button has exactly one action, this one has 2"
    ]


def test_form_strings_are_read_as_what_they_stand_for() -> None:
    given = {"chat_id": "-100", "message_id": "7", "disable_notification": "True", "from_chat_id": "@name"}
    decoded, violations = published().read("copyMessage", given)
    assert violations == []
    assert decoded == {
        "chat_id": -100,
        "message_id": 7,
        "disable_notification": True,
        "from_chat_id": "@name",
    }


async def test_what_the_library_sends_keeps_to_the_schema(bot: Bot, world: World) -> None:
    row = [InlineKeyboardButton(str(score), callback_data=f"s1:{score}") for score in range(1, 6)]
    question = await bot.send_message(ANN, "<b>?</b>", "HTML", reply_markup=InlineKeyboardMarkup([row]))
    await bot.edit_message_text("!", ANN, question.message_id)
    await bot.send_message(ANN, "Why?", reply_markup=ForceReply(input_field_placeholder="Your words"))
    await bot.send_photo(ANN, plain_picture(), caption="A picture")
    await bot.send_document(ANN, b"{}", filename="data.json")
    await bot.send_media_group(ANN, [InputMediaPhoto(plain_picture()), InputMediaPhoto(plain_picture())])
    await bot.send_location(ANN, 1.5, 2.5)
    await bot.send_contact(ANN, "+1", "Sam")
    topic = await bot.create_forum_topic(FORUM, "Ann")
    await bot.copy_message(FORUM, ANN, question.message_id, message_thread_id=topic.message_thread_id)
    await bot.copy_messages(FORUM, ANN, [question.message_id], message_thread_id=topic.message_thread_id)
    await bot.edit_forum_topic(FORUM, topic.message_thread_id, name="Ann B")
    await bot.close_forum_topic(FORUM, topic.message_thread_id)
    await bot.reopen_forum_topic(FORUM, topic.message_thread_id)
    await bot.set_my_commands([BotCommand("start", "Begin")], language_code="en")
    await bot.set_message_reaction(ANN, question.message_id, "👍")
    await bot.get_updates(allowed_updates=["message", "callback_query"])
    await bot.set_webhook("https://bot.example/hook", secret_token="abc", max_connections=8)
    await bot.delete_webhook()
    assert world.violations == []
    assert [call.error for call in world.calls if call.error] == []


async def test_a_violation_is_kept_and_refused(api: RawApi, world: World) -> None:
    description = await api.refusal("sendMessage", chat_id=ANN, text="?", silent=True)
    assert description == "Bad Request: the call breaks the schema: sendMessage.silent: unknown parameter"
    assert world.violations == ["sendMessage.silent: unknown parameter"]


async def test_a_lenient_world_keeps_the_violation_and_answers(api: RawApi, world: World) -> None:
    world.is_strict = False
    assert (await api("sendMessage", chat_id=ANN, text="?", silent=True))["ok"]
    assert world.violations == ["sendMessage.silent: unknown parameter"]
    assert world.messages(ANN)[-1]["text"] == "?"
