"""A SQLite file that takes no writes for a while, as on a disk that was mounted read-only after an error."""

from __future__ import annotations

from bot.store.opening import OpenStore
from bot.store.sqlite import SqliteStore


async def refuse_writes(store: OpenStore, is_on: bool) -> None:
    """From now on every transaction is refused, or taken again. By the connection itself: a write would be refused."""
    assert isinstance(store, SqliteStore)
    assert store._writer is not None
    await store._writer.execute_fetchall(f"PRAGMA query_only={int(is_on)}")
