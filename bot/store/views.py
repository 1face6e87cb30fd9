"""Which page of the drill-down a staff message shows, and which one somebody asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Row, Tx, from_ms, to_ms


@dataclass(frozen=True)
class StaffView:
    """``shown`` and ``wanted`` are values of ``bot.domain.views``; '' is the summary itself.

    ``wanted`` is ``None`` where nobody waits. ``pressed_by``: whose standing has to be looked at first.
    """

    chat_id: int
    message_id: int
    token: str
    shown: str
    wanted: str | None
    pressed_by: int | None
    pressed_at: datetime


async def want(
    tx: Tx, chat_id: int, message_id: int, token: str, wanted: str, pressed_by: int | None, now: datetime
) -> None:
    """Somebody asked for a page; only the last wish counts."""
    await tx.run(
        "INSERT INTO staff_view(chat_id, message_id, token, shown, wanted, pressed_by, pressed_at)"
        " VALUES(:chat_id, :message_id, :token, '', :wanted, :pressed_by, :now) ON CONFLICT(chat_id, message_id)"
        " DO UPDATE SET token=:token, wanted=:wanted, pressed_by=:pressed_by, pressed_at=:now",
        chat_id=chat_id,
        message_id=message_id,
        token=token,
        wanted=wanted,
        pressed_by=pressed_by,
        now=to_ms(now),
    )


async def at_message(tx: Tx, chat_id: int, message_id: int, *, is_to_change: bool = True) -> StaffView | None:
    """The view of a message, if it ever had one; locked until the transaction ends where it is to be changed."""
    lock = " /*pg: FOR UPDATE*/" if is_to_change else ""
    row = await tx.one(
        f"SELECT * FROM staff_view WHERE chat_id=:chat_id AND message_id=:message_id{lock}",
        chat_id=chat_id,
        message_id=message_id,
    )
    return None if row is None else _view(row)


async def settle(tx: Tx, view: StaffView, shown: str) -> None:
    """The message shows ``shown`` from here on; nobody waits, and nobody's id is kept."""
    await tx.run(
        "UPDATE staff_view SET shown=:shown, wanted=NULL, pressed_by=NULL"
        " WHERE chat_id=:chat_id AND message_id=:message_id",
        chat_id=view.chat_id,
        message_id=view.message_id,
        shown=shown,
    )


async def opened(tx: Tx) -> list[StaffView]:
    """Every message that shows, or is about to show, a page of the drill-down."""
    rows = await tx.all(
        "SELECT * FROM staff_view WHERE shown<>'' OR wanted IS NOT NULL ORDER BY chat_id, message_id"
    )
    return [_view(row) for row in rows]


async def forget(tx: Tx, chat_id: int, message_id: int) -> None:
    """The message is gone."""
    await tx.run(
        "DELETE FROM staff_view WHERE chat_id=:chat_id AND message_id=:message_id",
        chat_id=chat_id,
        message_id=message_id,
    )


async def drop_waiting(tx: Tx) -> None:
    """Pages that are still to be sent are not sent: they may show what was erased."""
    await tx.run("DELETE FROM outbox WHERE kind='view' AND subject='page' AND state='waiting'")


async def sweep(tx: Tx, before: datetime) -> int:
    """Forget views that nobody has touched since an instant, unless a page still stands; how many."""
    return await tx.run(
        "DELETE FROM staff_view WHERE pressed_at < :before AND shown='' AND wanted IS NULL",
        before=to_ms(before),
    )


def _view(row: Row) -> StaffView:
    return StaffView(
        row["chat_id"],
        row["message_id"],
        row["token"],
        row["shown"],
        row["wanted"],
        row["pressed_by"],
        from_ms(row["pressed_at"]),
    )
