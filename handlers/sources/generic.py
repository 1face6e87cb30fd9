"""Any system that can post a Standard Webhook: https://www.standardwebhooks.com (spec 1.0.0).

Body: ``docs/webhook.md``. Missing facts are null, unknown fields are ignored.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from bot.domain.errors import BadSignature, UnreadableDelivery
from bot.domain.events import (
    EVENT_KINDS,
    ConversationEnded,
    ConversationReopened,
    CustomerRef,
    Delivery,
    EventKind,
    Facts,
    Heard,
    Ignored,
    ResolvedBy,
)
from handlers.sources.source import Source

NAME = "generic"
_TOO_LARGE = 2**63
# An index of PostgreSQL takes rows of 2,700 bytes at most, so nothing in it may be as long as a helpdesk likes.
_LONGEST_ID, _LONGEST_NAME = 200, 100  # code points
_MOST_TAGS = 50
_LONGEST_SHOWN = 60
_NO_CHARACTER = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")  # which no database takes, or no text has
_RESOLVERS: tuple[ResolvedBy, ...] = ("human", "bot", "nobody")


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    """Check ``webhook-signature`` over the raw bytes against every secret in turn. Raises BadSignature."""
    headers = dict(delivery.headers)
    for secret in secrets:
        try:
            Webhook(secret).verify(delivery.body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError):  # ValueError: not base64, not UTF-8, not "v1,…"
            continue
        return
    raise BadSignature(
        "webhook-signature fits none of [sources.generic] secrets, or webhook-timestamp is too old"
    )


def key(delivery: Delivery) -> str:
    """``webhook-id``, or its hash where it is long: the same on every retry of a delivery."""
    given = delivery.headers["webhook-id"]
    return given if len(given) <= _LONGEST_ID else hashlib.sha256(given.encode()).hexdigest()


def parse(delivery: Delivery) -> Heard:
    """Turn ``conversation.ended`` and ``conversation.reopened`` into events. Raises UnreadableDelivery."""
    try:
        body = json.loads(delivery.body)
    except (ValueError, RecursionError) as error:
        raise UnreadableDelivery(f"not JSON: {error}") from None
    kind = body.get("type") if isinstance(body, dict) else None
    content = body.get("data") if isinstance(body, dict) else None
    if kind not in ("conversation.ended", "conversation.reopened"):
        return Ignored(f"type {_shown(kind)} is neither conversation.ended nor conversation.reopened")
    if not isinstance(content, dict):
        raise UnreadableDelivery("data: an object is needed")
    conversation_id = _text(content, "conversation_id", _LONGEST_ID + 1)
    if not conversation_id:
        raise UnreadableDelivery("data.conversation_id: a string is needed")
    if len(conversation_id) > _LONGEST_ID:  # cut, it might be another's
        raise UnreadableDelivery(f"data.conversation_id: more than {_LONGEST_ID} characters")
    name = f"{_text(content, 'source') or 'helpdesk'}/{conversation_id}"
    if kind == "conversation.reopened":
        return ConversationReopened(NAME, name, _time(content.get("reopened_at")) or delivery.received_at)
    return _ended(content, name, _time(body.get("timestamp")) or delivery.received_at)


def _ended(content: Mapping[str, Any], conversation_id: str, sent_at: datetime) -> ConversationEnded:
    customer = _part(content, "customer")
    facts = _part(content, "facts")
    event_kind = content.get("kind") or "support_ended"
    if event_kind not in EVENT_KINDS:
        raise UnreadableDelivery(f"data.kind: {_shown(event_kind)} is none of {', '.join(EVENT_KINDS)}")
    kind: EventKind = event_kind
    resolved_by = facts.get("resolved_by")
    tags = content.get("tags")
    return ConversationEnded(
        source=NAME,
        conversation_id=conversation_id,
        ended_at=_time(content.get("ended_at")) or sent_at,
        customer=CustomerRef(
            telegram_id=_number(customer, "telegram_user_id"),
            external_id=_text(customer, "external_id", _LONGEST_ID),
        ),
        kind=kind,
        agent=_text(_part(content, "agent"), "id"),
        team=_text(_part(content, "team"), "name") or _text(_part(content, "team"), "id"),
        tags=tuple(_clean(tag) for tag in tags[:_MOST_TAGS]) if isinstance(tags, list) else (),
        language=_text(content, "language"),
        closed_by=_text(content, "closed_by"),
        last_message_at=_time(content.get("last_message_at")),
        time_zone=_text(customer, "time_zone"),
        is_group=content.get("is_group") is True,
        is_spam=content.get("is_spam") is True,
        facts=Facts(
            first_response_seconds=_number(facts, "first_response_seconds"),
            resolution_seconds=_number(facts, "resolution_seconds"),
            customer_messages=_number(facts, "customer_messages"),
            agent_messages=_number(facts, "agent_messages"),
            characters=_number(facts, "characters"),
            reopen_count=_number(facts, "reopen_count"),
            transfers=_number(facts, "transfers"),
            resolved_by=next((one for one in _RESOLVERS if one == resolved_by), None),
        ),
    )


def _part(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = content.get(name)
    return part if isinstance(part, dict) else {}


def _text(content: Mapping[str, Any], name: str, limit: int = _LONGEST_NAME) -> str | None:
    value = content.get(name)
    return None if value is None else _clean(value, limit)


def _clean(value: object, limit: int = _LONGEST_NAME) -> str:
    """Anything as text that can be stored: cut, and without characters that are none."""
    return _NO_CHARACTER.sub("\ufffd", str(value)[:limit])


def _shown(value: object) -> str:
    """As much of it as belongs into a log."""
    return repr(value)[:_LONGEST_SHOWN]


def _number(content: Mapping[str, Any], name: str) -> int | None:
    value = content.get(name)
    if value is None or isinstance(value, bool):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = _TOO_LARGE
    if not -_TOO_LARGE < number < _TOO_LARGE:  # what it is instead may be a person's: it stays out of the log
        raise UnreadableDelivery(f"data.….{name} is not a whole number of at most 63 bits")
    return number


def _time(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise UnreadableDelivery(f"{_shown(value)} is not an ISO 8601 time") from None
    if instant.tzinfo is None:
        raise UnreadableDelivery(f"{_shown(value)} has no time zone")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise UnreadableDelivery(f"{_shown(value)} is before all time") from None


SOURCE = Source(
    name=NAME,
    verify=verify,
    key=key,
    parse=parse,
    setup="POST conversation.ended to /hooks/generic, signed as a Standard Webhook with a whsec_… secret.",
)
