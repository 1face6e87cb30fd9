"""The limits of [sending], exact to the instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.flow.budgets import Budgets

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
CUSTOMER, OTHER, FORUM = 7, 8, -100500


def times_of(budgets: Budgets, chat_id: int, count: int) -> list[float]:
    """When ``count`` posts to a chat may go if each goes as soon as it may; seconds from NOW."""
    now, times = NOW, []
    for _ in range(count):
        now = max(now, budgets.free_at(chat_id, counts=True))
        budgets.spend(chat_id, now)
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
        budgets.spend(CUSTOMER, later)
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
        budgets.spend(number + 1, now)
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
        budgets.spend(chat_id, now)
    for _ in range(budgets.room(chat_id, now)):
        assert budgets.free_at(chat_id, counts=True) <= now
        budgets.spend(chat_id, now)
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
        budgets.spend(chat_id, NOW + timedelta(seconds=chat_id))
    assert len(budgets._chats) <= 1024
