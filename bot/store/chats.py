"""Chats that moved: a basic group that becomes a supergroup gets a new id, everywhere at once."""

from __future__ import annotations

import json

from bot.store import memory
from bot.store.engine import Tx

# Every column that holds the id of a chat with staff. A customer's own chat never moves.
_COLUMNS = (
    ("outbox", "chat_id"),
    ("desk_topic", "forum_chat_id"),
    ("message_link", "forum_chat_id"),
    ("staff_quote", "chat_id"),
    ("invitation", "alert_chat_id"),
    ("report", "chat_id"),
    ("staff_button", "chat_id"),
    ("staff_view", "chat_id"),
    ("live_message", "chat_id"),
)


async def chats_moved(tx: Tx, old: int, new: int) -> None:
    """Rewrite ``old`` to ``new`` wherever it is stored, and remember the move for the ids in the settings.

    Doing it twice is harmless.
    """
    for table, column in _COLUMNS:
        await tx.run(f"UPDATE {table} SET {column}=:new WHERE {column}=:old", old=old, new=new)
    await _rewrite_waiting(tx, old, new)
    await memory.remember(tx, f"{memory.MOVED}{old}", str(new))


async def _rewrite_waiting(tx: Tx, old: int, new: int) -> None:
    rows = await tx.all(
        "SELECT id, lane, payload FROM outbox WHERE state IN ('waiting', 'sending') AND payload IS NOT NULL"
    )
    for row in rows:
        payload = json.loads(row["payload"])
        lane = str(row["lane"])
        if payload.get("from_chat_id") == old:
            payload["from_chat_id"] = new
        elif not lane.startswith(f"s:{old}:"):
            continue
        await tx.run(
            "UPDATE outbox SET lane=:lane, payload=:payload WHERE id=:id",
            id=row["id"],
            lane=lane.replace(f"s:{old}:", f"s:{new}:", 1),
            payload=json.dumps(payload, separators=(",", ":")),
        )
