"""From what the store counted to the figures of a summary: windows, the rolling trend, segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.domain.comparison import compare
from bot.domain.scales import Scale
from bot.domain.scoring import Counts
from bot.domain.summary import (
    SMALLEST_GROUP,
    Ledger,
    ScoreFigures,
    Segment,
    SeriesFigures,
    ShareFigures,
    TrendPoint,
    Window,
    WindowSummary,
    scale_of,
)


@dataclass(frozen=True)
class SeriesCounts:
    """What the store counts of one series: answers per stored value in a window and in the one before it.

    ``baseline``: those of the BASELINE before the window; ``None`` where they were not counted.
    """

    series: str
    now: Mapping[int, int]
    before: Mapping[int, int] = field(default_factory=dict)
    is_manual: bool = False
    baseline: Mapping[int, int] | None = None


@dataclass(frozen=True)
class WindowCounts:
    """What the store counts of one window; the headline's series comes first.

    ``asked_matured`` questions were sent in the window and their deadline has passed, ``answered_matured`` of
    those were answered. ``outcomes`` are rows of (state, reason, count) by end date, ``episodes`` their number.
    """

    window: Window
    series: Sequence[SeriesCounts]
    asked_matured: int
    answered_matured: int
    episodes: int
    outcomes: Sequence[tuple[str, str | None, int]]
    n_comments: int = 0


def summarize_window(counts: WindowCounts, minimum_answers: int = 5) -> WindowSummary:
    """The figures of one window. Raises KeyError or ValueError for answers that fit no known scale."""
    figures = []
    for each in counts.series:
        scale = scale_of(each.series)
        now, before = Counts.of(scale, each.now), Counts.of(scale, each.before)
        score = ScoreFigures.of(now, minimum_answers)
        long = None if each.baseline is None else compare(now, Counts.of(scale, each.baseline))
        figures.append(SeriesFigures(each.series, score, compare(now, before), each.is_manual, long))
    ledger = Ledger.of(counts.episodes, counts.outcomes)
    return WindowSummary(
        window=counts.window,
        series=tuple(figures),
        rate=ShareFigures.of(counts.answered_matured, counts.asked_matured),
        coverage=ShareFigures.of(ledger.answered, ledger.episodes),
        ledger=ledger,
        n_comments=counts.n_comments,
    )


def rolling(
    daily: Mapping[date, Mapping[int, int]],
    scale: Scale,
    first: date,
    last: date,
    minimum_answers: int = 5,
    days: int = 7,
) -> tuple[TrendPoint, ...]:
    """One point for each day from ``first`` to ``last``: the answers of the ``days`` days up to and with it.

    ``daily`` holds answers per stored value by day; it has to begin ``days − 1`` days before ``first``.
    """
    points = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        span = (Counts.of(scale, daily.get(day - timedelta(days=back), {})) for back in range(days))
        score = ScoreFigures.of(Counts.total(scale, span), minimum_answers)
        shown = score.tier.shows_score
        points.append(
            TrendPoint(
                day,
                score.n,
                score.headline if shown else None,
                score.headline_interval if shown else None,
            )
        )
    return tuple(points)


def segment(
    slices: Mapping[str, Mapping[int, int]], scale: Scale, minimum_answers: int = 5
) -> tuple[Segment, ...]:
    """The slices that may be shown, easiest first. ``slices`` must not overlap and must make up the whole.

    Hidden are small slices, slices whose complement is small, and then the smallest shown ones until what is
    hidden is nothing or large enough: total minus shown must not tell about a few customers (measurement.md 7).
    """
    smallest = max(minimum_answers, SMALLEST_GROUP)
    all_counts = {name: Counts.of(scale, by_value) for name, by_value in slices.items()}
    total = sum(counts.n for counts in all_counts.values())
    shown = {
        name: counts
        for name, counts in all_counts.items()
        if counts.n >= smallest and not 0 < total - counts.n < smallest
    }
    while shown and 0 < total - sum(counts.n for counts in shown.values()) < smallest:
        del shown[min(shown, key=lambda name: (shown[name].n, name))]
    ranked = sorted(shown.items(), key=lambda item: (-(item[1].mean_0_100 or 0), item[0]))
    return tuple(Segment(name, ScoreFigures.of(counts, minimum_answers)) for name, counts in ranked)
