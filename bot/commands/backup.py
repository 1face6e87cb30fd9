"""``backup`` and ``restore``: a SQLite database's copy, and the way back, which forgets again whom it must."""

from __future__ import annotations

from pathlib import Path

from bot.adapters.clock import SystemClock, backoff
from bot.adapters.erasure_file import ErasureFile
from bot.config import Settings, find_pepper
from bot.domain.errors import ConfigError
from bot.flow.erasures import Erasures
from bot.store.backup import back_up, name_of, restore, rotate
from bot.store.opening import open_store
from bot.store.respondents import Pseudonyms

_NOT_HERE = (
    "The database is on PostgreSQL, which brings its own tools: pg_dump for a copy, pg_restore for the way back, or"
    " your provider's point-in-time recovery."
)


async def take(settings: Settings, to: Path | None, keep: int) -> int:
    """Back up beside a running bot. ``to``: a file, or a folder; default: ``backups`` beside the database.

    In a folder the newest ``keep`` are kept; a file is never overwritten and nothing beside it removed.
    """
    database = _database(settings)
    file, is_in_turn = _place(database, to)
    backup = await back_up(database, file, pause=backoff)
    if is_in_turn:
        backup = rotate(backup, keep)
    print(f"{backup.file}: schema {backup.schema}, checked.")
    for old in backup.removed:
        print(f"Removed: {old}")
    pepper = settings.pepper_path()
    if pepper is not None:
        print(f"Keep {pepper} too, in another place: without it nobody in the backup is known any more.")
    return 0


async def bring_back(settings: Settings, backup: Path) -> int:
    """Put a backup in the database's place, and forget again whoever asked for it since."""
    database = _database(settings)
    clock = SystemClock()
    pepper = find_pepper(settings)
    if pepper is None:
        raise ConfigError(
            f"{settings.pepper_path()}: the pepper of the backup is needed; bring it back first."
        )
    aside = await restore(database, backup, clock.now(), pause=backoff)
    list_path = settings.erasures_path()
    async with await open_store(settings.database.url, pause=backoff) as store:
        kept = None if list_path is None else ErasureFile(list_path)
        forgotten = await Erasures(store, Pseudonyms(pepper), kept).catch_up(clock.now())
        schema = store.upgrade.after
    print(f"{database} is what {backup} holds (schema {schema}).")
    if forgotten:
        print(f"Customers who asked to be forgotten since it was taken, and now are: {forgotten}.")
    if aside is not None:
        print(f"The database of before is kept as {aside}; remove it when you are sure.")
    return 0


def _place(database: Path, to: Path | None) -> tuple[Path, bool]:
    """The file to write, and whether it takes its turn among others in a folder."""
    if to is not None and not to.is_dir():
        return to, False
    return (to or database.parent / "backups") / name_of(database, SystemClock().now()), True


def _database(settings: Settings) -> Path:
    database = settings.sqlite_path()
    if database is None:
        raise ConfigError(_NOT_HERE)
    return database
