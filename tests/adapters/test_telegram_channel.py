"""The channel: plain JSON in and out, and Telegram's refusals in our words."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.adapters.telegram.channel import TelegramChannel, build_bot
from bot.domain.errors import ChannelError, ChatMoved
from bot.flow.ports import Upload
from tests.scripted_api import DROPPED, TOKEN, Reply, ScriptedApi, refusal, result


@pytest.fixture
async def api() -> AsyncIterator[ScriptedApi]:
    async with ScriptedApi() as scripted:
        yield scripted


@pytest.fixture
async def channel(api: ScriptedApi) -> AsyncIterator[TelegramChannel]:
    bot = build_bot(TOKEN, api.url)
    await bot.open()
    yield TelegramChannel(bot)
    await bot.shutdown()


async def error_of(channel: TelegramChannel, api: ScriptedApi, reply: Reply) -> ChannelError:
    api.script["sendMessage"].append(reply)
    with pytest.raises(ChannelError) as caught:
        await channel.call("sendMessage", {"chat_id": 7, "text": "hi"})
    assert TOKEN not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (403, "Forbidden: bot was blocked by the user", "bot_blocked"),
        (403, "Forbidden: user is deactivated", "bot_blocked"),
        (403, "Forbidden: bot can't initiate conversation with a user", "no_chat"),
        (403, "Forbidden: bot was kicked from the supergroup chat", "no_chat"),
        (400, "Bad Request: chat not found", "no_chat"),
        (400, "Bad Request: message thread not found", "no_topic"),
        (400, "Bad Request: TOPIC_ID_INVALID", "no_topic"),
        (
            400,
            "Bad Request: message is not modified: specified new message content and reply markup are exactly"
            " the same as a current content and reply markup of the message",
            "nothing_to_do",
        ),
        (400, "Bad Request: message to edit not found", "message_gone"),
        (400, "Bad Request: message to delete not found", "nothing_to_do"),
        (
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
            "nothing_to_do",
        ),
        (400, "Bad Request: message can't be edited", "rejected"),
        (400, "Bad Request: message can't be deleted for everyone", "rejected"),
        (400, "Bad Request: message can't be copied", "rejected"),
        (400, "Bad Request: can't parse entities: unclosed tag", "rejected"),
        (404, "Not Found: method not found", "rejected"),
    ],
)
async def test_a_refusal_is_final_and_has_a_reason(
    channel: TelegramChannel, api: ScriptedApi, status: int, said: str, reason: str
) -> None:
    error = await error_of(channel, api, refusal(status, said))
    assert (error.reason, error.is_permanent, error.is_unknown) == (reason, True, False)
    assert str(error).lower() in said.lower()  # PTB drops "Bad Request: "


async def test_too_many_says_when_to_come_back(channel: TelegramChannel, api: ScriptedApi) -> None:
    error = await error_of(channel, api, refusal(429, "Too Many Requests: retry after 7", retry_after=7))
    assert (error.retry_after_seconds, error.is_permanent, error.is_unknown) == (7.0, False, False)


async def test_a_moved_chat_says_where_to(channel: TelegramChannel, api: ScriptedApi) -> None:
    said = "Bad Request: group chat was upgraded to a supergroup chat"
    error = await error_of(channel, api, refusal(400, said, migrate_to_chat_id=-100200))
    assert isinstance(error, ChatMoved)
    assert error.new_chat_id == -100200


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_server_error_was_an_answer_and_may_be_tried_again(
    channel: TelegramChannel, api: ScriptedApi, status: int
) -> None:
    error = await error_of(channel, api, refusal(status, "Internal Server Error"))
    assert (error.reason, error.is_permanent, error.is_unknown) == ("unreachable", False, False)


@pytest.mark.parametrize("reply", [DROPPED, Reply(504, b"<html>"), Reply(200, b"<html>garbage")])
async def test_without_an_answer_nobody_knows(
    channel: TelegramChannel, api: ScriptedApi, reply: Reply
) -> None:
    error = await error_of(channel, api, reply)
    assert (error.reason, error.is_permanent, error.is_unknown) == ("unreachable", False, True)


async def test_nothing_listening_means_surely_not_sent(unused_tcp_port: int) -> None:
    bot = build_bot(TOKEN, f"http://127.0.0.1:{unused_tcp_port}")
    await bot.open()
    with pytest.raises(ChannelError) as caught:
        await TelegramChannel(bot).call("sendMessage", {"chat_id": 7, "text": "hi"})
    await bot.shutdown()
    assert (caught.value.reason, caught.value.is_unknown) == ("unreachable", False)


async def test_two_pollers_are_a_conflict(channel: TelegramChannel, api: ScriptedApi) -> None:
    said = "Conflict: terminated by other getUpdates request"
    assert (await error_of(channel, api, refusal(409, said))).reason == "conflict"


async def test_a_refused_token_is_never_shown(channel: TelegramChannel, api: ScriptedApi) -> None:
    error = await error_of(channel, api, refusal(401, "Unauthorized"))
    assert (error.reason, error.is_permanent) == ("unauthorized", False)


async def test_updates_come_as_plain_json(channel: TelegramChannel, api: ScriptedApi) -> None:
    strange = {"update_id": 5, "something_new": {"from": 1}}
    api.script["getUpdates"].append(result([strange]))
    assert await channel.call("getUpdates", {"offset": 0, "timeout": 0}) == [strange]


async def test_an_upload_fills_its_field(channel: TelegramChannel, api: ScriptedApi) -> None:
    await channel.call("sendPhoto", {"chat_id": -5}, Upload("photo", "week.png", b"\x89PNG"))
    assert api.calls == [("sendPhoto", {"chat_id": -5})]
    assert api.files == {"photo": b"\x89PNG"}


async def test_what_is_not_given_is_not_sent(channel: TelegramChannel, api: ScriptedApi) -> None:
    await channel.call("sendMessage", {"chat_id": 7, "text": "hi", "message_thread_id": None})
    await channel.call("sendPhoto", {"chat_id": 7, "caption": None}, Upload("photo", "week.png", b"\x89PNG"))
    assert api.calls == [("sendMessage", {"chat_id": 7, "text": "hi"}), ("sendPhoto", {"chat_id": 7})]
