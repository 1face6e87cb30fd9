"""A posted summary and the same summary counted again, figure by figure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.summary import SeriesFigures, Summary, WindowSummary

Value = float | str | None


@dataclass(frozen=True)
class Figure:
    """One figure of a window: as it was posted, and counted again. ``series`` is '' for what is not about scores."""

    span: timedelta
    series: str
    name: str
    posted: Value
    again: Value

    @property
    def is_same(self) -> bool:
        """Equal, but for the last bits of a float."""
        if isinstance(self.posted, float) and isinstance(self.again, float):
            return math.isclose(self.posted, self.again, rel_tol=1e-9, abs_tol=1e-12)
        return self.posted == self.again


@dataclass(frozen=True)
class Gone:
    """What was taken away since a report: customers who were forgotten, with their episodes (of any time), and the
    last instant that has aged out (``None``: nothing that the report counted)."""

    customers: int
    episodes: int
    aged_until: datetime | None

    @property
    def is_nothing(self) -> bool:
        """True where every row that was counted then is still there."""
        return not self.customers and self.aged_until is None


def side_by_side(posted: Summary, again: Summary) -> list[Figure]:
    """Every figure of both, window by window. A series that only one of them has is missing from the other."""
    by_span = {each.window.span: each for each in again.windows}
    return [
        figure
        for window in posted.windows
        if window.window.span in by_span
        for figure in _window(window, by_span[window.window.span])
    ]


def _window(posted: WindowSummary, again: WindowSummary) -> Iterator[Figure]:
    span = posted.window.span
    keyed = [{(each.series, each.is_manual): each for each in one.series} for one in (posted, again)]
    for key in dict.fromkeys((*keyed[0], *keyed[1])):
        label = f"{key[0]}, by hand" if key[1] else key[0]
        before, after = (_scores(one.get(key)) for one in keyed)
        for name in dict.fromkeys((*before, *after)):
            yield Figure(span, label, name, before.get(name), after.get(name))
    before, after = _counts(posted), _counts(again)
    for name in dict.fromkeys((*before, *after)):
        yield Figure(span, "", name, before.get(name, 0), after.get(name, 0))


def _scores(figures: SeriesFigures | None) -> dict[str, Value]:
    if figures is None:
        return {}
    score, verdict = figures.score, figures.verdict
    low, high = (None, None) if score.interval is None else (score.interval.low, score.interval.high)
    counted: dict[str, Value] = {
        f"answered {value}": count for value, count in zip(score.scale.values, score.by_option, strict=True)
    }
    return {
        "answers": score.n,
        "score": score.mean,
        "likely from": low,
        "likely to": high,
        "median": score.median,
        "easy share": score.easy.value,
        "hard share": score.hard.value,
        "net easy": score.net_easy,
        **counted,
        "against the window before": verdict.outcome.value,
        "score before": verdict.before,
        **(
            {} if figures.baseline is None else {"against the 28 days before": figures.baseline.outcome.value}
        ),
    }


def _counts(window: WindowSummary) -> dict[str, Value]:
    ledger = window.ledger
    reasons = {
        f"{outcome}: {reason}": count
        for outcome, by_reason in (
            ("not asked", ledger.skipped),
            ("not delivered", ledger.undeliverable),
            ("called off", ledger.cancelled),
        )
        for reason, count in by_reason.items()
    }
    return {
        "questions past their deadline": window.rate.n,
        "answered of these": window.rate.count,
        "episodes": ledger.episodes,
        "answered": ledger.answered,
        "waiting": ledger.waiting,
        "without an answer": ledger.expired,
        **reasons,
        "comments": window.n_comments,
    }
