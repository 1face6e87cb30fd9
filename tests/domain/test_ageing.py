"""Months back and whole local days, through leap years and changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ageing import day_of, kept_from, midnight, months_before

BERLIN = ZoneInfo("Europe/Berlin")
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]).map(
    ZoneInfo
)
instants = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("day", "months", "earlier"),
    [
        (date(2026, 11, 25), 24, date(2024, 11, 25)),
        (date(2026, 1, 31), 1, date(2025, 12, 31)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 12, 1), 12, date(2025, 12, 1)),
        (date(2026, 1, 1), 120, date(2016, 1, 1)),
    ],
)
def test_months_are_calendar_months(day: date, months: int, earlier: date) -> None:
    assert months_before(day, months) == earlier


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        ("2026-11-25T22:59:59+00:00", "2024-11-24T23:00:00+00:00"),  # Berlin: still the 25th
        ("2026-11-25T23:00:00+00:00", "2024-11-25T23:00:00+00:00"),  # Berlin: the 26th has begun
        ("2026-03-29T12:00:00+00:00", "2024-03-28T23:00:00+00:00"),  # summer time now, winter time then
        ("2026-10-25T12:00:00+00:00", "2024-10-24T22:00:00+00:00"),
    ],
)
def test_what_is_kept_begins_at_a_local_midnight(now: str, kept: str) -> None:
    assert kept_from(datetime.fromisoformat(now), 24, BERLIN) == datetime.fromisoformat(kept)


def test_days_on_which_the_clocks_change_are_shorter_and_longer() -> None:
    def hours(day: date) -> float:
        return (midnight(day + timedelta(days=1), BERLIN) - midnight(day, BERLIN)) / timedelta(hours=1)

    assert [hours(date(2026, 3, 28)), hours(date(2026, 3, 29)), hours(date(2026, 10, 25))] == [24, 23, 25]


@given(instants, zones)
def test_an_instant_is_inside_its_day(instant: datetime, zone: ZoneInfo) -> None:
    day, over_at = day_of(instant, zone)
    assert midnight(day, zone) <= instant < over_at
    assert timedelta(hours=22) <= over_at - midnight(day, zone) <= timedelta(hours=26)
