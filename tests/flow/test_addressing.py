"""Where a call goes, what it costs, and which copies may travel together."""

from __future__ import annotations

import pytest

from bot.flow.addressing import addressed, counts, may_follow, may_travel, together


@pytest.mark.parametrize("method", ["sendMessage", "copyMessage", "forwardMessage", "closeForumTopic"])
def test_what_takes_a_thread_gets_it(method: str) -> None:
    assert addressed(method, {"x": 1}, -5, 9) == {"x": 1, "chat_id": -5, "message_thread_id": 9}


@pytest.mark.parametrize("method", ["editMessageText", "deleteMessage", "createForumTopic", "pinChatMessage"])
def test_what_takes_no_thread_gets_none(method: str) -> None:
    assert addressed(method, {"message_thread_id": 3}, -5, 9) == {"chat_id": -5}


def test_a_thread_in_the_letter_comes_first() -> None:
    assert addressed("sendMessage", {"message_thread_id": 3}, -5, None)["message_thread_id"] == 3


def test_a_call_about_the_bot_itself_has_no_address() -> None:
    assert addressed("setMyCommands", {"commands": []}, None, None) == {"commands": []}


def test_posts_and_edits_cost_and_the_rest_is_free() -> None:
    for method in (
        "sendMessage",
        "copyMessages",
        "forwardMessage",
        "editMessageText",
        "createForumTopic",
    ):
        assert counts(method), method
    for method in ("deleteMessage", "closeForumTopic", "setMyCommands", "pinChatMessage"):
        assert not counts(method), method


def test_only_plain_relayed_copies_travel_together() -> None:
    plain = {"from_chat_id": 7, "message_id": 1}
    assert may_travel("relay", "copyMessage", plain)
    assert not may_travel("relay", "copyMessage", plain | {"reply_parameters": {"message_id": 4}})
    assert not may_travel("relay", "copyMessage", plain | {"caption": "x"})
    assert not may_travel("relay", "sendMessage", {"text": "x"})
    assert not may_travel("notice", "copyMessage", plain)


def test_copies_travel_in_rising_order_from_one_chat_in_one_manner() -> None:
    first = {"from_chat_id": 7, "message_id": 5}
    assert may_follow(first, {"from_chat_id": 7, "message_id": 6})
    assert not may_follow(first, {"from_chat_id": 7, "message_id": 5})
    assert not may_follow(first, {"from_chat_id": 8, "message_id": 6})
    assert not may_follow(first, {"from_chat_id": 7, "message_id": 6, "disable_notification": True})
    assert together([first, {"from_chat_id": 7, "message_id": 9}]) == {
        "from_chat_id": 7,
        "message_ids": [5, 9],
    }
