"""The daily and the weekly digest, side by side, and what they say about answers that changed in between."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.adapters.catalogues import Catalogues
from bot.adapters.clock import TravelClock
from bot.domain.comparison import Outcome
from bot.domain.figures_json import from_json, to_json
from bot.domain.report_text import report_text
from bot.domain.summary import ChangedSince, Summary
from bot.flow.composing import ReportSettings, compose
from bot.store.opening import OpenStore
from tests.stage import CHANNEL, EMMA, WEDNESDAY, said, stage
from tests.summaries.given import SERIES, Given, write

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SETTINGS = ReportSettings(
    schedule="",
    zone=ZoneInfo("UTC"),
    windows=(DAY, 7 * DAY, 30 * DAY),
    minimum_answers=5,
    main_series=SERIES,
    theme="light",
)
TEXTS = Catalogues.load().for_staff("en")


def weeks_of(scores: Callable[[int], int], until: datetime, days: int) -> list[Given]:
    """Five answers a day; ``scores``: how easy it was, by how many days ago."""
    return [
        Given(until - day * DAY - hour * HOUR, score=scores(day))
        for day in range(days)
        for hour in range(1, 6)
    ]


async def test_the_weekly_digest_compares_the_week_with_the_four_before_it_too(
    store: OpenStore, clock: TravelClock
) -> None:
    now = clock.now()
    # the week before was as easy as this one; the three before that were hard
    await write(store, weeks_of(lambda day: 5 if day < 14 else 2, now, 35))
    weekly = await store.read(lambda tx: compose(tx, now, now, SETTINGS.of_the_week, is_weekly=True))
    assert [each.window.span for each in weekly.windows] == [7 * DAY, 30 * DAY]
    [figures], [long] = (window.series for window in weekly.windows)
    assert figures.verdict.outcome is Outcome.STEADY
    assert figures.baseline is not None
    assert figures.baseline.outcome is Outcome.EASIER
    assert figures.baseline.n_before == 140  # the 28 days before the week, none of them in it
    assert long.baseline is None  # it would overlap
    text = report_text(weekly, TEXTS, SETTINGS.zone)
    assert "How easy was it to get help this week?" in text
    assert "About the same as the 7 days before" in text
    assert "▲ Easier than the 28 days before: 5.00 now, 2.75 then" in text

    daily = await store.read(lambda tx: compose(tx, now, now, SETTINGS))
    assert all(each.baseline is None for window in daily.windows for each in window.series)
    assert from_json(Summary, to_json(weekly)) == replace(weekly, comments=())


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
@pytest.mark.parametrize("hour", [0, 9, 23])
async def test_the_trend_ends_in_the_very_figure_of_the_week_at_any_time_of_day(
    zone: str, hour: int, store: OpenStore, clock: TravelClock
) -> None:
    at = clock.now().replace(hour=hour, minute=30)
    chance = random.Random(f"{zone} {hour}")
    await write(store, [Given(at - chance.random() * 40 * DAY, chance.randrange(1, 6)) for _ in range(300)])
    there = replace(SETTINGS, zone=ZoneInfo(zone))
    summary = await store.read(lambda tx: compose(tx, at, at, there))
    week, last = summary.headline, summary.trend[-1]
    assert week.main is not None
    assert week.window.span == 7 * DAY
    assert (last.n, last.value, last.interval) == (
        week.main.score.n,
        week.main.score.mean,
        week.main.score.interval,
    )
    assert last.day == at.astimezone(there.zone).date()
    assert len(summary.trend) == 29
    assert all(point.n for point in summary.trend), "the first day has its whole week, too"


async def test_changed_answers_are_counted_in_words() -> None:
    summary = from_json(
        Summary,
        {
            "as_of": "2026-11-25T10:00:00+00:00",
            "minimum_answers": 5,
            "windows": [],
            "changed": {"n": 2, "since": "2026-11-24T09:00:00+00:00"},
        },
    )
    assert summary.changed == ChangedSince(2, datetime.fromisoformat("2026-11-24T09:00:00+00:00"))
    text = report_text(summary, TEXTS, SETTINGS.zone)
    assert text.endswith("2 answers have changed since the summary of Nov 24, 2026 09:00.")


async def test_an_answer_that_changes_after_a_summary_is_named_by_the_next_one_and_only_there() -> None:
    async with stage(summary={"schedule": "0 11 * * *", "live": False}) as s:
        question = await s.asked()
        await s.press(EMMA, question, "v5")
        await s.after("70m")
        posted = said(s.last(CHANNEL))
        await s.press(EMMA, question, "v2")
        assert said(s.last(CHANNEL)) == posted  # what was posted stays
        await s.after("24h")
        texts = [each for each in s.texts(CHANNEL) if "changed since" in each]
        assert len(texts) == 1
        assert "1 answer has changed since the summary of Nov 25, 2026 11:00." in texts[0]
        await s.after("24h")
        assert len([each for each in s.texts(CHANNEL) if "changed since" in each]) == 1


async def test_both_digests_come_on_their_own_days() -> None:
    monday = WEDNESDAY + 5 * DAY
    async with stage(summary={"schedule": "0 11 * * *", "weekly": "0 12 * * 1", "live": False}) as s:
        await s.move(monday + 3 * HOUR - s.clock.now())
        titles = [text.split("\n")[0] for text in s.texts(CHANNEL) if text.startswith("📊")]
        assert titles == ["📊 How easy is it to get help?"] * 6 + [
            "📊 How easy was it to get help this week?"
        ]
        rows = await s.rows("SELECT schedule FROM report ORDER BY id")
        assert [row["schedule"] for row in rows] == ["daily"] * 6 + ["weekly"]
