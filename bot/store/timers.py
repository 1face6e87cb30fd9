"""Timers: what is due when, as rows, written in the same transaction as what they time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Tx, from_ms, to_ms


@dataclass(frozen=True)
class Timer:
    """One claimed timer. It is due again by itself if its lease runs out before it is completed."""

    id: int
    kind: str
    subject: str
    due_at: datetime
    attempts: int
    lease: str


async def start(tx: Tx, kind: str, subject: str | int, due_at: datetime) -> None:
    """Set the timer (kind, subject); one that runs already is moved to ``due_at``."""
    await tx.run(
        "INSERT INTO timer(kind, subject, due_at, visible_at) VALUES(:kind, :subject, :due, :due)"
        " ON CONFLICT(kind, subject) DO UPDATE SET due_at=:due, visible_at=:due, lease=NULL, attempts=0",
        kind=kind,
        subject=str(subject),
        due=to_ms(due_at),
    )


async def start_unless_set(tx: Tx, kind: str, subject: str | int, due_at: datetime) -> None:
    """Set the timer (kind, subject) unless it is set.

    Whoever is about to remove it is waited for, or waits for us, and then finds what this transaction wrote.
    """
    await tx.run(
        "INSERT INTO timer(kind, subject, due_at, visible_at) VALUES(:kind, :subject, :due, :due)"
        " ON CONFLICT(kind, subject) DO UPDATE SET kind=:kind",
        kind=kind,
        subject=str(subject),
        due=to_ms(due_at),
    )


async def ensure_by(tx: Tx, kind: str, subject: str | int, due_at: datetime) -> None:
    """Have the timer (kind, subject) due at ``due_at`` at the latest; one whose work is under way is due once more."""
    await tx.run(
        "INSERT INTO timer(kind, subject, due_at, visible_at) VALUES(:kind, :subject, :due, :due)"
        " ON CONFLICT(kind, subject) DO UPDATE SET due_at=:due, visible_at=:due, lease=NULL, attempts=0"
        " WHERE timer.lease IS NOT NULL OR timer.visible_at > :due",
        kind=kind,
        subject=str(subject),
        due=to_ms(due_at),
    )


async def stop(tx: Tx, subject: str | int, *kinds: str) -> None:
    """Remove the timers of ``kinds`` for this subject; those that do not run are no mistake."""
    names = {f"kind{'_' * place}": kind for place, kind in enumerate(kinds)}
    await tx.run(
        f"DELETE FROM timer WHERE kind IN ({', '.join(f':{name}' for name in names)}) AND subject=:subject",
        subject=str(subject),
        **names,
    )


async def runs(tx: Tx, kind: str, subject: str) -> bool:
    """Whether the timer (kind, subject) is set."""
    row = await tx.one(
        "SELECT id FROM timer WHERE kind=:kind AND subject=:subject", kind=kind, subject=subject
    )
    return row is not None


async def due_at(tx: Tx, kind: str, subject: str) -> datetime | None:
    """When the timer (kind, subject) is due; ``None``: it is not set."""
    row = await tx.one(
        "SELECT due_at FROM timer WHERE kind=:kind AND subject=:subject", kind=kind, subject=subject
    )
    return None if row is None else from_ms(row["due_at"])


async def claim(tx: Tx, now: datetime, until: datetime, lease: str, limit: int) -> list[Timer]:
    """Lease up to ``limit`` due timers until ``until``; nobody else gets them before."""
    rows = await tx.all(
        "WITH c AS MATERIALIZED (SELECT id FROM timer WHERE visible_at <= :now ORDER BY visible_at, id LIMIT :limit"
        " /*pg: FOR UPDATE SKIP LOCKED*/)"
        " UPDATE timer SET visible_at=:until, attempts=attempts+1, lease=:lease WHERE id IN (SELECT id FROM c)"
        " RETURNING id, kind, subject, due_at, attempts",
        now=to_ms(now),
        until=to_ms(until),
        lease=lease,
        limit=limit,
    )
    timers = [
        Timer(r["id"], r["kind"], r["subject"], from_ms(r["due_at"]), r["attempts"], lease) for r in rows
    ]
    return sorted(timers, key=lambda timer: (timer.due_at, timer.id))


async def free_stranded(tx: Tx, now: datetime) -> None:
    """Free what was under way when the only bot of this database died: it need not wait for its lease to run out.

    What was under way for the fourth time waits: the bot may have died of it, and would again at every start.
    """
    await tx.run(
        "UPDATE timer SET visible_at=:now, lease=NULL WHERE lease IS NOT NULL AND visible_at > :now AND attempts < 4",
        now=to_ms(now),
    )


async def complete(tx: Tx, timer: Timer) -> bool:
    """Remove a claimed timer. False: the lease was lost, or the timer was set anew, so this work must not count."""
    row = await tx.one(
        "DELETE FROM timer WHERE id=:id AND lease=:lease RETURNING id", id=timer.id, lease=timer.lease
    )
    return row is not None


async def retry(tx: Tx, timer: Timer, at: datetime, error: str) -> None:
    """Give a claimed timer back, visible again at ``at``."""
    await tx.run(
        "UPDATE timer SET visible_at=:at, lease=NULL, last_error=:error WHERE id=:id AND lease=:lease",
        at=to_ms(at),
        error=error[:500],
        id=timer.id,
        lease=timer.lease,
    )


async def next_due(tx: Tx) -> datetime | None:
    """When the next timer becomes visible."""
    row = await tx.one("SELECT min(visible_at) AS at FROM timer")
    return None if row is None or row["at"] is None else from_ms(row["at"])
