"""What ``/why`` tells: a conversation's endings, each with its facts, verdicts, times, and who changed what."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.invitation import State
from bot.domain.story import PAUSE, SETTINGS_CHANGED, SWITCHINGS, Change, Chapter, Checks
from bot.store import invitations
from bot.store.engine import Row, Tx, from_ms, to_ms

_SWITCH_OF = {"switched_off": "trigger", "paused": PAUSE}  # the rules that somebody switched


@dataclass(frozen=True)
class Conversation:
    """What names a conversation."""

    source: str
    conversation_id: str


@dataclass(frozen=True)
class Ending:
    """One of its endings, by the id of its invitation."""

    invitation_id: int
    ended_at: datetime


async def named(tx: Tx, word: str, most: int) -> list[Conversation]:
    """The conversations that a person means by ``word``: the whole id, or what follows a helpdesk's name in it."""
    rows = await tx.all(
        "SELECT DISTINCT source, conversation_id FROM invitation WHERE conversation_id=:word ORDER BY source",
        word=word,
    )
    if not rows:
        pattern = "%/" + "".join(f"!{each}" if each in "!%_" else each for each in word)
        rows = await tx.all(
            "SELECT DISTINCT source, conversation_id FROM invitation WHERE conversation_id LIKE :pattern ESCAPE '!'"
            " ORDER BY conversation_id, source LIMIT :most",
            pattern=pattern,
            most=most,
        )
    return [Conversation(row["source"], row["conversation_id"]) for row in rows]


async def of_invitation(tx: Tx, invitation_id: int) -> Conversation | None:
    """The conversation that an invitation is about."""
    row = await tx.one("SELECT source, conversation_id FROM invitation WHERE id=:id", id=invitation_id)
    return None if row is None else Conversation(row["source"], row["conversation_id"])


async def of_alert(tx: Tx, chat_id: int, message_id: int) -> tuple[Conversation, int] | None:
    """The conversation, and the invitation, whose hard answer this staff message tells of."""
    row = await tx.one(
        "SELECT id, source, conversation_id FROM invitation"
        " WHERE alert_chat_id=:chat_id AND alert_message_id=:message_id",
        chat_id=chat_id,
        message_id=message_id,
    )
    return None if row is None else (Conversation(row["source"], row["conversation_id"]), row["id"])


async def endings(tx: Tx, conversation: Conversation) -> list[Ending]:
    """Every ending, oldest first."""
    rows = await tx.all(
        "SELECT id, ended_at FROM invitation WHERE source=:source AND conversation_id=:conversation_id"
        " ORDER BY ended_at, id",
        source=conversation.source,
        conversation_id=conversation.conversation_id,
    )
    return [Ending(row["id"], from_ms(row["ended_at"])) for row in rows]


async def chapter(tx: Tx, ending: Ending, number: int, now: datetime) -> Chapter:
    """The story of one ending, the ``number``-th of its conversation."""
    row = await tx.one("SELECT * FROM invitation WHERE id=:id", id=ending.invitation_id)
    assert row is not None
    return Chapter(
        number=number,
        trigger_name=row["trigger_name"],
        team=row["team"],
        language=row["heard_language"] or "",
        tags=tuple(await invitations.tags_of(tx, ending.invitation_id)),
        facts=invitations.facts_of(row),
        state=State(row["state"]),
        reason=row["reason"],
        ended_at=from_ms(row["ended_at"]),
        heard_at=from_ms(row["created_at"]),
        checks=_checks(row["verdict"]),
        checks_then=_checks(row["verdict_then"]),
        changes=await _changes(tx, row, now),
        **{
            name: None if row[name] is None else from_ms(row[name])
            for name in (
                "ask_at",
                "checked_at",
                "sent_at",
                "expires_at",
                "answered_at",
                "closed_at",
                "resumed_at",
            )
        },
    )


def _checks(verdict: str | None) -> Checks:
    return tuple(json.loads(verdict)) if verdict else ()


async def _changes(tx: Tx, row: Row, now: datetime) -> tuple[Change, ...]:
    """What was changed while it was undecided; and, where a switch said no, who had left it so."""
    heard_at = row["created_at"]
    found: list[Change] = []
    for check in _checks(row["verdict"]):
        switch = _SWITCH_OF.get(check["rule"])
        if switch and not check["passed"]:
            subject = row["trigger_name"] if switch == "trigger" else switch
            found += await _last_switching(tx, subject, heard_at)
    settled_at = row["sent_at"] or row["closed_at"] or to_ms(now)
    rows = await tx.all(
        "SELECT at, actor, action, subject, detail FROM audit WHERE at > :from_at AND at <= :to_at"
        " AND (action IN (:switch_on, :switch_off) AND subject IN (:trigger, :pause)"
        " OR action IN (:setting, :setting_reset, :setting_undone)) ORDER BY id",
        from_at=min(row["ended_at"], heard_at),
        to_at=settled_at,
        trigger=row["trigger_name"],
        pause=PAUSE,
        **{action: action for action in (*SWITCHINGS, *SETTINGS_CHANGED)},
    )
    return tuple(dict.fromkeys([*found, *_as_changes(rows)]))


async def _last_switching(tx: Tx, subject: str, at: int) -> list[Change]:
    rows = await tx.all(
        "SELECT at, actor, action, subject, detail FROM audit WHERE subject=:subject AND at <= :at"
        " AND action IN (:switch_on, :switch_off) ORDER BY id DESC LIMIT 1",
        subject=subject,
        at=at,
        **{action: action for action in SWITCHINGS},
    )
    return _as_changes(rows)


def _as_changes(rows: Iterable[Row]) -> list[Change]:
    return [
        Change(from_ms(row["at"]), row["actor"], row["action"], row["subject"], row["detail"] or "")
        for row in rows
    ]
