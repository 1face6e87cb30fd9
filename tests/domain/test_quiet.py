"""Quiet hours by the local clock, through every change of it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.domain.quiet import QuietHours, parse_quiet_hours, quiet_hours_text

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(21), time(9))
SECOND = timedelta(seconds=1)

times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
spans = st.tuples(times, times).filter(lambda ends: ends[0] != ends[1]).map(lambda ends: QuietHours(*ends))
zones = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Sao_Paulo",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Apia",
    ]
).map(ZoneInfo)
whenever = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
# the hours around the changes of the clocks in Berlin, 2026
around_changes = st.sampled_from(["2026-03-29T01:00+00:00", "2026-10-25T01:00+00:00"]).flatmap(
    lambda at: st.timedeltas(timedelta(hours=-30), timedelta(hours=30)).map(
        lambda off: datetime.fromisoformat(at) + off
    )
)
instants = whenever | around_changes


def at(text: str) -> datetime:
    """A wall time of Berlin with its offset, as an instant."""
    return datetime.fromisoformat(text).astimezone(UTC)


@given(spans, instants, zones)
@example(
    QuietHours(time(22), time(2, 30)), at("2026-10-25T02:10+01:00"), BERLIN
)  # 02:30 comes twice that night
@example(
    QuietHours(time(3, 30), time(2, 30)), at("2026-03-28T12:00+01:00"), BERLIN
)  # the hour allowed is skipped
def test_the_next_allowed_instant_is_never_inside_never_earlier_and_its_own_next(
    span: QuietHours, instant: datetime, zone: tzinfo
) -> None:
    allowed = span.next_allowed(instant, zone)
    assert not span.holds(allowed, zone)
    assert allowed >= instant
    assert span.next_allowed(allowed, zone) == allowed
    assert (allowed == instant) is not span.holds(instant, zone)


@given(spans, instants, zones)
def test_nobody_waits_longer_than_the_span_and_what_the_clocks_change(
    span: QuietHours, instant: datetime, zone: tzinfo
) -> None:
    assume(span.length <= timedelta(hours=20))
    assert span.next_allowed(instant, zone) - instant <= span.length + timedelta(hours=25)


@given(spans, st.lists(instants, min_size=2, max_size=2), zones)
def test_who_comes_first_is_asked_first(span: QuietHours, pair: list[datetime], zone: tzinfo) -> None:
    early, late = sorted(pair)
    assert span.next_allowed(early, zone) <= span.next_allowed(late, zone)


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("2026-11-25T20:59:59+01:00", "2026-11-25T20:59:59+01:00"),
        ("2026-11-25T21:00:00+01:00", "2026-11-26T09:00:00+01:00"),
        ("2026-11-25T21:00:01+01:00", "2026-11-26T09:00:00+01:00"),
        ("2026-11-26T08:59:59+01:00", "2026-11-26T09:00:00+01:00"),
        ("2026-11-26T09:00:00+01:00", "2026-11-26T09:00:00+01:00"),
        # the night of an hour less, and the night of an hour more
        ("2026-03-28T21:00:00+01:00", "2026-03-29T09:00:00+02:00"),
        ("2026-03-29T08:59:59+02:00", "2026-03-29T09:00:00+02:00"),
        ("2026-10-24T21:00:00+02:00", "2026-10-25T09:00:00+01:00"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T09:00:00+01:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T09:00:00+01:00"),
    ],
)
def test_a_night_ends_at_nine_by_the_clock_on_the_wall(asked: str, allowed: str) -> None:
    assert NIGHT.next_allowed(at(asked), BERLIN) == at(allowed)


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("2026-03-29T01:00:00+01:00", "2026-03-29T03:30:00+02:00"),  # 02:30 does not exist
        ("2026-10-25T01:00:00+02:00", "2026-10-25T02:30:00+02:00"),  # the first 02:30
        ("2026-10-25T02:10:00+01:00", "2026-10-25T02:30:00+01:00"),  # the second, where the first is over
    ],
)
def test_an_end_that_the_clocks_skip_or_show_twice(asked: str, allowed: str) -> None:
    assert QuietHours(time(22), time(2, 30)).next_allowed(at(asked), BERLIN) == at(allowed)


def test_a_span_inside_a_day_holds_inside_that_day() -> None:
    lunch = QuietHours(time(12), time(13))
    noon = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert [lunch.holds(noon + off, UTC) for off in (-SECOND, timedelta(), timedelta(hours=1) - SECOND)] == [
        False,
        True,
        True,
    ]
    assert not lunch.holds(noon + timedelta(hours=1), UTC)


@given(spans)
def test_a_span_comes_back_as_it_was_written(span: QuietHours) -> None:
    assert parse_quiet_hours(quiet_hours_text(span)) == span
