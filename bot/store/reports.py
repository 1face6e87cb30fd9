"""The reports that were made, and the comments that they quote."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.summary import Window
from bot.store.engine import Row, Tx, from_ms, to_ms


@dataclass(frozen=True)
class Report:
    """A posted summary. ``figures`` is what was shown; it never changes."""

    id: int
    schedule: str
    chat_id: int
    to_at: datetime
    as_of: datetime
    figures: str
    message_id: int | None
    rest_message_id: int | None


@dataclass(frozen=True)
class WrittenComment:
    """One customer's words, as written: mask before showing."""

    invitation_id: int
    at: datetime
    score: int
    scale_name: str
    text: str


async def began(tx: Tx, series: str) -> datetime | None:
    """When the first question of a series was sent; ``None``: none ever was."""
    row = await tx.one(
        "SELECT min(sent_at) AS at FROM invitation WHERE series=:series AND sent_at IS NOT NULL",
        series=series,
    )
    return None if row is None or row["at"] is None else from_ms(row["at"])


async def last_asked(tx: Tx, window: Window) -> dict[str, datetime]:
    """The series that were asked in a window, and when each of them was asked last."""
    rows = await tx.all(
        "WITH RECURSIVE known(series) AS (SELECT min(series) FROM invitation WHERE sent_at IS NOT NULL UNION ALL"
        " SELECT (SELECT min(s.series) FROM invitation s WHERE s.sent_at IS NOT NULL AND s.series > known.series)"
        " FROM known WHERE known.series IS NOT NULL)"
        " SELECT known.series, (SELECT max(i.sent_at) FROM invitation i WHERE i.series=known.series"
        " AND i.sent_at IS NOT NULL AND i.sent_at >= :a AND i.sent_at < :b) AS at FROM known",
        a=to_ms(window.from_at),
        b=to_ms(window.to_at),
    )
    return {row["series"]: from_ms(row["at"]) for row in rows if row["at"] is not None}


async def latest_comments(tx: Tx, window: Window, limit: int) -> list[WrittenComment]:
    """The newest comments that were written in a window, newest first."""
    rows = await tx.all(
        "SELECT id, commented_at, score, scale, comment FROM invitation WHERE comment IS NOT NULL"
        " AND commented_at >= :a AND commented_at < :b ORDER BY commented_at DESC, id DESC LIMIT :limit",
        a=to_ms(window.from_at),
        b=to_ms(window.to_at),
        limit=limit,
    )
    return [
        WrittenComment(r["id"], from_ms(r["commented_at"]), r["score"], r["scale"], r["comment"])
        for r in rows
    ]


async def comments_of(tx: Tx, invitation_ids: Iterable[int]) -> list[WrittenComment]:
    """The comments of these invitations that still exist, newest first."""
    found = []
    for invitation_id in invitation_ids:
        row = await tx.one(
            "SELECT id, commented_at, score, scale, comment FROM invitation WHERE id=:id AND comment IS NOT NULL",
            id=invitation_id,
        )
        if row is not None:
            found.append(
                WrittenComment(
                    row["id"], from_ms(row["commented_at"]), row["score"], row["scale"], row["comment"]
                )
            )
    return sorted(found, key=lambda comment: comment.at, reverse=True)


async def add(
    tx: Tx,
    schedule: str,
    chat_id: int,
    thread_id: int | None,
    to_at: datetime,
    as_of: datetime,
    figures: str,
) -> int | None:
    """Claim a period for a chat; ``None``: its report was made already."""
    row = await tx.one(
        "INSERT INTO report(schedule, chat_id, thread_id, to_at, as_of, figures)"
        " VALUES(:schedule, :chat_id, :thread_id, :to_at, :as_of, :figures)"
        " ON CONFLICT(schedule, chat_id, to_at) DO NOTHING RETURNING id",
        schedule=schedule,
        chat_id=chat_id,
        thread_id=thread_id,
        to_at=to_ms(to_at),
        as_of=to_ms(as_of),
        figures=figures,
    )
    return None if row is None else int(row["id"])


async def posted(tx: Tx, report_id: int, message_id: int, *, is_rest: bool) -> None:
    """Where the report stands, or (``is_rest``) its second message."""
    column = "rest_message_id" if is_rest else "message_id"
    await tx.run(f"UPDATE report SET {column}=:message_id WHERE id=:id", message_id=message_id, id=report_id)


async def picture_of(tx: Tx, report_id: int) -> int | None:
    """The message id of a report's picture, once it is posted."""
    row = await tx.one("SELECT message_id FROM report WHERE id=:id", id=report_id)
    return None if row is None else row["message_id"]


async def at_message(tx: Tx, chat_id: int, message_id: int) -> Report | None:
    """The report that this message is, or is the rest of."""
    row = await tx.one(
        "SELECT * FROM report WHERE chat_id=:chat_id AND (message_id=:message_id OR rest_message_id=:message_id)",
        chat_id=chat_id,
        message_id=message_id,
    )
    return None if row is None else _report(row)


async def by_id(tx: Tx, report_id: int) -> Report | None:
    """The report of this id."""
    row = await tx.one("SELECT * FROM report WHERE id=:id", id=report_id)
    return None if row is None else _report(row)


async def latest(tx: Tx, limit: int) -> list[Report]:
    """The newest reports, newest first."""
    rows = await tx.all("SELECT * FROM report ORDER BY id DESC LIMIT :limit", limit=limit)
    return [_report(row) for row in rows]


async def last_in(tx: Tx, chat_id: int, before: datetime) -> Report | None:
    """The newest report of a chat that was made before an instant."""
    row = await tx.one(
        "SELECT * FROM report WHERE chat_id=:chat_id AND as_of < :before ORDER BY as_of DESC, id DESC LIMIT 1",
        chat_id=chat_id,
        before=to_ms(before),
    )
    return None if row is None else _report(row)


def _report(row: Row) -> Report:
    return Report(
        row["id"],
        row["schedule"],
        row["chat_id"],
        from_ms(row["to_at"]),
        from_ms(row["as_of"]),
        row["figures"],
        row["message_id"],
        row["rest_message_id"],
    )
