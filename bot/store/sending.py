"""The sender's side of the outbox: letters that are claimed, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store import memory
from bot.store.engine import Row, Tx, by_name, from_ms, to_ms
from bot.store.heads import ADDRESS, CHAT, MAY_GO, SENDER


@dataclass(frozen=True)
class OutboxRow:
    """One letter with its address looked up. ``thread_id`` is the topic's, or the customer's last one.

    ``writer_chat_id`` is the chat of the customer whose topic it goes to.
    """

    id: int
    kind: str
    lane: str
    method: str
    payload: dict[str, Any]
    file: bytes | None
    file_field: str | None
    file_name: str | None
    customer_key: str | None
    to_chat_id: int | None
    topic_of: str | None
    invitation_id: int | None
    subject: str | None
    give_up_at: datetime | None
    attempts: int
    created_at: datetime
    chat_id: int | None
    thread_id: int | None
    writer_chat_id: int | None

    @property
    def is_to_bot(self) -> bool:
        """A call about the bot itself, which needs no chat."""
        return self.customer_key is None and self.to_chat_id is None and self.topic_of is None


_ROW = (
    "SELECT o.id, o.kind, o.lane, o.method, o.payload, o.file, o.file_field, o.file_name, o.customer_key,"
    " o.chat_id AS to_chat, o.topic_of, o.invitation_id, o.subject, o.give_up_at, o.attempts, o.created_at, o.lease,"
    f" {CHAT} AS chat, coalesce(d.thread_id, r.last_thread_id) AS thread, w.chat_id AS writer_chat"
    f" FROM outbox o{ADDRESS} LEFT JOIN respondent w ON w.customer_key=o.topic_of"
)


async def take_over(tx: Tx, lease: str) -> None:
    """From now on only the holder of ``lease`` claims letters; claims that are under way elsewhere end first."""
    await memory.remember(tx, SENDER, lease)


async def claim(tx: Tx, letter_id: int, lease: str, now: datetime) -> OutboxRow | None:
    """Take a due letter; ``None`` when it is not there to be taken any more, or another sender took over."""
    row = await tx.one(
        f"{_ROW} JOIN bot_memory sender ON sender.name='{SENDER}' AND sender.value=:lease"
        f" WHERE o.id=:id AND o.state='waiting' AND o.not_before <= :now AND {MAY_GO}"
        " /*pg: FOR UPDATE OF o FOR SHARE OF sender*/",
        id=letter_id,
        now=to_ms(now),
        lease=lease,
    )
    if row is None:
        return None
    await tx.run(
        "UPDATE outbox SET state='sending', claimed_at=:now, lease=:lease, attempts=attempts+1 WHERE id=:id",
        id=letter_id,
        now=to_ms(now),
        lease=lease,
    )
    return _outbox_row(row, attempts=row["attempts"] + 1)


async def followers(tx: Tx, row: OutboxRow, now: datetime, limit: int) -> list[OutboxRow]:
    """The letters that are due right behind a claimed one in its lane; none that would overtake one of its lane."""
    rows = await tx.all(
        f"{_ROW} WHERE o.lane=:lane AND o.id > :id AND o.state='waiting' AND NOT EXISTS ("
        "  SELECT 1 FROM outbox ahead WHERE ahead.lane=:lane AND ahead.id > :id AND ahead.id <= o.id"
        "  AND (ahead.state='sending' OR (ahead.state='waiting' AND ahead.not_before > :now)))"
        " ORDER BY o.id LIMIT :limit",
        lane=row.lane,
        id=row.id,
        now=to_ms(now),
        limit=limit,
    )
    return [_outbox_row(follower, attempts=follower["attempts"]) for follower in rows]


async def claimed(tx: Tx, lane: str, lease: str) -> list[OutboxRow]:
    """What the holder of ``lease`` has claimed in a lane and not settled."""
    rows = await tx.all(
        f"{_ROW} WHERE o.lane=:lane AND o.state='sending' AND o.lease=:lease ORDER BY o.id",
        lane=lane,
        lease=lease,
    )
    return [_outbox_row(row, attempts=row["attempts"]) for row in rows]


async def stranded(tx: Tx, lease: str, lanes_in_flight: Collection[str]) -> list[OutboxRow]:
    """Letters that an earlier sender had claimed when it died: nobody knows whether they arrived.

    Our own are among them, unless they are in flight: then an earlier look at them was stored and nobody learned of it.
    """
    rows = await tx.all(f"{_ROW} WHERE o.state='sending' ORDER BY o.id")
    return [
        _outbox_row(row, attempts=row["attempts"])
        for row in rows
        if row["lease"] != lease or row["lane"] not in lanes_in_flight
    ]


async def adopt(tx: Tx, letter_id: int, lease: str) -> None:
    """Take over a stranded letter, so that its outcome can be written."""
    await tx.run("UPDATE outbox SET lease=:lease WHERE id=:id AND state='sending'", id=letter_id, lease=lease)


async def mark_sent(tx: Tx, letter_id: int, lease: str, message_id: int | None, now: datetime) -> bool:
    """It arrived: what it said is dropped. False: it is not ours any more, so nothing may follow from it."""
    return await _finish(tx, letter_id, lease, "sent", None, message_id, now)


async def mark_failed(tx: Tx, letter_id: int, lease: str, error: str, now: datetime) -> bool:
    """It will never arrive."""
    return await _finish(tx, letter_id, lease, "failed", error, None, now)


async def mark_unknown(tx: Tx, letter_id: int, lease: str, error: str, now: datetime) -> bool:
    """Nobody knows whether it arrived, and this row is not sent again."""
    return await _finish(tx, letter_id, lease, "unknown", error, None, now)


async def _finish(
    tx: Tx, letter_id: int, lease: str, state: str, error: str | None, message_id: int | None, now: datetime
) -> bool:
    touched = await tx.run(
        "UPDATE outbox SET state=:state, payload=NULL, file=NULL, lease=NULL, finished_at=:now, last_error=:error,"
        " message_id=:message_id WHERE id=:id AND state='sending' AND lease=:lease",
        id=letter_id,
        lease=lease,
        state=state,
        error=None if error is None else error[:500],
        message_id=message_id,
        now=to_ms(now),
    )
    return touched > 0


async def give_back(tx: Tx, letter_id: int, lease: str, until: datetime, error: str) -> bool:
    """It waits for another try at ``until``, unless a newer letter has made it pointless (``coalesce_key``)."""
    touched = await tx.run(
        "UPDATE outbox SET state='waiting', lease=NULL, not_before=:until, last_error=:error"
        " WHERE id=:id AND state='sending' AND lease=:lease",
        id=letter_id,
        lease=lease,
        until=to_ms(until),
        error=error[:500],
    )
    if touched:
        await tx.run(
            "DELETE FROM outbox WHERE id=:id AND coalesce_key IS NOT NULL AND EXISTS (SELECT 1 FROM outbox newer"
            " WHERE newer.coalesce_key=outbox.coalesce_key AND newer.id > outbox.id AND newer.state='waiting')",
            id=letter_id,
        )
    return touched > 0


async def repeat(
    tx: Tx, letter_id: int, lane: str, payload: Mapping[str, Any], not_before: datetime, now: datetime
) -> None:
    """Post the same letter again, with this payload, in another lane."""
    await tx.run(
        "INSERT INTO outbox(kind, priority, lane, method, payload, file, file_field, file_name, customer_key,"
        " chat_id, topic_of, invitation_id, subject, coalesce_key, state, not_before, give_up_at, created_at)"
        " SELECT kind, priority, :lane, method, :payload, file, file_field, file_name, customer_key,"
        " chat_id, topic_of, invitation_id, subject, coalesce_key, 'waiting', :not_before, give_up_at, :now"
        " FROM outbox WHERE id=:id",
        id=letter_id,
        lane=lane,
        payload=json.dumps(payload, separators=(",", ":")),
        not_before=to_ms(not_before),
        now=to_ms(now),
    )


async def push_ahead(tx: Tx, letter_id: int, until: datetime, error: str, most_attempts: int) -> None:
    """A waiting letter that could not even be claimed is tried again later, and after ``most_attempts`` never."""
    await tx.run(
        "UPDATE outbox SET attempts=attempts+1, not_before=:until, last_error=:error,"
        " state=CASE WHEN attempts+1 >= :most THEN 'failed' ELSE state END,"
        " finished_at=CASE WHEN attempts+1 >= :most THEN :until ELSE finished_at END"
        " WHERE id=:id AND state='waiting'",
        id=letter_id,
        until=to_ms(until),
        error=error[:500],
        most=most_attempts,
    )


async def drop(tx: Tx, letter_id: int) -> None:
    """It is no longer wanted."""
    await tx.run("DELETE FROM outbox WHERE id=:id", id=letter_id)


async def thread_of(tx: Tx, topic_of: str) -> int | None:
    """The thread that this customer's topic has at present."""
    row = await tx.one("SELECT thread_id FROM desk_topic WHERE customer_key=:key", key=topic_of)
    return None if row is None else row["thread_id"]


async def sweep(tx: Tx, before: datetime) -> int:
    """Forget the letters that were finished before ``before``; how many they were."""
    return await tx.run("DELETE FROM outbox WHERE finished_at < :before", before=to_ms(before))


def _outbox_row(found: Row, *, attempts: int) -> OutboxRow:
    row = by_name(found)
    return OutboxRow(
        id=row["id"],
        kind=row["kind"],
        lane=row["lane"],
        method=row["method"],
        payload=json.loads(row["payload"]),
        file=None if row["file"] is None else bytes(row["file"]),
        file_field=row["file_field"],
        file_name=row["file_name"],
        customer_key=row["customer_key"],
        to_chat_id=row["to_chat"],
        topic_of=row["topic_of"],
        invitation_id=row["invitation_id"],
        subject=row["subject"],
        give_up_at=None if row["give_up_at"] is None else from_ms(row["give_up_at"]),
        attempts=attempts,
        created_at=from_ms(row["created_at"]),
        chat_id=row["chat"],
        thread_id=row["thread"],
        writer_chat_id=row["writer_chat"],
    )
