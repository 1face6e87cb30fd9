"""What a staff, admin or confirmation button stands for. The row is bound to its chat; rights are checked again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Tx, to_ms


@dataclass(frozen=True)
class StaffButton:
    """A message with buttons in ``chat_id``: what pressing them is about."""

    chat_id: int
    action: str
    subject: str


async def add(tx: Tx, token: str, button: StaffButton, now: datetime) -> None:
    """Give a token its meaning."""
    await tx.run(
        "INSERT INTO staff_button(token, chat_id, action, subject, created_at)"
        " VALUES(:token, :chat_id, :action, :subject, :now)",
        token=token,
        chat_id=button.chat_id,
        action=button.action,
        subject=button.subject,
        now=to_ms(now),
    )


async def by_token(tx: Tx, token: str) -> StaffButton | None:
    """What this token stands for, locked until the transaction ends."""
    row = await tx.one(
        "SELECT chat_id, action, subject FROM staff_button WHERE token=:token /*pg: FOR UPDATE*/", token=token
    )
    return None if row is None else StaffButton(row["chat_id"], row["action"], row["subject"])


async def token_of(tx: Tx, button: StaffButton) -> str | None:
    """The newest token that stands for this; ``None``: it has none, or it was swept."""
    row = await tx.one(
        "SELECT token FROM staff_button WHERE chat_id=:chat_id AND action=:action AND subject=:subject"
        " ORDER BY created_at DESC, token LIMIT 1",
        chat_id=button.chat_id,
        action=button.action,
        subject=button.subject,
    )
    return None if row is None else str(row["token"])


async def keep(tx: Tx, token: str, button: StaffButton, now: datetime) -> None:
    """Give a token its meaning, or let it live on from now: its message stays."""
    await tx.run(
        "INSERT INTO staff_button(token, chat_id, action, subject, created_at)"
        " VALUES(:token, :chat_id, :action, :subject, :now)"
        " ON CONFLICT(token) DO UPDATE SET created_at=:now",
        token=token,
        chat_id=button.chat_id,
        action=button.action,
        subject=button.subject,
        now=to_ms(now),
    )


async def change(tx: Tx, token: str, subject: str) -> None:
    """The same message stands for something else by now."""
    await tx.run("UPDATE staff_button SET subject=:subject WHERE token=:token", subject=subject, token=token)


async def drop(tx: Tx, token: str) -> None:
    """The button has done its work."""
    await tx.run("DELETE FROM staff_button WHERE token=:token", token=token)


async def sweep(tx: Tx, before: datetime) -> int:
    """Forget buttons made before an instant; how many went."""
    return await tx.run("DELETE FROM staff_button WHERE created_at < :before", before=to_ms(before))
