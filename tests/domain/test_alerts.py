"""The watch for a drop: measurement.md 12, with its measured figures as far as they can be worked out exactly."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alerts import (
    BASELINE_FROM,
    LAST,
    THRESHOLDS,
    Alarm,
    Answer,
    Place,
    Rule,
    Watch,
    advance,
    blame,
    frozen,
    new_normal,
    path,
    shares,
    weights,
)
from bot.domain.figures_json import from_json, to_json
from bot.domain.run_length import average_run_length
from bot.domain.scales import SCALES, Scale

FIVE, EFFORT, THREE = SCALES["emoji5"], SCALES["ten_effort"], SCALES["emoji3"]
GOOD = (0.03, 0.05, 0.10, 0.27, 0.55)
EXCELLENT = (0.01, 0.01, 0.03, 0.10, 0.85)
POLARISED = (0.20, 0.08, 0.07, 0.15, 0.50)
START = datetime(2026, 11, 1, tzinfo=UTC)
BASELINE = (6, 10, 20, 54, 110)
NORMAL = THRESHOLDS["normal"]


def stream(options: Sequence[int]) -> list[Answer]:
    return [Answer(Place(START + timedelta(minutes=n), n), option) for n, option in enumerate(options, 1)]


def run(
    watch: Watch, options: Sequence[int], scale: Scale = FIVE, threshold: float = NORMAL
) -> tuple[Watch, list[Alarm]]:
    alarms = []
    for answer in stream(options):
        watch, alarm = advance(watch, answer, scale, threshold)
        if alarm is not None:
            alarms.append(alarm)
    return watch, alarms


def worse_by_odds(usual: Sequence[float], odds: float = 2.0) -> list[float]:
    """The shares whose odds of an answer this hard or harder are ``odds`` times as high."""
    found, below0, below1 = [], 0.0, 0.0
    for place, share in enumerate(usual):
        up_to0 = below0 + share
        up_to1 = 1.0 if place == len(usual) - 1 else odds * up_to0 / (1 + (odds - 1) * up_to0)
        found.append(up_to1 - below1)
        below0, below1 = up_to0, up_to1
    return found


def exact_weights(usual: Sequence[float]) -> tuple[float, ...]:
    """Of a baseline so large that its prior does not count."""
    return weights(tuple(round(share * 10_000_000) for share in usual))


@pytest.mark.parametrize(("usual", "threshold"), [(GOOD, 3.95), (EXCELLENT, 3.43), (POLARISED, 3.97)])
def test_the_measured_thresholds_give_one_false_alarm_in_a_thousand(
    usual: Sequence[float], threshold: float
) -> None:
    between = average_run_length(exact_weights(usual), usual, threshold)
    assert between == pytest.approx(1000, rel=0.03)


@pytest.mark.parametrize(("usual", "threshold", "delay"), [(GOOD, 3.95, 46), (EXCELLENT, 3.43, 65)])
def test_doubled_odds_of_a_worse_score_are_found_as_fast_as_measured(
    usual: Sequence[float], threshold: float, delay: float
) -> None:
    found = average_run_length(exact_weights(usual), worse_by_odds(usual), threshold)
    assert found == pytest.approx(delay, rel=0.05)


@pytest.mark.parametrize(
    ("sensitivity", "between", "delay"), [("careful", 3000, 62), ("normal", 1060, 48), ("quick", 356, 34)]
)
def test_the_words_of_the_sensitivities_are_true(sensitivity: str, between: float, delay: float) -> None:
    threshold = THRESHOLDS[sensitivity]  # type: ignore[index]  # parametrized with its keys
    assert average_run_length(exact_weights(GOOD), GOOD, threshold) == pytest.approx(between, rel=0.03)
    worse = average_run_length(exact_weights(GOOD), worse_by_odds(GOOD), threshold)
    assert worse == pytest.approx(delay, rel=0.05)


def test_the_run_length_is_what_a_simulation_finds() -> None:
    dice, gains = random.Random("run length"), weights(BASELINE)
    usual = shares(BASELINE)
    expected = average_run_length(gains, usual, 2.0)
    alarms, total, n = 0, 0.0, 120_000
    for option in dice.choices(range(5), usual, k=n):
        total = max(0.0, total + gains[option])
        if total >= 2.0:
            alarms, total = alarms + 1, 0.0
    assert n / alarms == pytest.approx(expected, rel=0.08)


def test_without_any_worse_answer_there_is_never_an_alarm() -> None:
    assert average_run_length((1.0, -0.1), (0.0, 1.0), 4.0) == float("inf")


@given(st.lists(st.integers(0, 400), min_size=2, max_size=10).filter(any))
def test_weights_fall_from_hard_to_easy_and_are_log_ratios_of_two_distributions(counts: list[int]) -> None:
    usual, gains = shares(tuple(counts)), weights(tuple(counts))
    assert all(first > second for first, second in pairwise(gains))
    assert sum(share * exp(gain) for share, gain in zip(usual, gains, strict=True)) == pytest.approx(1)
    assert max(gains) < log(2)


def test_a_baseline_of_two_hundred_answers_is_frozen_and_never_slides() -> None:
    easy = [4, 3, 4, 4, 2] * (BASELINE_FROM // 5)
    watch, alarms = run(Watch.begin(FIVE), easy)
    assert not alarms
    assert watch.baseline == (0, 0, 40, 40, 120)
    assert watch.s == 0
    assert watch.frozen_at == START + timedelta(minutes=BASELINE_FROM)
    later, _ = run(watch, easy * 2)
    assert later.baseline == watch.baseline


def test_before_the_baseline_four_hard_ones_of_the_last_ten_raise_an_alarm() -> None:
    watch, alarms = run(Watch.begin(FIVE), [4] * 20 + [0, 4, 1, 4, 0, 3, 1])
    [alarm] = alarms
    assert alarm.rule is Rule.LAST_TEN
    assert (alarm.first.id, alarm.last.id) == (18, 27)
    assert alarm.counts == (2, 2, 0, 1, 5)
    assert alarm.baseline is None
    assert sum(watch.collected) == 17, "the alarm's stretch is in no baseline"


def test_three_hard_ones_of_ten_raise_none_and_neither_do_four_of_eleven() -> None:
    assert not run(Watch.begin(FIVE), [0, 0, 0, *[4] * 30])[1]
    assert not run(Watch.begin(FIVE), [0, 0, 0, *[4] * 7, 0, *[4] * 20])[1]


def test_the_simple_rule_begins_anew_after_its_alarm() -> None:
    assert len(run(Watch.begin(FIVE), [0] * 4)[1]) == 1
    assert len(run(Watch.begin(FIVE), [0] * 7)[1]) == 1
    assert len(run(Watch.begin(FIVE), [0] * 8)[1]) == 2


def test_an_alarm_names_the_stretch_since_the_sum_was_last_zero() -> None:
    watch = frozen(Watch.begin(FIVE), BASELINE, START)
    after, alarms = run(watch, [4, 4, 0, 4, 4, 4, *[0] * 7, 4])
    [alarm] = alarms
    assert alarm.rule is Rule.CUSUM
    assert (alarm.first.id, alarm.last.id) == (7, 13)
    assert alarm.counts == (7, 0, 0, 0, 0)
    assert alarm.baseline == BASELINE
    assert (after.s, after.stretch, after.stretch_from) == (0, (), None)
    assert after.alarmed_at == alarm.last


def test_of_a_scale_whose_low_values_are_good_the_same_holds_mirrored() -> None:
    counts = (2, 2, 3, 4, 6, 10, 25, 38, 50, 60)
    ease = frozen(Watch.begin(SCALES["ten_ease"]), counts, START)
    effort = frozen(Watch.begin(EFFORT), counts, START)
    options = random.Random("ten").choices(range(10), (5, 4, 3, 2, 2, 2, 2, 2, 2, 1), k=60)
    by_ease, by_effort = run(ease, options, SCALES["ten_ease"]), run(effort, options, EFFORT)
    assert by_ease == by_effort
    assert by_ease[1]
    assert EFFORT.values[0] == 10, "option 0 is the hardest, whatever its value"


@given(st.lists(st.integers(0, 4), max_size=400), st.integers(0, 400))
def test_a_restart_between_two_answers_changes_nothing(options: list[int], at: int) -> None:
    watch = Watch.begin(FIVE)
    alarms = []
    for place, answer in enumerate(stream(options)):
        if place == at:
            kept = from_json(Watch, json.loads(json.dumps(to_json(watch))))
            watch = replace(kept, recent=watch.recent)
        watch, alarm = advance(watch, answer, FIVE, NORMAL)
        alarms += [alarm] if alarm else []
    assert (watch, alarms) == run(Watch.begin(FIVE), options)


@given(st.lists(st.integers(0, 4), max_size=300))
def test_what_is_remembered_stays_small_and_consistent(options: list[int]) -> None:
    watch, alarms = run(Watch.begin(FIVE), options)
    assert len(watch.recent) < LAST
    assert 0 <= watch.s < NORMAL
    assert (watch.s == 0) == (watch.stretch_from is None)
    out = sum(sum(alarm.counts) for alarm in alarms if alarm.rule is Rule.LAST_TEN)
    if watch.is_collecting:
        assert sum(watch.collected) == len(options) - out
    assert "recent" not in to_json(watch)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=200))
def test_the_drawn_line_is_the_line_that_was_followed(options: list[int]) -> None:
    watch = frozen(Watch.begin(FIVE), BASELINE, START)
    followed = []
    for answer in stream(options):
        watch, alarm = advance(watch, answer, FIVE, 1e9)
        assert alarm is None
        followed.append(watch.s)
    assert path(options, FIVE, BASELINE) == followed
    hard = path(options, FIVE, None)
    assert all(0 <= each <= LAST for each in hard)
    assert blame(0, FIVE, None) == 1
    assert blame(4, FIVE, None) == 0


def test_a_new_normal_of_enough_answers_is_the_baseline_at_once_and_of_fewer_the_beginning_of_one() -> None:
    watch = replace(frozen(Watch.begin(FIVE), BASELINE, START), s=2.5)
    since, at = Place(START, 7), START + timedelta(days=1)
    enough = new_normal(watch, since, (40, 40, 40, 40, 40), at)
    assert (enough.baseline, enough.s, enough.frozen_at) == ((40, 40, 40, 40, 40), 0, at)
    few = new_normal(watch, since, (10, 10, 10, 10, 10), at)
    assert few.is_collecting
    assert (few.collected, few.normal_from) == ((10, 10, 10, 10, 10), since)


def test_after_a_new_normal_the_same_level_raises_no_alarm() -> None:
    level = random.Random("normal").choices(range(5), (0.2, 0.1, 0.2, 0.3, 0.2), k=200)
    watch = frozen(Watch.begin(FIVE), BASELINE, START)
    assert run(watch, level)[1]
    counts = tuple(level.count(option) for option in range(5))
    assert not run(new_normal(watch, Place(START, 1), counts, START), level)[1]


def test_three_faces_are_watched_too() -> None:
    watch = frozen(Watch.begin(THREE), (10, 30, 160), START)
    assert run(watch, [0] * 8, THREE)[1]
    assert not run(watch, [2] * 500, THREE)[1]
