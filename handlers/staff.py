"""Staff and admins: their commands and their buttons. Everybody else is refused politely."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from bot.domain.buttons import ButtonData
from bot.domain.messages import Message
from bot.domain.texts import Texts
from bot.domain.views import EXPLORE
from bot.flow import orders
from bot.flow.alert_list import ALERT_LIST
from bot.flow.chats import ANONYMOUS_ADMIN, ChatBook
from bot.flow.exporting import EXPORT
from bot.flow.menus import Menus
from bot.flow.nonresponse import WHO_ANSWERED
from bot.flow.press import Press, Toast
from bot.flow.rehearsals import Rehearsals
from bot.flow.render import payload
from bot.flow.stories import WHY, Stories
from bot.flow.stories import Place as StoryPlace
from bot.store import staff_buttons, timers
from bot.store.engine import Tx
from bot.store.outbox import Letter, ToChat, ToCustomer, post
from bot.store.staff_buttons import StaffButton
from handlers.admins import Admins
from handlers.commands import STAFF_COMMANDS, Command, CommandRule, Place, read_command
from handlers.support import Support

log = structlog.get_logger(__name__)

# Where an answer goes; privately it is addressed by pseudonym, as anybody may write to the bot.
_Answered = ToChat | ToCustomer
StaffPost = Callable[[Tx, Press, ButtonData, StaffButton, datetime], Awaitable[Toast | None]]

# Commands that a job carries out, by its timer: they take too long for a transaction.
_ORDERED = {"alerts": ALERT_LIST, "answered": WHO_ANSWERED, "export": EXPORT}


class Staff:
    """``/ces /done /why /alerts /answered /id``; for admins ``/simulate``, all of ``handlers.admins``, their menus."""

    def __init__(
        self,
        *,
        chats: ChatBook,
        admins: Admins,
        stories: Stories,
        rehearsals: Rehearsals,
        posts: Mapping[str, StaffPost],
        support: Support,
        menus: Menus,
        texts: Texts,
        bot_username: Callable[[], str],
    ) -> None:
        """``posts``: whose buttons any member of a staff chat may press there, by what the buttons are about.

        Those of ``EXPLORE`` look at the rights of whoever presses themselves, wherever they are pressed.
        """
        self._chats = chats
        self._admins = admins
        self._stories = stories
        self._rehearsals = rehearsals
        self._posts = posts
        self._support = support
        self._menus = menus
        self._texts = texts
        self._bot_username = bot_username

    async def command(self, tx: Tx, message: dict[str, Any], now: datetime) -> bool:
        """A command in a group; False: the message is none of ours."""
        command = read_command(message, self._bot_username())
        rule = STAFF_COMMANDS.get(command.name) if command else None
        if command is None or rule is None:
            return False
        place = self._place(int(message["chat"]["id"]))
        if place not in rule.places:
            return False
        to = ToChat(int(message["chat"]["id"]), thread_of(message))
        await self._obey(tx, command, rule, message, to, now)
        return True

    async def private_command(
        self, tx: Tx, command: Command, message: dict[str, Any], customer_key: str, now: datetime
    ) -> bool:
        """The same, said privately by whoever has this pseudonym. False: not one of these (it may be a customer's)."""
        rule = STAFF_COMMANDS.get(command.name)
        if rule is None or "private" not in rule.places:
            return False
        await self._obey(tx, command, rule, message, ToCustomer(customer_key), now)
        return True

    def _place(self, chat_id: int) -> Place:
        if chat_id == self._chats.support_forum:
            return "forum"
        return "staff_chat" if chat_id in (self._chats.staff, self._chats.drops) else "other"

    async def _obey(
        self,
        tx: Tx,
        command: Command,
        rule: CommandRule,
        message: dict[str, Any],
        to: _Answered,
        now: datetime,
    ) -> None:
        person = message.get("from", {})
        person_id = int(person.get("id", 0))
        if person_id == ANONYMOUS_ADMIN and not rule.for_anonymous:
            await self._reply(tx, to, Message(self._texts("admin.refused.anonymous")), now)
        elif rule.audience == "admin" and person_id not in self._chats.admins:
            where = self._place(int(message["chat"]["id"])) if isinstance(to, ToChat) else "private"
            log.warning("rights.command_refused", command=command.name, place=where)
            await self._reply(tx, to, Message(self._texts("admin.refused.not_admin")), now)
        elif command.name == "id":
            await self._reply(tx, to, Message(self._ids(message, person_id)), now)
        elif command.name == "ces":
            await self._order_summary(tx, to, now)
        elif command.name in _ORDERED:
            await orders.place(tx, _ORDERED[command.name], to, command.words, now)
        elif command.name == "why":
            await self._tell_why(tx, command, message, to, now)
        elif command.name == "simulate":
            await self._reply(tx, to, await self._rehearsals.order(tx, command.words, to, now), now)
        elif command.name == "done":
            await self._support.done(tx, message, now)
        else:
            who = name_of(person)
            chat_id = int(message["chat"]["id"])
            answer = await self._admins.obey(tx, command, chat_id, thread_of(message), who, now)
            await self._reply(tx, to, answer, now)

    def _ids(self, message: dict[str, Any], person_id: int) -> str:
        is_anonymous = person_id == ANONYMOUS_ADMIN
        if not (self._chats.are_empty or person_id in self._chats.admins):
            return self._texts("admin.refused.anonymous" if is_anonymous else "admin.refused.not_admin")
        thread_id = thread_of(message)
        lines = [self._texts("admin.id.chat", id=message["chat"]["id"])]
        if thread_id is not None:
            lines.append(self._texts("admin.id.topic", id=thread_id))
        if not is_anonymous:
            lines.append(self._texts("admin.id.person", id=person_id))
        return "\n".join(lines)

    async def _order_summary(self, tx: Tx, to: _Answered, now: datetime) -> None:
        # computing and painting takes a while and must not hold a transaction: a job does it
        if isinstance(to, ToCustomer):
            order: dict[str, Any] = {"person": to.customer_key}
        elif to.chat_id == self._chats.support_forum and self._chats.staff not in (None, to.chat_id):
            order = {"chat": self._chats.staff, "thread": None}  # the forum's budget belongs to customers
            await self._reply(tx, to, Message(self._texts("staff.summary.elsewhere")), now)
        else:
            order = {"chat": to.chat_id, "thread": to.thread_id}
        await timers.start(tx, "ces", json.dumps(order, sort_keys=True), now)

    async def _tell_why(
        self, tx: Tx, command: Command, message: dict[str, Any], to: _Answered, now: datetime
    ) -> None:
        if isinstance(to, ToCustomer) and int(message["from"]["id"]) not in self._chats.admins:
            await self._reply(tx, to, Message(self._texts("admin.refused.not_admin")), now)
            return
        replied = message.get("reply_to_message") or {}
        if (
            "forum_topic_created" in replied
        ):  # what every message of a topic replies to that replies to nothing
            replied = {}
        place = StoryPlace(
            int(message["chat"]["id"]),
            thread_of(message),
            replied.get("message_id"),
            datetime.fromtimestamp(replied["date"], UTC) if replied.get("date") else None,
        )
        await self._reply(tx, to, await self._stories.why(tx, command.words, place, now), now)

    async def pressed(self, tx: Tx, press: Press, button: ButtonData, now: datetime) -> Toast | None:
        """A button of a post, a story or of an admin's menu; ``None``: not one of these, or pressed in another chat."""
        row = await staff_buttons.by_token(tx, button.token)
        is_admin = press.person_id in self._chats.admins
        if row is None:  # menus are swept when they are old
            return Toast(press.callback_query_id, self._texts("admin.refused.old")) if is_admin else None
        if row.chat_id != press.chat_id:
            return None
        if row.action in self._posts:
            # Telegram shows the team's chats to their members alone; a private chat outlives a membership
            if not (is_admin or row.action == EXPLORE or self._chats.is_house(row.chat_id)):
                return self._refused(press)
            return await self._posts[row.action](tx, press, button, row, now)
        if row.action == WHY and (is_admin or self._place(row.chat_id) != "other"):
            told = await self._stories.turned(tx, row, button, now)
            if told is not None:
                await self._redraw(tx, press, row, told, now)
            return None if told is None else Toast(press.callback_query_id)
        if not self._admins.knows(row):
            return None
        if not is_admin:
            return self._refused(press)
        redraw = await self._admins.pressed(tx, row, button, press.name or "?", now)
        if redraw is None:
            return None
        if redraw.message is not None:
            await self._redraw(tx, press, row, redraw.message, now)
        for message in redraw.below:
            await self._reply(tx, ToChat(row.chat_id, press.thread_id), message, now)
        return Toast(press.callback_query_id, redraw.toast)

    def _refused(self, press: Press) -> Toast:
        is_private = press.chat_type == "private"  # whose id is the customer's own: it stays out of the log
        log.warning(
            "rights.button_refused", place="private" if is_private else self._place(press.chat_id or 0)
        )
        return Toast(press.callback_query_id, self._texts("admin.refused.toast"))

    async def _redraw(self, tx: Tx, press: Press, row: StaffButton, message: Message, now: datetime) -> None:
        if press.message_id is None:
            return
        edit = {"message_id": press.message_id, **payload(message)}
        key = f"staff:{row.chat_id}:{press.message_id}"
        letter = Letter("edit", "editMessageText", edit, ToChat(row.chat_id), coalesce_key=key)
        await post(tx, letter, now)

    async def set_menu(self, tx: Tx, person_id: int, now: datetime) -> None:
        """An admin pressed Start: their private chat gets the admins' menu."""
        if person_id in self._chats.admins:
            await self._menus.set_for_admin(tx, person_id, now)

    async def _reply(self, tx: Tx, to: _Answered, answer: Message, now: datetime) -> None:
        await post(tx, Letter("reply", "sendMessage", payload(answer), to), now)


def thread_of(message: dict[str, Any]) -> int | None:
    """The topic that a message stands in; ``None`` for General and for chats without topics."""
    return message.get("message_thread_id") if message.get("is_topic_message") else None


def name_of(person: dict[str, Any]) -> str:
    """A person's name as Telegram shows it."""
    return " ".join(filter(None, (person.get("first_name"), person.get("last_name")))) or "?"
