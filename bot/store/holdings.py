"""Everything held about one customer: read out for them, or erased."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from bot.store import follow_ups, switches
from bot.store.engine import Row, Tx, from_ms, to_ms

# What is read out of a row, in this order; the keys of our own bookkeeping are left out.
_RESPONDENT = "chat_id language opted_out_at unreachable_at last_thread_id seen_at"
_TOPIC = (
    "title is_open opened_at closed_at first_customer_at last_customer_at first_agent_at last_agent_at"
    " customer_messages agent_messages characters transfers reopen_count"
)
_EPISODE = (
    "source conversation_id episode kind trigger_name touchpoint language heard_language ended_at last_message_at"
    " resumed_at state reason created_at ask_at checked_at sent_at reminded_at expires_at score answered_at changed_at"
    " comment commented_at first_response_seconds resolution_seconds customer_messages agent_messages reopen_count"
    " transfers resolved_by scale team time_zone"
)


def _plain(row: Row, columns: str) -> dict[str, Any]:
    return {
        name: from_ms(row[name]).isoformat() if name.endswith("_at") and row[name] is not None else row[name]
        for name in columns.split()
        if row[name] is not None
    }


async def of_customer(tx: Tx, customer_key: str) -> dict[str, Any] | None:
    """All we hold, readable; ``None`` where we hold nothing."""
    respondent = await tx.one("SELECT * FROM respondent WHERE customer_key=:key", key=customer_key)
    if respondent is None:
        return None
    episodes = []
    for row in await tx.all("SELECT * FROM invitation WHERE customer_key=:key ORDER BY id", key=customer_key):
        events = await tx.all(
            "SELECT kind, value, at FROM response_event WHERE invitation_id=:id ORDER BY id", id=row["id"]
        )
        reasons = await tx.all("SELECT reason FROM invitation_reason WHERE invitation_id=:id", id=row["id"])
        tags = await tx.all("SELECT tag FROM invitation_tag WHERE invitation_id=:id", id=row["id"])
        episodes.append(
            {
                **_plain(row, _EPISODE),
                "reasons": sorted(reason["reason"] for reason in reasons),
                "tags": sorted(tag["tag"] for tag in tags),
                "decision": json.loads(row["verdict"] or "[]"),
                "history": [
                    {"kind": e["kind"], "value": e["value"], "at": from_ms(e["at"]).isoformat()}
                    for e in events
                ],
            }
        )
    topic = await tx.one("SELECT * FROM desk_topic WHERE customer_key=:key", key=customer_key)
    links = await tx.one("SELECT count(*) AS n FROM message_link WHERE customer_key=:key", key=customer_key)
    return {
        "pseudonym": customer_key,
        "customer": _plain(respondent, _RESPONDENT),
        "support_topic": None if topic is None else _plain(topic, _TOPIC),
        "messages_passed_on": 0 if links is None else links["n"],
        "follow_ups": [
            {"trigger": plan.trigger_name, "started_at": plan.started_at.isoformat()}
            for plan in await follow_ups.of_customer(tx, customer_key)
        ],
        "conversations": episodes,
        "shown_to_staff": await _count(
            tx,
            "staff_quote WHERE invitation_id IN (SELECT id FROM invitation WHERE customer_key=:key)",
            customer_key,
        ),
        "bookkeeping": {
            "updates_received": await _count(tx, "delivery WHERE lane=:key", customer_key),
            "messages_sent": await _count(
                tx, "outbox WHERE customer_key=:key OR topic_of=:key", customer_key
            ),
            "confirmations_asked": await _count(tx, "staff_button WHERE subject=:key", customer_key),
        },
    }


async def _count(tx: Tx, what: str, customer_key: str) -> int:
    row = await tx.one(f"SELECT count(*) AS n FROM {what}", key=customer_key)
    return 0 if row is None else int(row["n"])


async def live_messages(tx: Tx, customer_key: str, now: datetime) -> list[int]:
    """Messages in the customer's chat that would be left with dead buttons or without their question."""
    rows = await tx.all(
        "SELECT message_id, reminder_message_id FROM invitation WHERE customer_key=:key"
        " AND (state='sent' OR edit_until > :now) ORDER BY id",
        key=customer_key,
        now=to_ms(now),
    )
    return [
        row[column]
        for row in rows
        for column in ("message_id", "reminder_message_id")
        if row[column] is not None
    ]


async def erase(tx: Tx, customer_key: str, now: datetime) -> int:
    """Erase everything of a customer but the wish not to be asked; how many episodes went.

    The log of erasures says when and how much, never who.
    """
    held = await tx.one("SELECT count(*) AS n FROM invitation WHERE customer_key=:key", key=customer_key)
    episodes = 0 if held is None else int(held["n"])
    of_theirs = "(SELECT id FROM invitation WHERE customer_key=:key)"
    rows = await tx.all("SELECT id FROM invitation WHERE customer_key=:key", key=customer_key)
    for row in rows:
        await tx.run(
            "DELETE FROM timer WHERE subject=:subject"
            " AND kind IN ('ask','remind','expire','edit_close','comment_close','hard_answer')",
            subject=str(row["id"]),
        )
    for table in ("response_event", "invitation_reason", "invitation_tag", "staff_quote"):
        await tx.run(f"DELETE FROM {table} WHERE invitation_id IN {of_theirs}", key=customer_key)
    await tx.run(
        "DELETE FROM reopening WHERE EXISTS (SELECT 1 FROM invitation i WHERE i.customer_key=:key"
        " AND i.source=reopening.source AND i.conversation_id=reopening.conversation_id)",
        key=customer_key,
    )
    await tx.run("DELETE FROM invitation WHERE customer_key=:key", key=customer_key)
    await follow_ups.stop_all(tx, customer_key)
    await tx.run("DELETE FROM message_link WHERE customer_key=:key", key=customer_key)
    await tx.run("DELETE FROM desk_topic WHERE customer_key=:key", key=customer_key)
    await _erase_traces(tx, customer_key)
    await tx.run("DELETE FROM respondent WHERE customer_key=:key AND opted_out_at IS NULL", key=customer_key)
    await tx.run(
        "UPDATE respondent SET chat_id=NULL, language=NULL, last_thread_id=NULL, unreachable_at=NULL, seen_at=:now"
        " WHERE customer_key=:key",
        now=to_ms(now),
        key=customer_key,
    )
    await switches.record(tx, "customer", "erased", "everything", now, f"{episodes} episodes")
    return episodes


async def _erase_traces(tx: Tx, customer_key: str) -> None:
    """What our own bookkeeping says of a customer: deliveries, confirmations, and posts in their chat with the bot."""
    await tx.run(
        "UPDATE delivery SET body=NULL, lane='', error=NULL WHERE lane=:key AND done_at IS NOT NULL",
        key=customer_key,
    )
    await tx.run("DELETE FROM staff_button WHERE subject=:key", key=customer_key)
    person = await tx.one("SELECT chat_id FROM respondent WHERE customer_key=:key", key=customer_key)
    if person is None or person["chat_id"] is None:
        return
    chat_id = int(person["chat_id"])
    # what could not be processed is kept whole for a week, also under lanes that are nobody's
    await tx.run(
        "UPDATE delivery SET body=NULL, error=NULL WHERE done_at IS NOT NULL AND body LIKE :mention",
        mention=f"%{chat_id}%",
    )
    # staff and admins are customers too
    for table in ("staff_button", "staff_quote", "staff_view", "report", "outbox"):
        await tx.run(f"DELETE FROM {table} WHERE chat_id=:chat_id", chat_id=chat_id)
