"""One SQLite file: its lock, its connections, its health and its schema (docs/storage.md)."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import aiosqlite

from bot.domain.errors import StoreError
from bot.store.migrate import Migration, Upgrade, due
from bot.store.sqlite_connection import SqliteConnection
from bot.store.sqlite_errors import sqlite_errors
from bot.store.transaction import ATTEMPTS, Pause, TryAgain

_OLDEST_SQLITE = (3, 37, 0)  # STRICT tables
_WAL_HEADER_BYTES = 32  # sqlite.org/fileformat.html 4.1: a longer file holds frames
_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_NEW_FILE_MODE = 0o600  # it holds customers' ids and comments

_BOTH = (
    "PRAGMA busy_timeout=5000",
    "PRAGMA cache_size=-16000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA trusted_schema=OFF",
)
# FULL flushes at every commit, NORMAL in WAL mode does not; fullfsync is the same promise on macOS;
# secure_delete overwrites deleted comments. wal_autocheckpoint is only for a load that never rests (else the store
# checkpoints in a quiet moment: bot/store/sqlite.py). mmap_size stays as it is.
_WRITER = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA fullfsync=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA analysis_limit=400",
)


class FileLock:
    """``<database>.lock``, held for as long as its process lives: one process per SQLite file.

    It guards the single writer, double sends and the switch to WAL; the system frees it however the process ends.
    The file itself stays: removing it would let two processes lock two files of the same name.
    """

    def __init__(self, database: Path) -> None:
        """Take it. Raises StoreError, naming the process that has it."""
        if not database.parent.is_dir():
            raise StoreError(f"there is no directory {database.parent}")
        path = database.with_name(database.name + ".lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, _NEW_FILE_MODE)
        except OSError as error:
            raise StoreError(f"cannot open {path}: {error.strerror}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._file, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise StoreError(
                f"{database} is in use by process {holder}: stop that one first (only one bot may run on a SQLite file)"
            ) from error
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let the next process have it."""
        os.close(self._file)


class OpenedFile:
    """The file as it was opened, with its write-ahead log: by name they may lead elsewhere later.

    What is written into a file that has no name any more is lost to whoever opens that name next. SQLite does not look.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        both = {name: _identity(name) for name in (str(database), f"{database}-wal")}
        self._parts = {name: identity for name, identity in both.items() if identity is not None}

    def must_be_there(self) -> None:
        """Raises StoreError when it was moved, deleted or replaced; looking costs some microseconds."""
        if any(_identity(name) != identity for name, identity in self._parts.items()):
            raise StoreError(
                f"{self._database} is not the file any more that was opened: put it back, or start the bot again"
            )


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"cannot see {path}: {error.strerror}") from error
    return found.st_dev, found.st_ino


def was_left_open(database: Path) -> bool:
    """True when the last process did not close the file: its write-ahead log still holds frames.

    A reading command that outlived the bot leaves one too; then the check is done once too often, which is harmless.
    """
    log = database.with_name(database.name + "-wal")
    return log.exists() and log.stat().st_size > _WAL_HEADER_BYTES


async def connect_writer(database: Path, pause: Pause) -> SqliteConnection:
    """The only connection that writes and checkpoints. The caller holds the ``FileLock``."""
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old: 3.37 or newer is needed")
    os.close(os.open(database, os.O_RDWR | os.O_CREAT, _NEW_FILE_MODE))
    return await _connect(database, "rw", (*_BOTH, *_WRITER), pause)


async def connect_reader(database: Path, pause: Pause) -> SqliteConnection:
    """A connection that can only read, beside the writer of this or another process."""
    _must_exist(database)
    return await _connect(database, "ro", _BOTH, pause)


def _must_exist(database: Path) -> None:
    if not database.is_file():
        raise StoreError(f"there is no database {database}: `migrate` or `run` makes it")


async def _connect(database: Path, mode: str, pragmas: Sequence[str], pause: Pause) -> SqliteConnection:
    connection = SqliteConnection(f"file:{quote(str(database))}?mode={mode}")
    with sqlite_errors():
        await connection
    try:
        connection.row_factory = sqlite3.Row
        for pragma in pragmas:
            await _patiently(connection, pragma, pause)
    except BaseException:
        await connection.close()
        raise
    return connection


async def _patiently(connection: aiosqlite.Connection, pragma: str, pause: Pause) -> None:
    """The busy timeout does not cover the switch to WAL, so a collision there is tried again by hand."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with sqlite_errors():
                await connection.execute_fetchall(pragma)
            return
        except TryAgain:
            if attempt == ATTEMPTS:
                raise
            await pause(attempt)


async def value(connection: aiosqlite.Connection, sql: str) -> int | str:
    """The single value of a one-row statement."""
    with sqlite_errors():
        [row] = await connection.execute_fetchall(sql)
    result: int | str = row[0]
    return result


async def check(connection: aiosqlite.Connection, database: Path) -> None:
    """Raises StoreError when the file is damaged (``PRAGMA quick_check``: about 0.6 s for 250 MB)."""
    try:
        verdict = await value(connection, "PRAGMA quick_check(1)")
    except StoreError as error:  # too damaged even to be checked
        verdict = str(error)
    if verdict != "ok":
        raise _damaged(database, verdict)


@contextmanager
def damage_in_plain_words(database: Path) -> Iterator[None]:
    """Where SQLite stumbles over damage by itself, while the file is opened, say so as ``check`` does."""
    try:
        yield
    except StoreError as error:
        if str(getattr(error.__cause__, "sqlite_errorname", "")).startswith(_DAMAGE):
            raise _damaged(database, error) from error
        raise


def _damaged(database: Path, verdict: object) -> StoreError:
    return StoreError(f"{database} is damaged ({verdict}): restore a backup, this file is not written to")


async def upgrade(
    connection: aiosqlite.Connection, database: Path, migrations: Sequence[Migration]
) -> Upgrade:
    """Run every step that is due in one transaction, after a copy of a file that already held something."""
    before = int(await value(connection, "PRAGMA user_version"))
    steps = due(migrations, before)
    if not steps:
        return Upgrade(before, before)
    if before == 0 and await value(connection, "SELECT count(*) FROM sqlite_master"):
        raise StoreError(
            f"{database} holds tables that are not this bot's: name another file in database.url"
        )
    copy = await _copy(connection, database, before) if before else None
    with sqlite_errors():
        # Off while tables are rebuilt; it cannot be switched inside a transaction.
        await connection.execute_fetchall("PRAGMA foreign_keys=OFF")
        try:
            await _run(connection, steps)
        finally:
            if connection.in_transaction:
                await connection.execute_fetchall("ROLLBACK")
            await connection.execute_fetchall("PRAGMA foreign_keys=ON")
    return Upgrade(before, steps[-1].number, None if copy is None else str(copy))


async def _run(connection: aiosqlite.Connection, steps: Sequence[Migration]) -> None:
    await connection.execute_fetchall("BEGIN IMMEDIATE")
    for step in steps:
        for statement in step.statements("sqlite"):
            await connection.execute_fetchall(statement)
    if broken := list(await connection.execute_fetchall("PRAGMA foreign_key_check")):
        raise StoreError(f"the upgrade would leave {len(broken)} rows without the row they belong to")
    await connection.execute_fetchall(f"PRAGMA user_version={steps[-1].number}")
    await connection.execute_fetchall("COMMIT")


async def _copy(connection: aiosqlite.Connection, database: Path, version: int) -> Path:
    """``<database>.schema-<version>``; an older copy of the same step is replaced."""
    copy = database.with_name(f"{database.name}.schema-{version}")
    await copy_whole(connection, database, copy)
    return copy


async def copy_whole(connection: aiosqlite.Connection, database: Path, to: Path) -> None:
    """Write what a connection sees into a file of its own: sound, on disk, complete or not there at all.

    Works on a reader too, and delays no writer. Raises StoreError.
    """
    unfinished = to.with_name(to.name + ".tmp")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, _NEW_FILE_MODE))
        with sqlite_errors():
            await connection.execute_fetchall("VACUUM INTO ?", (str(unfinished),))
        shutil.copymode(database, unfinished)
        await _check_copy(unfinished)
        sync(unfinished)
        unfinished.replace(to)
        sync(to.parent)
    except OSError as error:
        raise StoreError(f"cannot write {to}: {error.strerror}") from error


async def _check_copy(copy: Path) -> None:
    with sqlite_errors():
        connection = await aiosqlite.connect(f"file:{quote(str(copy))}?mode=ro", uri=True)
    try:
        await check(connection, copy)
    finally:
        await connection.close()


def sync(path: Path) -> None:
    """A file's content, or a folder's names, are on disk when this returns. Raises OSError."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
