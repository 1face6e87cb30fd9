"""What both engines' transactions have in common: one failed statement ends them, and nothing outlives its op."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.domain.errors import StoreError
from bot.store.engine import Row

ATTEMPTS = 4  # one try and three retries (so an op has no effect outside its transaction: it may run again)

Pause = Callable[[int], Awaitable[None]]
"""Waits, in the machine's own time and with some chance in it, before try number ``attempt + 1``."""


class TryAgain(StoreError):
    """Somebody else was in the way and nothing was kept: the whole op may simply run again."""


class ConnectionLost(TryAgain):
    """The server went away. A commit under way may or may not have happened: ops are idempotent by their keys."""


class ServerReadOnly(ConnectionLost):
    """The server takes no writes any more: another one has taken its place (a failover), or will."""


class GuardedTx(ABC):
    """A ``Tx`` that behaves alike on both engines, also after an error.

    PostgreSQL refuses every statement after a failed one, SQLite does not (and may even have left the transaction
    by itself, so that the next statement would commit alone). Here a failed statement ends the transaction for
    both: later statements raise StoreError, and an op that swallowed the error still fails with it.
    """

    def __init__(self) -> None:
        self.spoilt_by: Exception | None = None
        self.notes: list[tuple[str, ...]] = []
        self._is_over = False

    def end(self) -> None:
        """The op has returned: a transaction kept beyond that is of no use any more."""
        self._is_over = True

    def note(self, *words: str) -> None:
        """Have something counted if this transaction is kept."""
        self.notes.append(words)

    async def all(self, sql: str, /, **parameters: Any) -> list[Row]:
        """Every row that the statement returns; none for a statement that returns no rows."""
        self._check()
        try:
            return await self._fetch(sql, parameters)
        except Exception as error:
            self.spoilt_by = error
            raise

    async def one(self, sql: str, /, **parameters: Any) -> Row | None:
        """The first row, or ``None``."""
        rows = await self.all(sql, **parameters)
        return rows[0] if rows else None

    async def run(self, sql: str, /, **parameters: Any) -> int:
        """Run a statement that returns no rows; the number of rows it touched."""
        self._check()
        try:
            return await self._execute(sql, parameters)
        except Exception as error:
            self.spoilt_by = error
            raise

    def _check(self) -> None:
        if self.spoilt_by is not None:
            raise StoreError("an earlier statement of this transaction failed") from self.spoilt_by
        if self._is_over:
            raise StoreError("this transaction has ended")

    @abstractmethod
    async def _fetch(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]: ...

    @abstractmethod
    async def _execute(self, sql: str, parameters: Mapping[str, Any]) -> int: ...
