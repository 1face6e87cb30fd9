"""Scores: exact against the reference values, and the promises that hold for any answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.intervals import Interval, beta_cdf, beta_inv, mean_interval, normal_quantile, wilson
from bot.domain.scales import SCALES, Scale
from bot.domain.scoring import Counts, Tier, tier

REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "reference" / "ces_reference.json").read_text()
)
FIVE = SCALES["emoji5"]


def near(value: float | None) -> Any:
    return pytest.approx(value, abs=1e-6)


def cases() -> list[Any]:
    groups = {
        "seed": REFERENCE["01_seed_example"],
        "n40": REFERENCE["03_typical_n40"],
        "n500": REFERENCE["04_large_n500"],
    }
    groups |= {name: case for name, case in REFERENCE["02_edge_cases"].items() if "counts" in case}
    found = [pytest.param(FIVE, case, id=name) for name, case in groups.items()]
    found.append(
        pytest.param(SCALES["likert7"], REFERENCE["05_other_scales"]["likert7_CES2"], id="seven points")
    )
    return found


@pytest.mark.parametrize(("scale", "case"), cases())
def test_every_figure_is_that_of_the_reference(scale: Scale, case: dict[str, Any]) -> None:
    counts = Counts(scale, tuple(case["counts"]))
    assert counts.n == case["n"]
    assert counts.mean == near(case["mean"])
    assert counts.median == near(case["median"])
    assert counts.mean_0_100 == near(case["mean_0_100"])
    expected = case["dirichlet_ci95"]
    assert (counts.interval().low, counts.interval().high) == (near(expected["low"]), near(expected["high"]))
    if "dirichlet_ci80" in case:
        narrow = counts.interval(0.80)
        assert [narrow.low, narrow.high] == [near(bound) for bound in case["dirichlet_ci80"]]
    for share, key in ((counts.easy, "favourable"), (counts.hard, "unfavourable")):
        assert share.count == case[key]["count"]
        assert share.value == near(case[key]["share"])
        assert [share.interval.low, share.interval.high] == [near(bound) for bound in case[key]["wilson95"]]
    assert counts.net_easy == near(case["net_easy"]["value"])
    net = counts.net_easy_interval()
    assert [net.low, net.high] == [near(bound) for bound in case["net_easy"]["dirichlet_ci95"]]


def test_the_worked_example_of_the_source_document_is_3_8() -> None:
    counts = Counts.of(FIVE, {4: 2, 5: 1, 3: 2})
    assert counts.mean == 3.8


def test_no_answers_have_no_score_and_the_prior_s_interval() -> None:
    counts = Counts.of(FIVE, {})
    expected = REFERENCE["02_edge_cases"]["no_answers"]["dirichlet_prior"]
    assert counts.mean is None
    assert counts.median is None
    assert counts.net_easy is None
    assert counts.interval().low == near(expected["low"])
    assert counts.interval().high == near(expected["high"])


def test_one_answer_has_the_reference_interval() -> None:
    expected = REFERENCE["02_edge_cases"]["single_answer_4"]["dirichlet_ci95"]
    assert Counts.of(FIVE, {4: 1}).interval() == Interval(near(expected["low"]), near(expected["high"]))


@pytest.mark.parametrize(("p", "a", "b", "x"), REFERENCE["00_special_functions"]["beta_ppf"])
def test_beta_quantiles_are_exact(p: float, a: float, b: float, x: float) -> None:
    assert beta_inv(p, a, b) == pytest.approx(x, rel=1e-8)


@pytest.mark.parametrize(("p", "z"), REFERENCE["00_special_functions"]["norm_ppf"].items())
def test_normal_quantiles_are_exact(p: str, z: float) -> None:
    assert normal_quantile(float(p)) == near(z)


@given(st.floats(0.001, 0.999), st.floats(0.3, 5000), st.floats(0.3, 5000))
def test_the_beta_quantile_undoes_the_distribution(p: float, a: float, b: float) -> None:
    x = beta_inv(p, a, b)
    # Far out in a corner the nearest two floats lie further apart than the tolerance.
    if 1e-9 < x < 1 - 1e-9:
        assert beta_cdf(x, a, b) == pytest.approx(p, abs=1e-6)


def counts_of(scale: Scale, largest: int = 60) -> st.SearchStrategy[Counts]:
    return st.tuples(*[st.integers(0, largest)] * len(scale.values)).map(lambda by: Counts(scale, by))


any_counts = st.sampled_from(sorted(SCALES)).flatmap(lambda name: counts_of(SCALES[name]))


@given(any_counts)
def test_a_score_lies_on_its_scale_and_inside_its_interval(counts: Counts) -> None:
    interval = counts.interval()
    assert counts.scale.lowest <= interval.low < interval.high <= counts.scale.highest
    if counts.mean is not None:
        assert counts.scale.lowest <= counts.mean <= counts.scale.highest
        assert interval.low <= counts.mean <= interval.high


@given(any_counts)
def test_easy_and_hard_and_middle_are_all_answers(counts: Counts) -> None:
    assert counts.easy.count + counts.middle + counts.hard.count == counts.n
    if counts.n:
        assert counts.net_easy is not None
        assert counts.net_easy in counts.net_easy_interval()
        assert counts.easy.value in counts.easy.interval
        assert counts.hard.value in counts.hard.interval


@given(any_counts.flatmap(lambda one: st.tuples(st.just(one), counts_of(one.scale))))
def test_two_days_merged_are_one_window(days: tuple[Counts, Counts]) -> None:
    first, second = days
    merged = Counts.total(first.scale, days)
    assert merged == second + first
    assert merged.n == first.n + second.n
    if first.mean is not None and second.mean is not None:
        assert merged.mean == pytest.approx((first.mean * first.n + second.mean * second.n) / merged.n)


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=40).flatmap(
        lambda xs: st.tuples(st.just(xs), st.permutations(xs))
    )
)
def test_the_order_of_answers_does_not_matter(orders: tuple[list[int], list[int]]) -> None:
    def tally(answers: list[int]) -> Counts:
        return Counts.of(FIVE, {value: answers.count(value) for value in answers})

    straight, shuffled = map(tally, orders)
    assert straight == shuffled
    assert (
        straight.median
        == sorted(orders[0])[(len(orders[0]) - 1) // 2] / 2 + sorted(orders[0])[len(orders[0]) // 2] / 2
    )


@pytest.mark.parametrize("name", ["emoji5", "emoji3", "likert7"])
@given(data=st.data())
def test_mirrored_answers_mirror_every_figure(name: str, data: st.DataObject) -> None:
    scale = SCALES[name]
    counts = data.draw(counts_of(scale).filter(lambda found: found.n > 0))
    mirror = Counts(scale, counts.by_option[::-1])
    ends = scale.lowest + scale.highest
    assert counts.mean is not None
    assert mirror.mean == pytest.approx(ends - counts.mean)
    assert counts.median is not None
    assert mirror.median == ends - counts.median
    assert mirror.interval().low == pytest.approx(ends - counts.interval().high, abs=1e-6)
    assert mirror.interval().high == pytest.approx(ends - counts.interval().low, abs=1e-6)
    assert mirror.easy.count == counts.hard.count
    assert counts.net_easy is not None
    assert mirror.net_easy == pytest.approx(-counts.net_easy)


def test_low_is_good_where_effort_is_asked_for() -> None:
    scale = SCALES["ten_effort"]
    counts = Counts.of(scale, {1: 6, 9: 2})
    assert counts.by_option == (0, 2, 0, 0, 0, 0, 0, 0, 0, 6)
    assert counts.mean == 3.0
    assert counts.easy.count == 6
    assert counts.hard.count == 2
    assert counts.top_box.count == 6
    assert counts.mean_0_100 == near(100 * (6 * 1 + 2 * (1 / 9)) / 8)


def test_unlike_scales_are_never_pooled() -> None:
    with pytest.raises(ValueError, match="never pooled"):
        Counts.of(FIVE, {5: 1}) + Counts.of(SCALES["ces5"], {5: 1})


def test_a_value_that_is_not_on_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="not on the scale"):
        Counts.of(SCALES["emoji3"], {4: 1})


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (0, Tier.NONE),
        (1, Tier.HIDDEN),
        (4, Tier.HIDDEN),
        (5, Tier.EARLY),
        (9, Tier.EARLY),
        (10, Tier.COMPARED),
        (29, Tier.COMPARED),
        (30, Tier.FULL),
    ],
)
def test_what_is_shown_depends_on_the_number_of_answers(n: int, expected: Tier) -> None:
    assert tier(n) is expected


def test_a_team_may_set_its_own_minimum() -> None:
    assert tier(1, minimum_answers=1).shows_score
    assert not tier(15, minimum_answers=20).shows_score
    assert tier(20, minimum_answers=20) is Tier.COMPARED


def test_wilson_of_nothing_is_the_whole_range() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


def test_agreement_of_all_never_gives_a_width_of_zero() -> None:
    interval = mean_interval((0, 0, 0, 0, 5), (1, 2, 3, 4, 5))
    assert interval.high == 5
    assert interval.low < 4.5
