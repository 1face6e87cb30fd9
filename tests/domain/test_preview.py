"""A preview goes through the same messages as a real question, marked, with buttons that reach nothing."""

from __future__ import annotations

import pytest

from bot.adapters.catalogues import Catalogues
from bot.domain.buttons import parse_button
from bot.domain.messages import Message
from bot.domain.preview import Preview, drawn
from bot.domain.scales import SCALES
from bot.domain.survey import Rules, Survey
from tests.telegram_html import visible

TOKEN = "0123456789abcdefghijkl"
CATALOGUES = Catalogues.load()


def shown(preview: Preview, staff: str = "en") -> Message:
    texts, staff_texts = CATALOGUES.of(preview.language), CATALOGUES.of(staff)
    survey = Survey(company="A & B")
    return drawn(preview, survey, Rules(), TOKEN, texts, staff_texts, tells_staff=True)


def verbs(message: Message) -> list[str]:
    found = [parse_button(button.data) for row in message.rows for button in row]
    return [f"{data.verb}{data.value}" for data in found if data is not None]


def pressed(preview: Preview, *presses: str) -> Preview:
    for press in presses:
        assert press in verbs(shown(preview)), press
        after = preview.pressed(press[0], press[1:])
        assert after is not None
        preview = after
    return preview


@pytest.mark.parametrize("language", CATALOGUES.languages)
@pytest.mark.parametrize("scale", SCALES)
def test_every_language_and_scale_can_be_walked_from_the_question_to_the_end(
    language: str, scale: str
) -> None:
    hardest = f"v{SCALES[scale].values[0]}"
    answered = pressed(Preview(language, scale), hardest, "rwait", "c")
    stages = (
        Preview(language, scale),
        answered,
        answered.prompt,
        pressed(answered.prompt, "k"),
        pressed(answered, "e"),
        pressed(Preview(language, scale), "e"),
        pressed(Preview(language, scale), "x"),
    )
    assert len({shown(stage).text for stage in stages}) == len(stages)
    for stage in stages:
        message = shown(stage)
        assert visible(message.text).startswith("👀 Preview · ")
        assert len(visible(message.text)) < 4096
        assert all(parse_button(b.data).kind == "a1" for row in message.rows for b in row)  # type: ignore[union-attr]  # every button can be read, or this fails
        assert Preview.from_text(stage.as_text()) == stage


def test_an_answer_can_be_changed_reasons_toggle_and_an_easy_one_has_none() -> None:
    hard = pressed(Preview("en", "emoji5"), "v1", "rwait", "rbot", "rwait")
    assert hard.reasons == ("bot",)
    assert pressed(hard, "v2").reasons == ("bot",)
    easy = pressed(hard, "v5")
    assert easy.reasons == ()
    assert "rwait" not in verbs(shown(easy))


def test_the_comment_is_offered_once_and_skipping_it_says_thank_you() -> None:
    answered = pressed(Preview("en", "emoji5"), "v3", "c")
    assert "c" not in verbs(shown(answered))
    assert verbs(shown(answered.prompt)) == ["k"]
    assert verbs(shown(pressed(answered.prompt, "k"))) == []
    assert not shown(answered.prompt).force_reply  # an admin's reply would go to support


def test_time_can_be_let_pass_and_turned_back() -> None:
    question = Preview("en", "emoji5")
    assert pressed(question, "e").stage == "expired"
    assert pressed(question, "v4", "e").stage == "closed"
    assert pressed(question, "v4", "e", "b") == question
    assert pressed(question, "x", "u") == question


@pytest.mark.parametrize(
    ("presses", "forged"),
    [
        ((), "v9"),
        ((), "v"),
        ((), "rwait"),
        ((), "c"),
        ((), "k"),
        (("v5",), "rwait"),
        (("v1",), "rnonsense"),
        (("v1", "c"), "c"),
        (("v1", "e"), "v2"),
        (("e",), "v2"),
        ((), "z"),
    ],
)
def test_a_button_that_is_not_there_does_nothing(presses: tuple[str, ...], forged: str) -> None:
    preview = pressed(Preview("en", "emoji5"), *presses)
    assert preview.pressed(forged[0], forged[1:]) is None


def test_the_mark_is_in_the_language_of_staff_and_the_question_in_the_customers() -> None:
    message = shown(Preview("ar", "emoji5"), staff="zh-Hans")
    assert visible(message.text).startswith("👀 预览 · العربية · emoji5")
    assert "A &amp; B" in shown(Preview("en", "likert5")).text
