"""The whole stand-in without its socket: what people do, what they see, and what tests ask about the bot."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import EllipsisType
from typing import Any

from bot.flow.ports import Clock
from bot.playground.botapi.chat import Message
from bot.playground.botapi.forum import Forum

DEFAULT_BOT_ID = 7_000_000_001
_TOKEN_SECRET = "PLAYGROUND-token-that-opens-nothing-x"


@dataclass(frozen=True)
class Call:
    """One call of the bot as it was answered: ``result``, or ``error`` (Telegram's description)."""

    method: str
    params: Mapping[str, Any]
    at: datetime
    result: Any = None
    error: str | None = None


class World(Forum):
    """One bot, its people and its chats, on one clock.

    Messages that it returns are Bot API JSON and shared: not to be changed. ``is_strict``: a call that breaks the
    published schema is answered with 400 (it is kept in ``violations`` in any case).
    """

    def __init__(
        self,
        clock: Clock,
        *,
        token: str | None = None,
        bot_id: int = DEFAULT_BOT_ID,
        bot_username: str = "ces_play_bot",
        bot_name: str = "CES",
        limits_on: bool = False,
    ) -> None:
        bot = {"id": bot_id, "is_bot": True, "first_name": bot_name, "username": bot_username}
        super().__init__(clock, bot, limits_on=limits_on)
        self.token = token or f"{bot_id}:{_TOKEN_SECRET}"
        self.is_strict = True
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.in_flight = 0

    @property
    def limits_on(self) -> bool:
        """Whether sending too fast is answered with 429."""
        return self.limits.is_on

    @limits_on.setter
    def limits_on(self, is_on: bool) -> None:
        self.limits.is_on = is_on

    @property
    def is_settled(self) -> bool:
        """Nothing more happens by itself at this instant of the clock.

        No call is being answered (waiting polls apart), and every update was confirmed or delivered, or waits for a
        later try of the webhook.
        """
        if self.in_flight:
            return False
        if not self.webhook.url:
            return not self.updates.pending()
        now = self.clock.now().timestamp()
        return all(entry.due_at > now and not entry.is_travelling for entry in self.updates.heads())

    def messages(self, chat_id: int, thread_id: int | EllipsisType | None = ...) -> list[Message]:
        """What the chat shows now, oldest first; of one topic, or of General (``None``), or all.

        ``reply_markup`` may be a ForceReply or a reply keyboard too, which the Bot API does not return.
        """
        chat = self.chats.get(chat_id)
        if chat is None:
            return []
        if isinstance(thread_id, EllipsisType):
            return list(chat.messages.values())
        return [
            message for message in chat.messages.values() if message.get("message_thread_id") == thread_id
        ]

    def message(self, chat_id: int, message_id: int) -> Message:
        """One message as it is shown now. Raises Impossible when there is none."""
        return self.shown_message(self.chat(chat_id), message_id)

    def topics(self, chat_id: int) -> list[dict[str, Any]]:
        """``{"thread_id", "name", "is_closed", "icon_color", "icon_custom_emoji_id"}``, oldest first."""
        return [
            {
                "thread_id": topic.thread_id,
                "name": topic.name,
                "is_closed": topic.is_closed,
                "icon_color": topic.icon_color,
                "icon_custom_emoji_id": topic.icon_custom_emoji_id,
            }
            for topic in self.chat(chat_id).topics.values()
        ]

    def reactions(self, chat_id: int, message_id: int) -> list[dict[str, Any]]:
        """The bot's reactions to a message."""
        return self.chat(chat_id).reactions.get(message_id, [])

    def commands_for(self, chat_id: int, person_id: int, language: str = "") -> list[dict[str, Any]]:
        """The command menu that a person with this language sees in a chat."""
        return self.menus.shown_to(self.chat(chat_id), person_id, language)

    def file(self, file_id: str) -> tuple[str, bytes]:
        """A file's name and bytes. Raises KeyError."""
        stored = self.files.get(file_id)
        return stored.name, stored.content

    def feed(self, since: int = 0) -> list[dict[str, Any]]:
        """The events after number ``since`` (the last 5,000 are kept), oldest first."""
        return self.happenings.since(since)

    def subscribe(self) -> asyncio.Queue[dict[str, Any]]:
        """A queue of all events from now on; give it back with ``unsubscribe``."""
        return self.happenings.subscribe()

    def unsubscribe(self, follower: asyncio.Queue[dict[str, Any]]) -> None:
        """Stop following."""
        self.happenings.unsubscribe(follower)
