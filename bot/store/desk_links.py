"""Which message on one side of the relay stands for which on the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Row, Tx, to_ms


@dataclass(frozen=True)
class MessageLink:
    """One message on both sides. ``kind`` is text, photo, …; ``file`` Telegram's ``file_unique_id`` or ''."""

    customer_key: str
    customer_message_id: int
    forum_chat_id: int
    forum_message_id: int
    from_customer: bool
    kind: str
    file: str


def _link(row: Row | None) -> MessageLink | None:
    if row is None:
        return None
    return MessageLink(
        row["customer_key"],
        row["customer_message_id"],
        row["forum_chat_id"],
        row["forum_message_id"],
        bool(row["from_customer"]),
        row["kind"],
        row["file"],
    )


async def add(tx: Tx, link: MessageLink, at: datetime) -> None:
    """Remember that these two messages are one; once more is no mistake."""
    await tx.run(
        "INSERT INTO message_link(customer_key, customer_message_id, forum_chat_id, forum_message_id, from_customer,"
        " kind, file, at) VALUES(:key, :customer_message, :chat, :forum_message, :from_customer, :kind, :file, :at)"
        " ON CONFLICT DO NOTHING",
        key=link.customer_key,
        customer_message=link.customer_message_id,
        chat=link.forum_chat_id,
        forum_message=link.forum_message_id,
        from_customer=int(link.from_customer),
        kind=link.kind,
        file=link.file,
        at=to_ms(at),
    )


async def changed(tx: Tx, link: MessageLink, kind: str, file: str) -> None:
    """An edit replaced what this message holds."""
    await tx.run(
        "UPDATE message_link SET kind=:kind, file=:file WHERE customer_key=:key"
        " AND customer_message_id=:customer_message AND forum_message_id=:forum_message",
        kind=kind,
        file=file,
        key=link.customer_key,
        customer_message=link.customer_message_id,
        forum_message=link.forum_message_id,
    )


async def of_customer_message(tx: Tx, customer_key: str, message_id: int) -> MessageLink | None:
    """The newest link of a message in the customer's chat (a doubled send has two)."""
    return _link(
        await tx.one(
            "SELECT * FROM message_link WHERE customer_key=:key AND customer_message_id=:message"
            " ORDER BY forum_message_id DESC LIMIT 1",
            key=customer_key,
            message=message_id,
        )
    )


async def of_forum_message(tx: Tx, forum_chat_id: int, message_id: int) -> MessageLink | None:
    """The newest link of a message in the forum."""
    return _link(
        await tx.one(
            "SELECT * FROM message_link WHERE forum_chat_id=:chat AND forum_message_id=:message"
            " ORDER BY customer_message_id DESC LIMIT 1",
            chat=forum_chat_id,
            message=message_id,
        )
    )
