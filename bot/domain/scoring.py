"""Answers of one series → score, shares and how much of it may be shown (measurement.md 8 to 10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.intervals import Interval, mean_interval, wilson
from bot.domain.scales import Scale

COMPARED_FROM = 10  # answers in each window, for a comparison
FULL_FROM = 30


class Tier(StrEnum):
    """How much may be shown for a number of answers (measurement.md 8)."""

    NONE = "none"  # no answers: "No answers yet", no 0.0, no empty chart
    HIDDEN = "hidden"  # too few for a score
    EARLY = "early"  # score and interval, no comparison
    COMPARED = "compared"  # and a comparison
    FULL = "full"  # everything but drivers

    @property
    def shows_score(self) -> bool:
        """False where a score would tell more about single customers than about the team."""
        return self not in (Tier.NONE, Tier.HIDDEN)


def tier(n: int, minimum_answers: int = 5) -> Tier:
    """The tier of ``n`` answers where a score is shown from ``minimum_answers``."""
    if n == 0:
        return Tier.NONE
    if n < minimum_answers:
        return Tier.HIDDEN
    if n < COMPARED_FROM:
        return Tier.EARLY
    return Tier.COMPARED if n < FULL_FROM else Tier.FULL


@dataclass(frozen=True)
class Share:
    """``count`` of ``n`` with Wilson's 95 % interval; shares are fractions of 1. ``n = 0`` has no share."""

    count: int
    n: int

    @property
    def value(self) -> float:
        """``count / n``. Raises ZeroDivisionError where there is nothing to take a share of."""
        return self.count / self.n

    @property
    def interval(self) -> Interval:
        """Wilson's interval."""
        return wilson(self.count, self.n)


@dataclass(frozen=True)
class Counts:
    """How often each option of one scale was the answer. ``by_option`` runs from hard to easy, as the scale does."""

    scale: Scale
    by_option: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.by_option) != len(self.scale.values) or min(self.by_option) < 0:
            raise ValueError(f"{self.by_option} does not fit the {len(self.scale.values)} options")

    @classmethod
    def of(cls, scale: Scale, by_value: Mapping[int, int]) -> Counts:
        """From how often each stored value occurs; a value that is not on the scale raises ValueError."""
        strange = set(by_value) - set(scale.values)
        if strange:
            raise ValueError(f"{sorted(strange)} is not on the scale {scale.name}")
        return cls(scale, tuple(by_value.get(value, 0) for value in scale.values))

    @classmethod
    def total(cls, scale: Scale, parts: Iterable[Counts]) -> Counts:
        """The sum of counts on one scale: two days merged are one window."""
        whole = cls(scale, (0,) * len(scale.values))
        for part in parts:
            whole += part
        return whole

    def __add__(self, other: Counts) -> Counts:
        if other.scale != self.scale:
            raise ValueError("different scales are never pooled")
        return Counts(self.scale, tuple(a + b for a, b in zip(self.by_option, other.by_option, strict=True)))

    @property
    def n(self) -> int:
        """The number of answers."""
        return sum(self.by_option)

    @property
    def mean(self) -> float | None:
        """Sum of scores ÷ number of answers, on the scale as stored; ``None`` without answers."""
        if not self.n:
            return None
        return (
            sum(count * value for count, value in zip(self.by_option, self.scale.values, strict=True))
            / self.n
        )

    @property
    def median(self) -> float | None:
        """The middle value; of an even number of answers the mean of the two in the middle."""
        if not self.n:
            return None
        return (self._at((self.n - 1) // 2) + self._at(self.n // 2)) / 2

    def _at(self, place: int) -> int:
        seen = 0
        for count, value in zip(self.by_option, self.scale.values, strict=True):
            seen += count
            if seen > place:
                return value
        raise IndexError(place)

    def interval(self, confidence: float = 0.95) -> Interval:
        """The interval of the mean; without answers that of the prior, nearly the whole scale."""
        return mean_interval(self.by_option, self.scale.values, confidence)

    @property
    def easy(self) -> Share:
        """Answers in the scale's easy set."""
        return Share(self._among(self.scale.easy), self.n)

    @property
    def hard(self) -> Share:
        """Answers in the scale's hard set."""
        return Share(self._among(self.scale.hard), self.n)

    @property
    def middle(self) -> int:
        """Answers that are neither easy nor hard."""
        return self.n - self.easy.count - self.hard.count

    @property
    def top_box(self) -> Share:
        """Answers that are the single best option."""
        return Share(self._among(frozenset({self.scale.top})), self.n)

    def _among(self, values: frozenset[int]) -> int:
        return sum(
            count for count, value in zip(self.by_option, self.scale.values, strict=True) if value in values
        )

    @property
    def net_easy(self) -> float | None:
        """Easy share − hard share, −100 … +100; ``None`` without answers."""
        return 100 * (self.easy.count - self.hard.count) / self.n if self.n else None

    def net_easy_interval(self, confidence: float = 0.95) -> Interval:
        """The interval of ``net_easy``: the recipe of the mean over three categories at −100, 0 and 100."""
        categories = (self.hard.count, self.middle, self.easy.count)
        return mean_interval(categories, (-100.0, 0.0, 100.0), confidence)

    @property
    def mean_0_100(self) -> float | None:
        """The mean position, 0 hardest … 100 easiest; the only figure that may stand beside another scale's."""
        if not self.n:
            return None
        positions = (self.scale.position(value) for value in self.scale.values)
        return (
            100 * sum(count * place for count, place in zip(self.by_option, positions, strict=True)) / self.n
        )
