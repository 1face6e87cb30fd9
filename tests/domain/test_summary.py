"""Figures of a window: they add up, hide small groups, and survive being stored."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.comparison import Outcome
from bot.domain.figures_json import from_json, to_json
from bot.domain.invitation import State
from bot.domain.scales import SCALES
from bot.domain.scoring import Counts, Tier
from bot.domain.summary import SMALLEST_GROUP, Comment, Ledger, Summary, Window, WindowSummary
from bot.domain.summing import SeriesCounts, WindowCounts, rolling, segment, summarize_window

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
FIVE = SCALES["emoji5"]
SERIES = "support/emoji5/question/1"
WEEK = Window.ending(NOW, timedelta(days=7))


def window_counts(now: dict[int, int], days: int = 7, **changes: object) -> WindowCounts:
    values: dict[str, object] = {
        "window": Window.ending(NOW, timedelta(days=days)),
        "series": [SeriesCounts(SERIES, now, {5: 20, 4: 10})],
        "asked_matured": 100,
        "answered_matured": 41,
        "episodes": 9,
        "outcomes": [("answered", None, 5), ("skipped", "cooldown", 3), ("sent", None, 1)],
        "n_comments": 2,
    }
    return WindowCounts(**{**values, **changes})  # type: ignore[arg-type]  # keyword by keyword from a dict


def test_the_windows_of_a_comparison_share_no_instant() -> None:
    assert WEEK.before.to_at == WEEK.from_at
    assert WEEK.before.span == WEEK.span


def test_a_window_has_its_score_rate_coverage_and_ledger() -> None:
    summary = summarize_window(window_counts({4: 2, 5: 1, 3: 2}))
    assert summary.main is not None
    assert summary.main.score.mean == 3.8
    assert summary.main.score.by_option == (0, 0, 2, 2, 1)
    assert summary.main.verdict.outcome is Outcome.NO_COMPARISON
    assert summary.tier is Tier.EARLY
    assert summary.rate.value == 0.41
    assert (summary.coverage.count, summary.coverage.n) == (5, 9)
    assert summary.ledger.balances


def test_a_window_without_answers_has_no_score_and_no_rate() -> None:
    summary = summarize_window(window_counts({}, asked_matured=0, answered_matured=0))
    assert summary.tier is Tier.NONE
    assert summary.main is not None
    assert summary.main.score.headline is None
    assert summary.rate.value is None


def test_every_state_of_an_episode_has_its_place_in_the_ledger() -> None:
    ledger = Ledger.of(len(State), [(state, "why", 1) for state in State])
    assert ledger.balances
    assert ledger.waiting == 3


@given(
    st.lists(
        st.tuples(
            st.sampled_from([state.value for state in State]),
            st.sampled_from([None, "a", "b"]),
            st.integers(0, 9),
        )
    )
)
def test_the_ledger_adds_up_for_any_outcomes(outcomes: list[tuple[str, str | None, int]]) -> None:
    episodes = sum(count for _, _, count in outcomes)
    assert Ledger.of(episodes, outcomes).balances
    assert not Ledger.of(episodes + 1, outcomes).balances


def test_reasons_are_listed_from_the_most_frequent() -> None:
    ledger = Ledger.of(6, [("skipped", "cooldown", 1), ("skipped", "paused", 3), ("skipped", "cooldown", 1)])
    assert list(ledger.skipped.items()) == [("paused", 3), ("cooldown", 2)]
    assert ledger.n_skipped == 5


def summary_of(*windows: WindowSummary) -> Summary:
    return Summary(NOW, 5, windows)


def test_the_headline_is_the_week_when_it_has_a_score() -> None:
    day = summarize_window(window_counts({5: 9}, days=1))
    week = summarize_window(window_counts({5: 9}, days=7))
    month = summarize_window(window_counts({5: 40}, days=30))
    assert summary_of(day, week, month).headline is week


def test_the_headline_falls_back_to_a_window_that_has_a_score() -> None:
    day, week = (summarize_window(window_counts({5: 2}, days=days)) for days in (1, 7))
    month = summarize_window(window_counts({5: 40}, days=30))
    assert summary_of(day, week, month).headline is month
    assert summary_of(day, week).headline is week


def test_a_rolling_point_holds_seven_days_and_is_a_gap_below_the_minimum() -> None:
    first = date(2026, 11, 1)
    daily = {first + timedelta(days=offset): {4: 1} for offset in range(10)}
    points = rolling(daily, FIVE, first, first + timedelta(days=11))
    assert [point.n for point in points] == [1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 6, 5]
    assert [point.value for point in points[:4]] == [None] * 4
    assert points[4].value == 4.0
    assert points[4].interval == Counts.of(FIVE, {4: 5}).interval()


def test_three_faces_trend_by_their_easy_share() -> None:
    day = date(2026, 11, 1)
    (point,) = rolling({day: {3: 6, 1: 2}}, SCALES["emoji3"], day, day)
    assert point.value == 0.75


def test_a_slice_whose_complement_is_small_is_hidden() -> None:
    assert segment({"billing": {5: 9}, "login": {1: 3}}, FIVE) == ()


def test_slices_are_shown_easiest_first() -> None:
    shown = segment({"billing": {3: 9}, "advice": {5: 12}, "login": {1: 6}}, FIVE)
    assert [each.name for each in shown] == ["advice", "billing", "login"]


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 25).map(lambda n: {5: n}), max_size=6))
def test_what_is_hidden_is_nothing_or_large_enough(slices: dict[str, dict[int, int]]) -> None:
    shown = segment(slices, FIVE)
    total = sum(by_value[5] for by_value in slices.values())
    hidden = total - sum(each.score.n for each in shown)
    assert hidden == 0 or hidden >= SMALLEST_GROUP or not shown
    for each in shown:
        assert each.score.n >= SMALLEST_GROUP
        assert total - each.score.n == 0 or total - each.score.n >= SMALLEST_GROUP


def test_a_stored_summary_reads_back_the_same_without_its_comments() -> None:
    day = date(2026, 11, 1)
    summary = Summary(
        as_of=NOW,
        minimum_answers=5,
        windows=(
            summarize_window(window_counts({5: 20, 1: 3})),
            summarize_window(window_counts({}, days=30, series=[])),
        ),
        trend=rolling({day: {5: 6}}, FIVE, day, day + timedelta(days=7)),
        trend_scale="emoji5",
        segments=segment({"billing": {3: 9}, "advice": {5: 12}}, FIVE),
        comments=(Comment(7, NOW, 2, "emoji5", "too slow"),),
    )
    stored = json.dumps(to_json(summary))
    assert "too slow" not in stored
    read = from_json(Summary, json.loads(stored))
    assert read.comments == ()
    assert (read.windows, read.trend, read.segments, read.as_of) == (
        summary.windows,
        summary.trend,
        summary.segments,
        summary.as_of,
    )


def test_a_stored_record_that_lacks_a_figure_is_refused() -> None:
    with pytest.raises(KeyError, match=r"Window\.to_at"):
        from_json(Window, {"from_at": NOW.isoformat()})
