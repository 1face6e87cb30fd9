"""What a storage engine promises. Query modules of this package need nothing else.

The SQL is one text for both engines: ``:name`` parameters (letters and underscores), ``/*pg: … */`` for what only
PostgreSQL needs, no engine functions, no ``%``, no boolean columns, no colon inside a literal. Times are integer
milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


class Row(Protocol):
    """One row; columns by name."""

    def __getitem__(self, column: str, /) -> Any: ...


def by_name(row: Row) -> Mapping[str, Any]:
    """The row for whoever reads many columns of it: ``sqlite3.Row`` goes through all their names for each."""
    if isinstance(row, Mapping):
        return row
    return dict(zip(row.keys(), row, strict=True))  # type: ignore[attr-defined,call-overload]  # then it is sqlite3.Row


class Tx(Protocol):
    """One open transaction. Await nothing else while holding it: no call to a channel, no sleep."""

    notes: list[tuple[str, ...]]  # what ``note`` was told

    async def all(self, sql: str, /, **parameters: Any) -> list[Row]:
        """Every row that the statement returns."""

    async def one(self, sql: str, /, **parameters: Any) -> Row | None:
        """The first row, or ``None``."""

    async def run(self, sql: str, /, **parameters: Any) -> int:
        """Run a statement that returns no rows; the number of rows it touched."""

    def note(self, *words: str) -> None:
        """Have something counted if this transaction is kept (``bot.flow.watched`` counts, ``/metrics`` tells)."""


Op = Callable[[Tx], Awaitable[T]]


class Store(Protocol):
    """Where everything is remembered."""

    async def write(self, op: Op[T]) -> T:
        """Run ``op`` in a transaction; when this returns, it is on disk. Raises StoreError, or op's own error.

        Several waiting ops may share one commit; an op that raises undoes itself alone. An op may run twice
        (a conflict is retried), so it must have no effect outside its transaction.
        """

    async def read(self, op: Op[T]) -> T:
        """Run a reading ``op`` beside the writer, on one consistent snapshot. It never delays a write."""


def to_ms(instant: datetime) -> int:
    """Milliseconds since the epoch, rounded down."""
    return (instant - _EPOCH) // _MS


def from_ms(milliseconds: int) -> datetime:
    """The instant, timezone-aware UTC."""
    return _EPOCH + milliseconds * _MS
