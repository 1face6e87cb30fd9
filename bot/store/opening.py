"""Opening the store that ``database.url`` names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, Self

from bot.domain.errors import ConfigError
from bot.store.engine import Store
from bot.store.leadership import Leadership
from bot.store.migrate import Upgrade
from bot.store.transaction import Pause


class OpenStore(Store, Protocol):
    """A store with its life in the caller's hands: ``async with`` it, or ``close`` it in a ``finally``."""

    upgrade: Upgrade
    commits: int  # transactions that were given to the database to keep

    def lead(self, name: str, on_change: Callable[[], None]) -> Leadership:
        """A candidate for what only one copy of the bot may do at a time (``run`` it); a SQLite file has one copy.

        ``on_change`` is called whenever the leadership was won or lost.
        """

    async def close(self) -> None:
        """Take nothing new, finish what waits, close every connection. Harmless when done already."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc_info: object) -> None: ...


async def open_store(url: str, *, pause: Pause, read_only: bool = False) -> OpenStore:
    """Open the database and bring its schema up to date; ``.upgrade`` says what that took.

    ``url``: ``sqlite:///ces.db`` (relative), ``sqlite:////var/lib/ces/ces.db`` (absolute) or a libpq address
    ``postgresql://user@host/name?sslmode=…``. ``pause``: ``bot.adapters.clock.backoff``.
    ``read_only`` changes nothing, takes no lock and works beside a running bot; the schema must be up to date.
    Raises ConfigError for a wrong url, StoreError when the database cannot be had.
    """
    if url.startswith("sqlite:"):
        from bot.store.sqlite import open_sqlite

        return await open_sqlite(sqlite_path(url), pause=pause, read_only=read_only)
    if url.startswith(("postgresql:", "postgres:")):
        try:
            from bot.store.postgres import open_postgres
        except ModuleNotFoundError as error:
            if error.name not in ("psycopg", "psycopg_pool"):
                raise
            raise ConfigError(
                "database.url names PostgreSQL, but its driver is not installed: pip install 'ces-bot[postgres]'"
            ) from error
        return await open_postgres(url, pause=pause, read_only=read_only)
    raise ConfigError("database.url must begin with sqlite:/// or postgresql://")


def sqlite_path(url: str) -> Path:
    """The file that a ``sqlite:///…`` url names. Raises ConfigError."""
    path = url.removeprefix("sqlite:///")
    if path == url or path in ("", ":memory:"):
        raise ConfigError(f"database.url must name a file, as in sqlite:///ces.db, not {url!r}")
    return Path(path)
