"""A conversation ends, goes on and ends again: one decision each, one row each, and staff can see it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.domain.policy import SKIP_REASONS
from tests.signing import ended, signed
from tests.stage import ADA, BEN, CHANNEL, EMMA, FORUM, LIN, OLGA, Stage, buttons, said, stage

ASKED = "📨 The customer was asked how easy it was."
WITHDRAWN = "↩️ The conversation went on: the question was taken back."


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """The stage."""
    async with stage() as on:
        yield on


async def endings(s: Stage) -> list[tuple[int, str, str | None]]:
    """Episode, state and reason of every decision, oldest first."""
    rows = await s.rows("SELECT episode, state, reason FROM invitation ORDER BY id")
    return [(row["episode"], row["state"], row["reason"]) for row in rows]


def is_asked(s: Stage, person: int = EMMA) -> bool:
    """Whether a question stands in the customer's chat."""
    return any("1 😫" in " ".join(buttons(one)) for one in s.messages(person))


# Ending and going on


async def test_closing_by_done_and_closing_the_topic_are_the_same_ending(s: Stage) -> None:
    await s.say(EMMA, "Hello")
    topic = s.topic_of("Emma Clarke")
    await s.say(OLGA, "Hi", FORUM, topic)
    await s.say(OLGA, "/done", FORUM, topic)
    await s.after("1m")
    assert await endings(s) == [(1, "sent", None)]


async def test_a_conversation_without_an_answer_by_a_person_is_not_asked_about(s: Stage) -> None:
    await s.say(EMMA, "Hello")
    topic = s.topic_of("Emma Clarke")
    await s.close(topic)
    assert await endings(s) == [(1, "skipped", "no_human_reply")]
    assert s.texts(FORUM, topic)[-1] == "🔕 Not asked: no answer by a person."


async def test_writing_again_during_the_delay_cancels_and_the_next_end_is_decided_anew(s: Stage) -> None:
    topic = await s.conversation()
    await s.say(EMMA, "It broke again")
    assert await endings(s) == [(1, "cancelled", "reopened")]
    await s.after("1m")
    assert not is_asked(s)
    await s.say(OLGA, "Fixed", FORUM, topic)
    await s.close(topic)
    await s.after("5s")
    assert is_asked(s)
    assert await endings(s) == [(1, "cancelled", "reopened"), (2, "sent", None)]


@pytest.mark.parametrize("thanks", ["Thanks!", "谢谢", "🙏"])
async def test_a_bare_thank_you_during_the_delay_cancels_nothing_and_is_passed_on(
    s: Stage, thanks: str
) -> None:
    topic = await s.conversation()
    await s.say(EMMA, thanks)
    assert s.texts(FORUM, topic)[-1] == thanks
    await s.after("5s")
    assert is_asked(s)
    assert [one["is_closed"] for one in s.world.topics(FORUM)] == [True]


async def test_writing_again_before_answering_withdraws_the_question(s: Stage) -> None:
    await s.asked()
    topic = s.topic_of("Emma Clarke")
    await s.say(EMMA, "It broke again")
    assert await endings(s) == [(1, "cancelled", "reopened")]
    assert not is_asked(s)
    assert WITHDRAWN in s.texts(FORUM, topic)


async def test_staff_who_reopen_the_topic_withdraw_the_question_too(s: Stage) -> None:
    await s.asked()
    s.world.reopen_topic(OLGA, FORUM, s.topic_of("Emma Clarke"))
    await s.settle()
    assert not is_asked(s)
    assert await endings(s) == [(1, "cancelled", "reopened")]


async def test_an_answer_outlives_everything_that_comes_after_it(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v4")
    topic = s.topic_of("Emma Clarke")
    await s.say(EMMA, "It broke again")
    await s.say(OLGA, "Fixed", FORUM, topic)
    await s.close(topic)
    await s.after("5s")
    assert await endings(s) == [(1, "answered", None), (2, "sent", None)]


async def test_one_withdrawn_question_a_day_is_free_and_the_next_counts() -> None:
    async with stage(survey={"cooldown": timedelta(days=14)}) as patient:
        for _ in range(2):
            await patient.asked()
            await patient.say(EMMA, "It broke again")
        await patient.conversation()
        assert [ending[1:] for ending in await endings(patient)] == [
            ("cancelled", "reopened"),
            ("cancelled", "reopened"),
            ("skipped", "cooldown"),
        ]


async def test_blocking_the_bot_cancels_what_waits_and_coming_back_allows_the_next(s: Stage) -> None:
    topic = await s.conversation()
    s.world.block(EMMA)
    await s.after("1m")
    assert await endings(s) == [(1, "cancelled", "bot_blocked")]
    assert "🔕 Not asked: customer blocked the bot." in s.texts(FORUM, topic)
    s.world.start(EMMA)
    await s.settle()
    await s.asked()
    assert (await endings(s))[-1] == (2, "sent", None)


async def test_every_decision_keeps_each_rule_with_its_verdict(s: Stage) -> None:
    await s.conversation()
    row = await s.row("SELECT verdict, ask_at, ended_at FROM invitation")
    verdict = json.loads(row["verdict"])
    assert [line["rule"] for line in verdict] == list(SKIP_REASONS)
    assert row["ask_at"] - row["ended_at"] == 5000


async def test_a_paused_bot_decides_and_says_why(s: Stage) -> None:
    await s.say(ADA, "/pause")
    topic = await s.conversation()
    assert await endings(s) == [(1, "skipped", "paused")]
    assert s.texts(FORUM, topic)[-1] == "🔕 Not asked: asking is paused."


async def test_two_customers_at_once_are_two_conversations(s: Stage) -> None:
    s.world.say(EMMA, EMMA, "Hello from Emma")
    s.world.say(LIN, LIN, "你好")
    await s.settle()
    topics = [one["thread_id"] for one in s.world.topics(FORUM)]
    assert len(topics) == 2
    for topic in topics:
        await s.say(OLGA, "Hi", FORUM, topic)
        await s.close(topic)
    await s.after("5s")
    assert is_asked(s, EMMA)
    assert is_asked(s, LIN)
    assert "您" in said(s.last(LIN))


async def test_a_helpdesks_ending_is_not_told_in_the_forum(s: Stage) -> None:
    await s.say(EMMA, "Hello")
    before = len(s.world.messages(FORUM))
    body = ended(EMMA, s.clock.now())
    await s.hook(body, signed(body))
    await s.after("1m")
    assert len(s.world.messages(FORUM)) == before
    assert is_asked(s)


# Names are never markup


NASTY = "<b>&</b> \u202e<a href='x'>"


async def test_names_and_words_of_customers_are_shown_as_they_are_everywhere(s: Stage) -> None:
    s.world.add_person(777, NASTY, language_code="en")
    s.world.start(777)
    name = NASTY.strip()
    await s.conversation(777, name, text="<i>& hello")
    topic = s.topic_of(name)
    assert any(name in text for text in s.texts(FORUM, topic))
    assert "<i>& hello" in s.texts(FORUM, topic)
    await s.after("5s")
    question = s.last(777)
    await s.press(777, question, "v1")
    await s.press(777, question, "c")
    await s.say(777, "<b>& </code> \u2067 bad")
    await s.after("2m")
    assert "<b>& </code>" in s.texts(CHANNEL)[-1]
    refused = [call for call in s.world.calls if call.error and "parse entities" in call.error]
    assert refused == []


async def test_names_of_admins_and_teams_are_shown_as_they_are(s: Stage) -> None:
    s.world.people[ADA]["first_name"] = NASTY
    await s.say(ADA, "/pause")
    assert "<b>&</b>" in said(s.last(ADA))
    await s.say(ADA, "/resume")
    await s.say(ADA, "/trigger generic off")
    await s.say(ADA, "/trigger <b>& on")
    assert "<b>&" in said(s.last(ADA))
    await s.say(ADA, "/triggers")
    assert "<b>&</b>" in said(s.last(ADA))
    assert [call.error for call in s.world.calls if call.error] == []


async def test_a_team_with_markup_in_its_name_is_shown_as_it_is() -> None:
    async with stage(summary={"minimum_answers": 1}) as s:
        for number, person in enumerate((EMMA, LIN, BEN, 104, 105, 201, 202, 203, 204, 205)):
            s.world.start(person)
            await s.settle()
            team = "<b>& Sons" if number % 2 else "tier <1>"
            body = ended(person, s.clock.now(), conversation=str(number), team={"name": team})
            await s.hook(body, signed(body, id=f"evt_{number}"))
            await s.after("5s")
            await s.press(person, s.last(person), "v5")
        await s.say(ADA, "/ces")
        assert [call.error for call in s.world.calls if call.error] == []
        assert any("photo" in one for one in s.messages(ADA))
