"""What the sender looks for: the letters that may go next, and when to look again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Tx, from_ms, to_ms

SENDER = "sender"  # whose lease counts
POSTING = ("send", "copy", "forward")  # how methods begin that put something into a chat
SPENDING = (*POSTING, "edit", "createForumTopic")  # and those that need budget


def _may_go(letter: str) -> str:
    """While its topic is not there (thread_id NULL), only the letter that creates it may go."""
    return f"({letter}.topic_of IS NULL OR d.customer_key IS NULL OR d.thread_id IS NOT NULL OR {letter}.kind='topic')"


MAY_GO = _may_go("o")
ADDRESS = (
    " LEFT JOIN respondent r ON r.customer_key=o.customer_key"
    " LEFT JOIN desk_topic d ON d.customer_key=o.topic_of"
)
CHAT = "coalesce(o.chat_id, r.chat_id, d.forum_chat_id)"
_OPEN = "state IN ('waiting','sending')"  # as the indexes say it
_SPENDS = " OR ".join(f"substr(o.method, 1, {len(begins)})='{begins}'" for begins in SPENDING)


@dataclass(frozen=True)
class Head:
    """What may go first in its lane. ``chat_id`` ``None``: it needs no chat, or has none."""

    id: int
    priority: int
    lane: str
    method: str
    chat_id: int | None

    @property
    def spends(self) -> bool:
        """Whether its call needs budget: one that posts or edits does, if there is a chat to post to."""
        return self.chat_id is not None and self.method.startswith(SPENDING)


@dataclass(frozen=True)
class Glance:
    """Whose the outbox is, and the first instant at which something that is not due yet will be."""

    lease: str | None
    due_at: datetime | None


async def glance(tx: Tx, now: datetime) -> Glance:
    """Before looking closer."""
    row = await tx.one(
        f"SELECT (SELECT value FROM bot_memory WHERE name='{SENDER}') AS lease,"
        " (SELECT min(not_before) FROM outbox WHERE state='waiting' AND not_before > :now) AS due",
        now=to_ms(now),
    )
    assert row is not None
    return Glance(row["lease"], None if row["due"] is None else from_ms(row["due"]))


async def heads(
    tx: Tx, now: datetime, limit: int, after: Head | None = None, *, shut: Collection[int] = ()
) -> list[Head]:
    """The due letters at the head of their lanes, by priority, then age; none of a lane whose head is being sent.

    ``after``: only what comes behind this one. ``shut``: chats to which nothing goes that needs budget.
    """
    budget = ""
    if shut:
        chats = ", ".join(str(int(chat)) for chat in sorted(shut))
        budget = f" AND (NOT ({_SPENDS}) OR {CHAT} IS NULL OR {CHAT} NOT IN ({chats}))"
    rows = await tx.all(
        # "+ 0": no index is to be used for that, only the one that has them in order.
        f"SELECT o.id, o.priority, o.lane, o.method, {CHAT} AS chat FROM outbox o{ADDRESS}"
        f" WHERE o.{_OPEN} AND o.state='waiting' AND o.not_before + 0 <= :now AND {MAY_GO}{budget}"
        " AND (o.priority, o.id) > (:priority, :id)"
        # All of a topic's lane waits for the same topic, so d is that of whatever is ahead, too.
        f" AND NOT EXISTS (SELECT 1 FROM outbox ahead WHERE ahead.lane=o.lane AND ahead.id < o.id AND ahead.{_OPEN}"
        f"  AND {_may_go('ahead')})"
        " ORDER BY o.priority, o.id LIMIT :limit",
        now=to_ms(now),
        priority=-1 if after is None else after.priority,
        id=-1 if after is None else after.id,
        limit=limit,
    )
    return [Head(row["id"], row["priority"], row["lane"], row["method"], row["chat"]) for row in rows]


async def spent(tx: Tx, since: datetime, now: datetime) -> list[tuple[str, int, datetime]]:
    """Every call to a chat since an instant, or what may have been one: method, chat, when at the latest; in order."""
    rows = await tx.all(
        f"SELECT o.method, {CHAT} AS chat, o.finished_at AS at FROM outbox o{ADDRESS}"
        " WHERE o.finished_at >= :since AND o.state IN ('sent', 'unknown')"
        f" UNION ALL SELECT o.method, {CHAT}, :now FROM outbox o{ADDRESS}"
        f" WHERE o.{_OPEN} AND o.state='sending'"
        " ORDER BY at",
        since=to_ms(since),
        now=to_ms(now),
    )
    return [(row["method"], row["chat"], from_ms(row["at"])) for row in rows if row["chat"] is not None]


async def hurry(tx: Tx, now: datetime) -> None:
    """What was to go at once, but was posted before the clock was set back, is to go at once."""
    await tx.run(
        "UPDATE outbox SET not_before=:now WHERE state='waiting' AND not_before>:now AND not_before<=created_at",
        now=to_ms(now),
    )
