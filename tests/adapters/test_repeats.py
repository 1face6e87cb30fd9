"""A fault that is met every second writes one line a minute, and says how many it did not."""

from __future__ import annotations

import pytest
import structlog
from structlog.typing import EventDict

from bot.adapters.repeats import Repeats


class Minutes:
    """A clock to be moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def minutes() -> Minutes:
    return Minutes()


def passes(repeats: Repeats, level: str, **event: object) -> EventDict | None:
    try:
        return repeats(None, level, dict(event))
    except structlog.DropEvent:
        return None


def test_of_the_same_warning_one_a_minute_is_written_and_the_next_says_how_many_were_not(
    minutes: Minutes,
) -> None:
    repeats, written = Repeats(minutes), []
    for second in range(181):
        minutes.now = float(second)
        if line := passes(repeats, "warning", event="inbox.unreadable", error="disk full"):
            written.append(line.get("repeated"))
    assert written == [None, 59, 59, 59]


def test_another_word_another_level_and_another_fault_are_lines_of_their_own(minutes: Minutes) -> None:
    repeats = Repeats(minutes)
    for level, event, error in (
        ("warning", "a.b", "x"),
        ("warning", "a.b", "y"),
        ("error", "a.b", "x"),
        ("warning", "a.c", "x"),
    ):
        assert passes(repeats, level, event=event, error=error)


def test_what_is_no_trouble_is_always_written(minutes: Minutes) -> None:
    repeats = Repeats(minutes)
    assert all(passes(repeats, "info", event="letter.sent", kind="reply") for _ in range(10))


def test_a_flood_of_different_faults_is_not_remembered_for_ever(minutes: Minutes) -> None:
    repeats = Repeats(minutes)
    for number in range(10_000):
        assert passes(repeats, "warning", event="delivery.failed", delivery=number)
    assert len(repeats._seen) <= 256
