"""What the desk itself says: to staff in a topic or in the staff chat, and to a customer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.domain.texts import CatalogueBook, Texts
from bot.flow.chats import ChatBook
from bot.flow.desk_records import Errand
from bot.store import respondents
from bot.store.engine import Tx
from bot.store.outbox import Letter, ToChat, ToCustomer, ToTopic, post


class DeskVoice:
    """Posts the desk's own lines. ``staff`` is the catalogue of ``chats.language``, ``book`` has all of them."""

    def __init__(self, staff: Texts, book: CatalogueBook, chats: ChatBook) -> None:
        self.staff = staff
        self._book = book
        self._chats = chats

    async def in_topic(
        self, tx: Tx, customer_key: str, text: str, now: datetime, reply_to: int | None = None
    ) -> None:
        """A line in the customer's topic, in order with what is relayed there."""
        payload = _line(text, reply_to, is_silent=reply_to is None)
        note = Errand("note").encode()
        await post(tx, Letter("relay", "sendMessage", payload, ToTopic(customer_key), subject=note), now)

    async def to_customer(
        self, tx: Tx, customer_key: str, key: str, now: datetime, reply_to: int | None = None
    ) -> None:
        """The text of ``key`` in the customer's language."""
        respondent = await respondents.by_key(tx, customer_key)
        texts = self._book.of(respondent.language if respondent else None)
        payload = _line(texts(key), reply_to, is_silent=False)
        await post(tx, Letter("reply", "sendMessage", payload, ToCustomer(customer_key)), now)

    async def to_staff_chat(self, tx: Tx, text: str, now: datetime) -> None:
        """A line in the staff chat; nothing where none is configured."""
        if self._chats.staff is not None:
            payload = _line(text, None, is_silent=False)
            await post(tx, Letter("notice", "sendMessage", payload, ToChat(self._chats.staff)), now)


def _line(text: str, reply_to: int | None, *, is_silent: bool) -> dict[str, Any]:
    payload: dict[str, Any] = {"text": text, "parse_mode": "HTML"}
    if is_silent:
        payload["disable_notification"] = True
    if reply_to is not None:
        payload["reply_parameters"] = {"message_id": reply_to, "allow_sending_without_reply": True}
    return payload
