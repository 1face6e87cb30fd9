"""Commands and buttons of staff and admins: who may, where, and what everybody else is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.stage import (
    ADA,
    BEN,
    ELSEWHERE,
    EMMA,
    FORUM,
    OLGA,
    STRANGER,
    TEAM,
    Stage,
    button,
    buttons,
    said,
    stage,
)

NOT_ADMIN = "This command is for the bot's admins."
ANONYMOUSLY = "You write here anonymously"
ADMIN_COMMANDS = ("/triggers", "/trigger generic off", "/pause", "/resume", "/settings")


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """A stage whose staff chat is a group, in which people can write."""
    async with stage(chats={"staff": TEAM}) as on:
        yield on


async def answers(s: Stage, person: int, text: str, chat: int, **how: Any) -> list[str]:
    """What a chat shows more after somebody has written, without their own words."""
    before = len(s.messages(chat))
    await s.say(person, text, chat, **how)
    return s.texts(chat)[before + 1 :]


async def nothing_changed(s: Stage) -> bool:
    """Nobody switched or paused anything."""
    return not await s.rows("SELECT name FROM switch") and not await s.rows("SELECT id FROM audit")


@pytest.mark.parametrize("command", ADMIN_COMMANDS)
@pytest.mark.parametrize(
    ("person", "chat", "how", "told"),
    [
        (EMMA, EMMA, {}, NOT_ADMIN),
        (OLGA, OLGA, {}, NOT_ADMIN),
        (OLGA, TEAM, {}, NOT_ADMIN),
        (OLGA, FORUM, {}, NOT_ADMIN),
        (ADA, TEAM, {"anonymous": True}, ANONYMOUSLY),
        (ADA, FORUM, {"anonymous": True}, ANONYMOUSLY),
    ],
    ids=[
        "customer",
        "staff privately",
        "staff in their group",
        "staff in the forum",
        "anonymous",
        "anonymous in the forum",
    ],
)
async def test_whoever_is_no_admin_is_told_so_and_changes_nothing(
    s: Stage, command: str, person: int, chat: int, how: dict[str, Any], told: str
) -> None:
    [answer] = await answers(s, person, command, chat, **how)
    assert answer.startswith(told)
    assert await nothing_changed(s)


@pytest.mark.parametrize("command", [*ADMIN_COMMANDS, "/ces", "/done", "/ask"])
@pytest.mark.parametrize("person", [STRANGER, ADA])
async def test_in_a_group_that_no_setting_names_nobody_is_answered(
    s: Stage, command: str, person: int
) -> None:
    assert await answers(s, person, command, ELSEWHERE) == []
    assert await nothing_changed(s)


async def test_who_is_an_admin_no_more_is_nobody_special(s: Stage) -> None:
    await s.say(ADA, "/triggers")
    menu = s.last(ADA)
    await s.stop_bot()
    s.changes["chats"] = {"staff": TEAM, "admins": [BEN]}
    await s.start_bot()
    assert await answers(s, ADA, "/pause", ADA) == [NOT_ADMIN]
    assert await s.press(ADA, menu, "ngeneric" if "Turn generic on" in buttons(menu) else "fgeneric") == (
        "Only the bot's admins can switch this."
    )
    assert await nothing_changed(s)


@pytest.mark.parametrize("command", ["/ask", "/done"])
async def test_commands_of_the_forum_mean_nothing_in_private(s: Stage, command: str) -> None:
    [answer] = await answers(s, ADA, command, ADA)
    assert "/help" in answer
    assert await nothing_changed(s)


async def test_a_command_for_another_bot_is_not_obeyed(s: Stage) -> None:
    assert await answers(s, ADA, "/pause@somebody_elses_bot", TEAM) == []
    [answer] = await answers(s, ADA, "/pause@CES_play_bot", TEAM)
    assert answer.startswith("⏸")


async def test_a_refused_command_in_a_topic_does_not_reach_the_customer(s: Stage) -> None:
    await s.say(EMMA, "Hello")
    before = s.texts(EMMA)
    topic = s.topic_of("Emma Clarke")
    await s.say(OLGA, "/pause", FORUM, topic)
    assert s.texts(FORUM, topic)[-1] == NOT_ADMIN
    assert s.texts(EMMA) == before


# /triggers and its buttons


async def test_triggers_show_who_switched_what_and_when(s: Stage) -> None:
    await s.say(ADA, "/triggers", TEAM)
    menu = s.last(TEAM)
    assert "🟢 telegram_topic (support_ended): on, as in the settings file" in said(menu)
    toast = await s.press(ADA, menu, "fgeneric")
    assert toast == "⚪️ generic is off."
    menu = s.last(TEAM)
    assert "⚪️ generic (support_ended): off, by \u2068Ada King\u2069, Nov 25, 2026 10:00" in said(menu)
    assert "Turn generic on" in buttons(menu)
    audit = await s.row("SELECT actor, action, subject FROM audit")
    assert tuple(audit) == ("Ada King", "switch_off", "generic")  # type: ignore[arg-type]  # a row of sqlite3 iterates


@pytest.mark.parametrize("person", [OLGA, BEN])
async def test_buttons_of_triggers_are_for_admins(s: Stage, person: int) -> None:
    if person == BEN:
        s.world.join(TEAM, BEN)
    await s.say(ADA, "/triggers", TEAM)
    assert await s.press(person, s.last(TEAM), "fgeneric") == "Only the bot's admins can switch this."
    assert await nothing_changed(s)


async def test_a_token_works_in_its_own_chat_only(s: Stage) -> None:
    await s.say(ADA, "/triggers", TEAM)
    data = button(s.last(TEAM), "fgeneric")
    await s.say(ADA, "/settings")
    for person, message in ((ADA, s.last(ADA)), (EMMA, s.last(EMMA))):
        assert await s.press(person, message, data, forged=True) == "This button is out of date."
    assert await nothing_changed(s)


@pytest.mark.parametrize(
    "forge",
    [
        lambda data: data.replace("a1:", "a2:"),
        lambda data: "a1:0000000000000000000000:fgeneric",
        lambda data: data[:-8] + "ygeneric",
        lambda data: data.replace("a1:", "s1:"),
        lambda data: "hello",
        lambda data: "",
    ],
)
async def test_forged_data_is_out_of_date_and_changes_nothing(s: Stage, forge: Any) -> None:
    await s.say(ADA, "/triggers", TEAM)
    menu = s.last(TEAM)
    data = forge(button(menu, "fgeneric")) or "x"
    toast = await s.press(ADA, menu, data, forged=True)
    assert toast.startswith("This button is out of date.")
    assert await nothing_changed(s)


async def test_a_trigger_that_left_the_settings_cannot_be_switched(s: Stage) -> None:
    await s.say(ADA, "/triggers", TEAM)
    menu = s.last(TEAM)
    forged = button(menu, "fgeneric").replace("generic", "gone")
    assert await s.press(ADA, menu, forged, forged=True) == "This trigger is no longer in the settings."


async def test_pressing_twice_switches_once_more_to_the_same(s: Stage) -> None:
    await s.say(ADA, "/triggers", TEAM)
    menu = s.last(TEAM)
    data = button(menu, "fgeneric")
    for _ in range(2):
        assert await s.press(ADA, menu, data, forged=True) == "⚪️ generic is off."
    assert (await s.row("SELECT is_on FROM switch WHERE name='generic'"))["is_on"] == 0


# /id


async def test_before_anything_is_configured_anybody_learns_the_ids() -> None:
    nothing: dict[str, Any] = {"staff": None, "support_forum": None, "admins": []}
    async with stage(chats=nothing) as s:
        assert (await answers(s, EMMA, "/id", EMMA)) == [f"Chat: {EMMA}\nYou: {EMMA}"]
        assert (await answers(s, STRANGER, "/id", ELSEWHERE)) == [f"Chat: {ELSEWHERE}\nYou: {STRANGER}"]
        assert (await answers(s, ADA, "/id", TEAM, anonymous=True)) == [f"Chat: {TEAM}"]
        thread = s.world.create_topic(ADA, FORUM, "Ids")
        await s.say(ADA, "/id", FORUM, thread)
        assert s.texts(FORUM, thread)[-1] == f"Chat: {FORUM}\nTopic: {thread}\nYou: {ADA}"


async def test_afterwards_ids_are_for_admins(s: Stage) -> None:
    assert await answers(s, ADA, "/id", ADA) == [f"Chat: {ADA}\nYou: {ADA}"]
    assert await answers(s, ADA, "/id", ELSEWHERE) == [f"Chat: {ELSEWHERE}\nYou: {ADA}"]
    assert await answers(s, EMMA, "/id", EMMA) == [NOT_ADMIN]
    assert await answers(s, STRANGER, "/id", ELSEWHERE) == [NOT_ADMIN]
    [answer] = await answers(s, ADA, "/id", TEAM, anonymous=True)
    assert answer.startswith(ANONYMOUSLY)


# /ces


@pytest.mark.parametrize("how", [{}, {"anonymous": True}])
async def test_the_staff_group_gets_the_summary_where_it_was_asked_for(s: Stage, how: dict[str, Any]) -> None:
    [answer] = await answers(s, ADA, "/ces", TEAM, **how)
    assert answer.startswith("📊 How easy is it to get help?")
    assert "photo" in s.last(TEAM)


@pytest.mark.parametrize("person", [ADA, OLGA])
async def test_who_is_in_the_staff_chat_gets_the_summary_privately_too(s: Stage, person: int) -> None:
    await s.say(person, "/start")
    await s.say(person, "/ces")
    assert "photo" in s.last(person)


@pytest.mark.parametrize("person", [EMMA, BEN])
async def test_who_is_not_in_the_staff_chat_gets_no_summary(s: Stage, person: int) -> None:
    await s.say(person, "/start")
    assert await answers(s, person, "/ces", person) == ["Only members of the staff chat can see the summary."]
    assert not await s.rows("SELECT id FROM report")


async def test_who_left_the_staff_chat_gets_no_summary_any_more(s: Stage) -> None:
    s.world.leave(TEAM, OLGA)
    await s.say(OLGA, "/start")
    assert await answers(s, OLGA, "/ces", OLGA) == ["Only members of the staff chat can see the summary."]


async def test_while_telegram_does_not_say_who_is_staff_the_summary_waits(s: Stage) -> None:
    s.world.faults.fail("getChatMember", 502, "Bad Gateway")
    await s.say(OLGA, "/start")
    assert await answers(s, OLGA, "/ces", OLGA) == []
    await s.after("1m")
    assert "photo" in s.last(OLGA)


async def test_ordered_in_the_forum_it_goes_to_the_staff_chat(s: Stage) -> None:
    [answer] = await answers(s, OLGA, "/ces", FORUM)
    assert answer.startswith("📊 The summary is in the staff chat")
    assert "photo" in s.last(TEAM)
    assert not any("photo" in message for message in s.messages(FORUM))


async def test_where_there_is_no_staff_chat_the_forum_gets_it_after_all() -> None:
    async with stage(chats={"staff": None}) as s:
        await s.say(OLGA, "/ces", FORUM)
        assert "photo" in s.last(FORUM)


# /done


async def test_done_closes_the_topic_for_anybody_in_the_forum(s: Stage) -> None:
    await s.say(EMMA, "Hello")
    topic = s.topic_of("Emma Clarke")
    await s.say(OLGA, "Hi!", FORUM, topic)
    await s.say(ADA, "/done", FORUM, topic, anonymous=True)
    assert [one["is_closed"] for one in s.world.topics(FORUM)] == [True]
    assert [row["state"] for row in await s.rows("SELECT state FROM invitation")] == ["scheduled"]
