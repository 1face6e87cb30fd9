"""Who did not answer: how far that can have moved the score, and how they differ from those who did.

All of it is about matured questions (their deadline has passed) of one series. Source: measurement.md 14.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log, sqrt
from typing import Literal

from bot.domain.comparison import mann_whitney
from bot.domain.intervals import Interval
from bot.domain.many_comparisons import benjamini_hochberg
from bot.domain.scales import Scale
from bot.domain.scoring import Counts
from bot.domain.summary import ScoreFigures, ShareFigures

FactKind = Literal[
    "first_response", "resolution", "messages", "transfers", "reopened", "tag", "language", "hour"
]
TIMES: frozenset[FactKind] = frozenset({"first_response", "resolution"})
COUNTS: frozenset[FactKind] = frozenset({"messages", "transfers"})

COMPARED_FROM = 10  # questions on each side
CELL_FROM = 10  # answers in each cell, for a weighted score
CLEAR_DISTANCE = 0.25  # of d
CLEAR_SUPERIORITY = 0.07  # of P from one half: what d = 0.25 is for two normal distributions
_FARTHEST = 9.99  # of d, where one of the sides does not vary at all
_MINUTE, _HOUR = 60, 3600
# The upper ends of the cells that a weighted score is made of.
_CELLS: Mapping[FactKind, Sequence[float]] = {
    "first_response": (5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    "resolution": (30 * _MINUTE, 4 * _HOUR, 24 * _HOUR),
    "messages": (5, 10, 20),
    "transfers": (0, 1),
}


@dataclass(frozen=True)
class Asked:
    """``n`` questions alike: the fact's value (``None``: unknown), and the score (``None``: not answered)."""

    value: float | None
    score: int | None
    n: int


@dataclass(frozen=True)
class Fact:
    """Something that is known of an episode, over all questions. ``name``: of a tag, a language, a part of the day.

    Values are seconds, counts, or 1 and 0 for yes and no.
    """

    kind: FactKind
    asked: Sequence[Asked]
    name: str = ""


@dataclass(frozen=True)
class Difference:
    """One line of the balance table: those who answered against those who did not.

    ``answered`` and ``silent`` are typical values: geometric means of times in seconds, means of counts, shares of yes.
    ``effect`` is d, the standardised difference (of log times, or of shares), or for counts P, the probability that
    one who answered had more (ties half). ``p`` is adjusted for the length of the list.
    """

    kind: FactKind
    name: str
    answered: float
    silent: float
    effect: float
    p: float

    @property
    def is_superiority(self) -> bool:
        """True where ``effect`` is P."""
        return self.kind in COUNTS

    @property
    def is_clear(self) -> bool:
        """True where the difference is large, whether or not it may be chance."""
        if self.is_superiority:
            return abs(self.effect - 0.5) >= CLEAR_SUPERIORITY
        return abs(self.effect) >= CLEAR_DISTANCE

    @property
    def may_be_chance(self) -> bool:
        """True where as large a difference is no surprise among so many."""
        return self.p >= 0.05


class Reach(StrEnum):
    """What those who did not answer could do."""

    AVERAGE = "average"  # push the score past the target, by averaging beyond a value
    UNREACHABLE = "unreachable"  # not even with the hardest answer from all of them
    PAST = "past"  # nothing: the score is past the target already
    NOBODY = "nobody"  # nothing: everybody has answered


@dataclass(frozen=True)
class BreakEven:
    """What the others would have to average to push the score past ``target``; ``value`` for ``AVERAGE`` alone.

    ``is_own``: the team's own target; else the hard end of the score's interval, which is what chance alone explains.
    """

    reach: Reach
    target: float
    is_own: bool
    value: float | None = None


@dataclass(frozen=True)
class Weighted:
    """The headline, if those who answered were made up as everybody asked is, by one fact."""

    kind: FactKind
    name: str
    value: float


@dataclass(frozen=True)
class Nonresponse:
    """Everything that ``/answered`` says. Headline figures are means, or easy shares where that is the headline.

    ``score``, ``bounds`` and ``break_even`` are ``None`` where too few have answered for a score; ``differences`` is
    empty where either side is too small to compare.
    """

    series: str
    rate: ShareFigures
    score: ScoreFigures | None = None
    bounds: Interval | None = None
    break_even: BreakEven | None = None
    differences: tuple[Difference, ...] = ()
    weighted: tuple[Weighted, ...] = ()


def nonresponse(
    series: str,
    scale: Scale,
    by_value: Mapping[int, int],
    asked: int,
    facts: Sequence[Fact],
    *,
    minimum_answers: int = 5,
    target: float | None = None,
) -> Nonresponse:
    """The figures of ``asked`` matured questions; ``by_value``: the answers among them, per stored value.

    ``target`` is in the headline's unit: a mean, or an easy share as a fraction of 1.
    """
    counts = Counts.of(scale, by_value)
    rate = ShareFigures.of(counts.n, asked)
    score = ScoreFigures.of(counts, minimum_answers)
    headline, interval = score.headline, score.headline_interval
    if headline is None or interval is None or rate.value is None or not score.tier.shows_score:
        return Nonresponse(series, rate)
    ends = _ends(scale)
    own = target is not None
    aim = target if target is not None else _hard_end(interval, ends)
    differences = balance(facts)
    clear = [
        fact
        for each in differences
        if each.is_clear
        for fact in facts
        if (fact.kind, fact.name) == (each.kind, each.name)
    ]
    weighted = (_weighted(fact, scale) for fact in clear)
    return Nonresponse(
        series=series,
        rate=rate,
        score=score,
        bounds=bounds(rate.value, headline, ends),
        break_even=break_even(rate.value, headline, aim, ends, is_own=own),
        differences=tuple(differences),
        weighted=tuple(each for each in weighted if each is not None),
    )


def _ends(scale: Scale) -> tuple[float, float]:
    """The hardest and the easiest value that the headline can have."""
    if scale.headline == "easy_share":
        return 0.0, 1.0
    return float(scale.values[0]), float(scale.values[-1])


def _hard_end(interval: Interval, ends: tuple[float, float]) -> float:
    return interval.low if ends[0] < ends[1] else interval.high


def bounds(rate: float, headline: float, ends: tuple[float, float]) -> Interval:
    """Where the headline of everybody asked must lie, assuming nothing: the others all hardest, or all easiest."""
    low, high = sorted(rate * headline + (1 - rate) * end for end in ends)
    return Interval(low, high)


def break_even(
    rate: float, headline: float, target: float, ends: tuple[float, float], *, is_own: bool
) -> BreakEven:
    """m = (T − r·m_answered)/(1 − r): beyond it, on the hard side, the others push everybody's score past T."""
    hardest, easiest = ends
    harder = 1 if hardest < easiest else -1  # to compare as if higher were easier
    if harder * headline <= harder * target and is_own:
        return BreakEven(Reach.PAST, target, is_own)
    if rate >= 1:
        return BreakEven(Reach.NOBODY, target, is_own)
    value = (target - rate * headline) / (1 - rate)
    if harder * value <= harder * hardest:
        return BreakEven(Reach.UNREACHABLE, target, is_own)
    return BreakEven(Reach.AVERAGE, target, is_own, value)


def balance(facts: Sequence[Fact]) -> list[Difference]:
    """One line for each fact that is known of at least ten questions on each side, in the order given."""
    found = []
    for fact in facts:
        answered, silent = _sides(fact)
        if sum(answered.values()) >= COMPARED_FROM <= sum(silent.values()):
            found.append((fact, answered, silent))
    tests = []
    for _, answered, silent in found:
        values = sorted(answered.keys() | silent.keys())
        tests.append(mann_whitney([answered.get(v, 0) for v in values], [silent.get(v, 0) for v in values]))
    adjusted = benjamini_hochberg([test.p for test in tests])
    differences = []
    for (fact, answered, silent), test, p in zip(found, tests, adjusted, strict=True):
        measure = log_seconds if fact.kind in TIMES else float
        (mean1, spread1), (mean2, spread2) = _moments(answered, measure), _moments(silent, measure)
        typical = (exp(mean1), exp(mean2)) if fact.kind in TIMES else (mean1, mean2)
        effect = (
            test.superiority
            if fact.kind in COUNTS
            else standardised_difference(mean1, spread1, mean2, spread2)
        )
        differences.append(Difference(fact.kind, fact.name, *typical, effect, p))
    return differences


def log_seconds(seconds: float) -> float:
    """Times are compared by their ratios; what took no second counts as one."""
    return log(max(1.0, seconds))


def standardised_difference(mean1: float, spread1: float, mean2: float, spread2: float) -> float:
    """d = (mean₁ − mean₂)/√((s₁² + s₂²)/2), at most 9.99 either way."""
    pooled = sqrt((spread1**2 + spread2**2) / 2)
    if pooled == 0:
        return 0.0 if mean1 == mean2 else _FARTHEST * (1 if mean1 > mean2 else -1)
    return max(-_FARTHEST, min(_FARTHEST, (mean1 - mean2) / pooled))


def _sides(fact: Fact) -> tuple[dict[float, int], dict[float, int]]:
    answered: dict[float, int] = {}
    silent: dict[float, int] = {}
    for each in fact.asked:
        if each.value is not None:
            side = silent if each.score is None else answered
            side[each.value] = side.get(each.value, 0) + each.n
    return answered, silent


def _moments(side: Mapping[float, int], measure: Callable[[float], float]) -> tuple[float, float]:
    """Mean and standard deviation (of the sample) of the measured values."""
    n = sum(side.values())
    mean = sum(measure(value) * count for value, count in side.items()) / n
    squares = sum((measure(value) - mean) ** 2 * count for value, count in side.items())
    return mean, sqrt(squares / (n - 1))


def _weighted(fact: Fact, scale: Scale) -> Weighted | None:
    """Σ N_cell·m_cell/N, if every cell has at least ten answers (measurement.md 14); N: everybody asked."""
    asked: dict[float | None, int] = {}
    scores: dict[float | None, dict[int, int]] = {}
    for each in fact.asked:
        cell = None if each.value is None else _cell(fact.kind, each.value)
        asked[cell] = asked.get(cell, 0) + each.n
        if each.score is not None:
            by_value = scores.setdefault(cell, {})
            by_value[each.score] = by_value.get(each.score, 0) + each.n
    total = 0.0
    for cell, n in asked.items():
        counts = Counts.of(scale, scores.get(cell, {}))
        if counts.n < CELL_FROM or counts.mean is None:
            return None
        total += n * (counts.easy.value if scale.headline == "easy_share" else counts.mean)
    return Weighted(fact.kind, fact.name, total / sum(asked.values()))


def _cell(kind: FactKind, value: float) -> float:
    """The cell of a value: how many upper ends lie below it; yes and no are cells of their own."""
    return float(sum(value > end for end in _CELLS[kind])) if kind in _CELLS else value
