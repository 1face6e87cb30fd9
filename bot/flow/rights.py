"""The customer's own controls: what we hold, forgetting it, and whether we may ask."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol

from bot.domain import controls
from bot.domain.controls import Retention
from bot.domain.errors import ChannelError
from bot.domain.messages import Message
from bot.domain.texts import CatalogueBook, Texts
from bot.flow.exploring import close_all
from bot.flow.letters import LetterKind, PostedLetter
from bot.flow.ports import Tokens
from bot.flow.press import Press, Toast
from bot.flow.render import payload
from bot.store import holdings, outbox, quotes, respondents, staff_buttons
from bot.store.engine import Tx
from bot.store.outbox import Letter, ToChat, ToCustomer, post
from bot.store.staff_buttons import StaffButton

FORGET = "forget_me"


class Forgetting(Protocol):
    """The support relay, as far as erasure needs it."""

    async def forget(self, tx: Tx, customer_key: str, now: datetime) -> None:
        """Delete the customer's topic, or empty its name, and tell the forum."""


class StaffPosts(Protocol):
    """What was posted to staff, as far as erasure needs it."""

    async def without_quotes(self, tx: Tx, chat_id: int, message_id: int, now: datetime) -> bool:
        """Redraw a summary without what was erased; False: this message is no summary."""

    async def reword_waiting(self, tx: Tx) -> None:
        """The same for summaries that are still to be sent."""


class Rights:
    """``/start /help /survey_off /survey_on /privacy /my_data /forget_me``, each in the customer's language."""

    def __init__(
        self,
        catalogues: CatalogueBook,
        tokens: Tokens,
        desk: Forgetting,
        posts: StaffPosts,
        *,
        company: str,
        has_desk: bool,
        default_language: str,
        retention: Retention,
        erased: Callable[[Tx, str, datetime], Awaitable[None]],
    ) -> None:
        """``erased``: told in the same transaction that a customer was forgotten."""
        self._catalogues = catalogues
        self._tokens = tokens
        self._desk = desk
        self._posts = posts
        self._company = company
        self._has_desk = has_desk
        self._default_language = default_language
        self._retention = retention
        self._erased = erased

    def texts(self, language: str | None) -> Texts:
        """The catalogue for a customer with this IETF tag."""
        return self._catalogues.of(language, self._default_language)

    async def command(
        self, tx: Tx, name: str, customer_key: str, chat_id: int, language: str | None, now: datetime
    ) -> bool:
        """Answer one of the customer's commands; False: there is no such command."""
        texts = self.texts(language)
        if name == "start":
            message = controls.greeting(texts, company=self._company, has_desk=self._has_desk)
        elif name == "help":
            message = controls.help_message(texts, has_desk=self._has_desk)
        elif name == "privacy":
            message = controls.privacy(texts, self._retention)
        elif name == "survey_off":
            await respondents.set_opted_out(tx, customer_key, now)
            message = controls.survey_off(texts)
        elif name == "survey_on":
            await respondents.set_opted_out(tx, customer_key, None)
            message = controls.survey_on(texts)
        elif name == "forget_me":
            token = self._tokens.new()
            # the subject carries the pseudonym, so a forged press by somebody else erases nothing
            await staff_buttons.add(tx, token, StaffButton(chat_id, FORGET, customer_key), now)
            message = controls.forget_confirmation(token, texts)
        elif name == "my_data":
            await self._send_holdings(tx, customer_key, texts, now)
            return True
        else:
            return False
        await self.reply(tx, customer_key, message, now)
        return True

    async def reply(self, tx: Tx, customer_key: str, message: Message, now: datetime) -> None:
        """One message to the customer."""
        await post(tx, Letter("reply", "sendMessage", payload(message), ToCustomer(customer_key)), now)

    async def _send_holdings(self, tx: Tx, customer_key: str, texts: Texts, now: datetime) -> None:
        held = await holdings.of_customer(tx, customer_key)
        message = controls.my_data(texts, holds_any=held is not None)
        if held is None:
            await self.reply(tx, customer_key, message, now)
            return
        content = json.dumps(
            {**held, "kept_for": self._retention.as_json()}, ensure_ascii=False, indent=2
        ).encode()
        await post(
            tx,
            Letter(
                "reply",
                "sendDocument",
                {"caption": message.text, "parse_mode": "HTML"},
                ToCustomer(customer_key),
                file=content,
                file_field="document",
                file_name="my_data.json",
            ),
            now,
        )

    async def pressed(
        self, tx: Tx, press: Press, token: str, verb: str, customer_key: str, now: datetime
    ) -> Toast | None:
        """Yes or no to ``/forget_me``; ``None``: the button is not one of these, or not this person's."""
        button = await staff_buttons.by_token(tx, token)
        if button is None or button.action != FORGET or button.subject != customer_key:
            return None
        texts = self.texts(press.language)
        await staff_buttons.drop(tx, token)
        if verb != "y":
            message = controls.not_forgotten(texts)
        else:
            message = controls.forgotten(texts, held_any=True)
            await self._forget(tx, customer_key, button.chat_id, now)
        edit = {"message_id": press.message_id, **payload(message)}
        await post(tx, Letter("edit", "editMessageText", edit, ToChat(button.chat_id), subject=FORGET), now)
        return Toast(press.callback_query_id)

    async def _forget(self, tx: Tx, customer_key: str, customer_chat_id: int, now: datetime) -> None:
        quoted_at = await quotes.of_customer(tx, customer_key)
        live = await holdings.live_messages(tx, customer_key, now)
        await outbox.forget_customer(tx, customer_key)
        await self._desk.forget(tx, customer_key, now)
        await holdings.erase(tx, customer_key, now)
        await self._erased(tx, customer_key, now)
        for message_id in live:
            await post(
                tx,
                Letter(
                    "delete",
                    "deleteMessage",
                    {"message_id": message_id},
                    ToChat(customer_chat_id),
                    subject=FORGET,
                ),
                now,
            )
        for chat_id, message_id in quoted_at:
            if not await self._posts.without_quotes(tx, chat_id, message_id, now):
                delete = {"message_id": message_id}
                await post(
                    tx, Letter("delete", "deleteMessage", delete, ToChat(chat_id), subject="quote"), now
                )
        await self._posts.reword_waiting(tx)
        await close_all(tx, now)


class DeleteLetter(LetterKind):
    """A message that should go. A staff post too old to delete is emptied instead (Bot API: 48 hours)."""

    def __init__(self, staff_texts: Texts) -> None:
        self._staff_texts = staff_texts

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """A question that went with its customer leaves no address behind."""
        if letter.subject == FORGET:
            await outbox.forget(tx, letter.id)

    async def refused(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """Where it cannot be deleted any more, its text goes at least."""
        if letter.subject == FORGET:
            await outbox.forget(tx, letter.id)
        elif letter.subject == "quote" and letter.chat_id is not None:
            edit: dict[str, Any] = {
                "message_id": letter.payload["message_id"],
                "text": self._staff_texts("staff.erased"),
            }
            await post(tx, Letter("edit", "editMessageText", edit, ToChat(letter.chat_id)), now)


class EditLetter(LetterKind):
    """An edit, repeated freely. The last word to somebody who asked to be forgotten leaves no row behind."""

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """Forget the address together with the letter."""
        if letter.subject == FORGET:
            await outbox.forget(tx, letter.id)

    async def refused(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """Nor does one that could not be said."""
        await self.sent(tx, letter, None, now)
