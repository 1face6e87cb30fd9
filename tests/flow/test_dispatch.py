"""Asking: policy looks again at the last moment, and whatever the network does, nobody is asked twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.config import TriggerSettings
from tests.settling import until
from tests.signing import ended, signed
from tests.stage import ADA, EMMA, FORUM, Stage, button, buttons, said, stage


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """The stage."""
    async with stage() as on:
        yield on


async def outcome(s: Stage) -> tuple[str, str | None]:
    """State and reason of the only episode."""
    row = await s.row("SELECT state, reason FROM invitation")
    return row["state"], row["reason"]


def questions(s: Stage, person: int = EMMA) -> int:
    """How many questions stand in the customer's chat."""
    return sum("1 😫" in " ".join(buttons(one)) for one in s.messages(person))


def asks(s: Stage, person: int = EMMA) -> int:
    """How many calls the bot made to ask this person."""
    return sum(
        call.method == "sendMessage"
        and call.params["chat_id"] == person
        and "v1" in str(call.params.get("reply_markup"))
        for call in s.world.calls
    )


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        ("/pause", "paused"),
        ("/trigger telegram_topic off", "switched_off"),
        ("/survey_off", "opted_out"),
        ("block", "bot_blocked"),
    ],
)
async def test_what_changes_during_the_delay_is_seen_before_asking(
    s: Stage, meanwhile: str, reason: str
) -> None:
    topic = await s.conversation()
    if meanwhile == "block":
        s.world.block(EMMA)
        await s.settle()
    else:
        await s.say(EMMA if meanwhile == "/survey_off" else ADA, meanwhile)
    await s.after("1m")
    assert await outcome(s) == ("cancelled", reason)
    assert asks(s) == 0
    assert any(text.startswith("🔕 Not asked") for text in s.texts(FORUM, topic))


async def test_a_pause_that_ends_during_the_delay_stops_nothing() -> None:
    async with stage(survey={"delay": timedelta(minutes=30)}) as s:
        await s.conversation()
        await s.say(ADA, "/pause 20m")
        await s.after("31m")
        assert await outcome(s) == ("sent", None)


async def test_two_endings_that_wait_together_ask_once_within_the_cooldown() -> None:
    async with stage(survey={"cooldown": timedelta(days=14)}) as s:
        for number in range(2):
            body = ended(EMMA, s.clock.now(), conversation=str(number))
            await s.hook(body, signed(body, id=f"evt_{number}"))
        await s.after("1m")
        rows = await s.rows("SELECT state, reason FROM invitation ORDER BY id")
        assert [(row["state"], row["reason"]) for row in rows] == [("sent", None), ("cancelled", "cooldown")]
        assert asks(s) == 1


async def test_a_question_that_is_surely_not_sent_is_tried_again(s: Stage) -> None:
    await s.conversation()
    s.world.faults.fail("sendMessage", 429, "Too Many Requests: retry after 30", retry_after=30)
    await s.after("6s")
    assert await outcome(s) == ("scheduled", None)
    await s.after("1m")
    assert await outcome(s) == ("sent", None)
    assert questions(s) == 1


async def test_a_question_that_waits_to_be_tried_again_can_be_taken_back(s: Stage) -> None:
    await s.conversation()
    s.world.faults.fail("sendMessage", 429, "Too Many Requests: retry after 30", retry_after=30)
    await s.after("6s")
    await s.say(EMMA, "It broke again")
    await s.after("2m")
    assert await outcome(s) == ("cancelled", "reopened")
    assert questions(s) == 0


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
async def test_a_question_whose_fate_is_unknown_is_never_sent_again(s: Stage, fault: str) -> None:
    await s.conversation()
    getattr(s.world.faults, fault)("sendMessage")
    await s.after("1h")
    assert await outcome(s) == ("undeliverable", "unknown")
    assert questions(s) == (fault == "drop_after")


async def test_an_unknown_question_counts_against_the_cooldown() -> None:
    async with stage(survey={"cooldown": timedelta(days=14)}) as s:
        await s.conversation()
        s.world.faults.drop_after("sendMessage")
        await s.after("1m")
        await s.conversation()
        assert [row["reason"] for row in await s.rows("SELECT reason FROM invitation ORDER BY id")] == [
            "unknown",
            "cooldown",
        ]


@pytest.mark.parametrize(
    ("status", "said_by_telegram", "reason"),
    [
        (403, "Forbidden: bot was blocked by the user", "bot_blocked"),
        (403, "Forbidden: user is deactivated", "bot_blocked"),
        (400, "Bad Request: chat not found", "no_chat"),
        (400, "Bad Request: something new", "rejected"),
    ],
)
async def test_a_question_that_is_refused_for_good_is_undeliverable(
    s: Stage, status: int, said_by_telegram: str, reason: str
) -> None:
    topic = await s.conversation()
    s.world.faults.fail("sendMessage", status, said_by_telegram)
    await s.after("1h")
    assert await outcome(s) == ("undeliverable", reason)
    assert s.texts(FORUM, topic)[-1].startswith("🔕 Not asked")
    blocked = await s.row("SELECT unreachable_at FROM respondent WHERE customer_key=:key", key=s.key(EMMA))
    assert (blocked["unreachable_at"] is not None) == (reason == "bot_blocked")


async def test_while_telegram_is_away_the_question_waits_and_too_late_it_is_not_asked(s: Stage) -> None:
    await s.conversation()
    s.world.faults.fail("sendMessage", 429, "Too Many Requests: retry after 90000", retry_after=90_000)
    await s.after("26h")
    assert await outcome(s) in (("cancelled", "too_late"), ("cancelled", "too_old"))
    assert questions(s) == 0


async def test_a_bot_that_was_off_for_an_hour_asks_when_it_is_back(s: Stage) -> None:
    await s.conversation()
    await s.stop_bot()
    s.clock.move(timedelta(hours=1))
    await s.start_bot()
    await s.settle()
    assert await outcome(s) == ("sent", None)
    assert asks(s) == 1


async def test_a_bot_that_was_off_for_two_days_asks_nobody_about_old_conversations(s: Stage) -> None:
    await s.conversation()
    await s.stop_bot()
    s.clock.move(timedelta(days=2))
    await s.start_bot()
    await s.settle()
    assert await outcome(s) == ("cancelled", "too_old")


@pytest.mark.parametrize("hours", [0, 24])
async def test_any_delay_up_to_a_day_is_kept(hours: int) -> None:
    async with stage(survey={"delay": timedelta(hours=hours)}) as s:
        await s.conversation()
        await s.move(timedelta(hours=hours, seconds=1))
        assert await outcome(s) == ("sent", None)


async def test_a_customer_who_writes_while_the_question_is_on_the_wire_does_not_keep_it(s: Stage) -> None:
    await s.conversation()
    s.world.faults.delay("sendMessage", 0.1)  # it is there, and the bot does not know yet
    asking = asyncio.create_task(s.after("5s"))
    await until(lambda: questions(s) == 1)
    s.world.say(EMMA, EMMA, "It broke again")
    await asking
    await s.after("1m")
    assert await outcome(s) == ("cancelled", "reopened")
    assert questions(s) == 0


async def test_the_first_question_of_all_explains_itself_and_later_ones_do_not(s: Stage) -> None:
    first = await s.asked()
    assert "We ask this after a support conversation" in said(first)
    await s.press(EMMA, first, "v5")
    second = await s.asked()
    assert "We ask this after a support conversation" not in said(second)


async def test_after_the_deadline_a_friendly_line_stays(s: Stage) -> None:
    question = await s.asked()
    await s.after("48h")
    shown = s.world.message(EMMA, question["message_id"])
    assert buttons(shown) == []
    assert said(shown)
    assert "How easy" not in said(shown)
    assert await outcome(s) == ("expired", None)


async def test_a_stopped_question_runs_out_like_any_other(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "x")
    await s.after("48h")
    assert buttons(s.world.message(EMMA, question["message_id"])) == []
    assert await outcome(s) == ("expired", None)


async def test_a_trigger_that_left_the_settings_asks_nobody_and_still_takes_answers() -> None:
    async with stage(survey={"delay": timedelta(minutes=5)}) as s:
        body = ended(EMMA, s.clock.now())
        await s.hook(body, signed(body))
        await s.after("5m")
        question = s.last(EMMA)
        body = ended(EMMA, s.clock.now(), conversation="43")
        await s.hook(body, signed(body, id="evt_2"))
        await s.stop_bot()
        s.changes["triggers"] = [TriggerSettings(name="forum", sources=["telegram_topic"])]
        await s.start_bot()
        await s.after("10m")
        assert asks(s) == 1
        assert await s.press(EMMA, question, button(question, "v5")) == "Thank you 🙏"
        rows = await s.rows("SELECT state, reason FROM invitation ORDER BY id")
        assert [(row["state"], row["reason"]) for row in rows] == [
            ("answered", None),
            ("cancelled", "no_trigger"),
        ]
