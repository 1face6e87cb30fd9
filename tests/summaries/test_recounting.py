"""Every summary of a year can be counted again: the rows say what was posted, however much has changed since."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from bot.adapters.clock import TravelClock
from bot.domain.figures_json import to_json
from bot.domain.recount import Gone
from bot.domain.summary import Window
from bot.flow.composing import ReportSettings, compose
from bot.flow.recounting import Recount, recount
from bot.store import counting, reports
from bot.store.engine import Tx
from bot.store.opening import OpenStore
from tests.flow.pipe_bench import Pipe
from tests.summaries.year import DAY, TRIGGERS, Year

SETTINGS = ReportSettings(
    schedule="0 9 * * *",
    zone=ZoneInfo("Europe/Berlin"),
    windows=(timedelta(hours=24), timedelta(days=7), timedelta(days=30)),
    minimum_answers=5,
    main_series=TRIGGERS[0].survey.series,
    theme="light",
)
CHAT = -1001
DAILY_IN_THE_END = 21


async def post(tx: Tx, at: datetime) -> None:
    """Post the summary of this moment, as the schedule does."""
    summary = await compose(tx, at, at, SETTINGS)
    kept = {"summary": to_json(summary), "names": None}
    await reports.add(tx, "daily", CHAT, None, at, at, json.dumps(kept))


async def _day(year: Year, until: datetime, has_summary: bool, tx: Tx) -> None:
    await year.live(tx, until)
    if has_summary:
        await post(tx, until)


async def lived(store: OpenStore, clock: TravelClock, days: int) -> Year:
    """A summary every Wednesday, and every day in the end."""
    year = Year(Pipe(store, clock, TRIGGERS), "a year", clock.now())
    await year.prepare(store)
    year.plan(days)
    for day in range(1, days + 1):
        has_summary = (days - day) % 7 == 0 or day > days - DAILY_IN_THE_END
        await store.write(partial(_day, year, year.begin + day * DAY, has_summary))
    return year


async def recounted(store: OpenStore) -> list[Recount]:
    """Every report, counted again."""
    found = await store.read(lambda tx: reports.latest(tx, 1000))
    return [await store.read(lambda tx, one=one: recount(tx, one, SETTINGS)) for one in found]  # type: ignore[misc]  # a default binds early


async def test_every_summary_of_a_year_is_counted_again_until_rows_are_erased_which_is_named(
    sqlite_store: OpenStore, clock: TravelClock
) -> None:
    store = sqlite_store
    year = await lived(store, clock, 365)
    counted = await recounted(store)
    assert len(counted) == 53 - 3 + DAILY_IN_THE_END
    for each in counted:
        assert [figure for figure in each.figures if not figure.is_same] == []
        assert each.again.trend == each.posted.trend
        assert each.again.segments == each.posted.segments
        assert each.gone == Gone(0, 0, None)
    now_instead = [
        await store.read(lambda tx, one=one: compose(tx, one.report.to_at, one.report.as_of, SETTINGS))  # type: ignore[misc]  # a default binds early
        for one in counted
    ]
    assert any(now.windows != one.posted.windows for now, one in zip(now_instead, counted, strict=True))

    # the next summary names the answers that changed since the one before it
    named = 0
    for earlier in counted[1:]:
        window = Window.ending(earlier.report.to_at, timedelta(days=30))
        as_of = earlier.report.as_of
        named += await store.read(lambda tx, w=window, a=as_of: counting.changed_since(tx, w, a))  # type: ignore[misc]  # a default binds early
    assert named > 0

    end = year.begin + 365 * DAY
    for person in range(1, 4):
        year.forget(person, end + timedelta(hours=1))
    await store.write(lambda tx: year.live(tx, end + DAY))
    again = await recounted(store)
    assert any(not figure.is_same for each in again for figure in each.figures)
    assert {each.gone.customers for each in again} == {3}
