"""Every scale from end to end: asked, tapped at both ends, counted in its own series, told in its own direction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.config import TriggerSettings
from bot.config.sections import WordingSettings
from bot.domain.scales import SCALES
from tests.stage import ADA, CHANNEL, EMMA, LIN, Message, Stage, button, buttons, said, stage

QUESTIONS = {
    "ease": "How easy or difficult was it to get the help you needed?",
    "agree": "Northwind made it easy for me to get the help I needed.",
    "effort": "How much effort did it take to get the help you needed?",
}
QUIET = {"schedule": "", "live": False, "minimum_answers": 2}


async def answer(s: Stage, value: int) -> Message:
    """Emma is asked and taps; the question as it was asked."""
    question = await s.asked()
    await s.press(EMMA, question, f"v{value}")
    return question


async def told(s: Stage) -> str:
    """The summary of this moment."""
    await s.say(ADA, "/ces")
    return "\n\n".join(said(message) for message in s.messages(ADA)[-2:])


def worded(text: str) -> WordingSettings:
    return WordingSettings(question=text)


@pytest.mark.parametrize("name", SCALES)
async def test_a_scale_is_asked_answered_and_told_from_end_to_end(name: str) -> None:
    scale = SCALES[name]
    async with stage(survey={"scale": name}, summary=QUIET) as s:
        hardest, easiest = scale.values[0], scale.values[-1]
        question = await answer(s, hardest)
        assert said(question).replace("\u2068", "").replace("\u2069", "").startswith(QUESTIONS[scale.anchors])
        assert [int(label.split()[0]) for label in buttons(question)[:-1]] == list(scale.values)
        await s.after("2m")
        alert = said(s.last(CHANNEL))
        direction = "higher = easier" if scale.higher_is_easier else "lower = easier"
        assert f"A hard answer: {hardest} of {scale.highest} ({direction})" in alert

        await answer(s, easiest)
        await s.after("3m")
        assert said(s.last(CHANNEL)) == alert  # an easy answer is no news
        text = await told(s)
        if scale.headline == "mean":
            mean = (hardest + easiest) / 2
            assert f"Last 24 hours: {mean:.1f} of {scale.highest} ({direction})" in text
        else:
            assert "Last 24 hours: 50% found it easy" in text
        assert "Easy 50%" in text
        assert "hard 50%" in text
        assert "photo" in s.messages(ADA)[-1] or "photo" in s.messages(ADA)[-2]
        rows = await s.rows("SELECT DISTINCT series, scale, language FROM invitation")
        form = "statement" if scale.anchors == "agree" else "question"
        assert [(row["series"], row["scale"], row["language"]) for row in rows] == [
            (f"support/{name}/{form}/1", name, "en")
        ]


async def restart(s: Stage, **survey: Any) -> None:
    """The bot starts anew with other settings."""
    await s.stop_bot()
    s.changes["survey"] = survey
    await s.start_bot()


async def test_a_new_scale_begins_a_new_series_and_the_next_summary_says_so() -> None:
    async with stage(survey={"scale": "emoji5"}, summary=QUIET) as s:
        await answer(s, 1)
        await answer(s, 2)
        await s.after("2d")
        assert "New question" not in await told(s)
        await restart(s, scale="likert7")
        await answer(s, 7)
        await answer(s, 6)
        text = await told(s)
        assert "🆕 New question since Nov 27, 2026: earlier answers are not averaged in." in text
        assert "Last 7 days: 6.5 of 7" in text
        assert "Last 7 days, earlier question: 1.5 of 5" in text
        await s.after("60d")
        assert "New question" not in await told(s)


async def test_until_the_new_question_is_answered_the_old_score_is_called_the_earlier_one() -> None:
    async with stage(survey={"scale": "emoji5"}, summary=QUIET) as s:
        await answer(s, 1)
        await answer(s, 2)
        await restart(s, scale="ces5")
        await s.asked()
        assert "Last 24 hours, earlier question: 1.5 of 5" in await told(s)


async def test_two_questions_asked_side_by_side_are_no_change() -> None:
    lin = TriggerSettings(name="china", languages=["zh-Hans"], scale="ces5")
    rest = TriggerSettings(name="rest")
    async with stage(triggers=[rest, lin], summary=QUIET) as s:
        await answer(s, 5)
        s.changes["triggers"] = [lin, rest]
        await s.stop_bot()
        await s.start_bot()
        for _ in range(2):
            question = await s.asked(LIN, "林晓")
            await s.press(LIN, question, "v4")
            await answer(s, 5)
            await s.after("2h")
        assert "New question" not in await told(s)


async def test_a_question_that_waited_while_the_scale_was_changed_is_asked_on_the_new_one() -> None:
    async with stage(survey={"scale": "emoji5", "delay": timedelta(hours=1)}, summary=QUIET) as s:
        await s.conversation()
        await restart(s, scale="ces5", delay=timedelta(hours=1))
        await s.after("1h")
        assert buttons(s.last(EMMA))[:5] == ["1", "2", "3", "4", "5"]
        row = await s.row("SELECT * FROM invitation")
        assert (row["series"], row["scale"]) == ("support/ces5/question/1", "ces5")


OWN = {"en": worded("Was it easy to sort this out with {company} <at once>?")}


async def test_own_words_are_asked_escaped_with_the_companys_name_and_kept_with_the_answer() -> None:
    async with stage(survey={"question_version": 2, "wording": OWN, "company": "A & B"}) as s:
        question = await s.asked()
        first = said(question).splitlines()[0].replace("\u2068", "").replace("\u2069", "")
        assert first == "Was it easy to sort this out with A & B <at once>?"
        await s.press(EMMA, question, "v4")
        row = await s.row("SELECT * FROM invitation")
        assert row["series"] == "support/emoji5/question/2"
        assert row["wording"] == OWN["en"].question


async def test_whoever_reads_another_language_is_asked_in_one_that_has_the_own_words() -> None:
    async with stage(survey={"question_version": 2, "wording": OWN, "company": ""}) as s:
        question = await s.asked(LIN, "林晓")
        assert said(question).startswith("Was it easy to sort this out")
        assert buttons(question)[-1] == "Don't ask me again"
        row = await s.row("SELECT * FROM invitation")
        assert row["language"] == "en"


async def test_a_question_keeps_the_words_it_was_asked_in_when_they_change() -> None:
    async with stage(survey={"question_version": 2, "wording": OWN, "company": "Acme"}) as s:
        question = await s.asked()
        await restart(s, question_version=3, wording={"en": worded("Other words?")}, company="Acme")
        await s.press(EMMA, question, button(question, "v5"))
        assert "Was it easy to sort this out" in said(s.last(EMMA))
        await restart(s)
        await s.press(EMMA, question, button(question, "v4"))
        assert "Was it easy to sort this out" in said(s.last(EMMA))
