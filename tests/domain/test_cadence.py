"""Follow-up visits: week 1, week 3, then every two weeks, or as a team likes; none twice, none too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cadence import STANDARD, Cadence
from bot.domain.events import ConversationEnded, CustomerRef, EventKind
from bot.domain.survey import Trigger

START = datetime(2026, 11, 25, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OWN = Cadence((timedelta(days=3), timedelta(days=10)))
cadences = st.builds(
    lambda days, every, lasts: Cadence(
        tuple(timedelta(days=day) for day in sorted(days)),
        None if every is None else timedelta(days=every),
        timedelta(days=lasts),
    ),
    st.sets(st.integers(1, 400), min_size=1, max_size=5),
    st.none() | st.integers(1, 60),
    st.integers(1, 800),
)


def days_of(cadence: Cadence) -> list[int]:
    """Every visit, as days after the beginning."""
    days, after = [], START
    while (visit := cadence.next_visit(START, after)) is not None:
        days.append((visit - START).days)
        after = visit
    return days


def test_the_standard_is_week_1_week_3_then_every_two_weeks_for_a_year() -> None:
    assert days_of(STANDARD) == [7, 21, *range(35, 366, 14)]


def test_visits_of_ones_own_end_with_the_last() -> None:
    assert days_of(OWN) == [3, 10]


@pytest.mark.parametrize(
    ("cadence", "after", "day"),
    [
        (STANDARD, timedelta(days=7) - SECOND, 7),
        (STANDARD, timedelta(days=7), 21),
        (STANDARD, timedelta(days=7) + SECOND, 21),
        (STANDARD, timedelta(days=21) - SECOND, 21),
        (STANDARD, timedelta(days=21), 35),
        (STANDARD, timedelta(days=35) - SECOND, 35),
        (STANDARD, timedelta(days=35), 49),
        (STANDARD, timedelta(days=357) - SECOND, 357),
        (STANDARD, timedelta(days=357), None),
        (OWN, timedelta(days=10) - SECOND, 10),
        (OWN, timedelta(days=10), None),
    ],
)
def test_the_next_visit_is_the_first_one_later(cadence: Cadence, after: timedelta, day: int | None) -> None:
    visit = cadence.next_visit(START, START + after)
    assert visit == (None if day is None else START + timedelta(days=day))


@given(cadences)
def test_visits_ascend_and_keep_their_distance_and_their_end(cadence: Cadence) -> None:
    days = days_of(cadence)
    gaps = [timedelta(days=late - early) for early, late in pairwise(days)]
    assert all(timedelta(days=day) <= cadence.lasts for day in days)
    assert all(cadence.shortest_gap is not None and gap >= cadence.shortest_gap for gap in gaps)


@given(cadences, st.timedeltas(timedelta(days=-10), timedelta(days=900)))
def test_the_next_visit_is_always_in_the_future(cadence: Cadence, elapsed: timedelta) -> None:
    visit = cadence.next_visit(START, START + elapsed)
    assert visit is None or visit > START + elapsed


@pytest.mark.parametrize(
    ("kind", "tags", "begins"),
    [("purchase", ("vip",), True), ("purchase", (), False), ("support_ended", ("vip",), False)],
)
def test_the_filters_are_those_of_the_event_that_begins_it(
    kind: EventKind, tags: tuple[str, ...], begins: bool
) -> None:
    trigger = Trigger("visits", "follow_up", tags=("vip",), cadence=STANDARD, start_on=("purchase",))
    event = ConversationEnded("generic", "7", START, CustomerRef(), kind, tags=tags)
    assert trigger.begins_with(event) is begins
    assert trigger.matches(event) is False
