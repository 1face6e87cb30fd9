"""What is told of an alarm: the level before and since, and which part of the answers explains most of the drop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.domain.alerts import BASELINE_UPTO, Alarm, Rule, Watch, blame, shares, weights
from bot.domain.run_length import average_run_length
from bot.domain.scales import SCALES, Scale
from bot.domain.scoring import Counts
from bot.domain.summary import SMALLEST_GROUP, ScoreFigures

Part = Literal["team", "tag", "touchpoint", "trigger", "source", "language"]
PARTS: tuple[Part, ...] = ("team", "tag", "touchpoint", "trigger", "source", "language")

VOLUME_SPAN = timedelta(days=28)  # the present volume is that of the last four weeks
_YEAR = timedelta(days=365)
_MOST = 0.5  # of the drop: from there on a part "explains most of it"
# What the true run length is, as a multiple of the one worked out from a baseline: 10 % to 90 % of the cases
# (docs/studies.md, for 200 and 500 answers).
_SURE_FROM_200, _SURE_FROM_500 = (0.31, 4.3), (0.47, 2.4)


@dataclass(frozen=True)
class Explained:
    """One part of the stretch: ``n`` of its answers, and what fraction of the drop they make (1 = all of it)."""

    kind: Part
    name: str
    n: int
    share: float


@dataclass(frozen=True)
class AlarmFigures:
    """Everything that an alert says; kept with it, so that its message can be redrawn.

    ``since`` and ``until`` are the first and last answer of the stretch. ``before`` is the baseline, ``None`` where
    the simple rule raised it; ``collected`` of how many answers the baseline has by then.
    """

    series: str
    scale_name: str
    rule: Rule
    since: datetime
    until: datetime
    now: ScoreFigures
    before: ScoreFigures | None
    collected: int
    explained: Explained | None

    @property
    def scale(self) -> Scale:
        """The row of the scales' table."""
        return SCALES[self.scale_name]


def alarm_figures(
    series: str, scale: Scale, alarm: Alarm, collected: int, explained: Explained | None
) -> AlarmFigures:
    """The figures of an alarm. ``collected``: answers towards a baseline, as far as there is none."""
    before = None if alarm.baseline is None else ScoreFigures.of(Counts(scale, alarm.baseline))
    return AlarmFigures(
        series=series,
        scale_name=scale.name,
        rule=alarm.rule,
        since=alarm.first.at,
        until=alarm.last.at,
        now=ScoreFigures.of(Counts(scale, alarm.counts)),
        before=before,
        collected=collected,
        explained=explained,
    )


@dataclass(frozen=True)
class Labelled:
    """One answer of the stretch with what it can be told apart by; an answer may carry several tags."""

    option: int
    labels: Mapping[Part, Sequence[str]]


def explain(answers: Sequence[Labelled], scale: Scale, baseline: tuple[int, ...] | None) -> Explained | None:
    """The part of the stretch that adds most beyond its size to the sum of the weights; ``None``: it is spread out.

    A part counts from five answers on, if none or at least five are left beside it (measurement.md 7), and if it
    makes at least half of the drop. Otherwise the largest part of every team would always be to blame.
    """
    blames = [blame(answer.option, scale, baseline) for answer in answers]
    total = sum(blames)
    if total <= 0:
        return None
    sums: dict[tuple[Part, str], tuple[int, float]] = {}
    for answer, added in zip(answers, blames, strict=True):
        for kind in PARTS:
            for name in answer.labels.get(kind, ()):
                n, so_far = sums.get((kind, name), (0, 0.0))
                sums[kind, name] = (n + 1, so_far + added)
    standing_out = [
        (added / total - n / len(answers), -PARTS.index(kind), name, Explained(kind, name, n, added / total))
        for (kind, name), (n, added) in sums.items()
        if name and n >= SMALLEST_GROUP <= len(answers) - n and added / total >= max(_MOST, n / len(answers))
    ]
    return max(standing_out, key=lambda each: each[:3])[3] if standing_out else None


@dataclass(frozen=True)
class FalseAlarms:
    """How often an alarm is to be expected although nothing has changed.

    ``answers_between`` on average, probably between ``low`` and ``high`` (the baseline is a sample itself);
    ``per_year`` at the present volume, ``None`` where there is none.
    """

    answers_between: float
    low: float
    high: float
    per_year: float | None


def false_alarms(watch: Watch, threshold: float, recent_answers: int) -> FalseAlarms | None:
    """What to expect of a watch; ``recent_answers`` came in the last four weeks. ``None`` without a baseline."""
    if watch.baseline is None:
        return None
    between = average_run_length(weights(watch.baseline), shares(watch.baseline), threshold)
    low, high = _SURE_FROM_500 if sum(watch.baseline) >= BASELINE_UPTO else _SURE_FROM_200
    yearly = recent_answers * (_YEAR / VOLUME_SPAN)
    return FalseAlarms(between, between * low, between * high, yearly / between if recent_answers else None)
