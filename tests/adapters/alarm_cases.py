"""Made-up alarms for looking at their pictures and testing them: the same figures on every machine."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.alert_chart import AlarmChart, alarm_chart
from bot.domain.alert_figures import AlarmFigures, Explained, alarm_figures
from bot.domain.alerts import THRESHOLDS, Alarm, Answer, Place, Watch, advance, frozen
from bot.domain.scales import SCALES

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
GOOD = (0.03, 0.05, 0.10, 0.27, 0.55)
WORSE = (0.12, 0.14, 0.18, 0.28, 0.28)


def answers(shares: Sequence[float], n: int, seed: str, first: int = 0) -> list[Answer]:
    """So many answers, one every three hours."""
    dice = random.Random(seed)
    return [
        Answer(Place(START + timedelta(hours=3 * place), place + 1), option)
        for place, option in enumerate(dice.choices(range(len(shares)), shares, k=n), first)
    ]


def case(
    scale_name: str,
    baseline: tuple[int, ...] | None,
    worse: Sequence[float],
    good: Sequence[float],
    explained: Explained | None = None,
) -> tuple[AlarmFigures, AlarmChart]:
    """Thirty answers as usual, then worse ones until the alarm; its figures and its picture."""
    scale = SCALES[scale_name]
    watch = Watch.begin(scale)
    if baseline is not None:
        watch = frozen(watch, baseline, START)
    stream = answers(good, 30, f"{scale_name} before") + answers(worse, 300, f"{scale_name} after", 30)
    alarm: Alarm | None = None
    for answer in stream:
        watch, alarm = advance(watch, answer, scale, THRESHOLDS["normal"])
        if alarm is not None and answer.place.id > 30:
            break
    assert alarm is not None
    figures = alarm_figures(f"support/{scale_name}/question/1", scale, alarm, sum(watch.collected), explained)
    before = [answer.option for answer in stream if answer.place < alarm.first]
    stretch = [answer.option for answer in stream if alarm.first <= answer.place <= alarm.last]
    return figures, alarm_chart(figures, before, stretch, alarm.baseline, THRESHOLDS["normal"], UTC)


DROP = case("emoji5", (6, 10, 20, 54, 110), WORSE, GOOD, Explained("team", "Billing", 14, 0.81))
FIRST_DAYS = case("emoji5", None, (0.3, 0.2, 0.2, 0.2, 0.1), GOOD)
EFFORT = case(
    "ten_effort",
    (2, 2, 3, 4, 6, 10, 25, 38, 50, 60),
    (0.2, 0.15, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05),
    (0.01, 0.01, 0.02, 0.02, 0.04, 0.05, 0.1, 0.2, 0.25, 0.3),
)
THREE = case("emoji3", (10, 30, 160), (0.2, 0.3, 0.5), (0.05, 0.15, 0.8))
SLOW = case("emoji5", (6, 10, 20, 54, 110), (0.045, 0.07, 0.12, 0.28, 0.485), GOOD)
CASES = {"drop": DROP, "first_days": FIRST_DAYS, "effort": EFFORT, "three": THREE, "slow": SLOW}
