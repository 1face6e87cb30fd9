"""The picture's words: ``ChartData`` in one language, as the JSON that the template draws. Plain text, no HTML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from bot.domain.chart_data import Bar, ChartData, Trend
from bot.domain.comparison import Outcome, Verdict
from bot.domain.intervals import Interval
from bot.domain.masking import cut
from bot.domain.messages import isolate
from bot.domain.scales import Scale
from bot.domain.scoring import Tier
from bot.domain.texts import Texts

_WIDEST = 38  # columns, a Chinese character taking two
_LONG_WORD = re.compile(r"(\w{14})(?=\w)")
_MAY_BREAK = "\u200b"


def worded(data: ChartData, texts: Texts, name: Callable[[str], str] = str) -> dict[str, Any]:
    """What the template gets as JSON, colours apart. ``name`` turns a segment's name into what is written."""
    return {
        "language": texts.language.partition("-")[0],
        "is_rtl": texts.is_right_to_left,
        "title": texts("chart.title"),
        "subtitle": _subtitle(data, texts),
        "kpi": _kpi(data, texts),
        "few": _few(data, texts),
        "verdict": _verdict(data, texts),
        "side": _side(data, texts),
        "bars": _bars(data, texts, name),
        "trend": _trend(data.trend, texts) if data.trend else None,
        "ledger": _ledger(data, texts),
    }


def figure(scale: Scale, value: float, texts: Texts) -> str:
    """A mean with one decimal, or an easy share in percent: the way the scale's headline is written."""
    return texts.percent(value) if scale.headline == "easy_share" else texts.number(value, 1)


def interval_words(scale: Scale, interval: Interval, texts: Texts) -> str:
    """“3.9–4.5” or “68–91%”, kept in order in right-to-left text."""
    if scale.headline == "easy_share":
        return share_interval(interval, texts)
    return _in_order(f"{texts.number(interval.low, 1)}–{texts.number(interval.high, 1)}", texts)


def share_interval(interval: Interval, texts: Texts) -> str:
    """“68–91%”; with two signs where the language puts the sign first."""
    low, high = texts.percent(interval.low), texts.percent(interval.high)
    return _in_order(f"{low.removesuffix('%')}–{high}" if high.endswith("%") else f"{low}–{high}", texts)


def change_words(scale: Scale, verdict: Verdict, texts: Texts, digits: int = 1) -> str:
    """The difference with its sign: “+0.3”, or in points “+12”."""
    assert verdict.difference is not None
    if scale.headline == "easy_share":
        return _in_order(texts.signed(100 * verdict.difference), texts)
    return _in_order(texts.signed(verdict.difference, digits), texts)


def _in_order(figures: str, texts: Texts) -> str:
    # without it “3.9–4.5” and “+0.3” come out turned round between Arabic letters
    return isolate(figures) if texts.is_right_to_left else figures


def _subtitle(data: ChartData, texts: Texts) -> str:
    span = texts.duration(data.span)
    if data.scale is None:
        return texts("chart.subtitle", span=span)
    if data.scale.headline == "easy_share":
        return texts("chart.subtitle_share", span=span)
    direction = "higher" if data.scale.higher_is_easier else "lower"
    return texts("chart.subtitle_mean", span=span, direction=texts(f"chart.direction.{direction}"))


def _kpi(data: ChartData, texts: Texts) -> dict[str, str] | None:
    if data.scale is None or data.headline is None or data.interval is None:
        return None
    if data.scale.headline == "easy_share":
        unit = texts("chart.easy_share")
    else:
        unit = texts("chart.of_top", top=texts.number(data.scale.highest))
    return {
        "value": figure(data.scale, data.headline, texts),
        "unit": unit,
        "likely": texts("chart.likely", interval=interval_words(data.scale, data.interval, texts)),
    }


def _few(data: ChartData, texts: Texts) -> dict[str, Any] | None:
    if data.tier.shows_score:
        return None
    headline = texts("chart.no_answers") if data.tier is Tier.NONE else texts.plural("chart.so_far", data.n)
    return {
        "headline": headline,
        "note": texts.plural("chart.shown_from", data.minimum_answers),
        "n": data.n,
        "of": data.minimum_answers,
    }


def _verdict(data: ChartData, texts: Texts) -> dict[str, str] | None:
    verdict, scale = data.verdict, data.scale
    if verdict is None or scale is None or verdict.outcome is Outcome.NO_COMPARISON:
        return None
    span = texts.duration(data.span)
    match verdict.outcome:
        case Outcome.EASIER:
            text = texts("chart.easier", span=span, change=change_words(scale, verdict, texts))
        case Outcome.HARDER:
            text = texts("chart.harder", span=span, change=change_words(scale, verdict, texts))
        case Outcome.STEADY:
            text = texts("chart.steady", span=span)
        case _:
            text = texts("chart.cannot_tell", span=span)
    return {"outcome": verdict.outcome, "text": text}


def _side(data: ChartData, texts: Texts) -> list[str]:
    if not data.tier.shows_score:
        return []
    lines = [texts.plural("chart.answers", data.n)]
    if data.tier is Tier.EARLY:
        lines[0] = texts("chart.early", answers=lines[0])
    if data.rate.value is not None:
        lines.append(texts("chart.rate", rate=texts.percent(data.rate.value)))
    return lines


def _bars(data: ChartData, texts: Texts, name: Callable[[str], str]) -> dict[str, Any] | None:
    if not data.bars or data.scale is None:
        return None
    scale = data.scale
    return {
        "title": texts(f"chart.by.{data.bars_by}"),
        "hard": texts("chart.hard"),
        "easy": texts("chart.easy"),
        "score": texts("chart.column.score") if scale.headline == "mean" else "",
        "answers": texts("chart.column.answers"),
        "rows": [_row(bar, _is_of(bar, data.span), scale, texts, name) for bar in data.bars],
    }


def _is_of(bar: Bar, span: timedelta) -> bool:
    return isinstance(bar.of, tuple) and span in bar.of


def _row(
    bar: Bar, is_headline: bool, scale: Scale, texts: Texts, name: Callable[[str], str]
) -> dict[str, Any]:
    if bar.of is None:
        label = texts("chart.all")
    elif isinstance(bar.of, tuple):
        label = texts("chart.window", span=texts.listed([texts.duration(span) for span in bar.of]))
    else:
        label = isolate(short(name(bar.of)))
    row: dict[str, Any] = {
        "label": label,
        "is_strong": bar.of is None or is_headline,
        "n": texts.number(bar.n),
        "score": "",
    }
    if bar.headline is None:
        none = bar.tier is Tier.NONE
        return row | {"note": texts("chart.no_answers") if none else texts("chart.too_few")}
    middle = 1 - bar.hard - bar.easy
    return row | {
        "shares": bar.shares,
        "left": bar.hard + middle / 2,
        "hard": texts.percent(bar.hard),
        "easy": texts.percent(bar.easy),
        # where the easy share is the headline it stands beside the bar already
        "score": figure(scale, bar.headline, texts) if scale.headline == "mean" else "",
    }


def _trend(trend: Trend, texts: Texts) -> dict[str, Any]:
    title = "chart.trend_mean" if trend.scale.headline == "mean" else "chart.trend_share"
    step = abs(trend.ticks[1].value - trend.ticks[0].value)
    digits = 0 if step >= 1 else 1
    return {
        "title": texts(title),
        "dots": [[dot.x, dot.y, dot.hard_end, dot.easy_end] for dot in trend.dots],
        "ticks": [
            {
                "y": tick.y,
                "label": texts.percent(tick.value)
                if trend.scale.headline == "easy_share"
                else texts.number(tick.value, digits),
            }
            for tick in trend.ticks
        ],
        "days": _days(trend.first_day, trend.last_day, texts),
        "last": figure(trend.scale, trend.last, texts),
    }


def _days(first: date, last: date, texts: Texts) -> list[dict[str, Any]]:
    """The last day and whole weeks before it, as far as there is room; at least both ends of a short span."""
    span = (last - first).days
    step = next((days for days in (1, 2, 7, 14, 28, 56) if span // days <= 4), span)
    places = [span - back for back in range(0, span + 1, step)]
    return [
        {
            "x": place / span,
            "label": texts.month_day(
                datetime.combine(first + timedelta(days=place), time(12), tzinfo=UTC), UTC
            ),
        }
        for place in places
    ]


def _ledger(data: ChartData, texts: Texts) -> str:
    ledger = data.ledger
    parts = {
        "answered": ledger.answered,
        "waiting": ledger.waiting,
        "expired": ledger.expired,
        "skipped": ledger.n_skipped,
        "undeliverable": ledger.n_undeliverable,
        "cancelled": ledger.n_cancelled,
    }
    # lines break between the outcomes, never inside one
    words = [
        texts(f"chart.outcome.{outcome}", count=texts.number(count)).replace(" ", "\u00a0")
        for outcome, count in parts.items()
        if count
    ]
    ended = texts.plural("chart.ended", ledger.episodes)
    return f"{ended} = {' + '.join(words)}" if words else ended


def short(name: str) -> str:
    """``name`` in two short lines at most: cut by its width, with a place to break in words of more than 14 letters."""
    width, kept = 0, ""
    for character in name:
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > _WIDEST:
            kept = cut(name, len(kept))
            break
        kept += character
    return _LONG_WORD.sub(rf"\1{_MAY_BREAK}", kept)
