"""SQLite's own errors, turned into ours by the name of their result code (sqlite.org/rescode.html)."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from types import TracebackType

from bot.domain.errors import ConstraintBroken, StoreError
from bot.store.transaction import TryAgain

# Primary result codes that mean "the statement is wrong", not "the database did not take it": left as they are.
_MISTAKES_OF_OURS = frozenset(
    {"SQLITE_ERROR", "SQLITE_MISMATCH", "SQLITE_MISUSE", "SQLITE_RANGE", "SQLITE_TOOBIG"}
)


class _Translation(AbstractContextManager[None, None]):
    """A class, because every statement passes here and a generator costs five times as much."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, sqlite3.Error):
            _raise_as_ours(error)


_TRANSLATION = _Translation()


def sqlite_errors() -> AbstractContextManager[None, None]:
    """Raise ConstraintBroken, TryAgain (busy) or StoreError (full, I/O, corrupt, …) instead of ``sqlite3.Error``.

    An error in the SQL itself stays what it is: it is a mistake of ours, and sending again would not help.
    """
    return _TRANSLATION


def _raise_as_ours(error: sqlite3.Error) -> None:
    name: str | None = getattr(error, "sqlite_errorname", None)
    if name is None or name in _MISTAKES_OF_OURS:
        return
    message = f"{error} ({name})"
    if name.startswith("SQLITE_CONSTRAINT"):
        raise ConstraintBroken(message) from error
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        raise TryAgain(message) from error
    raise StoreError(message) from error
