"""Durations as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.durations import duration_text, parse_duration


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0s", timedelta()),
        ("90s", timedelta(seconds=90)),
        ("2m", timedelta(minutes=2)),
        ("48h", timedelta(hours=48)),
        ("14d", timedelta(days=14)),
        ("1w", timedelta(weeks=1)),
        ("1h30m", timedelta(minutes=90)),
        (" 5 M ", timedelta(minutes=5)),
    ],
)
def test_a_duration_is_read_as_people_write_it(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize("text", ["", "5", "m", "five minutes", "-5m", "5m!", "1.5h", "99999d", "5 minutes"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=3650 * 86_400))
def test_a_duration_survives_being_written_and_read(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert parse_duration(duration_text(span)) == span


def test_durations_are_written_as_people_say_them() -> None:
    spans = ["0s", "90s", "5m", "24h", "48h", "3d", "14d", "90m"]
    assert [duration_text(parse_duration(text)) for text in spans] == spans
