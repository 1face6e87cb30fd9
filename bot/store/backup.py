"""Backups of a SQLite file: taken beside a running bot, checked before they count; and the way back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.domain.errors import StoreError
from bot.store import migrate, sqlite_file
from bot.store.transaction import Pause

_NAME = re.compile(r".+-\d{8}T\d{6}Z\.db")
_BESIDE = ("", "-wal", "-shm")  # a database and its log belong together under every name


@dataclass(frozen=True)
class Backup:
    """What was written: the file, its schema, and which older ones went for it."""

    file: Path
    schema: int
    removed: tuple[Path, ...] = ()


def name_of(database: Path, now: datetime) -> str:
    """``ces-20261125T103000Z.db``: sorted by name they are sorted by age."""
    return f"{database.stem}-{now:%Y%m%dT%H%M%SZ}.db"


async def back_up(database: Path, to: Path, *, pause: Pause) -> Backup:
    """Copy the database as it is at this instant into the file ``to``, beside a running bot and without delaying it.

    The copy is whole, checked (``PRAGMA quick_check``) and on disk before it gets its name; whoever may read the
    database may read it. Raises StoreError; what is left over then ends in ``.tmp``.
    """
    _make_room(to)
    source = await sqlite_file.connect_reader(database, pause)
    try:
        await sqlite_file.copy_whole(source, database, to)
    finally:
        await source.close()
    return Backup(to, await schema_of(to, pause=pause))


def _make_room(to: Path) -> None:
    if to.exists():
        raise StoreError(f"{to} exists already: a backup overwrites nothing")
    with _disk_errors(to):
        to.parent.mkdir(parents=True, exist_ok=True)


def rotate(backup: Backup, keep: int) -> Backup:
    """Remove the oldest backups of the same database beside this one, so that ``keep`` are left."""
    folder, prefix = backup.file.parent, backup.file.name.rpartition("-")[0]
    others = sorted(
        path
        for path in folder.iterdir()
        if _NAME.fullmatch(path.name) and path.name.rpartition("-")[0] == prefix
    )
    removed = tuple(others[: max(0, len(others) - keep)])
    for path in removed:
        path.unlink()
    return Backup(backup.file, backup.schema, removed)


async def schema_of(file: Path, *, pause: Pause) -> int:
    """The schema of a backup that is sound and this bot's. Raises StoreError for anything else."""
    connection = await sqlite_file.connect_reader(file, pause)
    try:
        await sqlite_file.check(connection, file)
        schema = int(await sqlite_file.value(connection, "PRAGMA user_version"))
        ours = "SELECT count(*) FROM sqlite_master WHERE name IN ('respondent', 'invitation', 'bot_memory')"
        if schema == 0 or await sqlite_file.value(connection, ours) != 3:
            raise StoreError(f"{file} is no database of this bot")
    finally:
        await connection.close()
    migrate.due(migrate.shipped(), schema)
    return schema


async def restore(database: Path, backup: Path, now: datetime, *, pause: Pause) -> Path | None:
    """Put a backup in the database's place. Returns where the database of before is kept; ``None``: there was none.

    Takes the database's lock, so it refuses while a bot runs. Until the last step everything is as it was.
    Raises StoreError.
    """
    await schema_of(backup, pause=pause)
    with _disk_errors(database):
        lock = sqlite_file.FileLock(database)
        try:
            return _exchange(database, backup, now)
        finally:
            lock.release()


def _exchange(database: Path, backup: Path, now: datetime) -> Path | None:
    draft = database.with_name(f"{database.name}.tmp")
    shutil.copyfile(backup, draft)
    draft.chmod(0o600)
    sqlite_file.sync(draft)
    aside = None
    if database.exists():
        aside = database.with_name(f"{database.name}.before-{now:%Y%m%dT%H%M%SZ}")
        for ending in reversed(_BESIDE):
            part = database.with_name(database.name + ending)
            if part.exists():
                part.replace(aside.with_name(aside.name + ending))
    draft.replace(database)
    sqlite_file.sync(database.parent)
    return aside


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error
