"""Every schema that was ever released upgrades to the present one, with all its rows, on either engine's rules."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.clock import backoff
from bot.store import migrate, soundness
from bot.store.opening import open_store

FOLDER = Path(__file__).parent / "schemas"
DUMPS = sorted(FOLDER.glob("*.sql"), key=lambda path: int(path.stem))


def restored(dump: Path, folder: Path) -> Path:
    """A database as the bot of that time left it."""
    database = folder / "ces.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.executescript(dump.read_text("utf-8"))
    return database


def shape(database: Path) -> dict[str, str]:
    """Every table and index by its name, as it was made; spaces and comments do not count."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {
        name: re.sub(r"\s+", "", re.sub(r"--[^\n]*", "", sql))
        for name, sql in rows
        if not name.startswith("sqlite_")
    }


def counts(database: Path, tables: set[str]) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


def tables_of(database: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
    return {name for (name,) in rows if not name.startswith("sqlite_")}


def test_every_released_schema_has_its_dump() -> None:
    assert [int(path.stem) for path in DUMPS] == list(range(1, len(migrate.shipped()) + 1))


@pytest.mark.parametrize("dump", DUMPS, ids=lambda path: f"schema {path.stem}")
async def test_a_database_of_that_time_is_brought_up_to_date_and_sound(dump: Path, tmp_path: Path) -> None:
    database = restored(dump, tmp_path)
    before = counts(database, tables_of(database))
    assert before["invitation"] > 5
    assert before["response_event"] > 3
    fresh = tmp_path / "fresh.db"
    async with await open_store(f"sqlite:///{fresh}", pause=backoff):
        pass
    async with await open_store(f"sqlite:///{database}", pause=backoff) as store:
        assert (store.upgrade.before, store.upgrade.after) == (int(dump.stem), len(migrate.shipped()))
        assert await store.read(lambda tx: soundness.damage(tx, is_sqlite=True)) == []
        now = datetime(2026, 11, 26, 12, tzinfo=UTC)
        assert await store.read(lambda tx: soundness.flaws(tx, now)) == []
    said = "not released yet? then write it anew: python -m tests.store.schemas.make"
    assert shape(database) == shape(fresh), said
    after = counts(database, set(before) & tables_of(database))
    assert after == before, "an upgrade loses no row"
