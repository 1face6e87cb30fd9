"""``backup`` and ``restore``, with real files, beside a running bot where that is promised."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.adapters.clock import SystemClock, backoff
from bot.adapters.erasure_file import ErasureFile
from bot.commands.backup import bring_back, take
from bot.config import Settings
from bot.config.sections import DatabaseSettings, PrivacySettings
from bot.domain.errors import ConfigError, StoreError
from bot.store import respondents
from bot.store.backup import Backup, name_of, rotate
from bot.store.opening import OpenStore, open_store
from bot.store.respondents import Pseudonyms
from tests.store.facts import names, remember

PSEUDONYMS = Pseudonyms(bytes.fromhex("5e" * 32))
GONE = PSEUDONYMS.key(1)


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    return Settings(
        database=DatabaseSettings(url=sqlite_url), privacy=PrivacySettings(pepper=SecretStr("5e" * 32))
    )


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "ces.db"


async def opened(settings: Settings) -> OpenStore:
    return await open_store(settings.database.url, pause=backoff)


def files_in(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


def mode_of(file: Path) -> int:
    return file.stat().st_mode & 0o777


async def test_a_backup_beside_a_writing_bot_holds_all_that_was_acknowledged_before(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with await opened(settings) as store:
        await store.write(remember("before"))
        writing = [asyncio.create_task(store.write(remember(f"meanwhile {n}"))) for n in range(50)]
        assert await take(settings, tmp_path / "copy.db", keep=7) == 0
        await asyncio.gather(*writing)
    assert "copy.db: " in capsys.readouterr().out
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert ("before",) in copy.execute("SELECT name FROM bot_memory").fetchall()
    copy.close()
    assert mode_of(tmp_path / "copy.db") == 0o600
    assert files_in(tmp_path, "*.tmp") == []


async def test_a_backup_overwrites_nothing(settings: Settings, tmp_path: Path) -> None:
    await (await opened(settings)).close()
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(StoreError, match="overwrites nothing"):
        await take(settings, tmp_path / "copy.db", keep=7)
    assert (tmp_path / "copy.db").read_text() == "mine"


def test_the_newest_backups_of_this_database_are_kept(tmp_path: Path) -> None:
    now = SystemClock().now()
    files = [tmp_path / name_of(Path("ces.db"), now + timedelta(days=day)) for day in range(5)]
    others = [tmp_path / name_of(Path("other.db"), now), tmp_path / "ces-notes.db"]
    for path in (*files, *others):
        path.touch()
    done = rotate(Backup(files[-1], 1), keep=3)
    assert list(done.removed) == files[:2]
    assert sorted(tmp_path.iterdir()) == sorted([*files[2:], *others])


async def test_what_was_restored_is_what_was_backed_up_and_the_rest_is_kept_aside(
    settings: Settings, tmp_path: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with await opened(settings) as store:
        await store.write(remember("old"))
    await take(settings, tmp_path / "copy.db", keep=7)
    async with await opened(settings) as store:
        await store.write(remember("new"))
    assert await bring_back(settings, tmp_path / "copy.db") == 0
    async with await opened(settings) as store:
        assert await names(store) == {"old"}
    [aside] = files_in(tmp_path, "ces.db.before-*Z")
    assert str(aside) in capsys.readouterr().out
    with sqlite3.connect(aside) as before:
        assert ("new",) in before.execute("SELECT name FROM bot_memory").fetchall()
    before.close()


async def test_a_restored_backup_does_not_bring_back_who_was_forgotten_since(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = SystemClock().now()
    async with await opened(settings) as store:
        await store.write(lambda tx: respondents.seen(tx, GONE, 1, "en", now))
    await take(settings, tmp_path / "copy.db", keep=7)
    list_path = settings.erasures_path()
    assert list_path is not None
    ErasureFile(list_path).append({PSEUDONYMS.erasure(GONE): now})
    await bring_back(settings, tmp_path / "copy.db")
    assert "now are: 1" in capsys.readouterr().out
    async with await opened(settings) as store:
        assert await store.read(lambda tx: respondents.by_key(tx, GONE)) is None


async def test_nothing_is_restored_beside_a_running_bot(
    settings: Settings, tmp_path: Path, database: Path
) -> None:
    async with await opened(settings) as store:
        await take(settings, tmp_path / "copy.db", keep=7)
        with pytest.raises(StoreError, match=f"in use by process {os.getpid()}"):
            await bring_back(settings, tmp_path / "copy.db")
        await store.write(remember("goes on"))


def damaged(copy: Path) -> None:
    content = bytearray(copy.read_bytes())
    content[8192:16384] = os.urandom(8192)
    copy.write_bytes(content)


def foreign(copy: Path) -> None:
    copy.unlink()
    with sqlite3.connect(copy) as connection:
        connection.execute("CREATE TABLE recipes(name)")
    connection.close()


def newer(copy: Path) -> None:
    with sqlite3.connect(copy) as connection:
        connection.execute("PRAGMA user_version=999")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "why"), [(damaged, "is damaged"), (foreign, "no database of this bot"), (newer, "schema 999")]
)
async def test_what_is_no_sound_backup_is_refused_and_the_database_stays(
    settings: Settings, tmp_path: Path, database: Path, spoil: Callable[[Path], None], why: str
) -> None:
    async with await opened(settings) as store:
        await store.write(remember("mine"))
    await take(settings, tmp_path / "copy.db", keep=7)
    spoil(tmp_path / "copy.db")
    with pytest.raises(StoreError, match=why):
        await bring_back(settings, tmp_path / "copy.db")
    async with await opened(settings) as store:
        assert await names(store) == {"mine"}


async def test_for_postgresql_its_own_tools_are_named(settings: Settings) -> None:
    elsewhere = settings.model_copy(update={"database": DatabaseSettings(url="postgresql://host/ces")})
    with pytest.raises(ConfigError, match="pg_dump"):
        await take(elsewhere, None, keep=7)
