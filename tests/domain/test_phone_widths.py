"""On a phone every answer is readable and wide enough for a thumb, in every language and on every scale."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.adapters.catalogues import Catalogues
from bot.domain import messages
from bot.domain.messages import Button, Message
from bot.domain.scales import SCALES
from bot.domain.survey import REASONS, Survey
from bot.domain.texts import Texts
from tests.phone_width import COMMON, SMALL, button_dp, label_dp, room_dp

TOKEN = "0123456789ABCDEFGHIJab"
A_LITTLE_MORE = 1.02  # the estimate is no better
LEAST_FOR_A_THUMB = 44  # dp; what both platforms ask of a target, about
CATALOGUES = Catalogues.load()
every_language = pytest.mark.parametrize(
    "texts", [CATALOGUES.of(tag) for tag in CATALOGUES.languages], ids=CATALOGUES.languages
)
every_scale = pytest.mark.parametrize("scale_name", SCALES)


def shown(texts: Texts, scale_name: str) -> Iterator[Message]:
    """Everything with buttons that a question becomes."""
    survey = Survey(scale_name=scale_name)
    yield messages.question(survey, TOKEN, texts, is_first=True)
    for score in survey.scale.values:
        for reasons in (frozenset[str](), frozenset(REASONS)):
            yield messages.answered(
                survey,
                TOKEN,
                texts,
                score=score,
                reasons=reasons,
                edit_for=timedelta(hours=24),
                has_comment=False,
                comment_is_open=False,
                is_opted_out=bool(reasons),
            )
        yield messages.comment_prompt(survey, TOKEN, texts, score=score)


def rows(texts: Texts, scale_name: str, verb: str) -> Iterator[tuple[Button, ...]]:
    """The rows whose buttons do this."""
    for message in shown(texts, scale_name):
        for row in message.rows:
            if row[0].data.split(":")[2][0] == verb:
                yield row


@every_scale
def test_every_answer_is_readable_and_fit_for_a_thumb_on_a_small_phone(scale_name: str) -> None:
    for row in rows(CATALOGUES.of("en"), scale_name, "v"):
        assert button_dp(SMALL, len(row)) >= LEAST_FOR_A_THUMB
        for button in row:
            assert label_dp(button.label) <= room_dp(SMALL, len(row)), button.label


@every_language
def test_whatever_has_a_row_of_its_own_is_readable_on_a_small_phone(texts: Texts) -> None:
    for message in shown(texts, "emoji5"):
        for row in message.rows:
            if len(row) == 1:
                assert label_dp(row[0].label) <= room_dp(SMALL, 1), row[0].label


@every_language
def test_two_reasons_share_a_row_only_where_both_are_readable_on_a_common_phone(texts: Texts) -> None:
    for row in rows(texts, "emoji5", "r"):
        for button in row:
            assert label_dp(button.label) <= A_LITTLE_MORE * room_dp(COMMON, len(row)), button.label


@every_language
def test_a_tick_does_not_move_the_reasons(texts: Texts) -> None:
    sizes = [[len(row) for row in message.rows] for message in shown(texts, "ces5")]
    plain, ticked = sizes[1], sizes[2]
    assert plain == ticked
