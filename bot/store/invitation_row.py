"""A row of ``invitation`` as a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.events import ConversationEnded, CustomerRef, Facts
from bot.domain.invitation import State
from bot.domain.scales import SCALES, Scale
from bot.store.engine import Row, by_name, from_ms


@dataclass(frozen=True)
class Invitation:
    """One decision about one episode, and what came of it. Times are UTC; ``None`` where it has not happened."""

    id: int
    token: str
    source: str
    conversation_id: str
    episode: int
    kind: str
    customer_key: str | None
    trigger_name: str
    scale_name: str
    series: str
    language: str
    heard_language: str | None
    time_zone: str | None
    state: State
    reason: str | None
    ended_at: datetime
    resumed_at: datetime | None
    created_at: datetime
    ask_at: datetime | None
    sent_at: datetime | None
    expires_at: datetime | None
    message_id: int | None
    wording: str | None
    reminded_at: datetime | None
    reminder_message_id: int | None
    score: int | None
    answered_at: datetime | None
    edit_until: datetime | None
    comment: str | None
    comment_message_id: int | None
    prompt_message_id: int | None
    prompt_opened_at: datetime | None
    prompt_until: datetime | None
    prompt_closed_at: datetime | None
    alerted_at: datetime | None
    alert_chat_id: int | None
    alert_message_id: int | None
    facts: Facts

    @property
    def scale(self) -> Scale:
        """The scale it is, or was, asked on."""
        return SCALES[self.scale_name]

    @property
    def is_answered(self) -> bool:
        """True from the first tap on."""
        return self.score is not None


def _time(row: Row, column: str) -> datetime | None:
    value = row[column]
    return None if value is None else from_ms(value)


def facts_of(row: Row) -> Facts:
    """What a row of ``invitation`` says of its episode."""
    return Facts(
        first_response_seconds=row["first_response_seconds"],
        resolution_seconds=row["resolution_seconds"],
        customer_messages=row["customer_messages"],
        agent_messages=row["agent_messages"],
        characters=row["characters"],
        reopen_count=row["reopen_count"],
        transfers=row["transfers"],
        resolved_by=row["resolved_by"],
    )


def read_invitation(of: Row) -> Invitation:
    """The record of a whole row."""
    row = by_name(of)
    return Invitation(
        id=row["id"],
        token=row["token"],
        source=row["source"],
        conversation_id=row["conversation_id"],
        episode=row["episode"],
        kind=row["kind"],
        customer_key=row["customer_key"],
        trigger_name=row["trigger_name"],
        scale_name=row["scale"],
        series=row["series"],
        language=row["language"],
        heard_language=row["heard_language"],
        time_zone=row["time_zone"],
        state=State(row["state"]),
        reason=row["reason"],
        ended_at=from_ms(row["ended_at"]),
        resumed_at=_time(row, "resumed_at"),
        created_at=from_ms(row["created_at"]),
        ask_at=_time(row, "ask_at"),
        sent_at=_time(row, "sent_at"),
        expires_at=_time(row, "expires_at"),
        message_id=row["message_id"],
        wording=row["wording"],
        reminded_at=_time(row, "reminded_at"),
        reminder_message_id=row["reminder_message_id"],
        score=row["score"],
        answered_at=_time(row, "answered_at"),
        edit_until=_time(row, "edit_until"),
        comment=row["comment"],
        comment_message_id=row["comment_message_id"],
        prompt_message_id=row["prompt_message_id"],
        prompt_opened_at=_time(row, "prompt_opened_at"),
        prompt_until=_time(row, "prompt_until"),
        prompt_closed_at=_time(row, "prompt_closed_at"),
        alerted_at=_time(row, "alerted_at"),
        alert_chat_id=row["alert_chat_id"],
        alert_message_id=row["alert_message_id"],
        facts=facts_of(row),
    )


def event_of(invitation: Invitation, team: str | None = None) -> ConversationEnded:
    """The event again, as far as its row keeps it, so that policy can be asked a second time."""
    return ConversationEnded(
        source=invitation.source,
        conversation_id=invitation.conversation_id,
        ended_at=invitation.ended_at,
        customer=CustomerRef(),
        kind=invitation.kind,  # type: ignore[arg-type]  # the row holds nothing but event kinds
        team=team,
        language=invitation.heard_language,
        time_zone=invitation.time_zone,
        facts=invitation.facts,
    )
