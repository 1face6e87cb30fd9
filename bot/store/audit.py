"""Reading the audit: who changed what, when. ``bot.store.switches.record`` writes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Row, Tx, from_ms

_COLUMNS = "id, at, actor, action, subject, detail"


@dataclass(frozen=True)
class AuditLine:
    """One change. ``actor`` is a name as Telegram showed it; no line holds a customer's id."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


def _line(row: Row) -> AuditLine:
    return AuditLine(
        row["id"], from_ms(row["at"]), row["actor"], row["action"], row["subject"], row["detail"] or ""
    )


async def before(tx: Tx, line_id: int | None, limit: int) -> list[AuditLine]:
    """The lines older than one of them (``None``: the newest of all), newest first."""
    if line_id is None:
        rows = await tx.all(f"SELECT {_COLUMNS} FROM audit ORDER BY id DESC LIMIT :limit", limit=limit)
    else:
        rows = await tx.all(
            f"SELECT {_COLUMNS} FROM audit WHERE id < :id ORDER BY id DESC LIMIT :limit",
            id=line_id,
            limit=limit,
        )
    return [_line(row) for row in rows]


async def after(tx: Tx, line_id: int, limit: int) -> list[AuditLine]:
    """The lines that follow one of them, newest first."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM audit WHERE id > :id ORDER BY id LIMIT :limit", id=line_id, limit=limit
    )
    return [_line(row) for row in reversed(rows)]


async def last_about(tx: Tx, subject: str) -> int | None:
    """The id of the newest line about a subject."""
    row = await tx.one("SELECT max(id) AS id FROM audit WHERE subject=:subject", subject=subject)
    return None if row is None else row["id"]
