"""Forgetting by age: comments, raw ids that nobody needs any more, and answers, of which daily counts remain."""

from __future__ import annotations

from datetime import date, datetime

from bot.domain.survey import MANUAL
from bot.store import memory
from bot.store.engine import Tx, from_ms, to_ms

AGED_UNTIL = "aged_until"  # the fact that everything before this instant (milliseconds) has aged out
SMALLEST_CELL = 5  # fewer answers would tell about single customers (measurement.md 7)

# An answer is as old as its first tap, any other episode as its end. What may still be answered does not age.
_OLD = (
    "ended_at < :before AND coalesce(answered_at, ended_at) < :before"
    " AND state NOT IN ('scheduled','sending','sent')"
)


async def drop_comments(tx: Tx, before: datetime, at_most: int) -> list[int]:
    """Comments written before an instant lose their words; that there was one stays. Whose: invitations.

    ``at_most`` of them, the oldest: each may stand in posts that have to be redrawn.
    """
    rows = await tx.all(
        "SELECT id FROM invitation WHERE comment IS NOT NULL AND commented_at IS NOT NULL AND commented_at < :at"
        " ORDER BY commented_at LIMIT :at_most",
        at=to_ms(before),
        at_most=at_most,
    )
    for row in rows:
        await tx.run("UPDATE invitation SET comment=NULL WHERE id=:id", id=row["id"])
    await tx.run(
        "UPDATE response_event SET value=NULL WHERE kind IN ('comment','edit') AND at < :at AND value IS NOT NULL",
        at=to_ms(before),
    )
    return [row["id"] for row in rows]


async def drop_addresses(tx: Tx, before: datetime) -> int:
    """Raw ids of customers last seen before an instant, whom no topic, question or follow-up needs. How many."""
    return await tx.run(
        "UPDATE respondent SET chat_id=NULL, last_thread_id=NULL WHERE chat_id IS NOT NULL AND seen_at < :at"
        " AND NOT EXISTS (SELECT 1 FROM desk_topic t WHERE t.customer_key=respondent.customer_key)"
        " AND NOT EXISTS (SELECT 1 FROM follow_up f WHERE f.customer_key=respondent.customer_key"
        " AND respondent.opted_out_at IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.customer_key=respondent.customer_key"
        " AND (i.state IN ('scheduled','sending','sent') OR i.edit_until > :at OR i.expires_at > :at))",
        at=to_ms(before),
    )


async def drop_strangers(tx: Tx) -> int:
    """Customers without an address of whom nothing is held and who did not opt out. How many."""
    return await tx.run(
        "DELETE FROM respondent WHERE chat_id IS NULL AND opted_out_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM desk_topic t WHERE t.customer_key=respondent.customer_key)"
        " AND NOT EXISTS (SELECT 1 FROM follow_up f WHERE f.customer_key=respondent.customer_key)"
        " AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.customer_key=respondent.customer_key)"
    )


async def oldest(tx: Tx, before: datetime) -> datetime | None:
    """How old the oldest episode is whose time was up before an instant; ``None``: there is none."""
    row = await tx.one(
        f"SELECT min(coalesce(answered_at, ended_at)) AS at FROM invitation WHERE {_OLD}",
        before=to_ms(before),
    )
    return None if row is None or row["at"] is None else from_ms(row["at"])


async def age_day(tx: Tx, day: date, over_at: datetime) -> int:
    """Turn every episode from before ``over_at``, the end of a day, into that day's counts; how many went.

    Counted are answers per series and option, unless an admin asked by hand; cells under five are not kept.
    """
    before = to_ms(over_at)
    await tx.run(
        "INSERT INTO daily_count(day, series, score, answers)"
        f" SELECT :day, series, score, count(*) FROM invitation WHERE {_OLD} AND score IS NOT NULL"
        " AND trigger_name<>:manual GROUP BY series, score HAVING count(*) >= :smallest"
        " ON CONFLICT(day, series, score) DO UPDATE SET answers=daily_count.answers+excluded.answers",
        day=day.isoformat(),
        before=before,
        manual=MANUAL,
        smallest=SMALLEST_CELL,
    )
    for table in ("response_event", "invitation_reason", "invitation_tag", "staff_quote"):
        await tx.run(
            f"DELETE FROM {table} WHERE invitation_id IN (SELECT id FROM invitation WHERE {_OLD})",
            before=before,
        )
    await memory.remember(tx, AGED_UNTIL, str(before))
    return await tx.run(f"DELETE FROM invitation WHERE {_OLD}", before=before)
