"""Now against before: is it a change, is it none, or is nothing known? (measurement.md 11)

Two methods have to agree before a change is called one; a verdict is a value, its words belong to the catalogues.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import hypot, sqrt
from statistics import NormalDist

from bot.domain.intervals import Interval, wilson
from bot.domain.scoring import COMPARED_FROM, Counts, Share

# 0.3 of the four points between 1 and 5: the smallest change of a five-point mean worth talking about.
# Other scales take the same part of their range (the project's choice; measured for five points only).
STEADY_WITHIN = 0.3 / 4


class Outcome(StrEnum):
    """What a comparison says."""

    NO_COMPARISON = "no_comparison"  # fewer than ten answers in either window
    EASIER = "easier"
    HARDER = "harder"
    STEADY = "steady"  # any change is smaller than the margin
    CANNOT_TELL = "cannot_tell"  # never to be worded as "no change"

    @property
    def is_clear(self) -> bool:
        """True where an arrow may be drawn."""
        return self in (Outcome.EASIER, Outcome.HARDER)


@dataclass(frozen=True)
class Verdict:
    """A comparison of two windows with its figures.

    ``now``, ``before``, ``difference`` and ``interval`` (95 %, of the difference) are mean scores, or easy shares
    (fractions of 1) where that is the scale's headline; they are ``None`` without a comparison. ``margin`` has
    the same unit.
    """

    outcome: Outcome
    n_now: int
    n_before: int
    margin: float
    now: float | None = None
    before: float | None = None
    difference: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True)
class RankTest:
    """Mann–Whitney: two-sided ``p``, and ``superiority``, the probability that an answer now is easier (ties half)."""

    p: float
    superiority: float


def mover(now: float, now_interval: Interval, before: float, before_interval: Interval) -> Interval:
    """The interval of ``now − before`` from the two intervals (MOVER, Zou & Donner; with Wilson's bounds: Newcombe)."""
    difference = now - before
    return Interval(
        difference - hypot(now - now_interval.low, before_interval.high - before),
        difference + hypot(now_interval.high - now, before - before_interval.low),
    )


def newcombe(now: Share, before: Share, confidence: float = 0.95) -> Interval:
    """The interval of a difference of two shares (Newcombe's method 10)."""
    return mover(
        now.value,
        wilson(now.count, now.n, confidence),
        before.value,
        wilson(before.count, before.n, confidence),
    )


def mann_whitney(now: Sequence[int], before: Sequence[int]) -> RankTest:
    """Mann–Whitney straight from counts per option, hard to easy; corrected for ties and continuity.

    Both windows need at least one answer.
    """
    n_now, n_before = sum(now), sum(before)
    n = n_now + n_before
    below, rank_sum, ties = 0, 0.0, 0
    for c_now, c_before in zip(now, before, strict=True):
        tied = c_now + c_before
        rank_sum += c_now * (below + (tied + 1) / 2)
        ties += tied**3 - tied
        below += tied
    u = rank_sum - n_now * (n_now + 1) / 2
    superiority = u / (n_now * n_before)
    variance = n_now * n_before / 12 * ((n + 1) - ties / (n * (n - 1)))
    if variance <= 0:
        return RankTest(1.0, superiority)
    z = (abs(u - n_now * n_before / 2) - 0.5) / sqrt(variance)
    return RankTest(min(1.0, 2 * (1 - NormalDist().cdf(z))), superiority)


def compare(now: Counts, before: Counts) -> Verdict:
    """The verdict on two windows that share no answer. Raises ValueError for unlike scales."""
    scale = now.scale
    if scale != before.scale:
        raise ValueError("different scales are never compared")
    is_share = scale.headline == "easy_share"
    margin = STEADY_WITHIN * (1.0 if is_share else scale.highest - scale.lowest)
    if now.n < COMPARED_FROM or before.n < COMPARED_FROM:
        return Verdict(Outcome.NO_COMPARISON, now.n, before.n, margin)
    m_now, m_before = _headline(now), _headline(before)
    wide, narrow = _difference(now, before, 0.95), _difference(now, before, 0.90)
    p = mann_whitney(now.by_option, before.by_option).p
    difference = m_now - m_before
    if 0 not in wide and p < 0.05:
        is_easier = (difference > 0) == (is_share or scale.higher_is_easier)
        outcome = Outcome.EASIER if is_easier else Outcome.HARDER
    elif -margin < narrow.low and narrow.high < margin:
        outcome = Outcome.STEADY
    else:
        outcome = Outcome.CANNOT_TELL
    return Verdict(outcome, now.n, before.n, margin, m_now, m_before, difference, wide)


def _headline(counts: Counts) -> float:
    if counts.scale.headline == "easy_share":
        return counts.easy.value
    mean = counts.mean
    assert mean is not None
    return mean


def _difference(now: Counts, before: Counts, confidence: float) -> Interval:
    if now.scale.headline == "easy_share":
        return newcombe(now.easy, before.easy, confidence)
    return mover(_headline(now), now.interval(confidence), _headline(before), before.interval(confidence))
