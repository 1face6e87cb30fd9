"""What becomes of the live message's letters: posting it, changing it (or a page of the drill-down), pinning it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.domain.errors import ChannelError
from bot.flow.letters import LetterKind, PostedLetter
from bot.flow.live import Live
from bot.store import live
from bot.store.engine import Tx


class LiveLetter(LetterKind):
    """The message on its way. At most once: a second one would stand there for ever, and the next look posts anew."""

    repeats_when_unknown = False

    def __init__(self, message: Live) -> None:
        self._message = message

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """Remember where it stands, and pin it."""
        chat_id, message_id = letter.chat_id or 0, int(result["message_id"])
        if await live.arrived(tx, chat_id, letter.subject or "", message_id):
            await self._message.may_again(tx, chat_id, "post")
            await self._message.pin(tx, chat_id, message_id, now)

    async def refused(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """It cannot be posted there: say so once, look again at the usual time."""
        await live.forget(tx, letter.chat_id or 0)
        await self._message.may_not(tx, letter.chat_id or 0, "post", now)

    async def lost(self, tx: Tx, letter: PostedLetter, now: datetime) -> None:
        """Nobody knows: the next look posts another."""
        await live.forget(tx, letter.chat_id or 0)


class ViewLetter(LetterKind):
    """An edit of the live message, or a page of the drill-down; repeated freely."""

    def __init__(self, message: Live) -> None:
        self._message = message

    async def gone(self, tx: Tx, letter: PostedLetter, now: datetime) -> None:
        """Somebody deleted the message."""
        await self._message.gone(tx, letter.chat_id or 0, letter.payload["message_id"], now)

    async def refused(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """It could not be edited: shown anew at the next look."""
        chat_id = letter.chat_id or 0
        standing = await live.in_chat(tx, chat_id)
        if standing is not None and standing.message_id == letter.payload["message_id"]:
            await live.outdate(tx, chat_id)
            await self._message.may_not(tx, chat_id, "post", now)


class PinLetter(LetterKind):
    """Pinning. Missing rights are said once; the message itself goes on."""

    def __init__(self, message: Live) -> None:
        self._message = message

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """It is on top."""
        await self._message.may_again(tx, letter.chat_id or 0, "pin")

    async def gone(self, tx: Tx, letter: PostedLetter, now: datetime) -> None:
        """Somebody deleted the message."""
        await self._message.gone(tx, letter.chat_id or 0, letter.payload["message_id"], now)

    async def refused(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """Not allowed, perhaps: said once."""
        if error.reason == "no_rights":
            await self._message.may_not(tx, letter.chat_id or 0, "pin", now)
