"""Invitations: one row per episode, asked about or not; the response lives in the same row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bot.domain.events import ConversationEnded
from bot.domain.invitation import Move, State, after
from bot.domain.policy import Ask, Verdict
from bot.domain.survey import Trigger
from bot.store.engine import Tx, from_ms, to_ms
from bot.store.invitation_row import Invitation as Invitation
from bot.store.invitation_row import event_of as event_of
from bot.store.invitation_row import facts_of as facts_of
from bot.store.invitation_row import read_invitation


async def by_id(tx: Tx, invitation_id: int) -> Invitation | None:
    """The invitation of this id, locked until the transaction ends."""
    row = await tx.one("SELECT * FROM invitation WHERE id=:id /*pg: FOR UPDATE*/", id=invitation_id)
    return None if row is None else read_invitation(row)


async def by_token(tx: Tx, token: str) -> Invitation | None:
    """The invitation that a button's token points to, locked until the transaction ends."""
    row = await tx.one("SELECT * FROM invitation WHERE token=:token /*pg: FOR UPDATE*/", token=token)
    return None if row is None else read_invitation(row)


async def of_conversation(tx: Tx, source: str, conversation_id: str) -> list[Invitation]:
    """Every episode of a conversation, oldest first, locked until the transaction ends."""
    rows = await tx.all(
        "SELECT * FROM invitation WHERE source=:source AND conversation_id=:conversation_id"
        " ORDER BY episode /*pg: FOR UPDATE*/",
        source=source,
        conversation_id=conversation_id,
    )
    return [read_invitation(row) for row in rows]


async def of_customer(tx: Tx, customer_key: str) -> list[Invitation]:
    """Every invitation of a customer, oldest first."""
    rows = await tx.all(
        "SELECT * FROM invitation WHERE customer_key=:customer_key ORDER BY ended_at, id",
        customer_key=customer_key,
    )
    return [read_invitation(row) for row in rows]


async def add(
    tx: Tx,
    event: ConversationEnded,
    trigger: Trigger | None,
    verdict: Verdict,
    *,
    token: str,
    episode: int,
    customer_key: str | None,
    now: datetime,
) -> int | None:
    """Write a decision down; its id, or ``None`` where this episode was decided already."""
    survey = trigger.survey if trigger else None
    facts = event.facts
    row = await tx.one(
        "INSERT INTO invitation(token, source, conversation_id, episode, kind, customer_key, trigger_name,"
        " survey, scale, series, touchpoint, team, agent, language, heard_language, ended_at, last_message_at,"
        " is_group, is_spam, closed_by, resolved_by, first_response_seconds, resolution_seconds,"
        " customer_messages, agent_messages, reopen_count, transfers, characters, time_zone, state, reason,"
        " verdict, created_at, ask_at, closed_at)"
        " VALUES(:token, :source, :conversation_id, :episode, :kind, :customer_key, :trigger_name, :survey,"
        " :scale, :series, :touchpoint, :team, :agent, :language, :heard_language, :ended_at,"
        " :last_message_at, :is_group, :is_spam, :closed_by, :resolved_by, :first_response_seconds,"
        " :resolution_seconds, :customer_messages, :agent_messages, :reopen_count, :transfers, :characters,"
        " :time_zone, :state, :reason, :verdict, :now, :ask_at, :closed_at)"
        " ON CONFLICT(source, conversation_id, episode) DO NOTHING RETURNING id",
        token=token,
        source=event.source,
        conversation_id=event.conversation_id,
        episode=episode,
        kind=event.kind,
        customer_key=customer_key,
        trigger_name=trigger.name if trigger else "",
        survey=survey.name if survey else "",
        scale=survey.scale_name if survey else "",
        series=survey.series if survey else "",
        touchpoint=trigger.touchpoint if trigger else "",
        team=event.team or "",
        agent=event.agent or "",
        language=event.language or "",
        heard_language=event.language,
        ended_at=to_ms(event.ended_at),
        last_message_at=None if event.last_message_at is None else to_ms(event.last_message_at),
        is_group=int(event.is_group),
        is_spam=int(event.is_spam),
        closed_by=event.closed_by,
        resolved_by=facts.resolved_by,
        first_response_seconds=facts.first_response_seconds,
        resolution_seconds=facts.resolution_seconds,
        customer_messages=facts.customer_messages,
        agent_messages=facts.agent_messages,
        reopen_count=facts.reopen_count,
        transfers=facts.transfers,
        characters=facts.characters,
        time_zone=event.time_zone,
        state=State.SKIPPED if verdict.skip else State.SCHEDULED,
        reason=verdict.skip,
        verdict=json.dumps(verdict.as_json()),
        now=to_ms(now),
        ask_at=None if verdict.ask_at is None else to_ms(verdict.ask_at),
        closed_at=to_ms(now) if verdict.skip else None,
    )
    if row is None:
        return None
    invitation_id = int(row["id"])
    tx.note("invitation", State.SKIPPED if verdict.skip else State.SCHEDULED, verdict.skip or "")
    for tag in sorted(set(event.tags)):
        await tx.run(
            "INSERT INTO invitation_tag(invitation_id, tag) VALUES(:id, :tag)", id=invitation_id, tag=tag
        )
    return invitation_id


async def move(tx: Tx, invitation: Invitation, step: Move, **columns: Any) -> State:
    """Make one move of the lifecycle and set ``columns`` with it. Raises IllegalMove, changing nothing.

    Column values that are instants are stored as milliseconds.
    """
    state = after(invitation.state, step)
    values = {name: to_ms(value) if isinstance(value, datetime) else value for name, value in columns.items()}
    assignments = "".join(f", {name}=:{name}" for name in values)
    await tx.run(
        f"UPDATE invitation SET state=:state{assignments} WHERE id=:id",
        id=invitation.id,
        state=state,
        **values,
    )
    if state is not invitation.state:
        tx.note("invitation", state, str(columns.get("reason") or ""))
    return state


async def change(tx: Tx, invitation_id: int, **columns: Any) -> None:
    """Set ``columns`` of an invitation without a move of its lifecycle."""
    values = {name: to_ms(value) if isinstance(value, datetime) else value for name, value in columns.items()}
    assignments = ", ".join(f"{name}=:{name}" for name in values)
    await tx.run(f"UPDATE invitation SET {assignments} WHERE id=:id", id=invitation_id, **values)


async def decided_again(tx: Tx, invitation_id: int, verdict: Verdict, now: datetime) -> None:
    """Keep what policy said when the question was due; the first decision stays beside it."""
    await change(tx, invitation_id, checked_at=now, verdict_then=json.dumps(verdict.as_json()))


async def asks_of(tx: Tx, customer_key: str, but: int, now: datetime) -> tuple[Ask, ...]:
    """The questions that went, or are going, to a customer, except the one of id ``but``."""
    rows = await tx.all(
        "SELECT sent_at, expires_at, state, score FROM invitation WHERE customer_key=:customer_key AND id<>:but"
        " AND (sent_at IS NOT NULL OR state='sending')",
        customer_key=customer_key,
        but=but,
    )
    return tuple(
        Ask(
            at=now if row["sent_at"] is None else from_ms(row["sent_at"]),
            was_withdrawn=row["state"] == State.CANCELLED and row["score"] is None,
            was_answered=row["score"] is not None,
            is_open=row["score"] is None and row["state"] in (State.SENDING, State.SENT),
        )
        for row in rows
    )


async def log_event(
    tx: Tx, invitation_id: int, kind: str, value: str | None, now: datetime, update_id: int | None
) -> bool:
    """One line of the response's history; False where this update was logged before."""
    row = await tx.one(
        "INSERT INTO response_event(update_id, invitation_id, kind, value, at)"
        " VALUES(:update_id, :invitation_id, :kind, :value, :at) ON CONFLICT(update_id) DO NOTHING RETURNING id",
        update_id=update_id,
        invitation_id=invitation_id,
        kind=kind,
        value=value,
        at=to_ms(now),
    )
    if row is not None:
        tx.note("response", kind)
    return row is not None


async def reasons_of(tx: Tx, invitation_id: int) -> frozenset[str]:
    """The reasons that stand tapped."""
    rows = await tx.all("SELECT reason FROM invitation_reason WHERE invitation_id=:id", id=invitation_id)
    return frozenset(row["reason"] for row in rows)


async def toggle_reason(tx: Tx, invitation_id: int, reason: str) -> bool:
    """Add the reason, or remove it if it stands; True where it stands now."""
    removed = await tx.run(
        "DELETE FROM invitation_reason WHERE invitation_id=:id AND reason=:reason",
        id=invitation_id,
        reason=reason,
    )
    if removed:
        return False
    await tx.run(
        "INSERT INTO invitation_reason(invitation_id, reason) VALUES(:id, :reason)",
        id=invitation_id,
        reason=reason,
    )
    return True


async def clear_reasons(tx: Tx, invitation_id: int) -> None:
    """Forget the reasons: the answer is no longer a hard one."""
    await tx.run("DELETE FROM invitation_reason WHERE invitation_id=:id", id=invitation_id)


async def waiting_for_comment(
    tx: Tx, customer_key: str, now: datetime, replied_to: int | None
) -> Invitation | None:
    """The invitation whose open prompt takes this customer's text: the one replied to, else one in comment mode."""
    rows = await tx.all(
        "SELECT * FROM invitation WHERE customer_key=:customer_key AND prompt_opened_at IS NOT NULL"
        " AND prompt_closed_at IS NULL AND comment IS NULL ORDER BY prompt_opened_at DESC, id DESC /*pg: FOR UPDATE*/",
        customer_key=customer_key,
    )
    open_prompts: Sequence[Invitation] = [read_invitation(row) for row in rows]
    if replied_to is not None:
        return next((one for one in open_prompts if one.prompt_message_id == replied_to), None)
    return next((one for one in open_prompts if one.prompt_until and now < one.prompt_until), None)


async def of_comment_message(tx: Tx, customer_key: str, message_id: int) -> Invitation | None:
    """The invitation whose comment came as this message of the customer."""
    row = await tx.one(
        "SELECT * FROM invitation WHERE customer_key=:customer_key AND comment_message_id=:message_id"
        " /*pg: FOR UPDATE*/",
        customer_key=customer_key,
        message_id=message_id,
    )
    return None if row is None else read_invitation(row)


async def tags_of(tx: Tx, invitation_id: int) -> list[str]:
    """The tags of an episode, sorted."""
    rows = await tx.all(
        "SELECT tag FROM invitation_tag WHERE invitation_id=:id ORDER BY tag", id=invitation_id
    )
    return [row["tag"] for row in rows]


async def scheduled_of(tx: Tx, customer_key: str) -> Iterable[Invitation]:
    """What waits to be asked of this customer."""
    rows = await tx.all(
        "SELECT * FROM invitation WHERE customer_key=:customer_key AND state='scheduled' /*pg: FOR UPDATE*/",
        customer_key=customer_key,
    )
    return [read_invitation(row) for row in rows]
