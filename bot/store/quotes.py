"""Where a customer's words were shown to staff, so that erasure finds every quote."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bot.store.engine import Tx


async def remember(tx: Tx, chat_id: int, message_id: int, invitation_ids: Iterable[int]) -> None:
    """This staff message shows words, or the answer, of these invitations."""
    for invitation_id in invitation_ids:
        await tx.run(
            "INSERT INTO staff_quote(chat_id, message_id, invitation_id) VALUES(:chat_id, :message_id, :invitation_id)"
            " ON CONFLICT(chat_id, message_id, invitation_id) DO NOTHING",
            chat_id=chat_id,
            message_id=message_id,
            invitation_id=invitation_id,
        )


async def of_customer(tx: Tx, customer_key: str) -> list[tuple[int, int]]:
    """Every staff message (chat id, message id) that shows something of this customer."""
    rows = await tx.all(
        "SELECT DISTINCT q.chat_id, q.message_id FROM staff_quote q JOIN invitation i ON i.id=q.invitation_id"
        " WHERE i.customer_key=:customer_key ORDER BY q.chat_id, q.message_id",
        customer_key=customer_key,
    )
    return [(row["chat_id"], row["message_id"]) for row in rows]


async def of_invitations(tx: Tx, invitation_ids: Iterable[int]) -> list[tuple[int, int, int]]:
    """Every staff message that shows something of these invitations: chat id, message id, invitation."""
    found = []
    for invitation_id in invitation_ids:
        rows = await tx.all(
            "SELECT chat_id, message_id FROM staff_quote WHERE invitation_id=:id ORDER BY chat_id, message_id",
            id=invitation_id,
        )
        found += [(row["chat_id"], row["message_id"], invitation_id) for row in rows]
    return found


async def drop(tx: Tx, chat_id: int, message_id: int, invitation_id: int) -> None:
    """A staff message shows nothing of this invitation any more."""
    await tx.run(
        "DELETE FROM staff_quote WHERE chat_id=:chat_id AND message_id=:message_id AND invitation_id=:invitation_id",
        chat_id=chat_id,
        message_id=message_id,
        invitation_id=invitation_id,
    )


async def forget(tx: Tx, customer_key: str) -> None:
    """These quotes are gone from the staff chats."""
    await tx.run(
        "DELETE FROM staff_quote WHERE invitation_id IN (SELECT id FROM invitation WHERE customer_key=:customer_key)",
        customer_key=customer_key,
    )


async def at_message(tx: Tx, chat_id: int, message_id: int) -> list[int]:
    """The invitations whose words a staff message shows."""
    rows = await tx.all(
        "SELECT invitation_id FROM staff_quote WHERE chat_id=:chat_id AND message_id=:message_id",
        chat_id=chat_id,
        message_id=message_id,
    )
    return [row["invitation_id"] for row in rows]


async def waiting_summaries(tx: Tx) -> list[tuple[int, str]]:
    """Letters with a summary that nobody has claimed yet: id and subject."""
    rows = await tx.all("SELECT id, subject FROM outbox WHERE kind='summary' AND state='waiting'")
    return [(row["id"], row["subject"]) for row in rows]


async def reword(tx: Tx, letter_id: int, parameters: Mapping[str, Any], subject: str) -> None:
    """Change some parameters of a waiting letter, and what it belongs to."""
    row = await tx.one("SELECT payload FROM outbox WHERE id=:id AND state='waiting'", id=letter_id)
    if row is not None:
        payload = {**json.loads(row["payload"]), **parameters}
        await tx.run(
            "UPDATE outbox SET payload=:payload, subject=:subject WHERE id=:id",
            payload=json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
            subject=subject,
            id=letter_id,
        )
