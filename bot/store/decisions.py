"""What was decided lately, counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.invitation import State
from bot.store.engine import Tx, to_ms


@dataclass(frozen=True)
class Decided:
    """So many episodes stand in this state, for this reason (``None``: there is none)."""

    state: State
    reason: str | None
    count: int


async def decided_since(tx: Tx, trigger_name: str, since: datetime) -> list[Decided]:
    """The episodes of a trigger that ended at or after an instant, the most frequent outcome first."""
    rows = await tx.all(
        "SELECT state, reason, count(*) AS n FROM invitation WHERE ended_at >= :since AND trigger_name=:name"
        " GROUP BY state, reason ORDER BY n DESC, state, reason",
        since=to_ms(since),
        name=trigger_name,
    )
    return [Decided(State(row["state"]), row["reason"], row["n"]) for row in rows]
