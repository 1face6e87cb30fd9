"""The inbox: every update and webhook as it came in, once, until its meaning is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Row, Tx, from_ms, to_ms


@dataclass(frozen=True)
class StoredDelivery:
    """A delivery that waits for its turn. ``body`` is JSON; ``attempts`` counts the failed ones."""

    id: int
    source: str
    body: str
    received_at: datetime
    attempts: int


@dataclass(frozen=True)
class OpenLane:
    """A lane with work in it; its first delivery may be taken from ``not_before`` on."""

    lane: str
    not_before: datetime


async def add(
    tx: Tx, source: str, key: str, lane: str, body: str | None, now: datetime, *, is_done: bool = False
) -> int | None:
    """Keep a delivery; its row's id, or ``None`` when (source, key) came before. ``is_done``: only its key is kept."""
    row = await tx.one(
        "INSERT INTO delivery(source, key, lane, body, received_at, done_at)"
        " VALUES(:source, :key, :lane, :body, :now, :done) ON CONFLICT(source, key) DO NOTHING RETURNING id",
        source=source,
        key=key,
        lane=lane,
        body=None if is_done else body,
        now=to_ms(now),
        done=to_ms(now) if is_done else None,
    )
    return None if row is None else int(row["id"])


async def open_lanes(tx: Tx) -> list[OpenLane]:
    """Every lane that has work, the longest waiting first."""
    rows = await tx.all(
        "SELECT d.lane, d.not_before FROM delivery d"
        " JOIN (SELECT lane, min(id) AS id FROM delivery WHERE done_at IS NULL GROUP BY lane) head ON head.id=d.id"
        " ORDER BY d.id"
    )
    return [OpenLane(row["lane"], from_ms(row["not_before"])) for row in rows]


async def first_open(tx: Tx, lane: str, now: datetime) -> StoredDelivery | None:
    """The lane's first delivery, if its back-off is over; nobody else processes it until this transaction ends.

    ``None`` too while another copy processes it: the lane waits, and what stands behind it is not touched either.
    """
    row = await tx.one(
        "SELECT id, source, body, received_at, attempts, not_before FROM delivery"
        " WHERE id=(SELECT min(id) FROM delivery WHERE lane=:lane AND done_at IS NULL) AND done_at IS NULL"
        " /*pg: FOR UPDATE SKIP LOCKED*/",
        lane=lane,
    )
    return None if row is None or row["not_before"] > to_ms(now) else _delivery(row)


def _delivery(row: Row) -> StoredDelivery:
    return StoredDelivery(row["id"], row["source"], row["body"], from_ms(row["received_at"]), row["attempts"])


async def has_more(tx: Tx, lane: str) -> bool:
    """Whether anything in this lane is not done yet."""
    row = await tx.one("SELECT id FROM delivery WHERE lane=:lane AND done_at IS NULL LIMIT 1", lane=lane)
    return row is not None


async def finish(tx: Tx, delivery_id: int, now: datetime, unmapped: str | None = None) -> None:
    """What it meant is stored in this transaction: keep its key, drop its body. ``unmapped``: why it meant nothing."""
    await tx.run(
        "UPDATE delivery SET done_at=:now, body=NULL, error=:error WHERE id=:id",
        id=delivery_id,
        now=to_ms(now),
        error=None if unmapped is None else unmapped[:500],
    )


async def fail(tx: Tx, delivery_id: int, error: str, again_at: datetime | None, now: datetime) -> None:
    """It could not be processed: try again at ``again_at``, or never (``None``: the body stays for whoever looks)."""
    await tx.run(
        "UPDATE delivery SET attempts=attempts+1, error=:error, not_before=:again, done_at=:done WHERE id=:id",
        id=delivery_id,
        error=error[:500],
        again=to_ms(now if again_at is None else again_at),
        done=to_ms(now) if again_at is None else None,
    )


async def sweep(tx: Tx, before: datetime) -> int:
    """Forget the done deliveries that came before ``before``, failed bodies too; how many they were.

    A key must outlive every redelivery: 7 days is more than Telegram (24 h) and the helpdesks (3 days) keep trying.
    """
    return await tx.run(
        "DELETE FROM delivery WHERE received_at < :before AND done_at IS NOT NULL", before=to_ms(before)
    )
