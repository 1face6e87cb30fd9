"""Counting: the same in any order, cut and merged alike, adding up in every part, by covering indexes alone."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.adapters.clock import TravelClock, backoff
from bot.domain.summary import Summary, Window
from bot.domain.summing import summarize_window
from bot.domain.views import DIMENSIONS, Dimension
from bot.flow.composing import ReportSettings, compose
from bot.store import counting, explored
from bot.store.engine import Row, Tx
from bot.store.opening import OpenStore, open_store
from bot.store.slicing import ALL, Where, column_of, slice_of
from tests.summaries.given import SERIES, Given, write

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ZONE = ZoneInfo("Europe/Berlin")
SETTINGS = ReportSettings(
    schedule="", zone=ZONE, windows=(DAY, 7 * DAY), minimum_answers=5, main_series=SERIES, theme="light"
)


def made_up(seed: str, now: datetime, count: int = 120) -> list[Given]:
    """Episodes of two weeks, with everything that may become of them; the same for the same seed."""
    chance = random.Random(seed)
    given = []
    for _ in range(count):
        state, reason = chance.choices(
            (("answered", None), ("expired", None), ("skipped", "cooldown"), ("cancelled", "reopened")),
            (6, 2, 1, 1),
        )[0]
        given.append(
            Given(
                now - chance.random() * 14 * DAY - HOUR,
                score=chance.randrange(1, 6) if state == "answered" else None,
                state=state,
                reason=reason,
                team=chance.choice(("billing", "orders", "")),
                tags=tuple(chance.sample(("vip", "refund", "late"), chance.randrange(3))),
                source=chance.choice(("generic", "telegram_topic")),
                touchpoint=chance.choice(("support", "purchase")),
                trigger=chance.choices(("a", "b", "manual"), (5, 3, 1))[0],
                language=chance.choice(("en", "ar")),
                comment="words" if state == "answered" and chance.random() < 0.3 else None,
            )
        )
    return given


async def _summary(tx: Tx, at: datetime) -> Summary:
    found = await compose(tx, at, at, SETTINGS)
    return replace(found, comments=())


@pytest.mark.parametrize("seed", ["one", "two", "three"])
async def test_the_order_in_which_things_were_heard_never_matters(
    seed: str, tmp_path: Path, clock: TravelClock
) -> None:
    now = clock.now()
    given = made_up(seed, now)
    found = []
    for place, order in enumerate((given, given[::-1], random.Random(seed).sample(given, len(given)))):
        url = f"sqlite:///{tmp_path / f'{place}.db'}"
        async with await open_store(url, pause=backoff) as store:
            await write(store, order)
            found.append(await store.read(partial(_summary, at=now)))
    assert found[0] == found[1] == found[2]


async def test_seven_days_merged_are_one_week(store: OpenStore, clock: TravelClock) -> None:
    now = clock.now()
    await write(store, made_up("merged", now, 200))

    async def count(window: Window, tx: Tx) -> Any:
        return await counting.window_counts(tx, window, now, SERIES)

    week = await store.read(partial(count, Window.ending(now, 7 * DAY)))
    days = [await store.read(partial(count, Window.ending(now - day * DAY, DAY))) for day in range(7)]
    for is_manual in (False, True):
        merged: Counter[int] = Counter()
        for one in days:
            for series in one.series:
                if series.is_manual == is_manual:
                    merged.update(series.now)
        [whole] = [each for each in week.series if each.is_manual == is_manual]
        assert dict(merged) == dict(whole.now)
    assert sum(one.episodes for one in days) == week.episodes
    assert sum(one.asked_matured for one in days) == week.asked_matured
    assert sum(one.n_comments for one in days) == week.n_comments


async def _slices(tx: Tx, by: Dimension, window: Window) -> dict[str, int]:
    column = column_of(by)
    if column is not None:
        found = await counting.slices(tx, SERIES, window, column)
    elif by == "tag":
        found = await counting.tag_slices(tx, SERIES, window)
    else:
        found = await counting.hour_slices(tx, SERIES, window, ZONE)
    return {name: sum(by_value.values()) for name, by_value in found.items()}


@pytest.mark.parametrize("by", DIMENSIONS.values())
async def test_the_ledger_adds_up_in_every_part_and_the_parts_make_up_the_whole(
    by: Dimension, store: OpenStore, clock: TravelClock
) -> None:
    now = clock.now()
    await write(store, made_up(f"by {by}", now, 160))
    window = Window.ending(now, 14 * DAY)

    async def count(where: Where, tx: Tx) -> Any:
        return await counting.window_counts(tx, window, now, SERIES, where=where)

    whole = await store.read(partial(count, ALL))
    split = await store.read(lambda tx: _slices(tx, by, window))
    names = (
        [f"{hour:02}" for hour in range(24)]
        if by == "hour"
        else [*split, *({"manual"} if by == "trigger" else ())]
    )
    parts = {}
    for name in names:
        counts = await store.read(partial(count, slice_of(by, name, window, ZONE)))
        figures = summarize_window(counts)
        assert figures.ledger.balances
        assert figures.rate.count <= figures.rate.n
        parts[name] = counts
        main = [sum(each.now.values()) for each in counts.series if not each.is_manual]
        assert sum(main) == split.get(name, 0)
    if by != "tag":  # tags overlap, and some episodes have none
        assert sum(each.episodes for each in parts.values()) == whole.episodes
        assert sum(each.asked_matured for each in parts.values()) == whole.asked_matured
        assert sum(each.n_comments for each in parts.values()) == whole.n_comments


class Explained:
    """A transaction that remembers how SQLite goes about each statement."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.notes: list[tuple[str, ...]] = []
        self.plans: list[tuple[str, list[str]]] = []

    async def all(self, sql: str, /, **parameters: Any) -> list[Row]:
        plan = await self._tx.all(f"EXPLAIN QUERY PLAN {sql}", **parameters)
        self.plans.append((sql, [row["detail"] for row in plan]))
        return await self._tx.all(sql, **parameters)

    async def one(self, sql: str, /, **parameters: Any) -> Row | None:
        rows = await self.all(sql, **parameters)
        return rows[0] if rows else None

    async def run(self, sql: str, /, **parameters: Any) -> int:
        raise AssertionError("a summary only reads")

    def note(self, *words: str) -> None:
        self.notes.append(words)


async def plans_of(store: OpenStore, reading: Callable[[Tx], Awaitable[Any]]) -> list[tuple[str, list[str]]]:
    """Every statement of a reading with its plan."""

    async def op(tx: Tx) -> list[tuple[str, list[str]]]:
        explained = Explained(tx)
        await reading(explained)
        return explained.plans

    return await store.read(op)


@pytest.mark.parametrize("is_analyzed", [False, True])
async def test_a_summary_reads_covering_indexes_alone(
    is_analyzed: bool, sqlite_store: OpenStore, clock: TravelClock
) -> None:
    now = clock.now()
    await write(sqlite_store, made_up("plans", now, 300))
    if is_analyzed:
        await sqlite_store.write(lambda tx: tx.run("ANALYZE"))
    plans = await plans_of(sqlite_store, lambda tx: compose(tx, now, now, SETTINGS, is_weekly=True))
    assert len(plans) > 15
    for sql, plan in plans:
        looks = [step for step in plan if "invitation" in step or " i " in f"{step} "]
        assert looks, sql
        for step in looks:
            assert "USING" in step, (sql, step)
            # the three latest comments are looked up; whatever is counted never leaves its index
            assert "COVERING INDEX" in step or "comment FROM" in sql, (sql, step)
            assert not (step.startswith("SCAN") and "COVERING" not in step), (sql, step)


async def test_what_changed_is_found_by_its_own_index(sqlite_store: OpenStore, clock: TravelClock) -> None:
    window = Window.ending(clock.now(), 30 * DAY)
    plans = await plans_of(sqlite_store, lambda tx: counting.changed_since(tx, window, clock.now()))
    assert any("invitation_changed" in step for _, plan in plans for step in plan)


async def test_conversations_come_hardest_first_then_newest(store: OpenStore, clock: TravelClock) -> None:
    now = clock.now()
    given = [Given(now - hours * HOUR, score=score) for hours, score in ((2, 5), (3, 1), (4, 3), (5, 1))]
    await write(store, given)
    window = Window.ending(now, DAY)

    async def page(offset: int, tx: Tx) -> list[tuple[int, str]]:
        found = await explored.conversations(tx, SERIES, window, offset, 3)
        return [(each.score, each.conversation_id) for each in found]

    assert await store.read(partial(page, 0)) == [(1, "C2"), (1, "C4"), (3, "C3")]
    assert await store.read(partial(page, 3)) == [(5, "C1")]
