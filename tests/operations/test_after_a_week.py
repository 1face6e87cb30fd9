"""The bot was away for a week: one summary, no stale questions, and everything in the order in which it was due."""

from __future__ import annotations

from datetime import timedelta

from structlog.testing import capture_logs

from tests.stage import CHANNEL, EMMA, FORUM, LIN, NOAH, Stage, buttons, said, stage


async def away(s: Stage, span: timedelta) -> None:
    """The bot is stopped, time passes, customers write meanwhile, and it is started again."""
    await s.stop_bot()
    s.clock.move(span)
    await s.start_bot()
    await s.settle()


def summaries(s: Stage) -> list[str]:
    return [text for text in s.texts(CHANNEL) if text.startswith("📊") or "Last 24 hours" in text]


async def test_a_week_of_summaries_is_one() -> None:
    async with stage(summary={"schedule": "0 9 * * *", "live": False}) as s:
        await s.asked()
        await s.press(EMMA, s.last(EMMA), "v4")
        await s.after("1d")
        before = len(summaries(s))
        assert before == 1
        await away(s, timedelta(days=7))
        assert len(summaries(s)) == before + 1
        await s.after("1d")
        assert len(summaries(s)) == before + 2, "and then one a day again"


async def test_a_stale_question_is_never_asked_and_counted_with_its_reason() -> None:
    async with stage(summary={"live": False}) as s:
        await s.conversation(LIN, "林晓")
        [waiting] = await s.rows("SELECT state FROM invitation")
        assert waiting["state"] == "scheduled"
        await away(s, timedelta(days=7))
        row = await s.row("SELECT state, reason FROM invitation")
        assert (row["state"], row["reason"]) == ("cancelled", "too_old")
        assert not any(buttons(message) for message in s.messages(LIN))
        shown = await s.app.reports.compose(s.clock.now(), s.clock.now())
        month = shown.windows[-1].ledger
        assert month.balances
        assert month.cancelled == {"too_old": 1}
        assert s.app.vitals.store.notes["invitation", "cancelled", "too_old"] == 1


async def test_what_was_due_meanwhile_is_done_in_its_order() -> None:
    async with stage(summary={"live": False}) as s:
        question = await s.asked()
        await s.after("1h")
        answered = await s.asked(NOAH, "Noah Weber")
        await s.press(NOAH, answered, "v5")
        await s.stop_bot()
        s.clock.move(timedelta(days=7))
        with capture_logs() as logs:
            await s.start_bot()
            await s.settle()
        done = [line for line in logs if line["event"] == "timer.done"]
        kinds = [line["kind"] for line in done if line["kind"] in ("edit_close", "expire")]
        assert kinds == ["edit_close", "expire"], "the edit window ended before the other's deadline"
        assert not buttons(s.world.message(EMMA, question["message_id"]))
        assert await s.rows("SELECT kind FROM timer WHERE due_at <= :now", now=_ms(s)) == []


async def test_messages_of_a_week_reach_the_forum_in_their_order() -> None:
    async with stage(summary={"live": False}) as s:
        await s.stop_bot()
        for number in range(5):
            s.world.say(EMMA, EMMA, f"line {number}")
            s.clock.move(timedelta(hours=1))
        await s.start_bot()
        await s.after("1m")
        topic = s.topic_of("Emma Clarke")
        lines = [said(message) for message in s.messages(FORUM, topic)]
        assert [line for line in lines if line.startswith("line ")] == [f"line {n}" for n in range(5)]


def _ms(s: Stage) -> int:
    return int(s.clock.now().timestamp() * 1000)
