"""Every command that exists, said by everybody who may not: nothing happens and nobody learns anything.

The commands come from the table that the bot itself reads, so a new one is in here from its first day.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.domain.controls import CUSTOMER_COMMANDS
from handlers.commands import STAFF_COMMANDS, CommandRule, Place
from tests.security.cast import MAX, NEWCOMER, SUE, changed, people, refusals, spoken, state
from tests.stage import ADA, CHANNEL, ELSEWHERE, EMMA, FORUM, OLGA, STRANGER, TEAM, Stage, stage

# What each says that it may do something with; a command that is not in here is said alone.
WORDS = {
    "trigger": "generic off",
    "pause": "2h",
    "set": "cooldown 10d",
    "simulate": "30d cooldown=7d",
    "why": "42",
    "audit": "20",
}
CHANNEL_BOT = 136817688  # in whose name Telegram shows what a channel says in a group


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """Customers were asked and have answered; Max was an admin until a moment ago, Sue was in the staff chat."""
    quiet = {"schedule": "", "live": False}
    before = {"staff": TEAM, "admins": [ADA, MAX]}
    async with stage(chats=before, summary=quiet, limits={"commands_per_minute": 0}) as on:
        people(on)
        await on.press(EMMA, await on.asked(), "v5")
        await on.close_in_helpdesk(EMMA)
        await on.after("10s")
        await on.stop_bot()
        on.changes["chats"] = {"staff": TEAM, "admins": [ADA]}
        await on.start_bot()
        on.world.leave(TEAM, SUE)
        on.world.leave(TEAM, MAX)
        yield on


def lines_of(rule: CommandRule) -> list[str]:
    """The command alone, and with words that mean something."""
    words = WORDS.get(rule.name)
    return [f"/{rule.name}", *([f"/{rule.name} {words}"] if words else [])]


async def attacked(s: Stage, attacks: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """Say everything at once; what changed or was said although it should not have been."""
    before, calls = await state(s), len(s.world.calls)
    for text, how in attacks:
        say(s, text, **how)
    await s.after("5s")
    told = [text for text in spoken(s.world.calls[calls:]) if text not in refusals()]
    return [*changed(before, await state(s)), *told]


def say(s: Stage, text: str, *, person: int, chat: int, **how: Any) -> None:
    """Somebody writes; ``raw``: fields of the message that only Telegram itself can set."""
    raw = how.pop("raw", None)
    if raw is None:
        s.world.say(person, chat, text, **how)
        return
    command = text.split()[0]
    message = {
        "message_id": 900_000,
        "date": s.world.date(),
        "chat": s.world.chat(chat).as_json(),
        "from": s.world.people.get(person, {"id": person, "is_bot": True, "first_name": "Channel"}),
        "text": text,
        "entities": [{"type": "bot_command", "offset": 0, "length": len(command)}],
        **raw,
    }
    s.world.updates.add(how.pop("kind", "message"), message, f"chat {chat}", 3600)


def where(place: Place, person: int) -> int:
    """The chat that stands for a place."""
    return {"private": person, "forum": FORUM, "staff_chat": TEAM, "other": ELSEWHERE}[place]


PRIVATELY = (EMMA, NEWCOMER, MAX, SUE)  # a customer, somebody new, an ex-admin, ex-staff


async def test_privately_no_command_of_staff_or_admins_works_for_anybody_else(s: Stage) -> None:
    for person in PRIVATELY:
        s.world.start(person)
        await s.settle()
        lines = [line for rule in STAFF_COMMANDS.values() for line in lines_of(rule)]
        before = len(s.texts(person))
        assert await attacked(s, [(line, {"person": person, "chat": person}) for line in lines]) == []
        answers = [one for one in s.messages(person)[before:] if one["from"]["is_bot"]]
        assert len(answers) == len(lines), "each is refused politely"


async def test_members_of_staff_cannot_use_what_is_for_admins(s: Stage) -> None:
    admins_only = [rule for rule in STAFF_COMMANDS.values() if rule.audience == "admin"]
    assert admins_only
    attacks = [
        (line, {"person": OLGA, "chat": where(place, OLGA)})
        for rule in admins_only
        for place in rule.places
        for line in lines_of(rule)
    ]
    s.world.start(OLGA)
    await s.settle()
    assert await attacked(s, attacks) == []


async def test_who_hides_behind_the_group_is_nobodys_admin(s: Stage) -> None:
    attacks = [
        (line, {"person": ADA, "chat": where(place, ADA), "anonymous": True})
        for rule in STAFF_COMMANDS.values()
        if not rule.for_anonymous or rule.audience == "anyone"
        for place in rule.places - {"private", "other"}
        for line in lines_of(rule)
    ]
    assert await attacked(s, attacks) == []


async def test_who_speaks_as_a_channel_is_nobodys_admin(s: Stage) -> None:
    as_channel = {"sender_chat": {"id": -1009999999999, "type": "channel", "title": "Ada"}}
    attacks = [
        (line, {"person": CHANNEL_BOT, "chat": where(place, ADA), "raw": as_channel})
        for rule in STAFF_COMMANDS.values()
        if rule.audience != "staff"
        for place in rule.places - {"private", "other"}
        for line in lines_of(rule)
    ]
    assert await attacked(s, attacks) == []


async def test_in_a_group_that_no_setting_names_nothing_is_a_command(s: Stage) -> None:
    calls = len(s.world.calls)
    for person in (STRANGER, ADA):  # not even for an admin of the bot
        attacks = [
            (line, {"person": person, "chat": ELSEWHERE})
            for rule in STAFF_COMMANDS.values()
            if rule.name != "id"
            for line in [*lines_of(rule), f"/{rule.name}@ces_play_bot"]
        ]
        attacks += [(f"/{name}", {"person": person, "chat": ELSEWHERE}) for name in CUSTOMER_COMMANDS]
        assert await attacked(s, attacks) == []
    assert spoken(s.world.calls[calls:]) == [], "not even a refusal: the bot is a guest there"


async def test_a_channel_gives_no_commands(s: Stage) -> None:
    attacks = [
        (line, {"person": ADA, "chat": CHANNEL, "raw": {}, "kind": kind})
        for rule in STAFF_COMMANDS.values()
        for line in lines_of(rule)
        for kind in ("channel_post", "edited_channel_post")
    ]
    calls = len(s.world.calls)
    assert await attacked(s, attacks) == []
    assert spoken(s.world.calls[calls:]) == []


async def test_what_an_admin_edits_or_forwards_is_no_order(s: Stage) -> None:
    origin = {"type": "user", "sender_user": s.world.people[EMMA], "date": s.world.date()}
    attacks = [
        (line, {"person": ADA, "chat": where(place, ADA), **how})
        for rule in STAFF_COMMANDS.values()
        if rule.audience == "admin"
        for place in rule.places - {"private", "other"}
        for line in lines_of(rule)
        for how in (
            {"raw": {"edit_date": s.world.date()}, "kind": "edited_message"},
            {"raw": {"forward_origin": origin}},
        )
    ]
    assert await attacked(s, attacks) == []


async def test_a_forwarded_command_of_a_customer_does_nothing_either(s: Stage) -> None:
    origin = {"type": "hidden_user", "sender_user_name": "Mallory", "date": s.world.date()}
    say(s, "/survey_off", person=EMMA, chat=EMMA, raw={"forward_origin": origin})
    await s.settle()
    assert not (await s.row("SELECT * FROM respondent WHERE chat_id=:c", c=EMMA))["opted_out_at"]


async def test_the_same_commands_work_for_an_admin(s: Stage) -> None:
    """Without this the tests above could pass because nothing works."""
    s.world.start(ADA)
    await s.settle()
    topic = s.topic_of("Emma Clarke")
    s.world.reopen_topic(OLGA, FORUM, topic)
    for rule in STAFF_COMMANDS.values():
        for place in rule.places - {"other"}:
            if rule.name == "done":
                continue
            for line in lines_of(rule):
                calls = len(s.world.calls)
                how = {"topic": topic} if place == "forum" else {}
                await s.say(ADA, line, where(place, ADA), **how)
                await s.after("2s")
                told = spoken(s.world.calls[calls:])
                assert told, f"{line}: nothing was answered"
                assert not set(told) & refusals(), line


def test_the_words_are_those_of_commands_that_exist() -> None:
    assert set(WORDS) <= set(STAFF_COMMANDS)
