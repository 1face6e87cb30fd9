"""What a kind of letter does when it is claimed, sent, refused or lost.

The sender (``bot/flow/outbox.py``) knows nothing of questions or topics: each step brings the reactions of its own
letters as a ``LetterKind``; the composition root puts them into one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.errors import ChannelError
from bot.domain.report_text import CAPTION_LIMIT, MESSAGE_LIMIT, visible_length
from bot.domain.texts import Texts
from bot.store.engine import Tx


@dataclass(frozen=True)
class PostedLetter:
    """A claimed row of the outbox, as its kind sees it. ``payload`` is what will be, or was, sent."""

    id: int
    kind: str
    method: str
    payload: dict[str, Any]
    customer_key: str | None
    chat_id: int | None
    topic_of: str | None
    invitation_id: int | None
    subject: str | None
    attempts: int
    created_at: datetime


class LetterKind:
    """The reactions of an ordinary letter: send it, forget it. Each method runs inside the sender's transaction."""

    repeats_when_unknown = True  # at least once; False: at most once

    async def claim(self, tx: Tx, letter: PostedLetter, now: datetime) -> bool:
        """Called in the transaction that claims it. False: no longer wanted, the row is dropped."""
        return True

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """The channel took it; ``result`` is the call's result as plain JSON."""

    async def postponed(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """The channel surely did not take it; it waits in the outbox for another try."""

    async def refused(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """The channel will never take it, or it is too late (``error.reason == "too_late"``)."""

    async def gone(self, tx: Tx, letter: PostedLetter, now: datetime) -> None:
        """The message that was to be changed is not there any more: nothing is left to do."""
        await self.sent(tx, letter, True, now)

    async def repeated(self, tx: Tx, letter: PostedLetter, now: datetime) -> Mapping[str, Any]:
        """Nobody knows whether this summary or alert arrived, and it is posted again in ten minutes.

        Returns the payload of the repeat, which may say that it is one (``as_repeat``).
        """
        return letter.payload

    async def lost(self, tx: Tx, letter: PostedLetter, now: datetime) -> None:
        """Nobody knows whether it arrived, and it will not be sent again (``repeats_when_unknown`` is False)."""


_REPEAT = "🔁"


def as_repeat(payload: Mapping[str, Any], texts: Texts) -> Mapping[str, Any]:
    """The same message of HTML, which says first that it may be there already: in words if they fit, else by a sign."""
    part, limit = ("text", MESSAGE_LIMIT) if "text" in payload else ("caption", CAPTION_LIMIT)
    said = str(payload.get(part, ""))
    if said.startswith(_REPEAT):
        return payload
    for mark in (f"{_REPEAT} <i>{texts('staff.repeat')}</i>\n", f"{_REPEAT} "):
        if visible_length(mark + said) <= limit:
            return {**payload, part: mark + said}
    return payload
