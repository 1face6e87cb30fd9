"""A bot that only receives, as a process that a test may kill: ``receiving_child.py <token> <api url> <database>``."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from typing import Any

from bot.adapters.clock import SystemClock, backoff
from bot.adapters.telegram.channel import TelegramChannel, build_bot
from bot.adapters.telegram.receiving import Receiver
from bot.adapters.telegram.toasts import Toasts
from bot.flow.inbox import Inbox
from bot.flow.press import Press, Toast
from bot.store.engine import Tx
from bot.store.opening import open_store


async def note(tx: Tx, what: str) -> None:
    """Remember that this had its effect."""
    await tx.run(
        "INSERT INTO audit(at, actor, action, subject) VALUES(0, 'child', 'heard', :what)", what=what
    )


async def pressed(tx: Tx, press: Press, now: datetime) -> Toast:
    """Every press has one effect."""
    await note(tx, press.data)
    return Toast(press.callback_query_id, "ok")


async def handle(tx: Tx, source: str, body: dict[str, Any], now: datetime) -> None:
    """Every message has one effect."""
    await note(tx, body["message"]["text"])


async def main(token: str, api_url: str, database: str) -> None:
    """Receive until killed."""
    bot, clock = build_bot(token, api_url), SystemClock()
    await bot.open()
    channel = TelegramChannel(bot)
    async with await open_store(database, pause=backoff) as store, asyncio.TaskGroup() as group:
        toasts = Toasts(channel, clock)
        inbox = Inbox(store, clock, handle, pressed, lambda update: str(update["message"]["chat"]["id"]))
        group.create_task(toasts.run())
        group.create_task(inbox.run())
        group.create_task(Receiver(channel, inbox, clock, toasts, lambda language: "…").poll())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
