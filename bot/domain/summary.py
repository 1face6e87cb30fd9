"""The figures of a summary: what the store counted → frozen records, ready to be worded, painted and kept.

Scores go by answer time, the rate by ask date on matured questions, coverage and the ledger by end date
(measurement.md 8). Every figure is kept as it was computed, so that a stored report never changes with the formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Literal

from bot.domain.comparison import Verdict
from bot.domain.intervals import Interval, wilson
from bot.domain.invitation import State
from bot.domain.scales import SCALES, Scale
from bot.domain.scoring import Counts, Share, Tier, tier
from bot.domain.series import NewQuestion

BASELINE = timedelta(days=28)  # whole weeks, so that weekends weigh alike (measurement.md 8)
SMALLEST_GROUP = 5  # no slice, and no remainder that a reader could compute, is smaller than this


def scale_of(series: str) -> Scale:
    """The scale of a series (``Survey.series``). Raises KeyError for a scale that is not in the table."""
    return SCALES[series.rsplit("/", 3)[-3]]


@dataclass(frozen=True)
class Window:
    """From ``from_at`` (included) to ``to_at`` (excluded)."""

    from_at: datetime
    to_at: datetime

    @classmethod
    def ending(cls, to_at: datetime, span: timedelta) -> Window:
        """The window of ``span`` that ends at ``to_at``."""
        return cls(to_at - span, to_at)

    @property
    def span(self) -> timedelta:
        """How long it is."""
        return self.to_at - self.from_at

    @property
    def before(self) -> Window:
        """The window of the same length that ends where this one begins."""
        return Window(self.from_at - self.span, self.from_at)


@dataclass(frozen=True)
class ShareFigures:
    """``count`` of ``n``; ``value`` and Wilson's bounds are fractions of 1, ``None`` where ``n`` is 0."""

    count: int
    n: int
    value: float | None
    interval: Interval | None

    @classmethod
    def of(cls, count: int, n: int) -> ShareFigures:
        """With its value and interval worked out."""
        return cls(count, n, count / n, wilson(count, n)) if n else cls(count, n, None, None)


@dataclass(frozen=True)
class ScoreFigures:
    """The figures of some answers on one scale; those of ``n = 0`` are ``None``.

    ``by_option`` runs from hard to easy. ``mean``, ``median`` and ``interval`` are on the scale as stored,
    ``net_easy`` and its interval from −100 to +100. ``tier`` says how much may be shown.
    """

    scale_name: str
    by_option: tuple[int, ...]
    n: int
    tier: Tier
    mean: float | None
    median: float | None
    interval: Interval | None
    easy: ShareFigures
    hard: ShareFigures
    net_easy: float | None
    net_easy_interval: Interval | None

    @classmethod
    def of(cls, counts: Counts, minimum_answers: int = 5) -> ScoreFigures:
        """Everything that is shown of ``counts``."""
        n = counts.n
        return cls(
            scale_name=counts.scale.name,
            by_option=counts.by_option,
            n=n,
            tier=tier(n, minimum_answers),
            mean=counts.mean,
            median=counts.median,
            interval=counts.interval() if n else None,
            easy=_share(counts.easy),
            hard=_share(counts.hard),
            net_easy=counts.net_easy,
            net_easy_interval=counts.net_easy_interval() if n else None,
        )

    @property
    def scale(self) -> Scale:
        """The row of the scales' table."""
        return SCALES[self.scale_name]

    @property
    def headline(self) -> float | None:
        """The mean, or the easy share (a fraction of 1) where three points are too coarse for a mean."""
        return self.mean if self.scale.headline == "mean" else self.easy.value

    @property
    def headline_interval(self) -> Interval | None:
        """The interval of ``headline``, in its unit."""
        return self.interval if self.scale.headline == "mean" else self.easy.interval


@dataclass(frozen=True)
class SeriesFigures:
    """One series inside a window: its score and the comparison with the window before.

    ``is_manual``: asked by an admin's hand (``/ask``), which is shown apart. ``baseline``: the comparison with the
    BASELINE before the window, where it was asked for.
    """

    series: str
    score: ScoreFigures
    verdict: Verdict
    is_manual: bool = False
    baseline: Verdict | None = None


@dataclass(frozen=True)
class Ledger:
    """What became of every episode that ended in a window; reasons by the words of the glossary."""

    episodes: int
    answered: int = 0
    waiting: int = 0
    expired: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    undeliverable: Mapping[str, int] = field(default_factory=dict)
    cancelled: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, episodes: int, outcomes: Iterable[tuple[str, str | None, int]]) -> Ledger:
        """From rows of (state, reason, count); the same state and reason may come more than once.

        ``episodes`` is counted on its own, so that ``balances`` means something.
        """
        plain: dict[State, int] = {}
        by_reason: dict[State, dict[str, int]] = {}
        for name, reason, count in outcomes:
            state = State(name)
            plain[state] = plain.get(state, 0) + count
            reasons = by_reason.setdefault(state, {})
            reasons[reason or "unknown"] = reasons.get(reason or "unknown", 0) + count
        return cls(
            episodes=episodes,
            answered=plain.get(State.ANSWERED, 0),
            waiting=sum(plain.get(state, 0) for state in (State.SCHEDULED, State.SENDING, State.SENT)),
            expired=plain.get(State.EXPIRED, 0),
            skipped=_largest_first(by_reason.get(State.SKIPPED, {})),
            undeliverable=_largest_first(by_reason.get(State.UNDELIVERABLE, {})),
            cancelled=_largest_first(by_reason.get(State.CANCELLED, {})),
        )

    @property
    def n_skipped(self) -> int:
        """Episodes that were not asked about."""
        return sum(self.skipped.values())

    @property
    def n_undeliverable(self) -> int:
        """Questions that did not arrive, or of which nobody knows."""
        return sum(self.undeliverable.values())

    @property
    def n_cancelled(self) -> int:
        """Questions called off or withdrawn."""
        return sum(self.cancelled.values())

    @property
    def balances(self) -> bool:
        """True where the episodes are the sum of their outcomes, as they must be."""
        outcomes = self.answered + self.waiting + self.expired
        return self.episodes == outcomes + self.n_skipped + self.n_undeliverable + self.n_cancelled


@dataclass(frozen=True)
class WindowSummary:
    """All figures of one window. ``series[0]`` is the headline's; without any answer there may be none.

    ``rate`` = answered ÷ asked of the questions sent in the window whose deadline has passed; ``coverage`` =
    answered ÷ all episodes that ended in it.
    """

    window: Window
    series: tuple[SeriesFigures, ...]
    rate: ShareFigures
    coverage: ShareFigures
    ledger: Ledger
    n_comments: int

    @property
    def main(self) -> SeriesFigures | None:
        """The series of the headline."""
        return self.series[0] if self.series else None

    @property
    def tier(self) -> Tier:
        """How much of the headline may be shown."""
        return self.series[0].score.tier if self.series else Tier.NONE


def same_answers(windows: Sequence[WindowSummary]) -> tuple[tuple[WindowSummary, ...], ...]:
    """Neighbours that hold the very same answers, together: what a young team's windows do.

    They end at the same instant, so the longer of two holds the shorter, and equal counts are the same answers.
    """
    alike = groupby(
        windows, key=lambda each: [(of.series, of.is_manual, of.score.by_option) for of in each.series]
    )
    return tuple(tuple(group) for _, group in alike)


@dataclass(frozen=True)
class TrendPoint:
    """The figure of the days up to and with ``day``: the mean, or the easy share as a fraction of 1.

    Its days are 24 hours each and end at the time of day at which the summary's windows end.

    ``value`` and ``interval`` are ``None`` where there are too few answers for a score: a gap in the line.
    """

    day: date
    n: int
    value: float | None
    interval: Interval | None


SegmentKind = Literal["team", "touchpoint", "trigger", "language"]


@dataclass(frozen=True)
class Segment:
    """One slice of the headline window's answers that is large enough to be shown."""

    name: str
    score: ScoreFigures


@dataclass(frozen=True)
class Comment:
    """A customer's words, masked and cut (``bot.domain.masking``); plain text, to be escaped."""

    invitation_id: int
    at: datetime
    score: int
    scale_name: str
    text: str


@dataclass(frozen=True)
class ChangedSince:
    """``n`` answers of the chat's summary before, which was as of ``since``, have another score by now."""

    n: int
    since: datetime


@dataclass(frozen=True)
class Summary:
    """The numbers of a report, as of one instant. Comments are for posting only: they are not stored with it."""

    as_of: datetime
    minimum_answers: int
    windows: tuple[WindowSummary, ...]
    trend: tuple[TrendPoint, ...] = ()
    trend_scale: str = ""
    segments: tuple[Segment, ...] = ()
    segments_by: SegmentKind = "team"
    new_question: NewQuestion | None = None
    is_weekly: bool = False
    changed: ChangedSince | None = None
    comments: tuple[Comment, ...] = field(default=(), metadata={"is_stored": False})

    @property
    def headline(self) -> WindowSummary:
        """The window of the large number: the shortest of a week or more that has a score, else the best there is."""
        by_length = sorted(self.windows, key=lambda each: each.window.span)
        scored = [each for each in by_length if each.tier.shows_score]
        weekly = [each for each in scored if each.window.span >= timedelta(days=7)]
        return (weekly or scored[::-1] or by_length[::-1])[0]


def _share(share: Share) -> ShareFigures:
    return ShareFigures.of(share.count, share.n)


def _largest_first(reasons: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
