"""The schema's steps: cut safely, run all or none, once, and never backwards."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.adapters.clock import backoff
from bot.domain.errors import StoreError
from bot.store import migrate
from bot.store.migrate import Migration, Upgrade
from bot.store.opening import OpenStore, open_store, sqlite_path
from bot.store.sqlite import open_sqlite
from tests.store.facts import names, remember

FIRST = Migration(
    1, "first", "CREATE TABLE bot_memory (name TEXT PRIMARY KEY, value TEXT NOT NULL){tail}; -- one; two"
)
SECOND = Migration(
    2,
    "second",
    "ALTER TABLE bot_memory ADD COLUMN at {int}; UPDATE bot_memory SET at=7; CREATE TABLE extra (id {pk}){tail};",
)
BROKEN = Migration(2, "broken", "CREATE TABLE half (id {pk}){tail}; UPDATE bot_memory SET no_such_column=1;")


async def open_with(url: str, migrations: Sequence[Migration]) -> OpenStore:
    if url.startswith("sqlite:"):
        return await open_sqlite(sqlite_path(url), pause=backoff, migrations=migrations)
    from bot.store.postgres import open_postgres

    return await open_postgres(url, pause=backoff, migrations=migrations)


def test_statements_are_cut_at_semicolons_that_are_code() -> None:
    text = """
    -- a comment; with a semicolon
    CREATE TABLE t (a {int}, b TEXT DEFAULT 'x;y', c TEXT DEFAULT 'it''s; fine'); /* another;
    comment */ CREATE INDEX "odd;name" ON t (a) -- the last one needs no semicolon
    """
    assert Migration(1, "t", text).statements("sqlite") == [
        "CREATE TABLE t (a INTEGER, b TEXT DEFAULT 'x;y', c TEXT DEFAULT 'it''s; fine')",
        'CREATE INDEX "odd;name" ON t (a)',
    ]


def test_what_only_postgresql_needs_is_a_comment_elsewhere() -> None:
    step = Migration(
        1, "t", "CREATE TABLE t (id {pk}, b {blob}){tail};\n/*pg: ALTER TABLE t SET (fillfactor = 80);*/"
    )
    assert step.statements("sqlite") == ["CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB) STRICT"]
    assert step.statements("postgres") == [
        "CREATE TABLE t (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b BYTEA)",
        "ALTER TABLE t SET (fillfactor = 80)",
    ]


async def test_migrating_twice_changes_nothing_the_second_time(store_url: str) -> None:
    newest = len(migrate.shipped())
    for upgrade in (Upgrade(0, newest), Upgrade(newest, newest)):
        async with await open_store(store_url, pause=backoff) as store:
            assert store.upgrade == upgrade


async def test_an_older_database_is_brought_up_to_date_with_its_rows(store_url: str) -> None:
    async with await open_with(store_url, [FIRST]) as store:
        await store.write(remember("kept"))
    async with await open_with(store_url, [FIRST, SECOND]) as store:
        assert (store.upgrade.before, store.upgrade.after) == (1, 2)
        row = await store.read(lambda tx: tx.one("SELECT name, at FROM bot_memory"))
        assert row is not None
        assert (row["name"], row["at"]) == ("kept", 7)


async def test_a_step_that_fails_half_way_changes_nothing_and_can_be_repaired(store_url: str) -> None:
    async with await open_with(store_url, [FIRST]) as store:
        await store.write(remember("kept"))
    for _ in range(2):
        with pytest.raises(Exception, match="no_such_column"):
            await open_with(store_url, [FIRST, BROKEN])
    async with await open_with(store_url, [FIRST]) as store:
        assert (store.upgrade.before, store.upgrade.after) == (1, 1)
        with pytest.raises(Exception, match="half"):
            await store.read(lambda tx: tx.all("SELECT * FROM half"))
    async with await open_with(store_url, [FIRST, SECOND]) as store:
        assert await names(store) == {"kept"}


async def test_a_database_of_a_newer_version_is_refused_untouched(store_url: str) -> None:
    await (await open_with(store_url, [FIRST, SECOND])).close()
    with pytest.raises(StoreError, match="has schema 2, this version of the bot knows only 1"):
        await open_with(store_url, [FIRST])


async def test_a_reading_command_asks_for_the_upgrade_instead_of_making_it(store_url: str) -> None:
    await (await open_with(store_url, [])).close()
    with pytest.raises(StoreError, match="run `migrate` first"):
        await open_store(store_url, pause=backoff, read_only=True)


@pytest.mark.postgres
async def test_replicas_that_start_together_all_find_the_schema(postgres_url: str) -> None:
    outcomes = await asyncio.gather(
        *(open_store(postgres_url, pause=backoff) for _ in range(6)), return_exceptions=True
    )
    stores = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    for store in stores:
        await store.close()
    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == []
    assert {store.upgrade.after for store in stores} == {len(migrate.shipped())}
    assert sorted(store.upgrade.before for store in stores)[0] == 0


async def test_sqlite_keeps_a_copy_of_the_file_as_it_was(sqlite_url: str, tmp_path: Path) -> None:
    async with await open_with(sqlite_url, [FIRST]) as store:
        assert store.upgrade.copy is None
        await store.write(remember("kept"))
    async with await open_with(sqlite_url, [FIRST, SECOND]) as store:
        copy = tmp_path / "ces.db.schema-1"
        assert store.upgrade.copy == str(copy)
        await store.write(lambda tx: tx.run("DELETE FROM bot_memory"))
    connection = sqlite3.connect(copy)
    assert connection.execute("SELECT * FROM bot_memory").fetchall() == [("kept", "")]
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()
    assert await asyncio.to_thread(lambda: copy.stat().st_mode & 0o777) == 0o600


async def test_a_file_with_tables_of_another_program_is_left_alone(sqlite_url: str, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "ces.db")
    connection.execute("CREATE TABLE theirs (id INTEGER)")
    connection.close()
    with pytest.raises(StoreError, match="not this bot's"):
        await open_store(sqlite_url, pause=backoff)


async def test_an_upgrade_that_would_orphan_rows_is_undone(sqlite_url: str) -> None:
    first = Migration(
        1,
        "first",
        "CREATE TABLE a (id {pk}); CREATE TABLE b (a_id {int} REFERENCES a (id)); INSERT INTO a VALUES(1);",
    )
    async with await open_with(sqlite_url, [first]) as store:
        await store.write(lambda tx: tx.run("INSERT INTO b VALUES(1)"))
    with pytest.raises(StoreError, match="1 rows without the row they belong to"):
        await open_with(sqlite_url, [first, Migration(2, "careless", "DELETE FROM a")])
    async with await open_with(sqlite_url, [first]) as store:
        assert len(await store.read(lambda tx: tx.all("SELECT * FROM a"))) == 1
