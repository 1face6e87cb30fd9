"""When the one reminder may go: each bound one second before, exactly, and one second after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.quiet import QuietHours
from bot.domain.reminding import remind_at
from bot.domain.survey import Rules

SENT = datetime(2026, 11, 25, 10, tzinfo=UTC)
EXPIRES = SENT + timedelta(hours=48)
RULES = Rules(reminder=timedelta(hours=24))
SECOND = timedelta(seconds=1)
NIGHT = replace(RULES, quiet=QuietHours(time(21), time(9)), zone=ZoneInfo("Europe/Berlin"))


def test_without_a_reminder_in_the_settings_there_is_none() -> None:
    assert remind_at(SENT, EXPIRES, Rules(), None, SENT) is None


def test_it_is_due_so_long_after_the_question() -> None:
    assert remind_at(SENT, EXPIRES, RULES, None, SENT) == SENT + timedelta(hours=24)


def test_it_is_never_due_in_the_past() -> None:
    late = SENT + timedelta(hours=30)
    assert remind_at(SENT, EXPIRES, RULES, None, late) == late


@pytest.mark.parametrize(("off", "reminds"), [(-SECOND, True), (timedelta(), True), (SECOND, False)])
def test_in_the_last_hour_before_the_deadline_nobody_is_reminded(off: timedelta, reminds: bool) -> None:
    now = EXPIRES - timedelta(hours=1) + off
    assert remind_at(SENT, EXPIRES, RULES, None, now) == (now if reminds else None)


@pytest.mark.parametrize(
    ("asked", "due"),
    [  # Berlin is an hour ahead of UTC in November
        ("2026-11-24 19:59:59", "2026-11-25 19:59:59"),
        ("2026-11-24 20:00:00", "2026-11-26 08:00:00"),
        ("2026-11-25 07:59:59", "2026-11-26 08:00:00"),
        ("2026-11-25 08:00:00", "2026-11-26 08:00:00"),
    ],
)
def test_in_quiet_hours_it_waits_for_the_morning(asked: str, due: str) -> None:
    sent_at = datetime.fromisoformat(asked).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert remind_at(sent_at, sent_at + timedelta(hours=48), NIGHT, None, sent_at) == expected


def test_the_customers_own_night_counts_where_it_is_known() -> None:
    noon_in_tokyo = datetime(2026, 11, 25, 3, tzinfo=UTC)  # four in the morning in Berlin
    expires_at = noon_in_tokyo + timedelta(hours=48)
    own = remind_at(noon_in_tokyo, expires_at, NIGHT, "Asia/Tokyo", noon_in_tokyo)
    assert own == noon_in_tokyo + timedelta(hours=24)
    teams = remind_at(noon_in_tokyo, expires_at, NIGHT, "no such zone", noon_in_tokyo)
    assert teams == datetime(2026, 11, 26, 8, tzinfo=UTC)


def test_a_morning_too_close_to_the_deadline_is_no_time_to_remind() -> None:
    sent_at = datetime(2026, 11, 24, 21, tzinfo=UTC)
    assert remind_at(sent_at, sent_at + timedelta(hours=36), NIGHT, None, sent_at) is not None
    assert remind_at(sent_at, sent_at + timedelta(hours=35, minutes=59), NIGHT, None, sent_at) is None
