"""What the SQLite engine promises beyond what both do: durable, one process per file, calm when the disk is full."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.clock import backoff
from bot.domain.errors import StoreError
from bot.store.engine import Op, Tx
from bot.store.sqlite import SqliteStore, open_sqlite
from bot.store.sqlite_commit import Outcome, SqliteTx
from bot.store.sqlite_connection import SqliteConnection
from bot.store.sqlite_file import was_left_open
from tests.settling import until
from tests.store.facts import names, names_in, remember


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "ces.db"


@pytest.fixture
async def engine(database: Path) -> AsyncIterator[SqliteStore]:
    async with await open_sqlite(database, pause=backoff) as opened:
        yield opened


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("fullfsync", 1),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("busy_timeout", 5000),
        ("trusted_schema", 0),
        ("wal_autocheckpoint", 4000),
    ],
)
async def test_the_writer_is_durable_and_strict(engine: SqliteStore, pragma: str, value: int | str) -> None:
    row = await engine.write(lambda tx: tx.one(f"PRAGMA {pragma}"))
    assert row is not None
    assert tuple(row) == (value,)  # type: ignore[arg-type]  # sqlite3.Row iterates over its values


async def test_a_checkpoint_waits_for_a_quiet_moment(engine: SqliteStore, database: Path) -> None:
    def is_in_the_file() -> bool:
        return b"committed-99" in database.read_bytes()

    for number in range(100):
        await engine.write(remember(f"committed-{number}"))
    assert not is_in_the_file()  # but in its log
    await until(is_in_the_file)
    await engine.write(remember("afterwards"))
    assert "afterwards" in await names(engine)


async def test_who_waits_at_the_same_moment_shares_a_commit(engine: SqliteStore) -> None:
    await asyncio.gather(*(engine.write(remember(f"n{number}")) for number in range(200)))
    assert len(await names(engine)) == 200
    assert engine.commits <= 5  # one alone, then up to 64 at a time


async def test_more_waiting_writes_than_the_limit_are_refused_at_once(
    engine: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.sqlite._QUEUE_LIMIT", 3)
    outcomes = await asyncio.gather(
        *(engine.write(remember(f"n{number}")) for number in range(10)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert len(refused) == 7
    assert all(isinstance(outcome, StoreError) for outcome in refused)
    assert len(await names(engine)) == 3


async def test_an_op_that_cancels_itself_harms_nobody_else(engine: SqliteStore) -> None:
    async def give_up(tx: Tx) -> None:
        await remember("lost")(tx)
        raise asyncio.CancelledError

    first, second = await asyncio.gather(
        engine.write(give_up), engine.write(remember("kept")), return_exceptions=True
    )
    assert isinstance(first, StoreError)
    assert second is None
    assert await names(engine) == {"kept"}


async def naive_commit(ops: Sequence[Op[Any]], writer: SqliteConnection) -> list[Outcome]:
    """The writer without its look at ``in_transaction``: what the disk-full test must be able to tell apart."""
    outcomes: list[Outcome] = []
    await writer.execute_fetchall("BEGIN IMMEDIATE")
    for op in ops:
        try:
            outcomes.append((await op(SqliteTx(writer)), None))
        except Exception as error:
            outcomes.append((None, error))
    if writer.in_transaction:
        await writer.execute_fetchall("COMMIT")
    return outcomes


async def fill_the_disk(engine: SqliteStore) -> tuple[set[str], set[str]]:
    """Write from 16 sides until nothing fits any more; the names acknowledged, and those stored."""
    await engine.write(lambda tx: tx.all("PRAGMA max_page_count=200"))
    acknowledged: set[str] = set()

    async def write_until_full(writer: int) -> None:
        for number in range(1000):
            name = f"{writer}-{number}"
            try:
                await engine.write(remember(name, "x" * 700 * ((writer * 7 + number * 5) % 11)))
            except StoreError:
                return
            acknowledged.add(name)

    await asyncio.gather(*(write_until_full(writer) for writer in range(16)))
    return acknowledged, await names(engine)


async def test_on_a_full_disk_only_what_is_stored_was_acknowledged(engine: SqliteStore) -> None:
    acknowledged, stored = await fill_the_disk(engine)
    assert acknowledged == stored != set()
    await engine.write(lambda tx: tx.all("PRAGMA max_page_count=1000000"))
    await engine.write(remember("there is room again"))


async def test_the_test_of_the_full_disk_sees_a_naive_writer_lose_answers(
    engine: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.sqlite.commit", naive_commit)
    acknowledged, stored = await fill_the_disk(engine)
    assert acknowledged - stored


async def test_a_file_locked_for_a_moment_is_waited_for(database: Path) -> None:
    shell = sqlite3.connect(database, isolation_level=None)
    pauses: list[int] = []

    async def pause(attempt: int) -> None:
        pauses.append(attempt)
        if attempt == 2:
            shell.execute("ROLLBACK")

    async with await open_sqlite(database, pause=pause) as engine:
        await engine.write(lambda tx: tx.all("PRAGMA busy_timeout=0"))
        shell.execute("BEGIN IMMEDIATE")
        await engine.write(remember("patience"))
        assert pauses == [1, 2]
        assert await names(engine) == {"patience"}
    shell.close()


async def test_a_file_that_stays_locked_is_an_error_and_not_the_end(database: Path) -> None:
    shell = sqlite3.connect(database, isolation_level=None)

    async def pause(attempt: int) -> None:
        del attempt

    async with await open_sqlite(database, pause=pause) as engine:
        await engine.write(lambda tx: tx.all("PRAGMA busy_timeout=0"))
        shell.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="SQLITE_BUSY"):
            await engine.write(remember("late"))
        shell.execute("ROLLBACK")
        await engine.write(remember("in time"))
        assert await names(engine) == {"in time"}
    shell.close()


@pytest.mark.parametrize("part", ["ces.db", "ces.db-wal"])
@pytest.mark.parametrize("how", ["moved", "replaced"])
async def test_a_file_that_was_moved_or_replaced_takes_no_writes_until_it_is_back(
    engine: SqliteStore, database: Path, part: str, how: str
) -> None:
    await engine.write(remember("before"))
    there, away = database.with_name(part), database.with_name("away")
    there.rename(away)
    if how == "replaced":
        shutil.copyfile(away, there)
    for _ in range(2):
        with pytest.raises(StoreError, match="not the file any more"):
            await engine.write(remember("meanwhile"))
    away.rename(there)
    await engine.write(remember("after"))
    assert {"before", "after"} <= await names(engine)


async def test_a_deleted_comment_is_gone_from_the_file(database: Path) -> None:
    async with await open_sqlite(database, pause=backoff) as engine:
        await engine.write(remember("k", "my very secret words"))
        await engine.write(lambda tx: tx.run("DELETE FROM bot_memory"))
    assert b"my very secret words" not in await asyncio.to_thread(database.read_bytes)


async def test_a_new_file_is_for_its_owner_alone_and_a_clean_stop_leaves_no_log(database: Path) -> None:
    async with await open_sqlite(database, pause=backoff) as engine:
        await engine.write(remember("k"))
        for file in await asyncio.to_thread(lambda: list(database.parent.iterdir())):
            assert stat.S_IMODE(os.stat(file).st_mode) == 0o600, file
    assert not was_left_open(database)


async def test_a_second_bot_on_the_same_file_is_refused_and_told_who_has_it(
    engine: SqliteStore, database: Path
) -> None:
    with pytest.raises(StoreError, match=f"in use by process {os.getpid()}"):
        await open_sqlite(database, pause=backoff)
    await engine.close()
    await (await open_sqlite(database, pause=backoff)).close()


async def test_a_damaged_file_is_found_after_an_unclean_stop(database: Path) -> None:
    async with await open_sqlite(database, pause=backoff) as engine:
        for number in range(50):
            await engine.write(remember(f"n{number}", "x" * 3000))

    def damage() -> None:
        with database.open("r+b") as file:
            file.seek(-20 * 4096, os.SEEK_END)
            file.write(b"\xff" * 4096 * 20)
        database.with_name("ces.db-wal").write_bytes(b"\x00" * 64)

    await asyncio.to_thread(damage)
    with pytest.raises(StoreError, match="damaged"):
        await open_sqlite(database, pause=backoff)


async def test_reading_needs_a_file_that_is_there(database: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        await open_sqlite(database, pause=backoff, read_only=True)
    with pytest.raises(StoreError, match="there is no directory"):
        await open_sqlite(database.parent / "nowhere" / "ces.db", pause=backoff)


async def test_reading_works_while_no_bot_runs(database: Path) -> None:
    async with await open_sqlite(database, pause=backoff) as engine:
        await engine.write(remember("kept"))
    async with await open_sqlite(database, pause=backoff, read_only=True) as reading:
        assert await names(reading) == {"kept"}
        assert await reading.read(names_in) == {"kept"}
