"""Made-up summaries for looking at pictures and testing them: the same figures on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from bot.domain.scales import SCALES
from bot.domain.summary import Comment, SegmentKind, Summary, Window
from bot.domain.summing import SeriesCounts, WindowCounts, rolling, segment, summarize_window

AS_OF = datetime(2026, 11, 25, 9, tzinfo=UTC)
OUTCOMES: list[tuple[str, str | None, int]] = [
    ("answered", None, 40),
    ("sent", None, 12),
    ("expired", None, 31),
    ("skipped", "cooldown", 24),
    ("skipped", "opted_out", 9),
    ("undeliverable", "bot_blocked", 1),
    ("cancelled", "reopened", 11),
]


def summary(
    scale_name: str,
    now: Mapping[int, int],
    *,
    before: Mapping[int, int] | None = None,
    slices: Mapping[str, Mapping[int, int]] | None = None,
    segments_by: SegmentKind = "team",
    has_trend: bool = True,
    spans: tuple[int, ...] = (1, 7, 30),
) -> Summary:
    """A summary of windows of so many days, all with multiples of the week's answers ``now``."""
    scale = SCALES[scale_name]
    series = f"support/{scale_name}/question/1"
    windows = []
    for days in spans:
        size = {1: 0.15, 7: 1.0}.get(days, days / 7)
        windows.append(
            summarize_window(
                WindowCounts(
                    window=Window.ending(AS_OF, timedelta(days=days)),
                    series=[SeriesCounts(series, _times(now, size), _times(before or now, size))],
                    asked_matured=round(97 * size),
                    answered_matured=round(40 * size),
                    episodes=sum(max(1, round(count * size)) for _, _, count in OUTCOMES),
                    outcomes=[(state, why, max(1, round(count * size))) for state, why, count in OUTCOMES],
                    n_comments=3,
                )
            )
        )
    first = date(2026, 10, 27)
    daily = {
        first + timedelta(days=offset): _day(now, before or now, offset, (offset + 6) / 35)
        for offset in range(-6, 30)
    }
    return Summary(
        as_of=AS_OF,
        minimum_answers=5,
        windows=tuple(windows),
        trend=rolling(daily, scale, first, AS_OF.date()) if has_trend else (),
        trend_scale=scale_name,
        segments=segment(slices or {}, scale),
        segments_by=segments_by,
        comments=(
            Comment(3, AS_OF, min(scale.hard), scale_name, "over an hour without a reply <b>& no & end"),
            Comment(2, AS_OF, max(scale.easy), scale_name, "解释得很清楚，谢谢"),
            Comment(1, AS_OF, max(scale.easy), scale_name, "شكرًا على السرعة"),
        ),
    )


def _day(now: Mapping[int, int], before: Mapping[int, int], offset: int, part: float) -> dict[int, int]:
    """A day's answers: a seventh of the week's, turning from ``before`` into ``now``, uneven as days are."""

    def until(value: int, days: int) -> int:
        weekly = before.get(value, 0) * (1 - part) + now.get(value, 0) * part
        return int(weekly * days / 7 + (value * days % 3) / 4)

    return {value: max(0, until(value, offset + 8) - until(value, offset + 7)) for value in now}


def _times(by_value: Mapping[int, int], size: float) -> dict[int, int]:
    return {value: round(count * size) for value, count in by_value.items()}


WEEK = summary("emoji5", {1: 2, 2: 3, 3: 5, 4: 21, 5: 43}, before={1: 14, 2: 10, 3: 13, 4: 21, 5: 20})
TEAMS = summary(
    "emoji5",
    {1: 6, 2: 5, 3: 5, 4: 21, 5: 43},
    slices={
        "Billing": {2: 2, 3: 3, 4: 8, 5: 14},
        "Kundenkontoaktivierungsbestätigung": {1: 4, 2: 2, 4: 6, 5: 9},
        "保修申请": {1: 2, 2: 1, 3: 2, 4: 5, 5: 10},
        "الفواتير": {4: 2, 5: 10},
    },
)
THREE_FACES = summary("emoji3", {1: 9, 2: 8, 3: 43})
SEVEN = summary("likert7", {1: 2, 2: 2, 3: 4, 4: 6, 5: 9, 6: 14, 7: 20})
EFFORT = summary("ten_effort", {1: 20, 2: 12, 3: 8, 5: 5, 8: 6, 10: 3})
FEW = summary("emoji5", {4: 2, 5: 1}, spans=(1, 7), has_trend=False)
NOTHING = summary("emoji5", {}, spans=(1, 7), has_trend=False)
CASES = {
    "week": WEEK,
    "teams": TEAMS,
    "three_faces": THREE_FACES,
    "seven": SEVEN,
    "effort": EFFORT,
    "few": FEW,
    "nothing": NOTHING,
}
