"""SQLite's own errors, turned into ours by the name of their result code (sqlite.org/rescode.html)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.errors import ConstraintBroken, StoreError
from bot.store.transaction import TryAgain

# Primary result codes that mean "the statement is wrong", not "the database did not take it": left as they are.
_MISTAKES_OF_OURS = frozenset(
    {"SQLITE_ERROR", "SQLITE_MISMATCH", "SQLITE_MISUSE", "SQLITE_RANGE", "SQLITE_TOOBIG"}
)


@contextmanager
def sqlite_errors() -> Iterator[None]:
    """Raise ConstraintBroken, TryAgain (busy) or StoreError (full, I/O, corrupt, …) instead of ``sqlite3.Error``.

    An error in the SQL itself stays what it is: it is a mistake of ours, and sending again would not help.
    """
    try:
        yield
    except sqlite3.Error as error:
        name: str | None = getattr(error, "sqlite_errorname", None)
        if name is None or name in _MISTAKES_OF_OURS:
            raise
        message = f"{error} ({name})"
        if name.startswith("SQLITE_CONSTRAINT"):
            raise ConstraintBroken(message) from error
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise TryAgain(message) from error
        raise StoreError(message) from error
