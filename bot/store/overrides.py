"""What admins changed by chat over the settings file: one row per setting that is not as the file says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Tx, from_ms, to_ms


@dataclass(frozen=True)
class Override:
    """One setting as somebody left it. ``key`` and ``value`` are written as in the file."""

    key: str
    value: str
    changed_at: datetime
    changed_by: str


async def all_overrides(tx: Tx) -> dict[str, Override]:
    """Everything that was changed, by key; what is not here is as the file says."""
    rows = await tx.all("SELECT key, value, changed_at, changed_by FROM setting")
    return {
        row["key"]: Override(row["key"], row["value"], from_ms(row["changed_at"]), row["changed_by"])
        for row in rows
    }


async def put(tx: Tx, key: str, value: str | None, who: str, now: datetime, *, expected: str | None) -> bool:
    """Set a key, or (``None``) leave it to the file again. False, and nothing done: its value is not ``expected``.

    So of two admins who change the same thing at once, one is told.
    """
    if expected is None:
        if value is None:
            return True
        touched = await tx.run(
            "INSERT INTO setting(key, value, changed_at, changed_by) VALUES(:key, :value, :now, :who)"
            " ON CONFLICT(key) DO NOTHING",
            key=key,
            value=value,
            now=to_ms(now),
            who=who,
        )
    elif value is None:
        touched = await tx.run(
            "DELETE FROM setting WHERE key=:key AND value=:expected", key=key, expected=expected
        )
    else:
        touched = await tx.run(
            "UPDATE setting SET value=:value, changed_at=:now, changed_by=:who"
            " WHERE key=:key AND value=:expected",
            key=key,
            value=value,
            now=to_ms(now),
            who=who,
            expected=expected,
        )
    return touched == 1
