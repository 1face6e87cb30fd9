"""What waits in the database, and for how long: for ``/metrics``. Every statement reads a small partial index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Row, Tx, from_ms, to_ms


@dataclass(frozen=True)
class Backlog:
    """What waits. The instants are of the longest waiting; ``None`` where nothing does.

    ``letters``: letters not sent yet, by kind, those under way included. ``oldest_letter``: when the oldest was posted
    that might have gone by now. ``oldest_timer``: when the timer was due that is overdue longest.
    """

    letters: Mapping[str, int]
    oldest_letter: datetime | None
    deliveries: int
    oldest_delivery: datetime | None
    timers: Mapping[str, int]
    oldest_timer: datetime | None


async def backlog(tx: Tx, now: datetime) -> Backlog:
    """What waits at present."""
    at = to_ms(now)
    letters = await tx.all(
        "SELECT kind, count(*) AS n, min(CASE WHEN not_before <= :now OR attempts > 0 THEN created_at END) AS oldest"
        " FROM outbox WHERE state IN ('waiting','sending') GROUP BY kind",
        now=at,
    )
    inbox = await tx.one(
        "SELECT count(*) AS n, min(received_at) AS oldest FROM delivery WHERE done_at IS NULL"
    )
    timers = await tx.all("SELECT kind, count(*) AS n FROM timer GROUP BY kind")
    late = await tx.one("SELECT min(due_at) AS oldest FROM timer WHERE visible_at <= :now", now=at)
    oldest = [row["oldest"] for row in letters if row["oldest"] is not None]
    return Backlog(
        letters={row["kind"]: row["n"] for row in letters},
        oldest_letter=from_ms(min(oldest)) if oldest else None,
        deliveries=0 if inbox is None else inbox["n"],
        oldest_delivery=_oldest(inbox),
        timers={row["kind"]: row["n"] for row in timers},
        oldest_timer=_oldest(late),
    )


def _oldest(row: Row | None) -> datetime | None:
    return None if row is None or row["oldest"] is None else from_ms(row["oldest"])
