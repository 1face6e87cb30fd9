"""The limits of [sending], exact to the instant."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.flow.budgets import NEVER, Budgets, Trip

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
CUSTOMER, OTHER, FORUM = 7, 8, -100500


def times_of(budgets: Budgets, chat_id: int, count: int) -> list[float]:
    """When ``count`` posts to a chat may go if each goes as soon as it may; seconds from NOW."""
    now, times = NOW, []
    for _ in range(count):
        now = max(now, budgets.free_at(chat_id, counts=True))
        budgets.take(chat_id, now).landed(now)
        times.append((now - NOW).total_seconds())
    return times


def test_a_private_chat_gets_three_at_once_then_one_a_second() -> None:
    assert times_of(Budgets(), CUSTOMER, 6) == [0, 0, 0, 1, 2, 3]


def test_a_private_chat_that_rested_may_burst_again() -> None:
    budgets = Budgets()
    times_of(budgets, CUSTOMER, 5)
    assert budgets.free_at(CUSTOMER, counts=True) == NOW + timedelta(seconds=3)
    later = NOW + timedelta(minutes=1)
    for _ in range(3):
        assert budgets.free_at(CUSTOMER, counts=True) <= later
        budgets.take(CUSTOMER, later).landed(later)
    assert budgets.free_at(CUSTOMER, counts=True) > later


def test_a_group_gets_eighteen_a_minute_all_topics_together() -> None:
    times = times_of(Budgets(), FORUM, 40)
    assert times[:18] == [0] * 18
    assert times[18:36] == [60] * 18
    assert times[36] == 120


@given(st.lists(st.floats(0, 20), min_size=1, max_size=200), st.integers(1, 30))
def test_no_second_ever_holds_more_than_the_overall_budget(pauses: list[float], per_second: int) -> None:
    budgets, now, times = Budgets(per_second=per_second), NOW, []
    for number, pause in enumerate(pauses):
        now = max(now + timedelta(seconds=pause / 100), budgets.free_at(number + 1, counts=True))
        budgets.take(number + 1, now).landed(now)
        times.append(now)
    for index, start in enumerate(times):
        assert sum(start <= other < start + timedelta(seconds=1) for other in times[index:]) <= per_second


@given(st.lists(st.floats(0, 90), max_size=40), st.sampled_from([CUSTOMER, FORUM]))
def test_as_many_as_there_is_room_for_may_go_at_once_and_not_one_more(
    pauses: list[float], chat_id: int
) -> None:
    budgets, now = Budgets(), NOW
    for pause in pauses:
        now = max(now + timedelta(seconds=pause), budgets.free_at(chat_id, counts=True))
        budgets.take(chat_id, now).landed(now)
    for _ in range(budgets.room(chat_id, now)):
        assert budgets.free_at(chat_id, counts=True) <= now
        budgets.take(chat_id, now).landed(now)
    assert budgets.free_at(chat_id, counts=True) > now
    assert budgets.room(chat_id, now) == 0


def test_one_chat_that_is_full_leaves_the_others_free() -> None:
    budgets = Budgets()
    times_of(budgets, CUSTOMER, 4)
    assert budgets.free_at(CUSTOMER, counts=True) > NOW
    assert budgets.free_at(OTHER, counts=True) <= NOW


def test_what_neither_posts_nor_edits_needs_no_budget() -> None:
    budgets = Budgets()
    times_of(budgets, FORUM, 18)
    assert budgets.free_at(FORUM, counts=True) > NOW
    assert budgets.free_at(FORUM, counts=False) <= NOW


def test_too_many_holds_that_chat_alone() -> None:
    budgets = Budgets()
    until = NOW + timedelta(seconds=30)
    budgets.hold(CUSTOMER, NOW, until)
    assert budgets.free_at(CUSTOMER, counts=False) == until
    assert budgets.free_at(OTHER, counts=True) <= NOW
    budgets.hold(CUSTOMER, NOW, NOW + timedelta(seconds=5))
    assert budgets.free_at(CUSTOMER, counts=False) == until


def test_too_many_from_two_chats_within_a_second_holds_everybody() -> None:
    budgets = Budgets()
    budgets.hold(CUSTOMER, NOW, NOW + timedelta(seconds=5))
    budgets.hold(FORUM, NOW + timedelta(seconds=1), NOW + timedelta(seconds=9))
    assert budgets.free_at(OTHER, counts=True) == NOW + timedelta(seconds=9)
    assert budgets.free_at(None, counts=False) == NOW + timedelta(seconds=9)


def test_too_many_from_two_chats_at_different_times_holds_each_alone() -> None:
    budgets = Budgets()
    budgets.hold(CUSTOMER, NOW, NOW + timedelta(seconds=5))
    budgets.hold(FORUM, NOW + timedelta(seconds=1.5), NOW + timedelta(seconds=9))
    assert budgets.free_at(OTHER, counts=True) <= NOW


def test_chats_at_rest_are_forgotten() -> None:
    budgets = Budgets(per_second=10_000)
    for chat_id in range(1, 3000):
        later = NOW + timedelta(seconds=chat_id)
        budgets.take(chat_id, later).landed(later)
    assert len(budgets._chats) <= 1024


@dataclass
class Line:
    """The way to Telegram: each call takes ``there`` and ``back`` ms, and up to ``jitter`` more each way."""

    there: float
    back: float
    jitter: float
    seed: int = 0

    def arrivals(self, budgets: Budgets, count: int, chat: Callable[[int], int]) -> list[float]:
        """When so many messages are counted at Telegram if each is taken as soon as it may, and up to 2 ms late."""
        chance = random.Random(self.seed)
        now, arrived = NOW, list[datetime]()
        answers: list[tuple[datetime, int, Trip]] = []
        while len(arrived) < count:
            free_at = budgets.free_at(chat(len(arrived)), counts=True)
            if answers and answers[0][0] <= max(now, free_at):
                now, _, trip = heapq.heappop(answers)
                trip.landed(now)
                continue
            assert free_at != NEVER
            now = max(now, free_at) + timedelta(milliseconds=chance.uniform(0, 2))
            trip = budgets.take(chat(len(arrived)), now)
            arrived.append(now + timedelta(milliseconds=self.there + chance.uniform(0, self.jitter)))
            back = timedelta(milliseconds=self.back + chance.uniform(0, self.jitter))
            heapq.heappush(answers, (arrived[-1] + back, len(arrived), trip))
        return sorted((at - NOW).total_seconds() for at in arrived)


_MS = st.floats(0, 200)


@given(st.builds(Line, _MS, _MS, _MS, st.integers(0, 2**32)), st.integers(1, 30))
@settings(deadline=None, max_examples=50)
def test_however_late_calls_arrive_telegram_never_counts_one_too_many_in_a_second(
    line: Line, per_second: int
) -> None:
    at = line.arrivals(Budgets(per_second=per_second), 30 * per_second, lambda number: number + 1)
    assert all(later - at[place] >= 1 for place, later in enumerate(at[per_second:]))


@given(st.builds(Line, _MS, _MS, _MS, st.integers(0, 2**32)), st.integers(1, 20))
@settings(deadline=None, max_examples=20)
def test_however_late_calls_arrive_telegram_never_counts_one_too_many_in_a_minute_of_a_group(
    line: Line, per_minute: int
) -> None:
    at = line.arrivals(Budgets(per_group_minute=per_minute), 5 * per_minute, lambda number: FORUM)
    assert all(later - at[place] >= 60 for place, later in enumerate(at[per_minute:]))


@pytest.mark.parametrize("per_second", [25, 30])
@given(line=st.builds(Line, st.floats(0, 100), st.floats(0, 100), st.floats(0, 5), st.integers(0, 2**32)))
@settings(deadline=None, max_examples=8)
def test_a_line_that_is_far_but_steady_costs_less_than_a_fiftieth_of_the_budget(
    line: Line, per_second: int
) -> None:
    learnt = 30 * per_second
    at = line.arrivals(Budgets(per_second=per_second), 2 * learnt, lambda number: number + 1)
    assert (len(at) - learnt) / (at[-1] - at[learnt - 1]) >= 0.98 * per_second


def test_a_call_holds_its_place_until_a_second_after_its_answer() -> None:
    budgets = Budgets(per_second=1)
    trip = budgets.take(CUSTOMER, NOW)
    assert budgets.free_at(OTHER, counts=True) == NEVER
    trip.landed(NOW + timedelta(seconds=3))
    assert budgets.free_at(OTHER, counts=True) == NOW + timedelta(seconds=4)


def test_what_was_not_sent_after_all_costs_nothing() -> None:
    budgets = Budgets(per_second=1, per_group_minute=1)
    budgets.take(FORUM, NOW).not_sent()
    budgets.take(FORUM, NOW).landed(NOW)
    assert budgets.free_at(FORUM, counts=True) == NOW + timedelta(minutes=1)


def test_a_whole_budget_goes_at_once_after_a_rest_and_evenly_while_there_are_many() -> None:
    budgets = Budgets(per_second=10)
    now, times = NOW, []
    for number in range(40):
        now = max(now, budgets.free_at(number + 1, counts=True))
        budgets.take(number + 1, now).landed(now)
        times.append((now - NOW).total_seconds())
    assert times[:10] == [0] * 10
    gaps = [later - earlier for earlier, later in pairwise(times[10:])]
    assert all(0.09 <= round(gap, 3) <= 0.2 for gap in gaps)
    rested = now + timedelta(seconds=2)
    for number in range(10):
        assert budgets.free_at(number + 1, counts=True) <= rested
        budgets.take(number + 1, rested).landed(rested)
