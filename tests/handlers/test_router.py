"""Every update finds its way; what is none of ours, or cannot be read, blocks nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from handlers.router import lane_of
from tests.stage import ADA, ELSEWHERE, EMMA, FORUM, LIN, OLGA, STRANGER, Stage, stage


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """The stage."""
    async with stage() as on:
        yield on


def key_of(person: int) -> str:
    """A pseudonym that can be told apart."""
    return f"key{person}"


@pytest.mark.parametrize(
    ("update", "lane"),
    [
        ({"message": {"chat": {"id": 7, "type": "private"}}}, "key7"),
        ({"edited_message": {"chat": {"id": 7, "type": "private"}}}, "key7"),
        ({"my_chat_member": {"chat": {"id": 7, "type": "private"}}}, "key7"),
        ({"message": {"chat": {"id": -7, "type": "supergroup"}}}, "chat:-7"),
        ({"update_id": 3, "callback_query": {"from": {"id": 7}}}, "update:3"),
        ({"update_id": 3, "poll": {}}, "update:3"),
        ({}, "update:0"),
    ],
)
def test_a_customers_updates_keep_their_order_under_a_pseudonym(update: dict[str, Any], lane: str) -> None:
    assert lane_of(update, key_of) == lane


async def test_no_raw_id_is_a_lane(s: Stage) -> None:
    await s.say(EMMA, "Hello")
    lanes = {row["lane"] for row in await s.rows("SELECT lane FROM delivery")}
    assert s.key(EMMA) in lanes
    assert not any(str(EMMA) == lane for lane in lanes)


async def test_an_update_that_cannot_be_read_blocks_neither_its_lane_nor_others(s: Stage) -> None:
    private = {"id": EMMA, "type": "private"}
    for odd in (
        {"message": {"message_id": 1, "chat": private}},  # no date, no sender
        {"message": "hello"},
        {"my_chat_member": {"chat": private}},
        {"callback_query": {"id": 7}},
        {},
    ):
        update_id = 800_000_000 + len(await s.rows("SELECT id FROM delivery"))
        await s.app.loops.inbox.save([{"update_id": update_id, **odd}], s.clock.now())
    await s.after("1m")
    await s.say(EMMA, "Still heard")
    await s.say(LIN, "也听到了")
    assert any("Still heard" in text for text in s.texts(FORUM))
    assert any("也听到了" in text for text in s.texts(FORUM))
    waiting = await s.rows("SELECT id FROM delivery WHERE done_at IS NULL")
    assert waiting == []


@pytest.mark.parametrize(
    "kind", ["poll", "message_reaction", "chat_join_request", "channel_post", "inline_query"]
)
async def test_kinds_that_were_not_asked_for_mean_nothing(s: Stage, kind: str) -> None:
    await s.app.loops.inbox.save([{"update_id": 800_000_001, kind: {"chat": {"id": 1}}}], s.clock.now())
    await s.settle()
    row = await s.row("SELECT error, done_at FROM delivery WHERE key='800000001'")
    assert row["error"] is None
    assert row["done_at"] is not None


async def test_talk_in_other_groups_is_nobodys_business(s: Stage) -> None:
    calls = len(s.world.calls)
    await s.say(STRANGER, "Hello everybody", ELSEWHERE)
    s.world.send(STRANGER, ELSEWHERE, "photo")
    await s.settle()
    made = [call.method for call in s.world.calls[calls:] if call.method != "getUpdates"]
    assert made == []
    assert await s.rows("SELECT customer_key FROM desk_topic") == []


async def test_staff_talk_in_general_stays_there(s: Stage) -> None:
    await s.say(EMMA, "Hello")
    before = s.texts(EMMA)
    await s.say(OLGA, "Who takes Emma?", FORUM)
    assert s.texts(EMMA) == before


async def test_a_button_of_another_bot_or_age_is_answered(s: Stage) -> None:
    await s.say(EMMA, "/help")
    for data in ("approve:7", "s9:abc", "{}", "ü"):
        assert await s.press(EMMA, s.last(EMMA), data, forged=True) == "This button is out of date."


async def test_an_unknown_command_is_answered_in_the_customers_language(s: Stage) -> None:
    await s.say(LIN, "/rating")
    assert "/help" in s.texts(LIN)[-1]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in s.texts(LIN)[-1])
    assert await s.rows("SELECT customer_key FROM desk_topic") == []


async def test_an_edited_command_is_not_obeyed(s: Stage) -> None:
    written = await s.say(ADA, "/help")
    s.world.edit(ADA, ADA, written["message_id"], "/pause")
    await s.settle()
    assert await s.rows("SELECT name FROM switch") == []
