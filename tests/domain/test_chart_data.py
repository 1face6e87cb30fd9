"""What a picture shows: enough answers or none of it, up is easier, an arrow only for a clear change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.catalogues import Catalogues
from bot.domain.chart_data import MOST_BARS, chart_data
from bot.domain.chart_words import short, worded
from bot.domain.scales import SCALES
from bot.domain.scoring import Tier
from bot.domain.summary import Summary
from bot.domain.summing import rolling
from tests.adapters.chart_cases import (
    AS_OF,
    CASES,
    EFFORT,
    FEW,
    NOTHING,
    TEAMS,
    THREE_FACES,
    WEEK,
    summary,
)

CATALOGUES = Catalogues.load()
EN = CATALOGUES.of("en")


def test_too_few_answers_have_a_count_and_no_empty_axes() -> None:
    data = chart_data(FEW)
    words = worded(data, EN)
    assert data.tier is Tier.HIDDEN
    assert words["few"] == {
        "headline": "3 answers so far",
        "note": "A score is shown from 5 answers.",
        "n": 3,
        "of": 5,
    }
    assert [words[part] for part in ("kpi", "verdict", "bars", "trend")] == [None] * 4
    assert words["side"] == []


def test_no_answers_are_called_so() -> None:
    assert worded(chart_data(NOTHING), EN)["few"]["headline"] == "No answers yet"


def test_the_headline_carries_its_scale_and_its_interval() -> None:
    words = worded(chart_data(WEEK), EN)
    assert words["kpi"] == {"value": "4.4", "unit": "of 5", "likely": "likely 4.1–4.5"}
    assert words["side"] == ["74 answers", "response rate 41%"]
    assert "higher = easier" in words["subtitle"]
    assert words["ledger"].startswith("128 conversations ended = 40\u00a0answered + ")


def test_an_arrow_is_only_drawn_for_a_clear_change() -> None:
    outcomes = {
        name: (worded(chart_data(case), EN)["verdict"] or {}).get("outcome") for name, case in CASES.items()
    }
    assert outcomes["week"] == "easier"
    assert outcomes["teams"] == "cannot_tell"
    assert outcomes["few"] is None


def test_windows_are_the_rows_where_there_are_no_slices() -> None:
    data = chart_data(WEEK)
    assert [bar.of for bar in data.bars] == [(timedelta(days=days),) for days in (1, 7, 30)]
    rows = worded(data, EN)["bars"]["rows"]
    assert [row["is_strong"] for row in rows] == [False, True, False]


def test_slices_are_the_rows_below_all_answers() -> None:
    data = chart_data(TEAMS)
    assert data.bars_by == "team"
    assert data.bars[0].of is None
    assert sum(bar.n for bar in data.bars[1:]) == data.bars[0].n == 80


def test_a_picture_has_no_more_rows_than_it_has_room_for() -> None:
    slices = {f"team {place}": {5: 10} for place in range(20)}
    assert len(chart_data(summary("emoji5", {5: 200}, slices=slices)).bars) == MOST_BARS


def test_three_faces_show_the_easy_share_and_no_mean() -> None:
    words = worded(chart_data(THREE_FACES), EN)
    assert words["kpi"]["value"] == "72%"
    assert words["kpi"]["unit"] == "found it easy"
    assert {row["score"] for row in words["bars"]["rows"]} == {""}
    assert words["trend"]["ticks"][0]["label"].endswith("%")


def test_up_is_easier_where_a_low_score_is_good() -> None:
    trend = chart_data(EFFORT).trend
    assert trend is not None
    top = max(trend.ticks, key=lambda tick: tick.y)
    assert top.value == min(tick.value for tick in trend.ticks)
    assert all(dot.y is None or dot.hard_end is None or dot.hard_end <= dot.y for dot in trend.dots)


def test_a_trend_needs_two_figures_and_begins_with_the_first() -> None:
    first = date(2026, 11, 1)
    daily = {first + timedelta(days=20): {5: 6}}
    scale = SCALES["emoji5"]

    def trend_of(last: int) -> Summary:
        points = rolling(daily, scale, first, first + timedelta(days=last))
        return Summary(AS_OF, 5, WEEK.windows, points, "emoji5")

    assert chart_data(trend_of(20)).trend is None
    trend = chart_data(trend_of(22)).trend
    assert trend is not None
    assert trend.first_day == first + timedelta(days=20)
    assert [dot.x for dot in trend.dots] == [0, 0.5, 1]


def test_a_gap_in_the_trend_stays_a_gap() -> None:
    first = date(2026, 11, 1)
    daily = {first: {5: 6}, first + timedelta(days=15): {5: 6}}
    points = rolling(daily, SCALES["emoji5"], first, first + timedelta(days=16))
    trend = chart_data(Summary(AS_OF, 5, WEEK.windows, points, "emoji5")).trend
    assert trend is not None
    assert [dot.y is None for dot in trend.dots] == [False] * 7 + [True] * 8 + [False] * 2


@pytest.mark.parametrize("name", sorted(SCALES))
@given(data=st.data())
def test_every_figure_of_a_trend_lies_inside_the_drawing(name: str, data: st.DataObject) -> None:
    scale = SCALES[name]
    counts = st.dictionaries(st.sampled_from(scale.values), st.integers(1, 30), min_size=1)
    first = date(2026, 11, 1)
    daily = {first + timedelta(days=day): data.draw(counts) for day in range(4)}
    points = rolling(daily, scale, first, first + timedelta(days=5), minimum_answers=1)
    trend = chart_data(Summary(AS_OF, 5, WEEK.windows, points, name)).trend
    assert trend is not None
    assert 2 <= len(trend.ticks) <= 5
    assert {trend.ticks[0].y, trend.ticks[-1].y} == {0.0, 1.0}
    for dot in trend.dots:
        assert dot.y is not None
        assert dot.hard_end is not None
        assert dot.easy_end is not None
        assert -1e-9 <= dot.hard_end <= dot.y + 1e-9
        assert dot.y - 1e-9 <= dot.easy_end <= 1 + 1e-9


@pytest.mark.parametrize("case", CASES)
def test_every_picture_has_words_in_every_language_of_pictures(case: str) -> None:
    for language in ("en", "zh-Hans", "ar"):
        words = worded(chart_data(CASES[case]), CATALOGUES.of(language))
        assert words["title"]
        assert words["is_rtl"] == (language == "ar")


def test_a_long_name_is_cut_by_its_width_and_may_be_broken() -> None:
    assert short("a" * 20 + " bc") == "a" * 14 + "\u200b" + "a" * 6 + " bc"
    assert short("a" * 14) == "a" * 14
    assert len(short("ab " * 40)) <= 38
    assert short("团" * 40).replace("\u200b", "") == "团" * 18 + "…"


def test_the_rows_are_the_largest_slices_easiest_first() -> None:
    slices = {f"team {place}": {place: 10 + place} for place in range(1, 6)}
    data = chart_data(summary("emoji5", {5: 65}, slices=slices))
    assert [bar.of for bar in data.bars] == [None, "team 5", "team 4", "team 3", "team 2"]


def test_windows_of_the_same_answers_are_one_bar() -> None:
    same = summary("emoji5", {4: 20, 5: 20}, spans=(7, 14))
    young = replace(same, windows=(same.windows[0], replace(same.windows[0], window=same.windows[1].window)))
    assert [bar.of for bar in chart_data(young).bars] == [(timedelta(days=7), timedelta(days=14))]
    [row] = worded(chart_data(young), EN)["bars"]["rows"]
    assert (row["label"], row["is_strong"], row["n"]) == ("Last 7 days and 14 days", True, "40")
