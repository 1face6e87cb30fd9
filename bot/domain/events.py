"""The frozen records that travel down the pipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

EventKind = Literal["support_ended", "purchase", "risk", "follow_up"]
EVENT_KINDS: tuple[EventKind, ...] = ("support_ended", "purchase", "risk", "follow_up")
ResolvedBy = Literal["human", "bot", "nobody"]


@dataclass(frozen=True)
class Delivery:
    """One request or update as received. ``body`` is the raw bytes; header names are lower-cased."""

    source: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True)
class CustomerRef:
    """Whatever a payload knows about the customer; all may be missing. Never logged."""

    telegram_id: int | None = None
    external_id: str | None = None
    key: str | None = None  # the pseudonym, in events that the bot makes itself


@dataclass(frozen=True)
class Facts:
    """What is known about an episode; ``None`` where the source does not say."""

    first_response_seconds: int | None = None
    resolution_seconds: int | None = None
    customer_messages: int | None = None
    agent_messages: int | None = None
    characters: int | None = None  # of both sides together
    reopen_count: int | None = None
    transfers: int | None = None
    resolved_by: ResolvedBy | None = None


@dataclass(frozen=True)
class ConversationEnded:
    """A conversation ended. (source, conversation_id) names it; each ending is an episode of its own."""

    source: str
    conversation_id: str
    ended_at: datetime
    customer: CustomerRef
    kind: EventKind = "support_ended"
    agent: str | None = None
    team: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    closed_by: str | None = None
    last_message_at: datetime | None = None
    time_zone: str | None = None  # the customer's, IANA name, where the source knows it
    is_group: bool = False
    is_spam: bool = False
    facts: Facts = field(default_factory=Facts)

    @property
    def episode_key(self) -> str:
        """What names this ending and no other; its keyed hash draws the sample."""
        return f"{self.source}/{self.conversation_id}/{self.ended_at.astimezone(UTC).isoformat()}"


@dataclass(frozen=True)
class ConversationReopened:
    """A conversation that had ended goes on."""

    source: str
    conversation_id: str
    at: datetime


@dataclass(frozen=True)
class Ignored:
    """A delivery that is well-formed and none of our business; ``reason`` is kept with it."""

    reason: str


Heard = ConversationEnded | ConversationReopened | Ignored
