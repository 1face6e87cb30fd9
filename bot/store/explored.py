"""Single answers of a window, a page at a time: what customers wrote, and which conversations they were about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.scales import SCALES
from bot.domain.summary import Window, scale_of
from bot.domain.survey import MANUAL
from bot.store.engine import Tx, from_ms, to_ms
from bot.store.reports import WrittenComment
from bot.store.slicing import ALL, Where


@dataclass(frozen=True)
class AnsweredConversation:
    """One answer and where its conversation is: a topic of the forum, or a helpdesk's own id.

    ``forum_chat_id`` and ``thread_id`` are ``None`` where there is no topic (any more).
    """

    at: datetime
    score: int
    scale_name: str
    source: str
    conversation_id: str
    forum_chat_id: int | None
    thread_id: int | None


async def comments(
    tx: Tx, series: str, window: Window, offset: int, limit: int, *, where: Where = ALL
) -> tuple[int, list[WrittenComment]]:
    """How many comments were written in a window, and some of them, newest first."""
    parameters = _parameters(series, window, where)
    condition = (
        " WHERE i.commented_at IS NOT NULL AND i.commented_at >= :a AND i.commented_at < :b AND i.series=:series"
        f" AND i.comment IS NOT NULL AND i.score IS NOT NULL AND i.trigger_name<>:manual{where.sql}"
    )
    row = await tx.one(f"SELECT count(*) AS n FROM invitation i{condition}", **parameters)
    rows = await tx.all(
        f"SELECT i.id, i.commented_at, i.score, i.scale, i.comment FROM invitation i{condition}"
        " ORDER BY i.commented_at DESC, i.id DESC LIMIT :limit OFFSET :offset",
        limit=limit,
        offset=offset,
        **parameters,
    )
    found = [
        WrittenComment(r["id"], from_ms(r["commented_at"]), r["score"], r["scale"], r["comment"])
        for r in rows
    ]
    return (0 if row is None else int(row["n"])), found


async def conversations(
    tx: Tx, series: str, window: Window, offset: int, limit: int, *, where: Where = ALL
) -> list[AnsweredConversation]:
    """The conversations behind the answers of a window: the hardest first, of equal ones the newest."""
    hardest_first = "i.score" if scale_of(series).higher_is_easier else "i.score DESC"
    rows = await tx.all(
        "SELECT i.answered_at, i.score, i.scale, i.source, i.conversation_id, d.forum_chat_id, d.thread_id"
        " FROM (SELECT i.id FROM invitation i WHERE i.series=:series AND i.answered_at IS NOT NULL"
        " AND i.answered_at >= :a AND i.answered_at < :b AND i.trigger_name<>:manual"
        f"{where.sql} ORDER BY {hardest_first}, i.answered_at DESC, i.id DESC LIMIT :limit OFFSET :offset) AS page"
        " JOIN invitation i ON i.id=page.id"
        " LEFT JOIN desk_topic d ON d.customer_key=i.customer_key AND i.source='telegram_topic'"
        f" ORDER BY {hardest_first}, i.answered_at DESC, i.id DESC",
        limit=limit,
        offset=offset,
        **_parameters(series, window, where),
    )
    return [
        AnsweredConversation(
            from_ms(row["answered_at"]),
            row["score"],
            row["scale"],
            row["source"],
            row["conversation_id"],
            row["forum_chat_id"],
            row["thread_id"],
        )
        for row in rows
        if row["scale"] in SCALES
    ]


def _parameters(series: str, window: Window, where: Where) -> dict[str, Any]:
    return {
        "series": series,
        "manual": MANUAL,
        "a": to_ms(window.from_at),
        "b": to_ms(window.to_at),
        **where.parameters,
    }
