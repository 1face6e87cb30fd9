"""Whatever happens in whatever order: one reminder at most, never at night, none left standing without its question."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.catalogues import Catalogues
from bot.domain.quiet import QuietHours
from bot.store.engine import from_ms
from tests.stage import ADA, EMMA, Stage, buttons, said, stage

REMINDER = Catalogues.load().of("en")("customer.reminder.text")
NIGHT = QuietHours(time(21), time(9))
STEPS = (
    "conversation",
    "1h",
    "3h",
    "9h",
    "26h",
    "tap",
    "opt out",
    "undo",
    "pause",
    "resume",
    "restart",
    "silence",
)


async def take(s: Stage, step: str) -> None:
    """One step of anybody, where it is possible."""
    question = next((one for one in reversed(s.messages(EMMA)) if len(buttons(one)) > 1), None)
    match step:
        case "conversation":
            await s.conversation()
        case "tap" if question is not None:
            await s.press(EMMA, question, "v4")
        case "opt out":
            await s.say(EMMA, "/survey_off")
        case "undo":
            await s.say(EMMA, "/survey_on")
        case "pause" | "resume":
            await s.say(ADA, f"/{step} 5h" if step == "pause" else "/resume")
        case "restart":
            await s.stop_bot()
            await s.start_bot()
        case "silence":  # the answer to the next call is lost: nobody knows whether it arrived
            s.world.faults.drop_after("sendMessage")
        case _ if step[0].isdigit():
            await s.after(step)


async def live(steps: list[str], start: datetime) -> None:
    """Emma's life, and what must hold after each of its steps."""
    survey = {"reminder": timedelta(hours=2), "quiet_hours": NIGHT, "deadline": timedelta(hours=24)}
    async with stage(start=start, survey=survey, summary={"schedule": "", "live": False}) as s:
        for step in ["conversation", *steps]:
            await take(s, step)
            await check(s)
        await s.after("3d")
        await check(s)
        # one that arrived without our knowing cannot be taken away: nobody knows its number
        unknown = await s.rows("SELECT * FROM outbox WHERE kind='reminder' AND state='unknown'")
        assert len([one for one in s.messages(EMMA) if said(one) == REMINDER]) <= len(unknown)


async def check(s: Stage) -> None:
    rows = await s.rows("SELECT * FROM invitation")
    standing = [one["message_id"] for one in s.messages(EMMA) if said(one) == REMINDER]
    known = {row["reminder_message_id"]: row["state"] for row in rows if row["reminder_message_id"]}
    assert all(known.get(message_id, "sent") == "sent" for message_id in standing)
    assert all(state == "sent" for state in known.values())
    calls = [call for call in s.world.calls if call.params.get("text") == REMINDER]
    replied_to = [call.params["reply_parameters"]["message_id"] for call in calls]
    assert len(set(replied_to)) == len(replied_to), "reminded twice of one question"
    for row in rows:
        if row["reminded_at"] is not None:
            at = from_ms(row["reminded_at"])
            assert not NIGHT.holds(at, UTC)
            assert at <= from_ms(row["expires_at"]) - timedelta(hours=1)


@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.sampled_from(STEPS), max_size=9),
    st.sampled_from([datetime(2026, 11, 25, hour, tzinfo=UTC) for hour in (10, 18, 20)]),
)
def test_one_reminder_at_most_by_day_and_none_without_an_open_question(
    steps: list[str], start: datetime
) -> None:
    asyncio.run(live(steps, start))
