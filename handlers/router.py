"""Where everything that was received goes: one function per kind of update, inside one transaction each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from bot.domain.buttons import parse_button
from bot.domain.events import ConversationEnded, ConversationReopened, Delivery, Ignored
from bot.domain.texts import CatalogueBook
from bot.flow.answers import Answers
from bot.flow.chats import ChatBook
from bot.flow.intake import Intake
from bot.flow.press import Press, Toast
from bot.store.engine import Tx
from handlers.replies import Replies
from handlers.sources import SOURCES
from handlers.staff import Staff
from handlers.support import Support

log = structlog.get_logger(__name__)


def lane_of(update: dict[str, Any], key_of: Callable[[int], str]) -> str:
    """What keeps its order: a customer (by pseudonym), else the chat, else the update alone."""
    for kind in ("message", "edited_message", "my_chat_member"):
        if kind in update:
            chat = update[kind].get("chat", {})
            if chat.get("type") == "private":
                return key_of(int(chat["id"]))
            return f"chat:{chat.get('id', 0)}"
    return f"update:{update.get('update_id', 0)}"


def helpdesk_body(delivery: Delivery) -> dict[str, Any]:
    """A helpdesk's delivery as it waits in the inbox. Its headers hold signatures: verified, they are not kept."""
    return {"body": delivery.body.decode()}


class Router:
    """The inbox hands every delivery to ``handle`` and every pressed button to ``pressed``."""

    def __init__(
        self,
        *,
        chats: ChatBook,
        catalogues: CatalogueBook,
        answers: Answers,
        replies: Replies,
        support: Support,
        staff: Staff,
        intake: Intake,
    ) -> None:
        self._chats = chats
        self._catalogues = catalogues
        self._answers = answers
        self._replies = replies
        self._support = support
        self._staff = staff
        self._intake = intake

    async def handle(self, tx: Tx, source: str, body: dict[str, Any], now: datetime) -> None:
        """Process one delivery. What this raises is kept with the delivery; it never blocks the others.

        Raises UnreadableDelivery for a helpdesk's shape that we cannot map (helpdesks.md 4).
        """
        if source == "telegram":
            await self._update(tx, body, now)
        else:
            await self._helpdesk(tx, source, body, now)

    async def _update(self, tx: Tx, update: dict[str, Any], now: datetime) -> None:
        update_id = int(update["update_id"])
        if "my_chat_member" in update:
            await self._support.membership(tx, update["my_chat_member"], now)
            return
        is_edit = "edited_message" in update
        message = update.get("edited_message" if is_edit else "message")
        if message is None:
            return  # a kind that was not asked for in allowed_updates
        chat = message["chat"]
        if chat["type"] == "private":
            await self._replies.private_message(tx, message, update_id, now, is_edit=is_edit)
            return
        if not is_edit and await self._staff.command(tx, message, now):
            return
        if chat["id"] == self._chats.support_forum or "migrate_to_chat_id" in message:
            await self._support.forum_message(tx, message, now, is_edit)

    async def _helpdesk(self, tx: Tx, source: str, body: dict[str, Any], now: datetime) -> None:
        delivery = Delivery(source, {}, body["body"].encode(), now)
        heard = SOURCES[source].parse(delivery)
        if isinstance(heard, ConversationEnded):
            await self._intake.ended(tx, heard, now)
        elif isinstance(heard, ConversationReopened):
            await self._intake.goes_on(tx, heard.source, heard.conversation_id, now, heard.at)
        elif isinstance(heard, Ignored):
            log.info("delivery.ignored", source=source, why=heard.reason)

    async def pressed(self, tx: Tx, press: Press, now: datetime) -> Toast:
        """One pressed button: a question's, or one of staff and confirmations. Every press gets its toast."""
        button = parse_button(press.data)
        if button is not None and button.kind == "s1":
            return await self._answers.pressed(tx, press, button, now)
        if button is not None:
            toast = await self._replies.pressed(tx, press, button, now)
            toast = toast or await self._staff.pressed(tx, press, button, now)
            if toast is not None:
                return toast
        texts = self._catalogues.of(press.language)
        return Toast(press.callback_query_id, texts("customer.toast.outdated"))
