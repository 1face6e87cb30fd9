"""Counting a posted summary again, from the raw rows as they were then. Only reads."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from bot.domain.figures_json import from_json
from bot.domain.recount import Figure, Gone, side_by_side
from bot.domain.summary import Summary
from bot.flow.composing import ReportSettings, compose
from bot.store import counting
from bot.store.engine import Tx
from bot.store.reports import Report


@dataclass(frozen=True)
class Recount:
    """A report, what it said, what its rows say again, and what has been taken away in between."""

    report: Report
    posted: Summary
    again: Summary
    figures: list[Figure]
    gone: Gone


async def recount(tx: Tx, report: Report, settings: ReportSettings) -> Recount:
    """Count a report again as of its own moment: the value of an answer is its last tap until then.

    The windows, the least number of answers and the order of the series are the report's own; of ``settings`` only
    the time zone counts, by which days are cut.
    """
    posted = from_json(Summary, json.loads(report.figures)["summary"])
    mains = [each.main.series for each in posted.windows if each.main is not None]
    own = replace(
        settings,
        windows=tuple(each.window.span for each in posted.windows),
        minimum_answers=posted.minimum_answers,
        main_series=mains[0] if mains else settings.main_series,
    )
    again = await compose(
        tx, report.to_at, report.as_of, own, ground=counting.THEN, is_weekly=posted.is_weekly
    )
    longest = max(posted.windows, key=lambda each: each.window.span).window
    gone = await counting.gone_since(tx, report.as_of, longest.before.from_at)
    return Recount(report, posted, again, side_by_side(posted, again), gone)
