"""Follow-up visits: which customer is on which trigger's cadence, since when. The next visit is a timer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store import timers
from bot.store.engine import Row, Tx, from_ms, to_ms

FOLLOW_UP = "follow_up"  # the timer's kind


@dataclass(frozen=True)
class FollowUp:
    """A customer on a cadence. ``language`` and ``time_zone`` are what the event that began it said of them."""

    trigger_name: str
    customer_key: str
    started_at: datetime
    language: str | None
    time_zone: str | None

    @property
    def subject(self) -> str:
        """Its timer's subject, which ``of_subject`` takes back; its visits' conversations are named after it."""
        return f"{self.trigger_name}/{self.customer_key}"


def _follow_up(row: Row) -> FollowUp:
    return FollowUp(
        row["trigger_name"],
        row["customer_key"],
        from_ms(row["started_at"]),
        row["language"],
        row["time_zone"],
    )


async def begin(tx: Tx, plan: FollowUp, first_due: datetime) -> bool:
    """Put a customer on a cadence, or begin it anew. False, and nothing done: it runs since a later event."""
    touched = await tx.run(
        "INSERT INTO follow_up(trigger_name, customer_key, started_at, language, time_zone)"
        " VALUES(:trigger, :key, :at, :language, :zone) ON CONFLICT(trigger_name, customer_key) DO UPDATE"
        " SET started_at=:at, language=:language, time_zone=:zone WHERE follow_up.started_at < :at",
        trigger=plan.trigger_name,
        key=plan.customer_key,
        at=to_ms(plan.started_at),
        language=plan.language,
        zone=plan.time_zone,
    )
    if touched:
        await timers.start(tx, FOLLOW_UP, plan.subject, first_due)
    return touched > 0


async def of_subject(tx: Tx, subject: str) -> FollowUp | None:
    """The cadence that a timer's subject names."""
    trigger_name, _, customer_key = subject.partition("/")
    row = await tx.one(
        "SELECT * FROM follow_up WHERE trigger_name=:trigger AND customer_key=:key /*pg: FOR UPDATE*/",
        trigger=trigger_name,
        key=customer_key,
    )
    return None if row is None else _follow_up(row)


async def of_customer(tx: Tx, customer_key: str) -> list[FollowUp]:
    """Every cadence that a customer is on."""
    rows = await tx.all(
        "SELECT * FROM follow_up WHERE customer_key=:key ORDER BY trigger_name", key=customer_key
    )
    return [_follow_up(row) for row in rows]


async def stop(tx: Tx, plan: FollowUp) -> None:
    """No further visit."""
    await timers.stop(tx, plan.subject, FOLLOW_UP)
    await tx.run(
        "DELETE FROM follow_up WHERE trigger_name=:trigger AND customer_key=:key",
        trigger=plan.trigger_name,
        key=plan.customer_key,
    )


async def stop_all(tx: Tx, customer_key: str) -> None:
    """No further visit to this customer."""
    for plan in await of_customer(tx, customer_key):
        await stop(tx, plan)
