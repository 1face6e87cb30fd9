"""What admins switched, and the record of who changed what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Tx, from_ms, to_ms

PAUSE = "pause"  # the switch of everything; triggers have names of their own


@dataclass(frozen=True)
class Switch:
    """One switch as somebody left it. A pause may end by itself at ``until``."""

    name: str
    is_on: bool
    until: datetime | None
    changed_at: datetime
    changed_by: str


async def all_switches(tx: Tx) -> dict[str, Switch]:
    """Every switch that was ever touched, by name; what is not here is as the file says."""
    rows = await tx.all("SELECT name, is_on, until, changed_at, changed_by FROM switch")
    return {
        row["name"]: Switch(
            row["name"],
            bool(row["is_on"]),
            None if row["until"] is None else from_ms(row["until"]),
            from_ms(row["changed_at"]),
            row["changed_by"],
        )
        for row in rows
    }


def is_paused(switches: dict[str, Switch], now: datetime) -> bool:
    """True while an admin's pause holds."""
    pause = switches.get(PAUSE)
    return pause is not None and pause.is_on and (pause.until is None or now < pause.until)


async def turn(
    tx: Tx, name: str, is_on: bool, who: str, now: datetime, until: datetime | None = None
) -> None:
    """Set a switch and write down who did it."""
    await tx.run(
        "INSERT INTO switch(name, is_on, until, changed_at, changed_by) VALUES(:name, :is_on, :until, :now, :who)"
        " ON CONFLICT(name) DO UPDATE SET is_on=:is_on, until=:until, changed_at=:now, changed_by=:who",
        name=name,
        is_on=int(is_on),
        until=None if until is None else to_ms(until),
        now=to_ms(now),
        who=who,
    )
    detail = None if until is None else until.isoformat()
    await record(tx, who, "switch_on" if is_on else "switch_off", name, now, detail)


async def record(
    tx: Tx, actor: str, action: str, subject: str, now: datetime, detail: str | None = None
) -> int:
    """One line of the audit; its id."""
    row = await tx.one(
        "INSERT INTO audit(at, actor, action, subject, detail) VALUES(:at, :actor, :action, :subject, :detail)"
        " RETURNING id",
        at=to_ms(now),
        actor=actor,
        action=action,
        subject=subject,
        detail=detail,
    )
    assert row is not None
    return int(row["id"])
