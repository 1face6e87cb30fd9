"""The endings of the last days as they were decided, page by page, for rehearsing."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.domain.events import ConversationEnded, CustomerRef
from bot.domain.invitation import State
from bot.domain.past import PastEpisode, Switching
from bot.domain.policy import Standing
from bot.domain.story import SWITCHINGS
from bot.domain.survey import MANUAL
from bot.store.engine import Row, Tx, from_ms, to_ms
from bot.store.invitations import facts_of

_COLUMNS = (
    "id source conversation_id kind customer_key trigger_name team agent heard_language ended_at last_message_at"
    " is_group is_spam resumed_at closed_by resolved_by first_response_seconds resolution_seconds customer_messages"
    " agent_messages reopen_count transfers characters time_zone state reason verdict created_at ask_at sent_at"
    " expires_at closed_at answered_at"
)


async def count_since(tx: Tx, from_at: datetime) -> int:
    """How many endings a rehearsal from an instant would decide again."""
    row = await tx.one(
        "SELECT count(*) AS n FROM invitation WHERE ended_at >= :from_at", from_at=to_ms(from_at)
    )
    return 0 if row is None else int(row["n"])


async def past_after(
    tx: Tx,
    after_id: int,
    *,
    from_at: datetime,
    asked_from: datetime,
    limit: int,
    sample: Callable[[str], float],
) -> list[PastEpisode]:
    """The next ``limit`` endings after an id (0: from the first), in the order in which they were decided.

    Those that ended from ``from_at`` on, and earlier ones that were asked about from ``asked_from`` on. ``sample``:
    ``Pseudonyms.sample``.
    """
    listed = ", ".join(f"i.{column}" for column in _COLUMNS.split())
    rows = await tx.all(
        f"SELECT {listed}, r.opted_out_at, r.unreachable_at FROM invitation i"
        " LEFT JOIN respondent r ON r.customer_key=i.customer_key"
        " WHERE i.id > :after_id AND (i.ended_at >= :from_at OR i.sent_at >= :asked_from)"
        " ORDER BY i.id LIMIT :limit",
        after_id=after_id,
        from_at=to_ms(from_at),
        asked_from=to_ms(asked_from),
        limit=limit,
    )
    if not rows:
        return []
    tags: dict[int, list[str]] = defaultdict(list)
    for row in await tx.all(
        "SELECT invitation_id, tag FROM invitation_tag WHERE invitation_id > :after_id AND invitation_id <= :last_id",
        after_id=after_id,
        last_id=rows[-1]["id"],
    ):
        tags[row["invitation_id"]].append(row["tag"])
    return [_past(row, tuple(sorted(tags[row["id"]])), sample) for row in rows]


async def switchings(tx: Tx) -> list[Switching]:
    """Every switch of a trigger or of the pause that anybody ever touched, oldest first."""
    rows = await tx.all(
        "SELECT at, subject, action, detail FROM audit WHERE action IN (:switch_on, :switch_off) ORDER BY id",
        **{action: action for action in SWITCHINGS},
    )
    return [
        Switching(
            from_ms(row["at"]),
            row["subject"],
            row["action"] == "switch_on",
            datetime.fromisoformat(row["detail"]) if row["detail"] else None,
        )
        for row in rows
    ]


def _past(row: Row, tags: tuple[str, ...], sample: Callable[[str], float]) -> PastEpisode:
    def at(column: str) -> datetime | None:
        return None if row[column] is None else from_ms(row[column])

    event = ConversationEnded(
        source=row["source"],
        conversation_id=row["conversation_id"],
        ended_at=from_ms(row["ended_at"]),
        customer=CustomerRef(),
        kind=row["kind"],
        agent=row["agent"] or None,
        team=row["team"] or None,
        tags=tags,
        language=row["heard_language"],
        closed_by=row["closed_by"],
        last_message_at=at("last_message_at"),
        time_zone=row["time_zone"],
        is_group=bool(row["is_group"]),
        is_spam=bool(row["is_spam"]),
        facts=facts_of(row),
    )
    return PastEpisode(
        id=row["id"],
        event=event,
        decided_at=from_ms(row["created_at"]),
        customer_key=row["customer_key"],
        standing=_standing(json.loads(row["verdict"] or "[]")),
        sample=sample(event.episode_key),
        state=State(row["state"]),
        reason=row["reason"],
        ask_at=at("ask_at"),
        sent_at=at("sent_at"),
        expires_at=at("expires_at"),
        answered_at=at("answered_at"),
        closed_at=at("closed_at"),
        resumed_at=at("resumed_at"),
        opted_out_at=at("opted_out_at"),
        unreachable_at=at("unreachable_at"),
        asked_by_hand=row["trigger_name"] == MANUAL,
    )


def _standing(checks: list[dict[str, Any]]) -> Standing:
    """What was known of the customer then, read back from what policy said of it."""
    refused = {check["rule"] for check in checks if not check["passed"]}
    spoken = next((check.get("language") for check in checks if check["rule"] == "too_short"), None)
    return Standing(
        has_address="no_address" not in refused,
        is_unreachable="bot_blocked" in refused,
        is_opted_out="opted_out" in refused,
        is_staff="staff" in refused,
        is_test_account="test_account" in refused,
        language=spoken or None,
    )
