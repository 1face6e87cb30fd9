"""Three copies of the whole bot, one database, one balancer: whatever one of them hears, all of them know."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import pytest

from bot.playground import cast
from tests.copies.stage import GROUP, Copies, copies
from tests.stage import ADA, EMMA, FORUM, OLGA, button, said

pytestmark = pytest.mark.postgres

CROWD = [person.id for person in cast.VISITORS[:8]]
NAMES = {person.id: f"{person.first_name} {person.last_name}".strip() for person in cast.VISITORS}


async def ask_everybody(s: Copies) -> dict[int, list[str]]:
    """Everybody's conversation at once, with bursts from both sides; what each customer was answered."""
    for part in range(3):
        for person in CROWD:
            s.world.say(person, person, f"{person} says {part}")
    await s.settle()
    answers: dict[int, list[str]] = {}
    for person in CROWD:
        answers[person] = [f"{person} hears {part}" for part in range(3)]
        topic = s.topic_of(NAMES[person])
        for words in answers[person]:
            s.world.say(OLGA, FORUM, words, thread_id=topic)
    await s.settle()
    for person in CROWD:
        s.world.close_topic(OLGA, FORUM, s.topic_of(NAMES[person]))
    await s.settle()
    await s.after("5s")
    return answers


async def test_under_load_nothing_is_lost_nothing_is_doubled_and_every_chat_keeps_its_order(
    postgres_url: str,
) -> None:
    async with copies(postgres_url) as s:
        answers = await ask_everybody(s)
        for person in CROWD:
            relayed = [one for one in s.texts(FORUM, s.topic_of(NAMES[person])) if "says" in one]
            assert relayed == [f"{person} says {part}" for part in range(3)]
            assert [one for one in s.texts(person) if "hears" in one] == answers[person]
        asked = {person: s.last(person) for person in CROWD}
        for person, message in asked.items():
            for verb in ("v2", "v2", "v5"):  # a double tap, and a change of mind
                data = button(message, verb)
                s.world.press(person, person, message["message_id"], data)
        await s.settle()
        rows = await s.rows("SELECT score, state FROM invitation")
        assert Counter((row["state"], row["score"]) for row in rows) == {("answered", 5): len(CROWD)}
        taps = await s.rows("SELECT value FROM response_event WHERE kind='tap'")
        assert len(taps) == 3 * len(CROWD)
        assert all("now: 5 😄" in said(s.last(person)) for person in CROWD)
        sent = Counter(call.params["chat_id"] for call in s.world.calls if "v1" in json.dumps(call.params))
        assert {person for person in CROWD if sent[person] == 0} == set()
        assert len(await s.rows("SELECT id FROM delivery WHERE done_at IS NULL OR error IS NOT NULL")) == 0
        assert len(await s.rows("SELECT id FROM outbox WHERE state NOT IN ('sent')")) == 0
        assert len(s.leaders) == 1
        assert len(s.balancer.served) == 3, "every copy was at work"


async def test_a_summary_comes_once_however_many_copies_run(postgres_url: str) -> None:
    async with copies(postgres_url, summary={"schedule": "0 9 * * *"}) as s:
        for _ in range(2):
            s.clock.move(timedelta(hours=24))
            await s.settle()
        assert len(await s.rows("SELECT to_at FROM report")) == 2
        assert len(await s.rows("SELECT id FROM outbox WHERE kind='summary' AND state='sent'")) == 2


async def test_the_next_copy_goes_on_where_a_stopped_one_left(postgres_url: str) -> None:
    async with copies(postgres_url, count=2) as s:
        await s.say(EMMA, "one")
        leader = await s.one_leads()
        await s.stop_copy(leader)
        s.world.say(EMMA, EMMA, "two")
        assert await s.one_leads() is not leader
        await s.settle()
        assert s.texts(FORUM, s.topic_of("Emma Clarke"))[-2:] == ["one", "two"]


async def test_a_pause_that_one_copy_heard_of_is_kept_by_all(postgres_url: str) -> None:
    async with copies(postgres_url) as s:
        await s.say(ADA, "/pause")
        for name in ("Oliver Hughes", "Amelia Byrne", "Jack Morris"):
            person = next(one for one, its in NAMES.items() if its == name)
            await s.conversation(person, name)
        rows = await s.rows("SELECT state, reason FROM invitation")
        assert [(row["state"], row["reason"]) for row in rows] == [("skipped", "paused")] * 3


async def test_a_group_that_moved_is_no_stranger_to_the_copies_that_did_not_hear_of_it(
    postgres_url: str,
) -> None:
    async with copies(postgres_url, chats={"staff": GROUP, "support_forum": None}) as s:
        moved = s.world.migrate(GROUP)
        await s.settle()
        for number in range(3):  # round robin: one for each copy
            await s.say(ADA, f"/triggers@{s.app.username}", moved)
            assert len(s.messages(moved)) == 2 * (number + 1)


async def test_in_polling_mode_one_copy_polls_and_the_next_one_when_it_stops(postgres_url: str) -> None:
    async with copies(postgres_url, count=2, mode="polling") as s:
        await s.say(EMMA, "one")
        leader = await s.one_leads()
        await s.stop_copy(leader)
        s.world.say(EMMA, EMMA, "two")
        await s.one_leads()
        await s.settle()
        assert s.texts(FORUM, s.topic_of("Emma Clarke"))[-2:] == ["one", "two"]
        assert [call for call in s.world.calls if call.error and "Conflict" in call.error] == []
