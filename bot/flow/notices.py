"""What the support forum is told about questions, where it wants to know (``chats.explain``)."""

from __future__ import annotations

from datetime import datetime

from bot.domain.texts import Texts
from bot.store.engine import Tx
from bot.store.outbox import Letter, ToTopic, post

TOPIC_SOURCE = "telegram_topic"


class TopicNotices:
    """One silent line in the customer's topic per decision; nothing for conversations of other sources."""

    def __init__(self, texts: Texts, *, is_on: bool) -> None:
        self._texts = texts
        self._is_on = is_on

    async def say(
        self, tx: Tx, source: str, customer_key: str | None, key: str, now: datetime, **values: object
    ) -> None:
        """Post the text of ``key`` into the topic of this customer."""
        if not self._is_on or source != TOPIC_SOURCE or customer_key is None:
            return
        text = self._texts(key, **values)
        parameters = {"text": text, "parse_mode": "HTML", "disable_notification": True}
        await post(tx, Letter("notice", "sendMessage", parameters, ToTopic(customer_key)), now)

    async def skipped(
        self, tx: Tx, source: str, customer_key: str | None, reason: str, now: datetime
    ) -> None:
        """Not asked, and why."""
        words = self._texts(f"staff.outcome.{reason}")
        await self.say(tx, source, customer_key, "staff.notice.skipped", now, reason=words)
