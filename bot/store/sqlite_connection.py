"""A connection whose short statements run at once, and only long ones on its thread.

A statement that looks up or changes a row by its key takes some ten microseconds; handing it to a thread and waking up
again for its rows takes ten times as much, and a tap is some thirty statements. So a statement is begun right where the
event loop is. SQLite counts the steps of its virtual machine; one that needs more than a millisecond's worth is
interrupted, and from then on it runs on the thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

import aiosqlite

from bot.store.transaction import TryAgain

# SQLite calls back after every so many steps of a prepared statement, counted over all its runs: one call may come in
# any run, only a second one in the same run says that this run is long. 10,000 to 20,000 steps: about a millisecond.
_STEPS = 10_000
_MOST_REMEMBERED = 500
_BEGIN = "BEGIN IMMEDIATE"
_PRIMARY = 0xFF  # of an extended result code


class TooLong(TryAgain):
    """A change was interrupted for being long, and SQLite undid its whole transaction: run it again, patiently."""


class SqliteConnection(aiosqlite.Connection):
    """``await`` it to open ``uri``. aiosqlite's own methods use the thread; ``at_once`` and ``rows`` may not.

    ``is_patient``: everything runs on the thread, as long as it takes.
    """

    def __init__(self, uri: str) -> None:
        super().__init__(self._open, 64)
        self._uri = uri
        self._raw: sqlite3.Connection
        self._is_short = False
        self._calls_back = 0
        self._long: set[str] = set()
        self.is_patient = False
        self.is_on_thread = False  # also while nobody waits for it any more

    def _open(self) -> sqlite3.Connection:
        # Either thread may use it: never both at once, because whoever holds it waits for its thread.
        raw = sqlite3.connect(self._uri, uri=True, isolation_level=None, check_same_thread=False)
        raw.set_progress_handler(self._is_too_long, _STEPS)
        self._raw = raw
        return raw

    def _is_too_long(self) -> bool:
        self._calls_back += 1
        return self._is_short and self._calls_back > 1

    def at_once(self, sql: str) -> None:
        """Run a statement that only begins or ends something and waits for nobody."""
        self._raw.execute(sql)

    async def begin(self) -> None:
        """Begin to write: at once where nobody else does, otherwise on the thread, which waits for its turn."""
        if not self.is_patient and self._begins_at_once():
            return
        await self.execute_fetchall(_BEGIN)

    def _begins_at_once(self) -> bool:
        [patience] = self._raw.execute("PRAGMA busy_timeout").fetchone()
        self._raw.execute("PRAGMA busy_timeout=0")
        try:
            self._raw.execute(_BEGIN)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            self._raw.execute(f"PRAGMA busy_timeout={patience}")
        return True

    async def rows(self, sql: str, parameters: Mapping[str, Any]) -> tuple[list[Any], int]:
        """The rows that a statement returns, and how many it changed. Raises TooLong, besides SQLite's own errors."""
        if not self.is_patient and sql not in self._long:
            self._is_short, self._calls_back = True, 0
            try:
                return _run(self._raw, sql, parameters)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname != "SQLITE_INTERRUPT":
                    raise
                if len(self._long) >= _MOST_REMEMBERED:
                    self._long.clear()
                self._long.add(sql)
                if not self.in_transaction:
                    raise TooLong("a long change, to be made on the thread") from None
            finally:
                self._is_short = False
        self.is_on_thread = True
        hand_over = self._execute
        result: tuple[list[Any], int] = await hand_over(  # type: ignore[no-untyped-call]  # aiosqlite has no types here
            _run, self._raw, sql, parameters
        )
        self.is_on_thread = False
        return result


def _run(raw: sqlite3.Connection, sql: str, parameters: Mapping[str, Any]) -> tuple[list[Any], int]:
    cursor = raw.execute(sql, parameters)
    return cursor.fetchall(), cursor.rowcount
