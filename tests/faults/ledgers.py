"""What the bot's database says while no bot runs: read in a way that changes nothing of what a crash left behind."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any, Protocol

Rows = list[dict[str, Any]]


class Ledger(Protocol):
    """One state of the database."""

    def rows(self, sql: str) -> Rows:
        """What a query finds."""


class SqliteLedger:
    """A copy of the file and its log: reading the original would repair it before the next bot can."""

    def __init__(self, file: Path) -> None:
        self._folder = tempfile.TemporaryDirectory()
        for name in (file.name, f"{file.name}-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(file.with_name(name), Path(self._folder.name) / name)
        self._database = sqlite3.connect(Path(self._folder.name) / file.name)
        self._database.row_factory = sqlite3.Row

    def rows(self, sql: str) -> Rows:
        """What a query finds."""
        return [dict(row) for row in self._database.execute(sql)]

    def close(self) -> None:
        """The copy goes."""
        self._database.close()
        self._folder.cleanup()


class PostgresLedger:
    """A connection of its own."""

    def __init__(self, url: str) -> None:
        import psycopg
        from psycopg.rows import dict_row

        self._connection = psycopg.connect(url, autocommit=True, row_factory=dict_row)

    def rows(self, sql: str) -> Rows:
        """What a query finds."""
        return self._connection.execute(sql.encode()).fetchall()

    def close(self) -> None:
        """The connection goes."""
        self._connection.close()


def ledger(url: str) -> contextlib.closing[SqliteLedger | PostgresLedger]:
    """The ledger of the database at this url: ``with ledger(url) as rows``."""
    if url.startswith("sqlite:///"):
        return contextlib.closing(SqliteLedger(Path(url.removeprefix("sqlite:///"))))
    return contextlib.closing(PostgresLedger(url))
