"""What several copies of the bot on one database need beside the database: taking turns, and each other's news."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from bot.flow.chats import ChatBook
from bot.flow.inbox import Handle, OnPress
from bot.flow.press import Press, Toast
from bot.store.engine import Tx
from bot.store.leadership import Leadership


async def while_leading(leadership: Leadership, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run ``work`` while this copy leads, stop it when it does not, begin again when it does; for ever.

    Raises what ``work`` raises.
    """
    while True:
        term = await leadership.won()
        working = asyncio.create_task(work())
        losing = asyncio.create_task(leadership.lost(term))
        try:
            await asyncio.wait((working, losing), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            for task in (working, losing):
                task.cancel()
            await asyncio.gather(working, losing, return_exceptions=True)


def informed(handle: Handle, on_press: OnPress, chats: ChatBook) -> tuple[Handle, OnPress]:
    """The same, after a look at what other copies heard: which groups moved, so that none is a stranger here."""

    async def handle_informed(tx: Tx, source: str, body: dict[str, Any], now: datetime) -> None:
        await chats.load(tx)
        await handle(tx, source, body, now)

    async def pressed_informed(tx: Tx, press: Press, now: datetime) -> Toast:
        if press.chat_id is None or press.chat_id < 0:  # a private chat never moves
            await chats.load(tx)
        return await on_press(tx, press, now)

    return handle_informed, pressed_informed
