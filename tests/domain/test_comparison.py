"""Verdicts: two methods have to agree, and little data is never called "no change"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.comparison import Outcome, compare, mann_whitney, mover, newcombe
from bot.domain.intervals import Interval
from bot.domain.scales import SCALES, Scale
from bot.domain.scoring import Counts, Share

FIVE = SCALES["emoji5"]


def five(*by_option: int) -> Counts:
    return Counts(FIVE, by_option)


def test_fewer_than_ten_answers_are_not_compared() -> None:
    verdict = compare(five(0, 0, 0, 0, 9), five(50, 0, 0, 0, 0))
    assert verdict.outcome is Outcome.NO_COMPARISON
    assert verdict.difference is None
    assert (verdict.n_now, verdict.n_before) == (9, 50)


def test_a_large_fall_is_harder_and_its_mirror_is_easier() -> None:
    good, bad = five(2, 2, 4, 20, 40), five(20, 20, 10, 10, 8)
    fall, rise = compare(bad, good), compare(good, bad)
    assert fall.outcome is Outcome.HARDER
    assert rise.outcome is Outcome.EASIER
    assert fall.difference is not None
    assert fall.difference < 0
    assert fall.interval is not None
    assert fall.interval.high < 0
    assert fall.outcome.is_clear


def test_the_same_large_windows_are_steady() -> None:
    verdict = compare(five(21, 26, 47, 134, 272), five(20, 27, 47, 135, 271))
    assert verdict.outcome is Outcome.STEADY
    assert verdict.margin == pytest.approx(0.3)


def test_small_windows_that_look_alike_tell_nothing() -> None:
    verdict = compare(five(1, 1, 2, 4, 4), five(1, 1, 2, 4, 4))
    assert verdict.outcome is Outcome.CANNOT_TELL
    assert not verdict.outcome.is_clear


def test_a_rising_effort_score_is_harder() -> None:
    scale = SCALES["ten_effort"]
    low_effort = Counts.of(scale, {1: 30, 2: 20, 3: 5})
    high_effort = Counts.of(scale, {8: 30, 9: 20, 10: 5})
    verdict = compare(high_effort, low_effort)
    assert verdict.outcome is Outcome.HARDER
    assert verdict.difference is not None
    assert verdict.difference > 0


def test_three_faces_are_compared_by_their_easy_share() -> None:
    scale = SCALES["emoji3"]
    verdict = compare(Counts(scale, (5, 5, 90)), Counts(scale, (40, 20, 40)))
    assert verdict.outcome is Outcome.EASIER
    assert verdict.now == 0.9
    assert verdict.before == 0.4
    assert verdict.interval == newcombe(Share(90, 100), Share(40, 100))


def test_unlike_scales_are_never_compared() -> None:
    with pytest.raises(ValueError, match="never compared"):
        compare(five(0, 0, 0, 0, 9), Counts.of(SCALES["ces5"], {5: 20}))


def test_answers_that_are_all_alike_rank_no_window_higher() -> None:
    test = mann_whitney((0, 0, 0, 0, 12), (0, 0, 0, 0, 15))
    assert test.p == 1.0
    assert test.superiority == 0.5


def test_mover_is_exact_for_a_worked_case() -> None:
    interval = mover(4.0, Interval(3.6, 4.3), 3.5, Interval(3.1, 3.8))
    assert interval.low == pytest.approx(0.5 - 0.5)
    assert interval.high == pytest.approx(0.5 + 0.5)


windows = st.sampled_from(["emoji5", "emoji3", "likert7"]).flatmap(
    lambda name: st.tuples(
        *[st.tuples(*[st.integers(0, 40)] * len(SCALES[name].values))] * 2, st.just(SCALES[name])
    )
)


@given(windows)
def test_swapping_the_windows_swaps_the_verdict(
    drawn: tuple[tuple[int, ...], tuple[int, ...], Scale],
) -> None:
    now, before, scale = drawn
    there = compare(Counts(scale, now), Counts(scale, before))
    back = compare(Counts(scale, before), Counts(scale, now))
    opposite = {Outcome.EASIER: Outcome.HARDER, Outcome.HARDER: Outcome.EASIER}
    assert back.outcome is opposite.get(there.outcome, there.outcome)
    if there.difference is not None:
        assert back.difference == pytest.approx(-there.difference)


@given(windows)
def test_mirrored_answers_mirror_the_verdict(drawn: tuple[tuple[int, ...], tuple[int, ...], Scale]) -> None:
    now, before, scale = drawn
    if scale.headline == "easy_share":
        return  # the easy share of a mirrored window is its hard share, which may move otherwise
    straight = compare(Counts(scale, now), Counts(scale, before))
    mirrored = compare(Counts(scale, now[::-1]), Counts(scale, before[::-1]))
    opposite = {Outcome.EASIER: Outcome.HARDER, Outcome.HARDER: Outcome.EASIER}
    assert mirrored.outcome is opposite.get(straight.outcome, straight.outcome)
