"""The state of the stand-in and the few moves of which everything that happens is made.

A move changes a chat, tells the feed (what people see) and the update queue (what the bot hears).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.flow.ports import Clock
from bot.playground.botapi.chat import Chat, Member, Message, Topic
from bot.playground.botapi.commands import CommandMenus
from bot.playground.botapi.faults import Faults
from bot.playground.botapi.feed import Feed
from bot.playground.botapi.limits import Limits
from bot.playground.botapi.media import FileStore
from bot.playground.botapi.message import COPYABLE, HEARD_FROM_ITSELF, as_bot_sees, without_reply
from bot.playground.botapi.refusals import Impossible
from bot.playground.botapi.updates import LIFETIME_SECONDS, UpdateQueue
from bot.playground.botapi.webhook import Webhook

ANONYMOUS_ADMIN = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}


@dataclass
class Tap:
    """A callback query that was made: whose, where, and until when it may be answered (seconds since 1970)."""

    person_id: int
    chat_id: int
    answer_until: float
    is_answered: bool = False


class Stage:
    """People, chats, files, menus, the queue of updates. ``bot`` is the bot's own User."""

    def __init__(self, clock: Clock, bot: dict[str, Any], *, limits_on: bool) -> None:
        self.clock = clock
        self.bot = bot
        self.reads_all_group_messages = False
        self.people: dict[int, dict[str, Any]] = {}
        self.deactivated: set[int] = set()
        self.chats: dict[int, Chat] = {}
        self.files = FileStore()
        self.menus = CommandMenus()
        self.faults = Faults()
        self.limits = Limits(clock, is_on=limits_on)
        self.updates = UpdateQueue(clock, self.faults)
        self.happenings = Feed()
        self.taps: dict[str, Tap] = {}
        self.texts: dict[tuple[str, str], str] = {}
        self.webhook = Webhook()
        self._albums = 0

    @property
    def bot_id(self) -> int:
        """The bot's user id."""
        return int(self.bot["id"])

    def date(self) -> int:
        """The present moment as Telegram writes it: whole seconds since 1970."""
        return int(self.clock.now().timestamp())

    def new_album(self) -> str:
        """A fresh media_group_id."""
        self._albums += 1
        return str(13_000_000_000_000_000 + self._albums)

    def post(
        self,
        chat: Chat,
        content: dict[str, Any],
        *,
        sender: dict[str, Any] | None,
        sender_chat: Chat | None = None,
        thread_id: int | None = None,
        reply_to: int | None = None,
    ) -> Message:
        """Put a message into a chat, show it, and tell the bot unless it is the bot's own talk."""
        message_id = chat.next_message_id()
        message: Message = {"message_id": message_id}
        if sender is not None and chat.kind != "channel":
            message["from"] = sender
        if chat.kind == "channel":
            message["sender_chat"] = chat.as_json()
        elif sender_chat is not None:
            message["sender_chat"] = sender_chat.as_json()
        message |= {"date": self.date(), "chat": chat.as_json()}
        if "forum_topic_created" in content:
            thread_id = message_id
        if thread_id is not None:
            message |= {"message_thread_id": thread_id, "is_topic_message": True}
        # Telegram shows every message of a topic as a reply to the topic's first one.
        quoted = chat.messages.get(reply_to or thread_id or 0)
        if quoted is not None:
            message["reply_to_message"] = without_reply(quoted)
        message |= content
        chat.messages[message_id] = message
        is_own = sender is not None and sender["id"] == self.bot_id
        if is_own:
            chat.sent_by_bot.add(message_id)
        self.happenings.tell("message", chat.id, message=message)
        if not is_own or not HEARD_FROM_ITSELF.isdisjoint(content):
            self._tell_of_message("channel_post" if chat.kind == "channel" else "message", chat, message)
        return message

    def change(self, chat: Chat, message: Message, *, is_silent: bool = False) -> Message:
        """Put an edited message in place of the old one. A silent change (a vote, a keyboard) has no edit date."""
        edited = message if is_silent else message | {"edit_date": self.date()}
        chat.messages[edited["message_id"]] = edited
        self.happenings.tell("edited", chat.id, message=edited)
        if edited["message_id"] not in chat.sent_by_bot and not is_silent:
            kind = "edited_channel_post" if chat.kind == "channel" else "edited_message"
            self._tell_of_message(kind, chat, edited)
        return edited

    def remove(self, chat: Chat, message_ids: list[int]) -> None:
        """Take messages out of a chat. No update tells the bot."""
        for message_id in message_ids:
            chat.messages.pop(message_id, None)
        chat.pinned = [message_id for message_id in chat.pinned if message_id not in message_ids]
        self.happenings.tell("deleted", chat.id, message_ids=message_ids)

    def stick(self, chat: Chat, message: Message, *, by: dict[str, Any]) -> None:
        """Pin a message; the service message about it goes where the message is."""
        message_id = message["message_id"]
        if message_id in chat.pinned:
            return
        chat.pinned.append(message_id)
        self.happenings.tell("pinned", chat.id, message_id=message_id, is_pinned=True)
        content = {"pinned_message": without_reply(message)}
        self.post(chat, content, sender=by, thread_id=message.get("message_thread_id"))

    def unstick(self, chat: Chat, message_ids: list[int]) -> None:
        """Unpin messages; nothing else happens."""
        for message_id in message_ids:
            chat.pinned.remove(message_id)
            self.happenings.tell("pinned", chat.id, message_id=message_id, is_pinned=False)

    def open_topic(
        self, chat: Chat, name: str, *, by: dict[str, Any], color: int = 0x6FB9F0, emoji: str | None = None
    ) -> Topic:
        """Make a topic. ``color`` is an RGB number, ``emoji`` a custom emoji id."""
        created: dict[str, Any] = {"name": name, "icon_color": color}
        if emoji:
            created["icon_custom_emoji_id"] = emoji
        message = self.post(chat, {"forum_topic_created": created}, sender=by)
        topic = Topic(message["message_id"], name, color, by["id"], emoji)
        chat.topics[topic.thread_id] = topic
        self._tell_of_topic(chat, topic)
        return topic

    def set_closed(
        self,
        chat: Chat,
        topic: Topic,
        is_closed: bool,
        *,
        by: dict[str, Any],
        sender_chat: Chat | None = None,
    ) -> None:
        """Close or reopen a topic, with its service message."""
        topic.is_closed = is_closed
        name = "forum_topic_closed" if is_closed else "forum_topic_reopened"
        self.post(chat, {name: {}}, sender=by, sender_chat=sender_chat, thread_id=topic.thread_id)
        self._tell_of_topic(chat, topic)

    def edit_topic(
        self,
        chat: Chat,
        topic: Topic,
        *,
        by: dict[str, Any],
        name: str | None = None,
        emoji: str | None = None,
    ) -> None:
        """Rename a topic or change its icon, with its service message."""
        edited: dict[str, Any] = {}
        if name is not None:
            edited["name"] = topic.name = name
        if emoji is not None:
            edited["icon_custom_emoji_id"] = emoji
            topic.icon_custom_emoji_id = emoji or None
        self.post(chat, {"forum_topic_edited": edited}, sender=by, thread_id=topic.thread_id)
        self._tell_of_topic(chat, topic)

    def drop_topic(self, chat: Chat, topic: Topic) -> None:
        """Delete a topic with all its messages. No update tells the bot."""
        del chat.topics[topic.thread_id]
        gone = [
            message_id
            for message_id, message in chat.messages.items()
            if message.get("message_thread_id") == topic.thread_id
        ]
        self.remove(chat, gone)
        self.happenings.tell("topic", chat.id, thread_id=topic.thread_id, is_deleted=True)

    def set_member(self, chat: Chat, new: Member, *, by: dict[str, Any]) -> None:
        """Change somebody's standing; my_chat_member for the bot itself, chat_member for others."""
        user_id = new.user["id"]
        old = chat.member(user_id) or Member(new.user, "left")
        chat.members[user_id] = new
        kind = "my_chat_member" if user_id == self.bot_id else "chat_member"
        if kind == "chat_member" and not self._bot_is_admin(chat):
            return
        body = {
            "chat": chat.as_json(),
            "from": by,
            "date": self.date(),
            "old_chat_member": old.as_json(chat.kind),
            "new_chat_member": new.as_json(chat.kind),
        }
        self.updates.add(kind, body, f"chat {chat.id}", LIFETIME_SECONDS)

    def chat(self, chat_id: int) -> Chat:
        """The chat with this id, for people and pages. Raises Impossible."""
        chat = self.chats.get(chat_id)
        if chat is None:
            raise Impossible(f"there is no chat {chat_id}")
        return chat

    def person(self, person_id: int) -> dict[str, Any]:
        """The person with this id. Raises Impossible."""
        person = self.people.get(person_id)
        if person is None:
            raise Impossible(f"there is no person {person_id}: add_person first")
        return person

    def _bot_is_admin(self, chat: Chat) -> bool:
        member = chat.member(self.bot_id)
        return member is not None and member.is_admin

    def _tell_of_topic(self, chat: Chat, topic: Topic) -> None:
        self.happenings.tell(
            "topic", chat.id, thread_id=topic.thread_id, name=topic.name, is_closed=topic.is_closed
        )

    def _tell_of_message(self, kind: str, chat: Chat, message: Message) -> None:
        if self._hears(chat, message):
            # The bot sees inline keyboards only; those of its own are all there can be.
            self.updates.add(kind, as_bot_sees(message), f"chat {chat.id}", LIFETIME_SECONDS)

    def _hears(self, chat: Chat, message: Message) -> bool:
        """Privacy mode: a bot that is no admin gets commands, replies to itself and service messages."""
        if chat.kind == "private":
            return True
        if not chat.is_here(self.bot_id):
            return False
        if self._bot_is_admin(chat) or self.reads_all_group_messages or COPYABLE.isdisjoint(message):
            return True
        replied = message.get("reply_to_message", {})
        is_command = message.get("text", "").startswith("/")
        return is_command or bool(replied.get("from", {}).get("id") == self.bot_id)
