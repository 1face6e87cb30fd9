"""The watch over one series: has it become harder, answer by answer? (measurement.md 12)

A cumulative sum (CUSUM) of how much likelier each answer is if the odds of a worse score had doubled, against a frozen
baseline. Until the baseline is complete a simpler rule watches: 4 hard ones among the last 10 answers.
Options are counted from the hardest (0) up, so a scale whose low values are good needs no special case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from math import log
from typing import Literal

from bot.domain.scales import Scale

BASELINE_FROM = 200  # answers; fewer, and the rate of false alarms is anybody's guess (measurement.md 12)
BASELINE_UPTO = 500  # answers that a renewed baseline is made of, where there are so many
LAST = 10  # answers that the simple rule looks at …
HARD_AMONG_LAST = 4  # … and how many hard ones raise it
_ODDS = 2.0  # the drop it is tuned to: odds of a worse score, doubled

Sensitivity = Literal["careful", "normal", "quick", "off"]
# The S that raises an alarm. About one false alarm in a few thousand, in 1,000, in a few hundred answers.
THRESHOLDS: Mapping[Sensitivity, float] = {"careful": 5.0, "normal": 4.0, "quick": 3.0}


class Rule(StrEnum):
    """What raised an alarm."""

    CUSUM = "cusum"
    LAST_TEN = "last_ten"


@dataclass(frozen=True, order=True)
class Place:
    """Where an answer stands in the order of answers: by its first tap, then by its invitation's id."""

    at: datetime
    id: int


@dataclass(frozen=True)
class Answer:
    """One answer that has entered: ``option`` counts from the hardest (0) up."""

    place: Place
    option: int


@dataclass(frozen=True)
class Alarm:
    """A drop was seen. ``counts`` (hard → easy) are the answers from ``first`` to ``last``, both included.

    ``baseline`` is what they were held against; ``None`` for the simple rule.
    """

    rule: Rule
    first: Place
    last: Place
    counts: tuple[int, ...]
    baseline: tuple[int, ...] | None


@dataclass(frozen=True)
class Watch:
    """What is remembered between two answers. Counts run from hard to easy.

    ``collected`` grows until it can be frozen as ``baseline`` (at ``frozen_at``). ``normal_from``: answers before it
    belong to an older normal and are in no baseline any more. ``s`` is the cumulative sum, ``stretch`` the answers
    since it last was 0, from ``stretch_from`` on. ``alarmed_at`` is the answer that raised the last alarm; ``recent``
    are the newest answers after it, nine at most: looked up, not stored, so that what a customer has erased is gone.
    """

    collected: tuple[int, ...]
    baseline: tuple[int, ...] | None = None
    frozen_at: datetime | None = None
    normal_from: Place | None = None
    s: float = 0.0
    stretch: tuple[int, ...] = ()
    stretch_from: Place | None = None
    alarmed_at: Place | None = None
    recent: tuple[Answer, ...] = field(default=(), metadata={"is_stored": False})

    @classmethod
    def begin(cls, scale: Scale) -> Watch:
        """Nothing was answered yet."""
        return cls(collected=(0,) * len(scale.values))

    @property
    def is_collecting(self) -> bool:
        """True until there is a baseline."""
        return self.baseline is None


def shares(counts: Sequence[int]) -> tuple[float, ...]:
    """The shares that counts stand for, with a prior weight of one answer in all: (c + 1/k)/(n + 1)."""
    total = sum(counts) + 1
    return tuple((count + 1 / len(counts)) / total for count in counts)


@lru_cache(maxsize=64)
def weights(baseline: tuple[int, ...]) -> tuple[float, ...]:
    """What an answer of each option adds to the cumulative sum: ln(p1/p0), hard → easy.

    p0 are the baseline's shares; p1 those whose odds of an answer this hard or harder are doubled at every point.
    """
    worsened = shares(tuple(baseline))
    found, below0, below1 = [], 0.0, 0.0
    for place, share in enumerate(worsened):
        up_to0 = below0 + share
        up_to1 = 1.0 if place == len(worsened) - 1 else _ODDS * up_to0 / (1 + (_ODDS - 1) * up_to0)
        found.append(log((up_to1 - below1) / share))
        below0, below1 = up_to0, up_to1
    return tuple(found)


def advance(watch: Watch, answer: Answer, scale: Scale, threshold: float) -> tuple[Watch, Alarm | None]:
    """Take the next answer, in answer order. After an alarm the watch begins again from 0.

    Answers of an alarm's stretch are in no baseline: while collecting they are taken out again.
    """
    if watch.baseline is None:
        return _collect(watch, answer, scale)
    total = max(0.0, watch.s + weights(watch.baseline)[answer.option])
    if total == 0.0:
        return replace(watch, s=0.0, stretch=(), stretch_from=None), None
    stretch = _with(watch.stretch or (0,) * len(watch.baseline), answer.option)
    first = watch.stretch_from or answer.place
    if total < threshold:
        return replace(watch, s=total, stretch=stretch, stretch_from=first), None
    alarm = Alarm(Rule.CUSUM, first, answer.place, stretch, watch.baseline)
    return replace(watch, s=0.0, stretch=(), stretch_from=None, alarmed_at=answer.place), alarm


def _collect(watch: Watch, answer: Answer, scale: Scale) -> tuple[Watch, Alarm | None]:
    window = (*watch.recent, answer)[-LAST:]
    collected = _with(watch.collected, answer.option)
    if sum(is_hard(scale, each.option) for each in window) >= HARD_AMONG_LAST:
        counts = tuple(sum(each.option == option for each in window) for option in range(len(collected)))
        left = tuple(max(0, all_of - out) for all_of, out in zip(collected, counts, strict=True))
        alarm = Alarm(Rule.LAST_TEN, window[0].place, answer.place, counts, None)
        return replace(watch, collected=left, recent=(), alarmed_at=answer.place), alarm
    after = replace(watch, collected=collected, recent=window[-(LAST - 1) :])
    if sum(collected) < BASELINE_FROM:
        return after, None
    return frozen(after, collected, answer.place.at), None


def frozen(watch: Watch, baseline: tuple[int, ...], at: datetime) -> Watch:
    """From here on answers are held against ``baseline``, and the sum begins at 0."""
    return Watch(
        collected=(0,) * len(baseline),
        baseline=baseline,
        frozen_at=at,
        normal_from=watch.normal_from,
        alarmed_at=watch.alarmed_at,
    )


def new_normal(watch: Watch, since: Place, counts: tuple[int, ...], at: datetime) -> Watch:
    """What came after ``since`` (``counts``, with it) is normal now.

    The baseline where that is enough for one; else its first answers, and the simple rule watches until then.
    """
    fresh = Watch(collected=counts, normal_from=since, alarmed_at=watch.alarmed_at, recent=watch.recent)
    return frozen(fresh, counts, at) if sum(counts) >= BASELINE_FROM else fresh


def path(options: Sequence[int], scale: Scale, baseline: tuple[int, ...] | None) -> list[float]:
    """The line that the watch followed over these answers, beginning at 0: the sum, or the hard ones of the last ten.

    From an answer on where the true sum was 0 it is the true sum, whatever was before.
    """
    line: list[float] = []
    if baseline is None:
        for place in range(len(options)):
            window = options[max(0, place - LAST + 1) : place + 1]
            line.append(float(sum(is_hard(scale, option) for option in window)))
        return line
    total, gains = 0.0, weights(baseline)
    for option in options:
        total = max(0.0, total + gains[option])
        line.append(total)
    return line


def blame(option: int, scale: Scale, baseline: tuple[int, ...] | None) -> float:
    """How much an answer added to an alarm: its weight, or for the simple rule 1 if it was a hard one."""
    return float(is_hard(scale, option)) if baseline is None else weights(baseline)[option]


def is_hard(scale: Scale, option: int) -> bool:
    """Whether the option, counted from the hardest, is in the scale's hard set."""
    return scale.values[option] in scale.hard


def _with(counts: tuple[int, ...], option: int) -> tuple[int, ...]:
    return (*counts[:option], counts[option] + 1, *counts[option + 1 :])
