"""Words that are old enough to go leave what staff were shown, too: the posts that quote them are redrawn without."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.flow.hard_answers import HardAnswers
from bot.flow.reports import Reports
from bot.store import quotes
from bot.store.engine import Tx


class Fading:
    """Takes aged comments out of summaries and out of the lines about hard answers. Their figures stay."""

    def __init__(self, posts: Reports, hard_answers: HardAnswers) -> None:
        self._posts = posts
        self._hard_answers = hard_answers

    async def faded(self, tx: Tx, invitation_ids: Sequence[int], now: datetime) -> None:
        """The comments of these invitations are gone from the rows; now from the staff chats."""
        redrawn: set[tuple[int, int]] = set()
        for chat_id, message_id, invitation_id in await quotes.of_invitations(tx, invitation_ids):
            if (chat_id, message_id) in redrawn or await self._posts.without_quotes(
                tx, chat_id, message_id, now
            ):
                redrawn.add((chat_id, message_id))
                await quotes.drop(tx, chat_id, message_id, invitation_id)
            else:
                await self._hard_answers.redraw(tx, invitation_id, now)
        await self._posts.reword_waiting(tx)
