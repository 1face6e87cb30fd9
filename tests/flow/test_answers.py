"""Everything a customer can do with a question, and the friendly end of each: the lifecycle table as it is lived."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.survey import REASONS
from tests.stage import BEN, EMMA, LIN, Stage, button, buttons, said, stage

THANKS, CHANGED, LATE = (
    "Thank you 🙏",
    "Your answer was changed 👍",
    "This question has closed. Thank you anyway!",
)
OUTDATED = "This button is out of date."


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """The stage."""
    async with stage() as on:
        yield on


async def answer(s: Stage, number: int = 1) -> Any:
    """The row of one episode."""
    return await s.row("SELECT * FROM invitation WHERE id=:id", id=number)


async def history(s: Stage) -> list[tuple[str, str]]:
    """Every tap, reason and comment, in the order in which they came."""
    return [(row["kind"], row["value"]) for row in await s.rows("SELECT * FROM response_event ORDER BY id")]


async def reasons(s: Stage) -> set[str]:
    """The reasons that stand."""
    return {row["reason"] for row in await s.rows("SELECT reason FROM invitation_reason")}


# Taps


async def test_a_double_tap_is_one_answer_and_two_lines_of_history(s: Stage) -> None:
    question = await s.asked()
    data = button(question, "v4")
    for _ in range(2):
        s.world.press(EMMA, EMMA, question["message_id"], data)
    await s.settle()
    row = await answer(s)
    assert (row["state"], row["score"], row["changed_at"]) == ("answered", 4, None)
    assert await history(s) == [("tap", "4"), ("tap", "4")]
    assert await s.press(EMMA, question, "v4") == THANKS


async def test_an_update_that_telegram_delivers_twice_is_one_tap(s: Stage) -> None:
    question = await s.asked()
    s.world.faults.duplicate_updates()
    s.world.press(EMMA, EMMA, question["message_id"], button(question, "v4"))
    await s.settle()
    assert await history(s) == [("tap", "4")]


async def test_the_last_tap_counts_and_the_first_one_dates_the_answer(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v5")
    first = (await answer(s))["answered_at"]
    await s.after("3h")
    assert await s.press(EMMA, question, "v2") == CHANGED
    await s.after("20h")
    assert await s.press(EMMA, question, "v3") == CHANGED
    row = await answer(s)
    assert (row["score"], row["answered_at"]) == (3, first)
    assert row["changed_at"] > first
    assert await history(s) == [("tap", "5"), ("tap", "2"), ("tap", "3")]


async def test_a_tap_by_somebody_else_is_refused_and_leaves_no_trace(s: Stage) -> None:
    question = await s.asked()
    data = button(question, "v1")
    assert await s.press(BEN, question, data, forged=True) == "This question is for somebody else."
    assert await s.press(LIN, question, data, forged=True) == "这个问题是发给其他人的。"
    assert (await answer(s))["score"] is None
    assert await history(s) == []


@pytest.mark.parametrize("verb", ["x", "u", "c", "k", "rwait"])
async def test_nobody_does_anything_with_somebody_elses_question(s: Stage, verb: str) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v1")
    data = button(s.last(EMMA), "v1")[:-2] + verb
    assert await s.press(BEN, question, data, forged=True) == "This question is for somebody else."
    assert await history(s) == [("tap", "1")]
    assert (await s.row("SELECT count(*) AS n FROM respondent WHERE opted_out_at IS NOT NULL"))["n"] == 0


@pytest.mark.parametrize("value", ["v0", "v6", "v10", "v", "v-1", "v3.5", "v٣", "vv", "z1", "rsleep", "q"])
async def test_a_value_that_the_scale_does_not_have_is_out_of_date(s: Stage, value: str) -> None:
    question = await s.asked()
    data = button(question, "v1")[:-2] + value
    assert await s.press(EMMA, question, data, forged=True) in (OUTDATED, LATE)
    assert (await answer(s))["state"] == "sent"
    assert await history(s) == []


@pytest.mark.parametrize("data", ["s1:0000000000000000000000:v4", "s0:abc", "ces_4", "🙂"])
async def test_a_forged_token_and_the_data_of_another_version_are_out_of_date(s: Stage, data: str) -> None:
    question = await s.asked()
    assert await s.press(EMMA, question, data, forged=True) == OUTDATED
    assert (await answer(s))["state"] == "sent"


async def test_after_the_edit_window_the_answer_is_final_and_the_buttons_are_gone(s: Stage) -> None:
    question = await s.asked()
    data = button(question, "v2")
    await s.press(EMMA, question, "v5")
    await s.after("24h")
    assert buttons(s.last(EMMA)) == []
    assert (
        await s.press(EMMA, question, data, forged=True) == "Your answer can no longer be changed. Thank you!"
    )
    row = await answer(s)
    assert (row["score"], row["state"]) == (5, "answered")
    assert await history(s) == [("tap", "5"), ("late_tap", "2")]


async def test_the_edit_window_ends_with_the_deadline_at_the_latest(s: Stage) -> None:
    question = await s.asked()
    await s.after("47h")
    await s.press(EMMA, question, "v5")
    assert "You can change it for 59 minutes." in said(s.last(EMMA))
    row = await answer(s)
    assert row["edit_until"] == row["expires_at"]
    await s.after("1h")
    assert buttons(s.last(EMMA)) == []


async def test_a_tap_after_the_deadline_is_thanked_kept_as_late_and_not_counted(s: Stage) -> None:
    question = await s.asked()
    data = button(question, "v4")
    await s.after("48h")
    closed = said(s.last(EMMA))
    assert buttons(s.last(EMMA)) == []
    assert await s.press(EMMA, question, data, forged=True) == LATE
    row = await answer(s)
    assert (row["state"], row["score"]) == ("expired", None)
    assert await history(s) == [("late_tap", "4")]
    assert said(s.last(EMMA)) == closed


@pytest.mark.parametrize(("wait", "state"), [(47 * 3600 + 3597, "answered"), (48 * 3600, "expired")])
async def test_the_deadline_is_exact(s: Stage, wait: int, state: str) -> None:
    question = await s.asked()
    data = button(question, "v4")
    asked_at = (await answer(s))["sent_at"] / 1000
    await s.move(timedelta(seconds=asked_at + wait - s.clock.now().timestamp()))
    await s.press(EMMA, question, data, forged=True)
    assert (await answer(s))["state"] == state


async def test_a_tap_on_a_withdrawn_question_is_thanked_and_not_counted(s: Stage) -> None:
    question = await s.asked()
    data = button(question, "v2")
    await s.say(EMMA, "It broke again")
    assert question["message_id"] not in [one["message_id"] for one in s.messages(EMMA)]
    toast = await s.press(EMMA, question, data, forged=True)
    assert toast.startswith("Our conversation went on, so this question was taken back.")
    row = await answer(s)
    assert (row["state"], row["reason"], row["score"]) == ("cancelled", "reopened", None)
    assert await history(s) == [("late_tap", "2")]


async def test_a_question_too_old_to_delete_becomes_a_short_line() -> None:
    async with stage(survey={"deadline": timedelta(days=7)}) as s:
        question = await s.asked()
        await s.after("49h")
        await s.say(EMMA, "It broke again")
        shown = s.world.message(EMMA, question["message_id"])
        assert buttons(shown) == []
        assert "How easy" not in said(shown)


async def test_a_tap_that_is_quicker_than_our_own_news_counts(s: Stage) -> None:
    await s.conversation()
    s.world.faults.drop_after("sendMessage")  # it arrived, and we never hear of it
    await s.after("5s")
    assert (await answer(s))["state"] == "undeliverable"
    question = s.last(EMMA)
    assert await s.press(EMMA, question, "v4") == THANKS
    row = await answer(s)
    assert (row["state"], row["reason"], row["score"]) == ("answered", None, 4)
    assert row["message_id"] == question["message_id"]
    assert "Your answer is now: 4 🙂 Easy" in said(s.last(EMMA))


# Reasons


async def test_reasons_toggle_and_only_a_hard_answer_has_them(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v5")
    assert not any(data for data in buttons(s.last(EMMA)) if "wait" in data.lower())
    await s.press(EMMA, question, "v2")
    for reason in REASONS:
        assert button(s.last(EMMA), f"r{reason}")
    assert await s.press(EMMA, question, "rwait") == "Noted ✅"
    assert await s.press(EMMA, question, "rbot") == "Noted ✅"
    assert await s.press(EMMA, question, "rwait") == "Removed"
    assert await reasons(s) == {"bot"}
    await s.press(EMMA, question, "v4")  # an easy answer has no reasons
    assert await reasons(s) == set()
    assert [kind for kind, _ in await history(s)] == ["tap", "tap", "reason", "reason", "reason", "tap"]


async def test_a_reason_for_an_easy_answer_is_out_of_date(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v2")
    data = button(s.last(EMMA), "rwait")
    await s.press(EMMA, question, "v5")
    assert await s.press(EMMA, question, data, forged=True) == OUTDATED
    assert await reasons(s) == set()


async def test_a_reason_before_any_answer_does_nothing(s: Stage) -> None:
    question = await s.asked()
    data = button(question, "v1")[:-2] + "rwait"
    assert await s.press(EMMA, question, data, forged=True) == LATE
    assert await reasons(s) == set()
