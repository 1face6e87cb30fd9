"""Staff hear of a hard answer: once, two minutes later, kept up to date, masked, and never with a name."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.signing import ended, signed
from tests.stage import ADA, CHANNEL, EMMA, FORUM, TEAM, Stage, said, stage

QUIET = {"live": False}


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """A stage whose staff chat shows nothing else."""
    async with stage(summary=QUIET) as on:
        yield on


async def test_one_line_two_minutes_after_the_tap_and_not_before(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v2")
    await s.after("1m55s")
    assert s.texts(CHANNEL) == []
    await s.after("10s")
    [line] = s.texts(CHANNEL)
    assert line.startswith("🙁 A hard answer: 2 of 5 (higher = easier)")


async def test_whoever_thinks_better_of_it_within_two_minutes_is_not_told_of(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v1")
    await s.press(EMMA, question, "v4")
    await s.after("10m")
    assert s.texts(CHANNEL) == []


async def test_an_easy_or_middling_answer_is_not_told_of(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v3")
    await s.after("10m")
    assert s.texts(CHANNEL) == []


async def test_the_line_follows_reasons_comments_and_changes(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v1")
    await s.after("3m")
    await s.press(EMMA, question, "rwait")
    await s.press(EMMA, question, "c")
    await s.say(EMMA, "Nobody <answers> & calls")
    assert len(s.texts(CHANNEL)) == 1
    lines = s.texts(CHANNEL)[0].splitlines()
    assert "😫 A hard answer: 1 of 5 (higher = easier)" in lines
    assert "“Nobody <answers> & calls”" in lines
    await s.press(EMMA, question, "v4")
    assert s.texts(CHANNEL)[0].startswith("🙂 Changed meanwhile: 4 of 5")


async def test_the_line_links_to_the_topic_and_names_nobody(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v1")
    await s.after("3m")
    message = s.last(CHANNEL)
    topic = s.topic_of("Emma Clarke")
    links = [one["url"] for one in message["entities"] if one["type"] == "text_link"]
    assert links == [f"https://t.me/c/{str(FORUM).removeprefix('-100')}/{topic}"]
    assert "Emma" not in said(message)


async def test_what_came_from_a_helpdesk_has_no_topic_to_link_to(s: Stage) -> None:
    body = ended(EMMA, s.clock.now())
    await s.hook(body, signed(body))
    await s.after("5s")
    await s.press(EMMA, s.last(EMMA), "v1")
    await s.after("3m")
    assert "entities" not in s.last(CHANNEL) or all(
        one["type"] != "text_link" for one in s.last(CHANNEL)["entities"]
    )


async def test_phone_numbers_links_and_names_in_a_comment_are_masked(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v1")
    await s.press(EMMA, question, "c")
    await s.say(EMMA, "Call +49 170 1234567, mail emma@example.com, see https://example.com/x or ask @olga_p")
    await s.after("3m")
    line = s.texts(CHANNEL)[-1]
    for secret in ("1234567", "emma@", "example.com", "@olga_p"):
        assert secret not in line


async def test_a_chat_of_its_own_hears_instead_of_the_staff_chat() -> None:
    async with stage(chats={"alerts": TEAM}, summary=QUIET) as s:
        question = await s.asked()
        await s.press(EMMA, question, "v1")
        await s.after("3m")
        assert s.texts(CHANNEL) == []
        assert len(s.texts(TEAM)) == 1


async def test_switched_off_nobody_hears() -> None:
    async with stage(alerts={"hard_answers": False}, summary=QUIET) as s:
        question = await s.asked()
        await s.press(EMMA, question, "v1")
        await s.press(EMMA, question, "rwait")
        await s.after("1h")
        assert s.texts(CHANNEL) == []


async def test_a_line_whose_fate_is_unknown_is_posted_again(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v1")
    s.world.faults.drop_before("sendMessage")
    await s.after("3m")
    assert s.texts(CHANNEL) == []
    await s.after("15m")
    assert len(s.texts(CHANNEL)) == 1


async def test_a_line_that_is_refused_for_good_stops_nothing_and_the_next_change_tries_again(
    s: Stage,
) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v1")
    s.world.faults.fail("sendMessage", 403, "Forbidden: bot was kicked from the channel chat")
    await s.after("3m")
    assert s.texts(CHANNEL) == []
    await s.press(EMMA, question, "rwait")
    await s.after("1m")
    assert len(s.texts(CHANNEL)) == 1
    assert await s.rows("SELECT id FROM timer WHERE kind='hard_answer'") == []


async def test_a_staff_chat_that_is_gone_keeps_nobody_busy(s: Stage) -> None:
    s.world.kick_bot(CHANNEL, by=ADA)
    question = await s.asked()
    await s.press(EMMA, question, "v1")
    await s.after("3m")
    await s.press(EMMA, question, "v2")
    await s.after("10m")
    assert await s.rows("SELECT id FROM timer WHERE kind='hard_answer'") == []
    assert len(await s.rows("SELECT id FROM outbox WHERE kind='alert'")) == 2
