"""The picture of an alarm: every answer as a dot, and below it the line that rose until it raised the alarm.

``AlarmChart`` holds numbers, ``worded_alarm`` turns it into the JSON that the template draws: plain text, no HTML, and
places between 0 and 1. Up is easier among the answers, and surer among the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from bot.domain.alert_figures import AlarmFigures
from bot.domain.alerts import HARD_AMONG_LAST, Rule, path
from bot.domain.chart_words import figure, interval_words
from bot.domain.scales import Scale
from bot.domain.summary import ScoreFigures
from bot.domain.texts import Texts

SHOWN = 120  # answers at most: as dots they still stand apart on a phone
LEAD = 40  # answers before the stretch, to see what it was like
_MOST_LEVELS = 5  # figures beside the dots


@dataclass(frozen=True)
class AlarmChart:
    """``options`` are the answers in answer order, hardest = 0; the stretch begins at ``begins`` (an index).

    ``line`` has a point for each of them and ``threshold`` is what the last one reached, both in the rule's own unit.
    """

    figures: AlarmFigures
    options: tuple[int, ...]
    begins: int
    line: tuple[float, ...]
    threshold: float
    zone: tzinfo = UTC


def alarm_chart(
    figures: AlarmFigures,
    before: Sequence[int],
    stretch: Sequence[int],
    baseline: tuple[int, ...] | None,
    threshold: float,
    zone: tzinfo,
) -> AlarmChart:
    """From the options of the answers before the stretch and in it. Of a long stretch only its end is drawn."""
    scale = figures.scale
    lead = list(before[-LEAD:])
    if baseline is None:
        line = path([*lead, *stretch], scale, None)
        threshold = float(HARD_AMONG_LAST)
    else:  # the true sum was 0 where the stretch began, whatever it was before
        line = [*path(lead, scale, baseline), *path(stretch, scale, baseline)]
    options = [*lead, *stretch]
    cut_off = max(0, len(options) - SHOWN)
    return AlarmChart(
        figures=figures,
        options=tuple(options[cut_off:]),
        begins=max(0, len(lead) - cut_off),
        line=tuple(line[cut_off:]),
        threshold=threshold,
        zone=zone,
    )


def worded_alarm(chart: AlarmChart, texts: Texts) -> dict[str, Any]:
    """What the template gets as JSON, colours apart."""
    figures, scale = chart.figures, chart.figures.scale
    top = max(chart.threshold * 1.08, *chart.line)
    is_sum = figures.rule is Rule.CUSUM
    since, until = (texts.month_day(at, chart.zone) for at in (figures.since, figures.until))
    return {
        "language": texts.language.partition("-")[0],
        "title": texts("staff.alert.chart.title") if is_sum else _title_last(figures, texts),
        "subtitle": _subtitle(scale, texts),
        "now": _level(figures.now, texts, "staff.alert.chart.now"),
        "before": None
        if figures.before is None
        else _level(figures.before, texts, "staff.alert.chart.before"),
        "dots": {
            "title": texts("staff.alert.chart.dots"),
            "values": [option / (len(scale.values) - 1) for option in chart.options],
            "options": list(chart.options),
            "levels": _levels(scale, texts),
        },
        "line": {
            "title": texts("staff.alert.chart.sum" if is_sum else "staff.alert.chart.hard_ones"),
            "values": [value / top for value in chart.line],
            "threshold": chart.threshold / top,
            "label": texts("staff.alert.chart.threshold"),
        },
        "begins": chart.begins,
        "since": since,
        "until": "" if until == since else until,
    }


def _title_last(figures: AlarmFigures, texts: Texts) -> str:
    return texts("staff.alert.chart.title_last", hard=figures.now.hard.count, last=figures.now.n)


def _subtitle(scale: Scale, texts: Texts) -> str:
    if scale.headline == "easy_share":
        return texts("staff.alert.chart.subtitle_share")
    return texts(f"staff.alert.chart.subtitle.{'higher' if scale.higher_is_easier else 'lower'}")


def _level(score: ScoreFigures, texts: Texts, key: str) -> dict[str, str]:
    assert score.headline is not None
    assert score.headline_interval is not None
    return {
        "value": figure(score.scale, score.headline, texts),
        "words": texts.plural(key, score.n),
        "likely": texts(
            "staff.alert.chart.likely", interval=interval_words(score.scale, score.headline_interval, texts)
        ),
    }


def _levels(scale: Scale, texts: Texts) -> list[dict[str, Any]]:
    """The options' figures beside the dots; of a long scale both ends and the middle."""
    last = len(scale.values) - 1
    places = range(last + 1) if last < _MOST_LEVELS else sorted({0, last // 2, last})
    return [{"y": place / last, "label": texts.number(scale.values[place])} for place in places]
