"""What people may write after ``/simulate``, and what they are told otherwise."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from bot.adapters.catalogues import Catalogues
from bot.domain.quiet import QuietHours
from bot.domain.rehearsal_request import NAMES, Mistake, Request, changes, read_request
from bot.domain.rehearsal_text import mistakes_text
from bot.domain.survey import Rules
from tests.telegram_html import visible


def test_a_request_is_a_span_and_what_is_proposed_in_any_order() -> None:
    found = read_request(
        ["cooldown=7d", "sampling=50%", "30d", "quiet=22:00-08:00", "minimum_messages=3", "switches=on"]
    )
    assert found == Request(
        timedelta(days=30),
        {
            "cooldown": timedelta(days=7),
            "sampling": 50.0,
            "quiet": QuietHours(time(22), time(8)),
            "minimum_messages": 3,
        },
        ignores_switches=True,
    )
    assert read_request(
        ["2w", "quiet=off", "yearly_cap=0", "too_old=0s", "delay=1h", "deadline=24h"]
    ) == Request(
        timedelta(days=14),
        {
            "quiet": None,
            "yearly_cap": 0,
            "too_old": timedelta(0),
            "delay": timedelta(hours=1),
            "deadline": timedelta(hours=24),
        },
    )


def test_changes_are_told_as_the_settings_write_them() -> None:
    request = read_request(["30d", "cooldown=7d", "sampling=50%", "quiet=21:00-09:00", "yearly_cap=6"])
    assert isinstance(request, Request)
    assert changes(request, Rules(yearly_cap=12)) == [
        ("cooldown", "14d", "7d"),
        ("sampling", "100%", "50%"),
        ("quiet", "off", "21:00-09:00"),
        ("yearly_cap", "12", "6"),
    ]


@pytest.mark.parametrize(
    ("words", "mistakes"),
    [
        ("", [Mistake("", "window")]),
        ("cooldown=7d", [Mistake("", "window")]),
        ("30", [Mistake("30", "window")]),
        ("5m", [Mistake("5m", "window")]),
        ("3000d", [Mistake("3000d", "window")]),
        ("30d 7d", [Mistake("7d", "twice")]),
        ("30d cooldown", [Mistake("cooldown", "span")]),
        ("30d cooldown=soon", [Mistake("cooldown=soon", "span")]),
        ("30d cooldown=7d COOLDOWN=8d", [Mistake("COOLDOWN=8d", "twice")]),
        ("30d sampling=101%", [Mistake("sampling=101%", "share")]),
        ("30d quiet=night", [Mistake("quiet=night", "hours")]),
        ("30d yearly_cap=-1", [Mistake("yearly_cap=-1", "number")]),
        ("30d yearly_cap=²", [Mistake("yearly_cap=²", "number")]),
        ("30d cooldwn=7d", [Mistake("cooldwn=7d", "meant", "cooldown")]),
        ("30d colour=red", [Mistake("colour=red", "name")]),
        ("30d switches=off", [Mistake("switches=off", "switches")]),
        ("x y=1", [Mistake("x", "window"), Mistake("y=1", "name")]),
    ],
)
def test_whatever_else_is_written_is_named_with_what_would_be_right(
    words: str, mistakes: list[Mistake]
) -> None:
    found = read_request(words.split())
    assert found == mistakes
    for language in ("en", "zh-Hans"):
        told = visible(mistakes_text(mistakes, Catalogues.load().of(language)))
        for mistake in mistakes:
            assert mistake.word in told
        assert all(name in told for name in NAMES)
        assert "/simulate 30d cooldown=7d" in told


def test_what_was_written_is_escaped_and_cut() -> None:
    word = "<b>&" * 2000
    told = mistakes_text([Mistake(word, "name")] * 50, Catalogues.load().of("en"))
    assert len(visible(told)) < 2000
