"""How sure a figure is: 95 % intervals for a mean score, a share and a net share (measurement.md 9 and 10).

Standard library only: the incomplete beta function is here because scipy would cost 90 MB of memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, lgamma, log, log1p, sqrt
from statistics import NormalDist

_FLAT = 1e-200  # a density below this says nothing about where to look


@dataclass(frozen=True)
class Interval:
    """From ``low`` to ``high``, both included, in the unit of the figure it belongs to."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def mean_interval(counts: Sequence[int], values: Sequence[float], confidence: float = 0.95) -> Interval:
    """As ``_mean_interval``; a day's counts occur again in many windows, so the last results are remembered."""
    return _mean_interval(tuple(counts), tuple(values), confidence)


@lru_cache(maxsize=4096)
def _mean_interval(counts: tuple[int, ...], values: tuple[float, ...], confidence: float) -> Interval:
    """The interval of the mean of ``values``, each of which was seen ``counts`` times.

    Dirichlet posterior with a prior weight of one answer in all (1/k per value), its mean turned into a beta
    distribution scaled to the ends of the scale; widened, if need be, to hold the plain mean. Never zero wide.
    With no answers it is the prior's. Source: measurement.md 9.
    """
    k, n = len(values), sum(counts)
    total = n + 1
    weights = [(count + 1 / k) / total for count in counts]
    mean = sum(weight * value for weight, value in zip(weights, values, strict=True))
    variance = sum(weight * (value - mean) ** 2 for weight, value in zip(weights, values, strict=True)) / (
        total + 1
    )
    bottom, span = min(values), max(values) - min(values)
    mu = (mean - bottom) / span
    strength = mu * (1 - mu) / (variance / span**2) - 1
    alpha, beta = mu * strength, (1 - mu) * strength
    tail = (1 - confidence) / 2
    low = bottom + span * beta_inv(tail, alpha, beta)
    high = bottom + span * beta_inv(1 - tail, alpha, beta)
    if n:
        plain = sum(count * value for count, value in zip(counts, values, strict=True)) / n
        low, high = min(low, plain), max(high, plain)
    return Interval(low, high)


def wilson(hits: int, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's interval of the share ``hits / n``, without continuity correction, inside [0, 1].

    With ``n = 0`` nothing is known: [0, 1]. Source: measurement.md 10.
    """
    if n == 0:
        return Interval(0.0, 1.0)
    z = normal_quantile(0.5 + confidence / 2)
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At 0 and 1 the bound is exact; the subtraction would leave a rounding error beyond the share itself.
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    high = 1.0 if hits == n else min(1.0, centre + half)
    return Interval(low, high)


def normal_quantile(p: float) -> float:
    """The value below which a standard normal variable falls with probability ``p`` (0 < p < 1)."""
    return NormalDist().inv_cdf(p)


def beta_cdf(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b): the share of Beta(a, b) below ``x``."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def beta_inv(p: float, a: float, b: float) -> float:
    """The ``p``-quantile of Beta(a, b): Halley's steps from the normal one, bisection where one leaves the bracket.

    Halley's step triples the correct digits: what is left after one of 1e-7 is less than rounding.
    """
    low, high = 0.0, 1.0
    mean = a / (a + b)
    x = mean + normal_quantile(p) * sqrt(mean * (1 - mean) / (a + b + 1))
    if not 0 < x < 1:
        x = mean
    scale = lgamma(a + b) - lgamma(a) - lgamma(b)
    for _ in range(200):
        error = beta_cdf(x, a, b) - p
        if error > 0:
            high = x
        else:
            low = x
        density = exp(scale + (a - 1) * log(x) + (b - 1) * log1p(-x))
        nearer = low  # outside, unless there is a slope to follow
        if density > _FLAT:
            newton = error / density
            bend = newton * ((a - 1) / x - (b - 1) / (1 - x))
            nearer = x - newton / (1 - 0.5 * min(1.0, bend))
            if abs(nearer - x) <= 1e-7 * min(x, 1 - x):
                return nearer
        if not low < nearer < high:
            nearer = (low + high) / 2
        if nearer in (low, high):
            break
        x = nearer
    return x


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz' evaluation of the continued fraction of I_x(a, b) (Numerical Recipes, 6.4)."""
    tiny = 1e-300
    c = 1.0
    d = 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    value = d
    for m in range(1, 1000):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + numerator * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + numerator / c
            c = c if abs(c) > tiny else tiny
            value *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return value
