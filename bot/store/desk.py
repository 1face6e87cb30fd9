"""The support forum as rows: one topic per customer with the counters of its present episode.

Times given here are Telegram's own (``date`` of the message), so that facts survive an outage of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Row, Tx, from_ms, to_ms


@dataclass(frozen=True)
class DeskTopic:
    """A customer's topic. Counters and first and last times belong to the present, or last, episode.

    ``thread_id`` is ``None`` while the topic is to be created (again). ``first_agent_at`` is the first answer *after*
    ``first_customer_at``. ``agent`` is the pseudonym of who answered last, '' where nobody known did.
    ``reopen_count`` runs over the whole conversation. ``closed_by`` is who said ``/done``, or who closed it.
    """

    customer_key: str
    forum_chat_id: int
    thread_id: int | None
    title: str
    is_open: bool
    opened_at: datetime
    closed_at: datetime | None
    first_customer_at: datetime | None
    last_customer_at: datetime | None
    first_agent_at: datetime | None
    last_agent_at: datetime | None
    customer_messages: int
    agent_messages: int
    characters: int
    agent: str
    transfers: int
    reopen_count: int
    closed_by: str | None


def _topic(row: Row) -> DeskTopic:
    def at(column: str) -> datetime | None:
        return None if row[column] is None else from_ms(row[column])

    return DeskTopic(
        customer_key=row["customer_key"],
        forum_chat_id=row["forum_chat_id"],
        thread_id=row["thread_id"],
        title=row["title"],
        is_open=bool(row["is_open"]),
        opened_at=from_ms(row["opened_at"]),
        closed_at=at("closed_at"),
        first_customer_at=at("first_customer_at"),
        last_customer_at=at("last_customer_at"),
        first_agent_at=at("first_agent_at"),
        last_agent_at=at("last_agent_at"),
        customer_messages=row["customer_messages"],
        agent_messages=row["agent_messages"],
        characters=row["characters"],
        agent=row["agent"],
        transfers=row["transfers"],
        reopen_count=row["reopen_count"],
        closed_by=row["closed_by"],
    )


async def topic_of(tx: Tx, customer_key: str) -> DeskTopic | None:
    """The topic of this customer."""
    row = await tx.one("SELECT * FROM desk_topic WHERE customer_key=:key", key=customer_key)
    return None if row is None else _topic(row)


async def topic_at(tx: Tx, forum_chat_id: int, thread_id: int) -> DeskTopic | None:
    """The customer's topic with this thread id; ``None`` for General and for topics that staff made themselves."""
    row = await tx.one(
        "SELECT * FROM desk_topic WHERE forum_chat_id=:chat AND thread_id=:thread",
        chat=forum_chat_id,
        thread=thread_id,
    )
    return None if row is None else _topic(row)


async def add_topic(tx: Tx, customer_key: str, forum_chat_id: int, title: str, at: datetime) -> bool:
    """Begin the customer's conversation, its topic still to be created. False: it has one already."""
    return (
        await tx.run(
            "INSERT INTO desk_topic(customer_key, forum_chat_id, title, is_open, opened_at)"
            " VALUES(:key, :chat, :title, 1, :at) ON CONFLICT(customer_key) DO NOTHING",
            key=customer_key,
            chat=forum_chat_id,
            title=title,
            at=to_ms(at),
        )
        > 0
    )


async def set_thread(tx: Tx, customer_key: str, forum_chat_id: int, thread_id: int | None) -> None:
    """Where the topic is now; ``None``: it is to be created in that forum."""
    await tx.run(
        "UPDATE desk_topic SET forum_chat_id=:chat, thread_id=:thread WHERE customer_key=:key",
        chat=forum_chat_id,
        thread=thread_id,
        key=customer_key,
    )


async def remove_topic(tx: Tx, customer_key: str) -> None:
    """Forget the topic and which message stands for which."""
    await tx.run("DELETE FROM message_link WHERE customer_key=:key", key=customer_key)
    await tx.run("DELETE FROM desk_topic WHERE customer_key=:key", key=customer_key)


async def customer_wrote(tx: Tx, customer_key: str, at: datetime, characters: int) -> None:
    """Count one message of the customer into the open episode; nothing is counted between episodes."""
    await tx.run(
        "UPDATE desk_topic SET customer_messages=customer_messages+1, characters=characters+:characters,"
        " first_customer_at=coalesce(first_customer_at, :at), last_customer_at=:at"
        " WHERE customer_key=:key AND is_open=1",
        at=to_ms(at),
        characters=characters,
        key=customer_key,
    )


async def agent_wrote(tx: Tx, customer_key: str, at: datetime, characters: int, agent: str) -> None:
    """Count one message of staff into the open episode; ``agent`` is '' for an anonymous admin."""
    await tx.run(
        "UPDATE desk_topic SET agent_messages=agent_messages+1, characters=characters+:characters,"
        " first_agent_at=CASE WHEN first_customer_at IS NULL THEN NULL ELSE coalesce(first_agent_at, :at) END,"
        " last_agent_at=:at,"
        " transfers=transfers+CASE WHEN agent<>'' AND :agent<>'' AND agent<>:agent THEN 1 ELSE 0 END,"
        " agent=CASE WHEN :agent<>'' THEN :agent ELSE agent END"
        " WHERE customer_key=:key AND is_open=1",
        at=to_ms(at),
        characters=characters,
        agent=agent,
        key=customer_key,
    )


async def set_closer(tx: Tx, customer_key: str, actor: str | None) -> None:
    """Who said ``/done``: the closing that follows is theirs, although the bot carries it out."""
    await tx.run(
        "UPDATE desk_topic SET closed_by=:actor WHERE customer_key=:key AND is_open=1",
        actor=actor,
        key=customer_key,
    )


async def close(tx: Tx, customer_key: str, at: datetime, closed_by: str | None) -> bool:
    """End the open episode. False: none is open, so this ending was heard before."""
    return (
        await tx.run(
            "UPDATE desk_topic SET is_open=0, closed_at=:at, closed_by=:by WHERE customer_key=:key AND is_open=1",
            at=to_ms(at),
            by=closed_by,
            key=customer_key,
        )
        > 0
    )


async def reopen(tx: Tx, customer_key: str, at: datetime) -> bool:
    """Begin the next episode, its counters at nothing, later than the last one ended. False: one is open already."""
    return (
        await tx.run(
            "UPDATE desk_topic SET is_open=1, opened_at=CASE WHEN closed_at >= :at THEN closed_at+1 ELSE :at END,"
            " closed_at=NULL, closed_by=NULL, first_customer_at=NULL,"
            " last_customer_at=NULL, first_agent_at=NULL, last_agent_at=NULL, customer_messages=0, agent_messages=0,"
            " characters=0, agent='', transfers=0, reopen_count=reopen_count+1"
            " WHERE customer_key=:key AND is_open=0",
            at=to_ms(at),
            key=customer_key,
        )
        > 0
    )


async def is_agent(tx: Tx, key: str) -> bool:
    """Whether this pseudonym has answered customers in the support forum."""
    row = await tx.one("SELECT 1 AS found FROM desk_topic WHERE agent=:key LIMIT 1", key=key)
    return row is not None
