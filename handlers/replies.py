"""The customer's side: their commands, their comments; everything else they write is a support message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.domain.buttons import ButtonData
from bot.domain.messages import Message
from bot.flow.answers import Answers
from bot.flow.press import Press, Toast
from bot.flow.rights import Rights
from bot.store import respondents
from bot.store.engine import Tx
from bot.store.respondents import Pseudonyms
from handlers.commands import Command, read_command
from handlers.staff import Staff
from handlers.support import Support


class Replies:
    """What arrives in private chats."""

    def __init__(
        self,
        *,
        answers: Answers,
        rights: Rights,
        support: Support,
        staff: Staff,
        pseudonyms: Pseudonyms,
        bot_username: Callable[[], str],
    ) -> None:
        self._answers = answers
        self._rights = rights
        self._support = support
        self._staff = staff
        self._pseudonyms = pseudonyms
        self._bot_username = bot_username

    async def private_message(
        self, tx: Tx, message: dict[str, Any], update_id: int, now: datetime, *, is_edit: bool
    ) -> None:
        """A customer (or an admin, privately) wrote."""
        chat_id = int(message["chat"]["id"])
        language = message.get("from", {}).get("language_code")
        customer_key = self._pseudonyms.key(chat_id)
        thread_id = message.get("message_thread_id") if message.get("is_topic_message") else None
        await respondents.seen(tx, customer_key, chat_id, language, now, thread_id)
        command = None if is_edit else read_command(message, self._bot_username())
        if command is not None:
            await self._command(tx, command, message, customer_key, language, now)
        elif not await self._took_as_comment(tx, message, customer_key, update_id, now, is_edit=is_edit):
            await self._support.customer_message(tx, message, now, is_edit)

    async def _took_as_comment(
        self,
        tx: Tx,
        message: dict[str, Any],
        customer_key: str,
        update_id: int,
        now: datetime,
        *,
        is_edit: bool,
    ) -> bool:
        text = message.get("text")
        if not isinstance(text, str):
            return False
        if is_edit:
            return await self._answers.edited_comment(
                tx, customer_key, text, message_id=message["message_id"], update_id=update_id, now=now
            )
        replied_to = message.get("reply_to_message", {}).get("message_id")
        return await self._answers.comment(
            tx,
            customer_key,
            text,
            message_id=message["message_id"],
            replied_to=replied_to,
            update_id=update_id,
            now=now,
        )

    async def _command(
        self,
        tx: Tx,
        command: Command,
        message: dict[str, Any],
        customer_key: str,
        language: str | None,
        now: datetime,
    ) -> None:
        chat_id = int(message["chat"]["id"])
        if await self._staff.private_command(tx, command, message, customer_key, now):
            return
        if not await self._rights.command(tx, command.name, customer_key, chat_id, language, now):
            unknown = self._rights.texts(language)("customer.relay.unknown_command")
            await self._rights.reply(tx, customer_key, Message(unknown), now)
        elif command.name == "start":
            await self._staff.set_menu(tx, message["from"]["id"], now)

    async def pressed(self, tx: Tx, press: Press, button: ButtonData, now: datetime) -> Toast | None:
        """The customer's confirmations; ``None``: not one of them."""
        customer_key = self._pseudonyms.key(press.person_id)
        return await self._rights.pressed(tx, press, button.token, button.verb, customer_key, now)
