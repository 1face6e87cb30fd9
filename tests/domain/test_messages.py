"""What the customer sees: every scale in every language, before and after the tap."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.catalogues import Catalogues
from bot.domain import messages
from bot.domain.buttons import VERBS, ButtonData, button_data, parse_button
from bot.domain.messages import Button, Message
from bot.domain.scales import SCALES, Band
from bot.domain.survey import REASONS, Survey
from bot.domain.texts import Texts
from tests.telegram_html import visible

TOKEN = "0123456789ABCDEFGHIJab"
DAY = timedelta(hours=24)
CATALOGUES = Catalogues.load()
ALL_TEXTS = [CATALOGUES.of(tag) for tag in CATALOGUES.languages]
ENGLISH, CHINESE, ARABIC = CATALOGUES.of("en"), CATALOGUES.of("zh-Hans"), CATALOGUES.of("ar")
every_scale = pytest.mark.parametrize("scale_name", SCALES)
every_language = pytest.mark.parametrize("texts", ALL_TEXTS, ids=CATALOGUES.languages)


def survey(scale_name: str = "emoji5", company: str = "") -> Survey:
    return Survey(scale_name=scale_name, company=company)


def answer(
    score: int,
    texts: Texts = ENGLISH,
    scale_name: str = "emoji5",
    *,
    reasons: frozenset[str] = frozenset(),
    has_comment: bool = False,
    comment_is_open: bool = False,
    is_opted_out: bool = False,
) -> Message:
    return messages.answered(
        survey(scale_name),
        TOKEN,
        texts,
        score=score,
        reasons=reasons,
        edit_for=DAY,
        has_comment=has_comment,
        comment_is_open=comment_is_open,
        is_opted_out=is_opted_out,
    )


def buttons(message: Message) -> Iterator[tuple[Button, ButtonData]]:
    for row in message.rows:
        for button in row:
            data = parse_button(button.data)
            assert data is not None, button
            yield button, data


def verbs(message: Message) -> str:
    return "".join(data.verb for _, data in buttons(message))


def scores(message: Message) -> list[tuple[str, int]]:
    """Labels and values of the answer buttons, left to right, top to bottom."""
    return [(button.label, int(data.value)) for button, data in buttons(message) if data.verb == "v"]


def everything_a_question_can_become(texts: Texts, scale_name: str) -> Iterator[Message]:
    asked = survey(scale_name, company="A & B <Ltd>")
    for is_first in (True, False):
        yield messages.question(asked, TOKEN, texts, is_first=is_first)
    for value in asked.scale.values:
        yield answer(value, texts, scale_name, reasons=frozenset(REASONS), is_opted_out=True)
        yield answer(value, texts, scale_name)
        yield messages.closed(asked, texts, score=value)
        yield messages.comment_prompt(asked, TOKEN, texts, score=value)
    yield from (messages.expired(texts), messages.withdrawn(texts), messages.stopped(TOKEN, texts))
    for band in get_args(Band):
        yield messages.thanks(texts, band=band, passed_on=True)


def test_the_question_in_english() -> None:
    message = messages.question(survey(), TOKEN, ENGLISH, is_first=False)
    assert message.text == (
        "<b>How easy or difficult was it to get the help you needed?</b>\n\n"
        "1 😫 Very difficult\n2 🙁 Difficult\n3 😐 Neither easy nor difficult\n4 🙂 Easy\n5 😄 Very easy\n\n"
        "<i>Optional. Only our support team sees your answer. /privacy</i>"
    )
    assert [[button.label for button in row] for row in message.rows] == [
        ["1 😫", "2 🙁", "3 😐", "4 🙂", "5 😄"],
        ["Don't ask me again"],
    ]
    assert message.rows[0][3].data == f"s1:{TOKEN}:v4"
    assert message.rows[1][0].data == f"s1:{TOKEN}:x"


def test_the_question_in_chinese() -> None:
    message = messages.question(survey(), TOKEN, CHINESE, is_first=False)
    assert message.text == (
        "<b>您觉得这次获得所需帮助是容易还是困难？</b>\n\n"
        "1 😫 非常困难\n2 🙁 困难\n3 😐 一般\n4 🙂 容易\n5 😄 非常容易\n\n"
        "<i>自愿填写，仅客服团队可见。/privacy</i>"
    )
    assert [button.label for button in message.rows[1]] == ["不再询问我"]


def test_the_first_question_says_why_it_is_asked() -> None:
    first = messages.question(survey(), TOKEN, ENGLISH, is_first=True)
    later = messages.question(survey(), TOKEN, ENGLISH, is_first=False)
    assert ENGLISH("customer.question.first") in first.text
    assert ENGLISH("customer.question.first") not in later.text
    assert first.rows == later.rows


@every_language
@every_scale
def test_every_text_and_button_fits_telegram(texts: Texts, scale_name: str) -> None:
    for message in everything_a_question_can_become(texts, scale_name):
        assert 0 < len(visible(message.text).encode("utf-16-le")) // 2 <= 4096
        assert len(message.placeholder or "") <= 64
        for button, _ in buttons(message):
            assert len(button.data.encode()) <= 37
            assert 0 < len(button.label) <= 40
            assert not {"<", "&"} & set(button.label)


@every_language
@every_scale
def test_every_answer_button_has_its_digit_from_hard_to_easy(texts: Texts, scale_name: str) -> None:
    scale = SCALES[scale_name]
    for message in (
        messages.question(survey(scale_name), TOKEN, texts, is_first=True),
        answer(1, texts, scale_name),
    ):
        shown = scores(message)
        assert tuple(value for _, value in shown) == scale.values
        for label, value in shown:
            assert str(value) in label.split()
            assert scale.face(value) in label


@every_language
@every_scale
def test_both_ends_stand_in_words_in_the_text(texts: Texts, scale_name: str) -> None:
    scale = SCALES[scale_name]
    text = messages.question(survey(scale_name), TOKEN, texts, is_first=False).text
    lines = text.split("\n\n")[1].splitlines()
    assert len(lines) == (len(scale.values) if scale.labels else 2)
    assert lines[0].startswith(f"{scale.values[0]} ")
    assert lines[-1].startswith(f"{scale.values[-1]} ")
    assert len({line.split(" ", 2)[2] for line in lines}) == len(lines)


def test_ten_options_take_two_rows_and_fewer_take_one() -> None:
    sizes = {
        name: [len(row) for row in messages.question(survey(name), TOKEN, ENGLISH, is_first=False).rows]
        for name in SCALES
    }
    assert sizes == {
        "emoji5": [5, 1],
        "emoji3": [3, 1],
        "ces5": [5, 1],
        "likert5": [5, 1],
        "likert7": [7, 1],
        "ten_ease": [5, 5, 1],
        "ten_effort": [5, 5, 1],
    }


def test_right_to_left_languages_keep_the_order_of_the_row() -> None:
    row = messages.question(survey(), TOKEN, ARABIC, is_first=False).rows[0]
    assert [button.label for button in row] == ["1 😫", "2 🙁", "3 😐", "4 🙂", "5 😄"]


@every_language
def test_a_statement_names_the_company_escaped_and_isolated(texts: Texts) -> None:
    named = messages.question(survey("likert5", "A & <B>"), TOKEN, texts, is_first=False)
    assert "\u2068A &amp; &lt;B&gt;\u2069" in named.text
    nameless = messages.question(survey("likert5"), TOKEN, texts, is_first=False)
    assert "\u2068" not in nameless.text
    assert "{" not in nameless.text


def test_the_chosen_option_is_marked_and_every_option_stays_live() -> None:
    message = answer(4)
    assert [button.label for button in message.rows[0]] == ["1 😫", "2 🙁", "3 😐", "● 4 🙂", "5 😄"]
    assert verbs(message) == "vvvvvcx"
    assert "<b>4 🙂 Easy</b>\n" in message.text
    assert "Your answer is now: <b>4 🙂 Easy</b>. You can change it for 24 hours." in message.text


@every_language
@every_scale
def test_exactly_the_hard_answers_are_asked_for_reasons(texts: Texts, scale_name: str) -> None:
    scale = SCALES[scale_name]
    for value in scale.values:
        message = answer(value, texts, scale_name)
        given = [data.value for _, data in buttons(message) if data.verb == "r"]
        assert given == (list(REASONS) if value in scale.hard else [])
        assert (texts("customer.reason.intro") in message.text) == (value in scale.hard)


@every_language
def test_a_tapped_reason_is_ticked_where_it_stands(texts: Texts) -> None:
    plain, ticked = answer(1, texts), answer(1, texts, reasons=frozenset({"wait", "bot"}))
    assert [len(row) for row in ticked.rows] == [len(row) for row in plain.rows]
    changed = {
        data.value: (before.label, after.label)
        for (before, data), (after, _) in zip(buttons(plain), buttons(ticked), strict=True)
        if before.label != after.label
    }
    assert set(changed) == {"wait", "bot"}
    for before, after in changed.values():
        assert after.startswith("✅ ")
        assert after.split(" ", 1)[1] == before.split(" ", 1)[1]


def test_english_reasons_share_a_row_where_both_are_short() -> None:
    rows = [row for row in answer(1).rows if row[0].data.startswith(f"s1:{TOKEN}:r")]
    assert [len(row) for row in rows] == [2, 1, 2, 1, 2]


def test_a_comment_is_offered_until_it_came_or_its_prompt_is_open() -> None:
    assert "c" in verbs(answer(5))
    assert "c" not in verbs(answer(5, has_comment=True))
    assert "c" not in verbs(answer(5, comment_is_open=True))


def test_whoever_opted_out_finds_undo_where_the_opt_out_was() -> None:
    message = answer(5, is_opted_out=True)
    assert verbs(message).endswith("u")
    assert "x" not in verbs(message)
    assert "/survey_on" in message.text
    assert verbs(messages.stopped(TOKEN, ENGLISH)) == "u"


def test_when_it_is_over_the_keyboard_is_gone() -> None:
    final = messages.closed(survey(), ENGLISH, score=2)
    assert final.rows == messages.expired(ENGLISH).rows == messages.withdrawn(ENGLISH).rows == ()
    assert final.text.endswith("Your answer: <b>2 🙁 Difficult</b>. Thank you!")


@every_language
def test_the_prompt_quotes_the_choice_and_is_worded_for_its_band(texts: Texts) -> None:
    prompts = [messages.comment_prompt(survey(), TOKEN, texts, score=score) for score in (1, 3, 5)]
    for prompt, band, score in zip(prompts, ("low", "mid", "high"), (1, 3, 5), strict=True):
        assert texts(f"customer.comment.prompt.{band}") in prompt.text
        assert messages.choice_label(SCALES["emoji5"], score, texts) in prompt.text
        assert prompt.force_reply
        assert prompt.placeholder == texts("customer.comment.placeholder")
        assert verbs(prompt) == "k"


def test_the_thank_you_promises_only_what_happens() -> None:
    assert messages.thanks(ENGLISH, band="low", passed_on=True).text == ENGLISH("customer.thanks.low")
    assert messages.thanks(ENGLISH, band="low", passed_on=False).text == ENGLISH("customer.thanks.mid")
    assert messages.thanks(ENGLISH, band="high", passed_on=False).text == ENGLISH("customer.thanks.high")


def test_options_without_words_are_told_as_a_fraction() -> None:
    assert messages.choice_label(SCALES["likert7"], 6, ENGLISH) == "6/7"
    assert messages.choice_label(SCALES["likert7"], 7, ENGLISH) == "7/7 = Strongly agree"
    assert messages.choice_label(SCALES["ten_effort"], 3, ENGLISH) == "3/10"
    assert messages.choice_label(SCALES["ces5"], 4, ENGLISH) == "4 = Easy"
    assert messages.choice_label(SCALES["emoji3"], 3, CHINESE) == "3 🙂 容易"


def test_what_a_person_wrote_cannot_become_markup() -> None:
    assert messages.quote("<b>&'\"") == "&lt;b&gt;&amp;&#x27;&quot;"
    assert visible(messages.quote("<a href='x'>")) == "<a href='x'>"


@given(
    st.sampled_from(sorted(VERBS)),
    st.from_regex(r"[0-9A-Za-z_.-]{0,36}", fullmatch=True),
    st.sampled_from(["s1", "a1"]),
)
def test_button_data_comes_back_as_it_went_out(verb: str, value: str, kind: str) -> None:
    data = button_data(TOKEN, verb, value, kind="s1" if kind == "s1" else "a1")
    assert len(data.encode()) <= 64
    parsed = parse_button(data)
    assert parsed is not None
    assert (parsed.kind, parsed.token, parsed.verb, parsed.value) == (kind, TOKEN, verb, value)


@given(st.text(max_size=80))
def test_forged_data_is_never_an_error(data: str) -> None:
    parsed = parse_button(data)
    assert parsed is None or button_data(parsed.token, parsed.verb, parsed.value, kind=parsed.kind) == data


@pytest.mark.parametrize(
    "data",
    [
        "",
        "s1:short:v4",
        f"s1:{TOKEN}:",
        f"s1:{TOKEN}:z1",
        f"s2:{TOKEN}:v4",
        f"s1:{TOKEN}:v4\n",
        f"s1:{TOKEN}:v٤",
        f"s1:{TOKEN}:v{'4' * 60}",
        f" s1:{TOKEN}:v4",
    ],
)
def test_data_of_no_known_shape_is_no_button(data: str) -> None:
    assert parse_button(data) is None


def test_a_button_that_could_not_be_read_back_is_never_made() -> None:
    for verb, value in (("z", ""), ("v", "four!"), ("v", "4" * 60), ("", "")):
        with pytest.raises(ValueError, match="no button can carry"):
            button_data(TOKEN, verb, value)
