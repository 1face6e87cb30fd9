"""The same figures by scipy and statsmodels, which the product itself never imports."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.comparison import mann_whitney, newcombe
from bot.domain.intervals import beta_cdf, beta_inv, wilson
from bot.domain.scoring import Share

ORACLES_ARE_HERE = all(importlib.util.find_spec(name) for name in ("scipy", "statsmodels"))
pytestmark = [
    pytest.mark.stats,
    pytest.mark.skipif(
        not ORACLES_ARE_HERE and os.environ.get("CI") != "true",
        reason="scipy and statsmodels are not installed (the extra “stats”)",
    ),
    # scipy and statsmodels warn of their own dependencies' deprecations when they are imported
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@settings(deadline=None)
@given(st.floats(0.001, 0.999), st.floats(0.1, 2000), st.floats(0.1, 2000))
def test_beta_agrees_with_scipy(p: float, a: float, b: float) -> None:
    from scipy import stats

    assert beta_inv(p, a, b) == pytest.approx(float(stats.beta.ppf(p, a, b)), abs=1e-8)
    assert beta_cdf(p, a, b) == pytest.approx(float(stats.beta.cdf(p, a, b)), abs=1e-9)


@settings(deadline=None)
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_agrees_with_statsmodels(drawn: tuple[int, int]) -> None:
    from statsmodels.stats.proportion import proportion_confint

    hits, n = drawn
    low, high = proportion_confint(hits, n, method="wilson")
    ours = wilson(hits, n)
    assert [ours.low, ours.high] == pytest.approx([low, high], abs=1e-9)


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.floats(0, 1), st.floats(0, 1))
def test_newcombe_agrees_with_statsmodels(n_now: int, n_before: int, now: float, before: float) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    a, b = Share(round(now * n_now), n_now), Share(round(before * n_before), n_before)
    low, high = confint_proportions_2indep(a.count, a.n, b.count, b.n, method="newcomb", compare="diff")
    ours = newcombe(a, b)
    assert [ours.low, ours.high] == pytest.approx([low, high], abs=1e-9)


def spread(counts: tuple[int, ...]) -> list[int]:
    return [place for place, count in enumerate(counts) for _ in range(count)]


some = st.tuples(*[st.integers(0, 20)] * 5).filter(lambda counts: sum(counts) > 0)


@settings(deadline=None)
@given(some, some)
def test_mann_whitney_agrees_with_scipy(now: tuple[int, ...], before: tuple[int, ...]) -> None:
    from scipy import stats

    if len(set(spread(now) + spread(before))) == 1:
        return  # scipy has no p for answers that are all alike; ours is 1
    theirs: Any = stats.mannwhitneyu(spread(now), spread(before), method="asymptotic")
    ours = mann_whitney(now, before)
    assert ours.p == pytest.approx(float(theirs.pvalue), abs=1e-9)
    assert ours.superiority == pytest.approx(float(theirs.statistic) / (sum(now) * sum(before)))
