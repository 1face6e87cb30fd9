"""Who did not answer: measurement.md 14."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.intervals import wilson
from bot.domain.many_comparisons import benjamini_hochberg
from bot.domain.nonresponse import (
    Asked,
    Fact,
    FactKind,
    Nonresponse,
    Reach,
    balance,
    bounds,
    break_even,
    nonresponse,
    standardised_difference,
)
from bot.domain.scales import SCALES

FIVE, EFFORT, THREE = SCALES["emoji5"], SCALES["ten_effort"], SCALES["emoji3"]
ENDS = (1.0, 5.0)
SERIES = "support/emoji5/question/1"


def test_p_values_are_adjusted_as_the_reference_says() -> None:
    adjusted = benjamini_hochberg([0.001, 0.012, 0.021, 0.04, 0.3, 0.75])
    assert adjusted == pytest.approx([0.006, 0.036, 0.042, 0.06, 0.36, 0.75])
    assert benjamini_hochberg([]) == []
    assert benjamini_hochberg([0.3, 0.001, 0.75]) == pytest.approx([0.45, 0.003, 0.75])


def test_bounds_assume_nothing_about_the_others() -> None:
    everybody = bounds(0.4, 4.2, ENDS)
    assert (everybody.low, everybody.high) == pytest.approx((0.4 * 4.2 + 0.6, 0.4 * 4.2 + 3.0))
    effort = bounds(0.4, 3.0, (10.0, 1.0))
    assert (effort.low, effort.high) == pytest.approx((1.8, 7.2))


def test_break_even_is_what_the_others_would_have_to_average() -> None:
    at = break_even(0.4, 4.2, 4.0, ENDS, is_own=True)
    assert at.reach is Reach.AVERAGE
    assert at.value == pytest.approx((4.0 - 0.4 * 4.2) / 0.6)
    assert at.value is not None
    assert 0.4 * 4.2 + 0.6 * at.value == pytest.approx(4.0)


def test_a_target_that_nobody_can_push_past_is_said_to_be_out_of_reach() -> None:
    assert break_even(0.9, 4.8, 4.0, ENDS, is_own=True).reach is Reach.UNREACHABLE
    assert break_even(0.4, 3.8, 4.0, ENDS, is_own=True).reach is Reach.PAST
    assert break_even(1.0, 4.2, 4.0, ENDS, is_own=True).reach is Reach.NOBODY


def test_of_effort_the_hard_side_is_above() -> None:
    ends = (10.0, 1.0)
    assert break_even(0.4, 3.0, 4.0, ends, is_own=True).value == pytest.approx((4.0 - 1.2) / 0.6)
    assert break_even(0.4, 5.0, 4.0, ends, is_own=True).reach is Reach.PAST
    assert break_even(0.95, 3.0, 4.0, ends, is_own=True).reach is Reach.UNREACHABLE


@given(st.floats(0.01, 0.99), st.floats(1, 5), st.floats(1, 5))
def test_everybody_stays_within_the_bounds_and_break_even_within_the_scale(
    rate: float, mean: float, target: float
) -> None:
    at = break_even(rate, mean, target, ENDS, is_own=True)
    everybody = bounds(rate, mean, ENDS)
    assert 1 - 1e-9 <= everybody.low <= mean + 1e-9
    assert mean - 1e-9 <= everybody.high <= 5 + 1e-9
    if at.value is not None:
        assert 1 <= at.value <= target + 1e-9
        assert everybody.low <= target


def fact(kind: FactKind, answered: Sequence[float], silent: Sequence[float], name: str = "") -> Fact:
    """One question per value; all answers are 4."""
    asked = [Asked(value, 4, 1) for value in answered] + [Asked(value, None, 1) for value in silent]
    return Fact(kind, asked, name)


def test_times_are_compared_by_their_logarithms() -> None:
    answered, silent = [60.0, 120.0, 240.0] * 5, [120.0, 240.0, 480.0] * 5
    [difference] = balance([fact("first_response", answered, silent)])
    spread = (10 / 14 * log(2) ** 2) ** 0.5
    assert difference.effect == pytest.approx(-log(2) / spread)
    assert (difference.answered, difference.silent) == pytest.approx((120, 240))
    assert difference.is_clear
    [instant] = balance([fact("first_response", [0.0] * 10, [0.0] * 10)])
    assert (instant.effect, instant.is_clear) == (0, False)


def test_counts_are_compared_by_who_has_more() -> None:
    [difference] = balance([fact("transfers", [0] * 8 + [1] * 2, [1] * 8 + [2] * 2)])
    assert difference.is_superiority
    assert difference.effect == pytest.approx((0.2 * 0.8) / 2)
    assert (difference.answered, difference.silent) == pytest.approx((0.2, 1.2))
    assert difference.is_clear
    assert not difference.may_be_chance


def test_yes_and_no_are_compared_by_their_shares() -> None:
    [difference] = balance([fact("tag", [1] * 5 + [0] * 45, [1] * 20 + [0] * 30, "refund")])
    assert (difference.answered, difference.silent) == pytest.approx((0.1, 0.4))
    expected = standardised_difference(0.1, (0.09 * 50 / 49) ** 0.5, 0.4, (0.24 * 50 / 49) ** 0.5)
    assert difference.effect == pytest.approx(expected)
    assert difference.is_clear


def test_fewer_than_ten_on_a_side_are_not_compared() -> None:
    assert balance([fact("transfers", [0] * 9, [1] * 50), fact("messages", [3] * 50, [3] * 9)]) == []
    unknown = Fact("resolution", [Asked(None, 4, 50), Asked(None, None, 50)])
    assert balance([unknown]) == []


def test_a_long_list_raises_the_bar() -> None:
    one = fact("tag", [1] * 8 + [0] * 32, [1] * 16 + [0] * 24, "refund")
    [alone] = balance([one])
    among = balance([one, *(fact("tag", [1, 0] * 20, [1, 0] * 20, str(n)) for n in range(7))])[0]
    assert among.p > alone.p
    assert among.effect == alone.effect


def figures(**more: object) -> Nonresponse:
    by_value = {1: 2, 2: 3, 3: 5, 4: 15, 5: 15}
    return nonresponse(SERIES, FIVE, by_value, 100, (), **more)  # type: ignore[arg-type]  # names of keywords


def test_the_rate_is_of_matured_questions_with_its_interval() -> None:
    found = figures()
    assert (found.rate.count, found.rate.n) == (40, 100)
    assert found.rate.interval == wilson(40, 100)


def test_without_a_target_the_hard_end_of_the_interval_is_the_mark() -> None:
    found = figures()
    assert found.score is not None
    assert found.score.interval is not None
    assert found.break_even is not None
    assert (found.break_even.target, found.break_even.is_own) == (found.score.interval.low, False)
    assert found.break_even.reach is Reach.AVERAGE
    own = figures(target=3.5).break_even
    assert own is not None
    assert (own.target, own.is_own) == (3.5, True)
    effort = nonresponse("support/ten_effort/question/1", EFFORT, {1: 20, 3: 10, 8: 5}, 100, ())
    assert effort.score is not None
    assert effort.break_even is not None
    assert effort.score.interval is not None
    assert effort.break_even.target == effort.score.interval.high


def test_of_three_faces_the_easy_share_is_what_is_talked_about() -> None:
    found = nonresponse("support/emoji3/question/1", THREE, {1: 5, 2: 5, 3: 30}, 80, (), target=0.6)
    assert found.bounds is not None
    assert found.break_even is not None
    assert (found.bounds.low, found.bounds.high) == pytest.approx((0.375, 0.875))
    assert found.break_even.value == pytest.approx(0.45)


def test_too_few_answers_show_the_rate_alone() -> None:
    found = nonresponse(SERIES, FIVE, {5: 4}, 60, (fact("transfers", [0] * 20, [1] * 20),))
    assert found == Nonresponse(SERIES, found.rate)
    assert nonresponse(SERIES, FIVE, {}, 0, ()).rate.value is None


def cells(score_fast: int, score_slow: int) -> Fact:
    """Fast replies get answers, slow ones rarely; 100 of each were asked."""
    return Fact(
        "first_response",
        [
            Asked(100, score_fast, 60),
            Asked(100, None, 40),
            Asked(5000, score_slow, 10),
            Asked(5000, None, 90),
        ],
    )


def test_a_fact_out_of_balance_weights_the_score_like_everybody_asked() -> None:
    found = nonresponse(SERIES, FIVE, {5: 60, 2: 10}, 200, (cells(5, 2),))
    [weighted] = found.weighted
    assert weighted.kind == "first_response"
    assert weighted.value == pytest.approx(3.5)
    assert found.score is not None
    assert found.score.mean == pytest.approx(320 / 70)


def test_a_cell_with_fewer_than_ten_answers_weights_nothing() -> None:
    thin = Fact("first_response", [*cells(5, 2).asked, Asked(1200, 3, 9), Asked(1200, None, 9)])
    assert nonresponse(SERIES, FIVE, {5: 60, 2: 10, 3: 9}, 218, (thin,)).weighted == ()
    unknown = Fact("first_response", [*cells(5, 2).asked, Asked(None, None, 5)])
    assert nonresponse(SERIES, FIVE, {5: 60, 2: 10}, 205, (unknown,)).weighted == ()


def test_a_fact_in_balance_weights_nothing() -> None:
    same = Fact("reopened", [Asked(v, s, 30) for v in (0, 1) for s in (4, None)])
    assert nonresponse(SERIES, FIVE, {4: 60}, 120, (same,)).weighted == ()
