"""A summary → what its picture shows: numbers and places between 0 and 1, no words, no pixels.

Up and “easy” always point the same way, whichever end of the scale is the good one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor
from typing import Literal

from bot.domain.comparison import Verdict
from bot.domain.intervals import Interval
from bot.domain.naming import Named, as_stored
from bot.domain.scales import SCALES, Scale
from bot.domain.scoring import Tier
from bot.domain.summary import (
    Ledger,
    ScoreFigures,
    SegmentKind,
    ShareFigures,
    Summary,
    TrendPoint,
    same_answers,
)

MOST_BARS = 5  # rows, of two lines each, that leave room for the trend in a picture of 1280 lines
_MOST_TICKS = 5


@dataclass(frozen=True)
class Bar:
    """One row of the diverging bars.

    ``of`` names the row: the spans of windows that hold the same answers (of one, mostly), a segment's name, or
    ``None`` for all answers together.
    ``shares`` are the options' shares from hard to easy (fractions of 1), empty where too few answers to show.
    """

    of: tuple[timedelta, ...] | str | None
    n: int
    tier: Tier
    shares: tuple[float, ...]
    hard: float
    easy: float
    headline: float | None


@dataclass(frozen=True)
class Dot:
    """One day of the trend. ``x`` runs from the first day (0) to the last (1); ``y``, ``hard_end`` and ``easy_end``
    of its interval from the bottom (0) to the top (1), up = easier; ``None`` is a gap."""

    x: float
    y: float | None
    hard_end: float | None
    easy_end: float | None


@dataclass(frozen=True)
class Tick:
    """A line of the grid: its place from the bottom and the figure written beside it."""

    y: float
    value: float


@dataclass(frozen=True)
class Trend:
    """The rolling line with its band. ``last`` is the latest figure, ``scale`` says how to write figures."""

    scale: Scale
    first_day: date
    last_day: date
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    last: float


@dataclass(frozen=True)
class ChartData:
    """Everything a picture shows. Figures are on the scale, or easy shares where that is the headline.

    ``headline`` is ``None`` where the tier shows no score; then there are no bars and no trend either.
    """

    scale: Scale | None
    span: timedelta
    tier: Tier
    n: int
    minimum_answers: int
    headline: float | None
    interval: Interval | None
    verdict: Verdict | None
    rate: ShareFigures
    bars: tuple[Bar, ...]
    bars_by: SegmentKind | Literal["window"]
    trend: Trend | None
    ledger: Ledger


def chart_data(summary: Summary, named: Named = as_stored) -> ChartData:
    """What the picture of a summary shows: its headline window, slices or windows, and the trend.

    ``named``: what people call a segment.
    """
    window = summary.headline
    main = window.main
    shows = window.tier.shows_score and main is not None
    by_segment = shows and len(summary.segments) > 1
    bars: tuple[Bar, ...] = ()
    if main is not None and shows:
        if by_segment:
            largest = sorted(summary.segments, key=lambda each: -each.score.n)[: MOST_BARS - 1]
            rows = (
                _bar(named(summary.segments_by, each.name), each.score)
                for each in summary.segments
                if each in largest
            )
            bars = (_bar(None, main.score), *rows)
        else:
            bars = tuple(
                _bar(tuple(each.window.span for each in group), group[0].main.score)
                for group in same_answers(summary.windows)[:MOST_BARS]
                if group[0].main is not None and group[0].main.score.scale_name == main.score.scale_name
            )
    return ChartData(
        scale=main.score.scale if main else None,
        span=window.window.span,
        tier=window.tier,
        n=main.score.n if main else 0,
        minimum_answers=summary.minimum_answers,
        headline=main.score.headline if main and shows else None,
        interval=main.score.headline_interval if main and shows else None,
        verdict=main.verdict if main and shows else None,
        rate=window.rate,
        bars=bars,
        bars_by=summary.segments_by if by_segment else "window",
        trend=_trend(summary.trend, SCALES[summary.trend_scale]) if shows and summary.trend_scale else None,
        ledger=window.ledger,
    )


def _bar(of: tuple[timedelta, ...] | str | None, score: ScoreFigures) -> Bar:
    shows = score.tier.shows_score
    return Bar(
        of=of,
        n=score.n,
        tier=score.tier,
        shares=tuple(count / score.n for count in score.by_option) if shows else (),
        hard=score.hard.value or 0.0,
        easy=score.easy.value or 0.0,
        headline=score.headline if shows else None,
    )


def _trend(points: Sequence[TrendPoint], scale: Scale) -> Trend | None:
    """The line from its first figure on; ``None`` where there are fewer than two to join."""
    known = [place for place, point in enumerate(points) if point.value is not None]
    if len(known) < 2:
        return None
    points = points[known[0] :]
    bands = [point.interval for point in points if point.interval is not None]
    ticks = _ticks(scale, min(band.low for band in bands), max(band.high for band in bands))
    bottom, top = ticks[0], ticks[-1]
    if scale.headline == "mean" and not scale.higher_is_easier:
        bottom, top = top, bottom

    def place(value: float) -> float:
        return (value - bottom) / (top - bottom)

    dots = []
    for index, point in enumerate(points):
        x = index / (len(points) - 1)
        if point.value is None or point.interval is None:
            dots.append(Dot(x, None, None, None))
            continue
        low, high = sorted((place(point.interval.low), place(point.interval.high)))
        dots.append(Dot(x, place(point.value), low, high))
    last = points[known[-1] - known[0]].value
    assert last is not None
    return Trend(
        scale=scale,
        first_day=points[0].day,
        last_day=points[-1].day,
        dots=tuple(dots),
        ticks=tuple(Tick(place(value), value) for value in ticks),
        last=last,
    )


def _ticks(scale: Scale, low: float, high: float) -> list[float]:
    """Round figures, at most five, that enclose ``low`` to ``high`` and at least a quarter of the scale.

    A narrower view would make every wiggle look like a change.
    """
    if scale.headline == "easy_share":
        bottom, top, steps = 0.0, 1.0, [0.1, 0.25]
    else:
        bottom, top, steps = float(scale.lowest), float(scale.highest), [0.5, 1.0, 2.0, 3.0]
    ticks: list[float] = []
    for step in steps:
        least = ceil(round((top - bottom) / step) / 4)
        first, last = floor((low - bottom) / step + 1e-9), ceil((high - bottom) / step - 1e-9)
        first = max(0, min(first, last - least))
        last = max(last, first + least)
        ticks = [bottom + step * place for place in range(first, last + 1)]
        if len(ticks) <= _MOST_TICKS:
            break
    return ticks
