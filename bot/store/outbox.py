"""The outbox: what is to be sent. Steps ``post`` a letter in their own transaction; the sender does the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.store.engine import Tx, to_ms

LetterKindName = Literal[
    "topic",
    "relay",
    "question",
    "reminder",
    "edit",
    "delete",
    "prompt",
    "notice",
    "reply",
    "alert",
    "summary",
    "live",
    "view",
    "pin",
    "menu",
]

# Smaller goes first: the answers to a tap, the relay, asks, alerts, summaries (telegram.md 4).
PRIORITY: Mapping[LetterKindName, int] = {
    "edit": 10,
    "delete": 10,
    "prompt": 10,
    "topic": 20,
    "relay": 20,
    "reply": 20,
    "question": 30,
    "reminder": 30,
    "notice": 35,
    "view": 35,
    "alert": 40,
    "summary": 50,
    "live": 50,
    "pin": 50,
    "menu": 60,
}


@dataclass(frozen=True)
class ToCustomer:
    """To the private chat of a respondent; the raw id is looked up when it is sent."""

    customer_key: str


@dataclass(frozen=True)
class ToTopic:
    """To the customer's topic in the support forum, created first if it is not there."""

    customer_key: str


@dataclass(frozen=True)
class ToChat:
    """To a staff chat, the forum's General topic, or a private chat with staff."""

    chat_id: int
    thread_id: int | None = None


@dataclass(frozen=True)
class ToBot:
    """To no chat: a call about the bot itself (its command menus). The sender adds no address."""


@dataclass(frozen=True)
class Letter:
    """One call of the Bot API, to be made once the row is committed.

    ``payload`` is the call's parameters without its address (``chat_id``, ``message_thread_id``).
    ``subject`` says what the result belongs to, in the words of the letter's kind.
    Of waiting letters with the same ``coalesce_key`` only the newest is sent.
    After ``give_up_at`` it is worth nothing and is dropped as failed("too_late").
    """

    kind: LetterKindName
    method: str
    payload: Mapping[str, Any]
    to: ToCustomer | ToTopic | ToChat | ToBot
    invitation_id: int | None = None
    subject: str | None = None
    coalesce_key: str | None = None
    not_before: datetime | None = None
    give_up_at: datetime | None = None
    file: bytes | None = None
    file_field: str | None = None
    file_name: str | None = None


async def post(tx: Tx, letter: Letter, now: datetime) -> int:
    """Put a letter into the outbox; its row's id. It goes out once this transaction is committed."""
    to = letter.to
    if isinstance(to, ToCustomer):
        lane, customer_key, chat_id, topic_of = f"c:{to.customer_key}", to.customer_key, None, None
    elif isinstance(to, ToTopic):
        lane, customer_key, chat_id, topic_of = f"t:{to.customer_key}", None, None, to.customer_key
    elif isinstance(to, ToBot):
        lane, customer_key, chat_id, topic_of = "bot", None, None, None
    else:
        lane, customer_key, chat_id, topic_of = f"s:{to.chat_id}:{to.thread_id or 0}", None, to.chat_id, None
    payload = dict(letter.payload)
    if isinstance(to, ToChat) and to.thread_id is not None:
        payload["message_thread_id"] = to.thread_id
    if letter.coalesce_key is not None:
        await tx.run(
            "DELETE FROM outbox WHERE coalesce_key=:key AND state='waiting'", key=letter.coalesce_key
        )
    row = await tx.one(
        "INSERT INTO outbox(kind, priority, lane, method, payload, file, file_field, file_name, customer_key,"
        " chat_id, topic_of, invitation_id, subject, coalesce_key, state, not_before, give_up_at, created_at)"
        " VALUES(:kind, :priority, :lane, :method, :payload, :file, :file_field, :file_name, :customer_key,"
        " :chat_id, :topic_of, :invitation_id, :subject, :coalesce_key, 'waiting', :not_before, :give_up_at, :now)"
        " RETURNING id",
        kind=letter.kind,
        priority=PRIORITY[letter.kind],
        lane=lane,
        method=letter.method,
        payload=json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
        file=letter.file,
        file_field=letter.file_field,
        file_name=letter.file_name,
        customer_key=customer_key,
        chat_id=chat_id,
        topic_of=topic_of,
        invitation_id=letter.invitation_id,
        subject=letter.subject,
        coalesce_key=letter.coalesce_key,
        not_before=to_ms(letter.not_before or now),
        give_up_at=None if letter.give_up_at is None else to_ms(letter.give_up_at),
        now=to_ms(now),
    )
    assert row is not None
    return int(row["id"])


async def forget(tx: Tx, letter_id: int) -> None:
    """Remove a letter and the address it carries."""
    await tx.run("DELETE FROM outbox WHERE id=:id", id=letter_id)


async def forget_customer(tx: Tx, customer_key: str) -> None:
    """Remove every letter to, or about, a customer; what is in flight loses its row and is not tried again."""
    await tx.run(
        "DELETE FROM outbox WHERE customer_key=:key OR topic_of=:key"
        " OR invitation_id IN (SELECT id FROM invitation WHERE customer_key=:key)",
        key=customer_key,
    )
