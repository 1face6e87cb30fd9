"""Short statements run on the loop, long ones on the thread, and nobody can tell by the result."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from bot.adapters.clock import backoff
from bot.store.engine import Tx
from bot.store.sqlite import SqliteStore, open_sqlite
from tests.store.facts import names, remember

NUMBERS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000)"


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with await open_sqlite(tmp_path / "ces.db", pause=backoff) as opened:
        yield opened


async def test_a_long_change_is_made_once_with_all_that_shares_its_commit(engine: SqliteStore) -> None:
    runs = 0

    async def many(tx: Tx) -> None:
        nonlocal runs
        runs += 1
        await tx.run(f"INSERT INTO bot_memory(name, value) {NUMBERS} SELECT 'n' || x, '' FROM n")

    commits = engine.commits
    await asyncio.gather(*(engine.write(op) for op in (remember("before"), many, remember("after"))))
    assert runs == 2, "interrupted on the loop, made on the thread"
    assert engine.commits == commits + 1
    assert len(await names(engine)) == 100_002


async def test_a_long_look_sees_every_row(engine: SqliteStore) -> None:
    async def count(tx: Tx) -> int:
        row = await tx.one(f"{NUMBERS} SELECT count(*) AS found, sum(x) AS total FROM n")
        assert row is not None
        return int(row["found"])

    assert [await engine.read(count) for _ in range(2)] == [100_000, 100_000]
    assert await engine.write(count) == 100_000


async def test_the_loop_goes_on_during_a_long_look(engine: SqliteStore) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    long = NUMBERS.replace("100000", "3000000")
    await engine.read(lambda tx: tx.one(f"{long} SELECT count(*) AS found FROM n"))
    ticking.cancel()
    assert ticks > 20


async def test_a_statement_stays_short_however_often_it_runs(engine: SqliteStore) -> None:
    runs = 0

    async def once(tx: Tx) -> None:
        nonlocal runs
        runs += 1
        for number in range(3000):
            await tx.run("INSERT INTO bot_memory(name, value) VALUES(:name, '')", name=f"{runs}-{number}")

    await engine.write(once)
    assert runs == 1, "the steps of earlier runs do not count"


async def test_who_waits_to_write_does_not_hold_up_the_loop(engine: SqliteStore, tmp_path: Path) -> None:
    shell = sqlite3.connect(tmp_path / "ces.db", isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    loop = asyncio.get_running_loop()
    late = asyncio.create_task(engine.write(remember("late")))
    instants = [loop.time()]
    for _ in range(20):
        await asyncio.sleep(0.001)
        instants.append(loop.time())
    assert not late.done()
    longest = max(after - before for before, after in pairwise(instants))
    assert longest < 3, "a wait on the loop would last the five seconds of SQLite's patience"
    shell.execute("ROLLBACK")
    await late
    shell.close()
    assert await names(engine) == {"late"}


async def test_a_cancelled_look_leaves_its_reader_usable(engine: SqliteStore) -> None:
    endless = NUMBERS.replace("WHERE x < 100000", "")
    for _ in range(3):  # more than there are readers
        looking = asyncio.create_task(
            engine.read(lambda tx: tx.one(f"{endless} SELECT count(*) AS found FROM n"))
        )
        await asyncio.sleep(0.05)
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
    await engine.write(remember("kept"))
    assert await names(engine) == {"kept"}
