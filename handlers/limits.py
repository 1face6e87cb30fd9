"""Commands cost work, and anybody may send them: so many a minute from one chat, the rest is dropped unanswered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog

from bot.flow.inbox import TELEGRAM, Handle
from bot.flow.rates import Rate
from bot.store.engine import Tx

log = structlog.get_logger(__name__)


def with_limited_commands(handle: Handle, per_minute: int) -> Handle:
    """The same handler, except that a chat's commands beyond ``per_minute`` (0: no limit) are as if never sent.

    Nothing else is ever dropped: what people say to each other and what they press is not counted.
    """
    rate = Rate(per_minute, per_minute / 60)

    async def limited(tx: Tx, source: str, body: dict[str, Any], now: datetime) -> None:
        chat = _chat_of_command(body) if source == TELEGRAM else None
        if chat is not None and rate.take(chat, now):
            log.warning("limits.command_dropped")
            return
        await handle(tx, source, body, now)

    return limited


def _chat_of_command(update: dict[str, Any]) -> str | None:
    message = update.get("message")
    if not isinstance(message, dict) or not isinstance(message.get("chat"), dict):
        return None
    entities = message.get("entities") or []
    is_command = any(one.get("type") == "bot_command" and one.get("offset") == 0 for one in entities)
    return str(message["chat"].get("id")) if is_command else None
