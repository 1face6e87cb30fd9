"""The one reminder, in the whole bot over real HTTP: when it comes, when it does not, and that it goes again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from bot.adapters.catalogues import Catalogues
from bot.domain.quiet import QuietHours
from tests.stage import ADA, EMMA, FORUM, WEDNESDAY, Message, Stage, buttons, said, stage

REMINDER = Catalogues.load().of("en")("customer.reminder.text")
QUIET = {"schedule": "", "live": False}
EVENING = datetime(2026, 11, 25, 20, tzinfo=UTC)  # UTC is the team's zone here; quiet from 21:00 to 09:00


@asynccontextmanager
async def reminding(start: datetime = WEDNESDAY, **survey: Any) -> AsyncIterator[tuple[Stage, Message]]:
    """A stage whose customer was just asked and will be reminded after a day; quiet hours off unless said."""
    settings = {"reminder": timedelta(hours=24), **survey}
    async with stage(start=start, survey=settings, summary=QUIET) as s:
        yield s, await s.asked()


def reminders(s: Stage) -> list[Message]:
    return [message for message in s.messages(EMMA) if said(message) == REMINDER]


def sent(s: Stage) -> int:
    """How often a reminder went out, whether it still stands or not."""
    return sum(call.method == "sendMessage" and call.params.get("text") == REMINDER for call in s.world.calls)


async def test_by_default_nobody_is_reminded() -> None:
    async with stage(summary=QUIET) as s:
        await s.asked()
        await s.after("47h")
        assert sent(s) == 0


async def test_an_unanswered_question_is_replied_to_once_with_a_short_reminder() -> None:
    async with reminding() as (s, question):
        await s.after("23h59m")
        assert reminders(s) == []
        await s.after("1m")
        [reminder] = reminders(s)
        assert reminder["reply_to_message"]["message_id"] == question["message_id"]
        assert buttons(reminder) == []
        await s.after("22h")
        assert sent(s) == 1


@pytest.mark.parametrize("waits", [False, True])
async def test_an_answer_takes_the_reminder_away_or_stops_it(waits: bool) -> None:
    async with reminding() as (s, question):
        await s.after("25h" if waits else "1h")
        await s.press(EMMA, question, "v5")
        await s.after("22h" if waits else "30h")
        assert reminders(s) == []
        assert sent(s) == (1 if waits else 0)
        assert await s.rows("SELECT * FROM timer WHERE kind='remind'") == []


async def test_a_reminder_goes_with_the_deadline() -> None:
    async with reminding() as (s, _):
        await s.after("25h")
        assert len(reminders(s)) == 1
        await s.after("24h")
        assert reminders(s) == []
        assert "This question has closed" in s.texts(EMMA)[-1]


async def test_a_reminder_goes_with_a_question_that_is_taken_back() -> None:
    async with reminding() as (s, _):
        await s.after("25h")
        await s.say(EMMA, "It broke again.")
        assert s.texts(EMMA) == [text for text in s.texts(EMMA) if text != REMINDER]
        await s.after("30h")
        assert sent(s) == 1


async def test_a_reminder_too_old_to_delete_becomes_a_short_line() -> None:
    async with reminding(deadline=timedelta(days=7)) as (s, question):
        await s.after("73h")
        assert len(reminders(s)) == 1
        await s.press(EMMA, question, "v4")
        assert reminders(s) == []
        assert s.texts(EMMA)[-1] == "This reminder is no longer needed."


async def test_whoever_does_not_want_to_be_asked_is_not_reminded() -> None:
    async with reminding() as (s, question):
        await s.press(EMMA, question, "x")
        await s.after("30h")
        assert sent(s) == 0
    async with reminding() as (s, _):
        await s.say(EMMA, "/survey_off")
        await s.after("30h")
        assert sent(s) == 0


async def test_the_opt_out_takes_a_standing_reminder_away() -> None:
    async with reminding() as (s, question):
        await s.after("25h")
        await s.press(EMMA, question, "x")
        assert reminders(s) == []


async def test_during_a_pause_nobody_is_reminded_and_not_afterwards_either() -> None:
    async with reminding() as (s, _):
        await s.say(ADA, "/pause 25h")
        await s.after("47h")
        assert sent(s) == 0


async def test_a_reminder_that_falls_into_quiet_hours_comes_in_the_morning() -> None:
    night = QuietHours(time(21), time(9))
    async with reminding(start=EVENING, reminder=timedelta(hours=2), quiet_hours=night) as (s, _):
        await s.after("12h59m")
        assert sent(s) == 0
        await s.after("1m")
        assert len(reminders(s)) == 1


async def test_where_the_question_was_deleted_there_is_nothing_to_remind_of() -> None:
    async with reminding() as (s, question):
        s.world.delete(EMMA, question["message_id"])
        await s.after("25h")
        assert reminders(s) == []
        await s.say(EMMA, "Hello?")
        assert s.texts(FORUM, s.topic_of("Emma Clarke"))[-1] == "Hello?"


async def test_an_unknown_fate_is_not_a_second_reminder() -> None:
    async with reminding() as (s, _):
        await s.after("23h59m")
        s.world.faults.drop_after("sendMessage")
        await s.after("23h")
        assert sent(s) == 1
        row = await s.row("SELECT reminded_at FROM invitation")
        assert row["reminded_at"] is not None


async def test_forget_me_takes_question_and_reminder_out_of_the_chat_and_leaves_no_address() -> None:
    async with reminding() as (s, question):
        await s.after("25h")
        await s.say(EMMA, "/forget_me")
        await s.press(EMMA, s.last(EMMA), "y")
        await s.after("1m")
        left = [message["message_id"] for message in s.messages(EMMA)]
        assert question["message_id"] not in left
        assert reminders(s) == []
        assert await s.rows("SELECT * FROM outbox WHERE chat_id=:chat", chat=EMMA) == []
        assert await s.rows("SELECT * FROM timer WHERE kind IN ('remind','expire')") == []
