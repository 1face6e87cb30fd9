"""The wish not to be asked, and the controls in every language."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.stage import EMMA, FORUM, LIN, Stage, buttons, said, stage


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """The stage."""
    async with stage() as on:
        yield on


async def test_stopping_by_button_and_undo(s: Stage) -> None:
    question = await s.asked()
    assert await s.press(EMMA, question, "x") == "We will not ask you again."
    assert buttons(s.last(EMMA)) == ["↩️ Undo"]
    assert await s.press(EMMA, question, "u") == "Questions are on again."
    assert "5 😄" in buttons(s.last(EMMA))
    await s.press(EMMA, question, "v5")
    assert (await s.row("SELECT score FROM invitation"))["score"] == 5


@pytest.mark.parametrize("when", ["before the end", "during the delay"])
async def test_who_stopped_is_not_asked(s: Stage, when: str) -> None:
    if when == "before the end":
        await s.say(EMMA, "/survey_off")
    topic = await s.conversation()
    if when == "during the delay":
        await s.say(EMMA, "/survey_off")
    await s.after("1m")
    assert "🔕 Not asked: customer does not want to be asked." in s.texts(FORUM, topic)
    assert not any("How easy" in text for text in s.texts(EMMA))
    await s.say(EMMA, "/survey_on")
    question = await s.asked()
    assert "5 😄" in buttons(question)


async def test_every_control_answers_in_the_customers_language(s: Stage) -> None:
    for command in ("start", "help", "privacy", "survey_off", "survey_on", "my_data", "forget_me"):
        await s.say(LIN, f"/{command}")
        assert any("\u4e00" <= letter <= "\u9fff" for letter in said(s.last(LIN))), command


async def test_privacy_and_help_name_what_there_is(s: Stage) -> None:
    await s.say(EMMA, "/help")
    for command in ("/survey_off", "/survey_on", "/privacy", "/my_data", "/forget_me"):
        assert command in said(s.last(EMMA))
