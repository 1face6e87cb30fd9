"""Reopenings that helpdesks told of, kept for a week: their deliveries may overtake each other."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.store.engine import Tx, from_ms, to_ms

KEPT_FOR = timedelta(days=7)  # as long as a delivery's own key


async def remember(tx: Tx, source: str, conversation_id: str, at: datetime, now: datetime) -> None:
    """The conversation went on ``at``. What is older than a week goes."""
    await tx.run(
        "INSERT INTO reopening(source, conversation_id, at) VALUES(:source, :conversation_id, :at)"
        " ON CONFLICT(source, conversation_id) DO UPDATE SET at=:at WHERE reopening.at < :at",
        source=source,
        conversation_id=conversation_id,
        at=to_ms(at),
    )
    await tx.run("DELETE FROM reopening WHERE at < :before", before=to_ms(now - KEPT_FOR))


async def last(tx: Tx, source: str, conversation_id: str) -> datetime | None:
    """When the conversation went on last, as far as it is remembered."""
    row = await tx.one(
        "SELECT at FROM reopening WHERE source=:source AND conversation_id=:conversation_id",
        source=source,
        conversation_id=conversation_id,
    )
    return None if row is None else from_ms(row["at"])
