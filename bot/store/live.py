"""The live message: where it stands, what it shows, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Tx, from_ms, to_ms

LIVE = "live"  # the kind of its timer; its subject is the chat


@dataclass(frozen=True)
class LiveMessage:
    """``message_id`` is ``None`` while it is on its way. ``shown`` is a fingerprint of what it shows."""

    chat_id: int
    message_id: int | None
    token: str
    has_picture: bool
    shown: str
    edited_at: datetime


async def in_chat(tx: Tx, chat_id: int) -> LiveMessage | None:
    """The live message of a chat."""
    row = await tx.one("SELECT * FROM live_message WHERE chat_id=:chat_id", chat_id=chat_id)
    if row is None:
        return None
    return LiveMessage(
        row["chat_id"],
        row["message_id"],
        row["token"],
        bool(row["has_picture"]),
        row["shown"],
        from_ms(row["edited_at"]),
    )


async def begin(tx: Tx, chat_id: int, token: str, *, has_picture: bool, shown: str, now: datetime) -> None:
    """A new live message is on its way to a chat; the old one, if any, is none any more."""
    await tx.run(
        "INSERT INTO live_message(chat_id, message_id, token, has_picture, shown, edited_at)"
        " VALUES(:chat_id, NULL, :token, :has_picture, :shown, :now) ON CONFLICT(chat_id) DO UPDATE SET"
        " message_id=NULL, token=:token, has_picture=:has_picture, shown=:shown, edited_at=:now",
        chat_id=chat_id,
        token=token,
        has_picture=int(has_picture),
        shown=shown,
        now=to_ms(now),
    )


async def arrived(tx: Tx, chat_id: int, token: str, message_id: int) -> bool:
    """It stands in the chat. False: by now another one is the live message."""
    return (
        await tx.run(
            "UPDATE live_message SET message_id=:message_id WHERE chat_id=:chat_id AND token=:token",
            message_id=message_id,
            chat_id=chat_id,
            token=token,
        )
        > 0
    )


async def redrawn(tx: Tx, chat_id: int, *, has_picture: bool, shown: str, now: datetime) -> None:
    """It shows something else from here on."""
    await tx.run(
        "UPDATE live_message SET has_picture=:has_picture, shown=:shown, edited_at=:now WHERE chat_id=:chat_id",
        has_picture=int(has_picture),
        shown=shown,
        now=to_ms(now),
        chat_id=chat_id,
    )


async def outdate(tx: Tx, chat_id: int) -> None:
    """What it shows is not the summary: it is redrawn at the next look, whatever has changed."""
    await tx.run("UPDATE live_message SET shown='' WHERE chat_id=:chat_id", chat_id=chat_id)


async def forget(tx: Tx, chat_id: int) -> None:
    """There is no live message in this chat."""
    await tx.run("DELETE FROM live_message WHERE chat_id=:chat_id", chat_id=chat_id)
