"""What people do with topics and pins."""

from __future__ import annotations

from typing import Any

from bot.playground.botapi.chat import Chat, Topic
from bot.playground.botapi.refusals import Impossible
from bot.playground.botapi.stage import ANONYMOUS_ADMIN
from bot.playground.botapi.talk import Talk


class Forum(Talk):
    """Topics are named by their thread id. ``anonymous``: an admin who hides behind the group."""

    def create_topic(self, person_id: int, chat_id: int, name: str) -> int:
        """Make a topic; returns its thread id."""
        chat = self.chat(chat_id)
        if not chat.is_forum:
            raise Impossible(f"{chat_id} has no topics")
        return self.open_topic(chat, name, by=self.member_of(chat, person_id)).thread_id

    def close_topic(self, person_id: int, chat_id: int, thread_id: int, *, anonymous: bool = False) -> None:
        """Close a topic."""
        self._toggle(person_id, chat_id, thread_id, True, anonymous)

    def reopen_topic(self, person_id: int, chat_id: int, thread_id: int, *, anonymous: bool = False) -> None:
        """Reopen a closed topic."""
        self._toggle(person_id, chat_id, thread_id, False, anonymous)

    def rename_topic(self, person_id: int, chat_id: int, thread_id: int, name: str) -> None:
        """Give a topic another name."""
        chat, topic, person = self._to_manage(person_id, chat_id, thread_id)
        self.edit_topic(chat, topic, by=person, name=name)

    def delete_topic(self, person_id: int, chat_id: int, thread_id: int) -> None:
        """Delete a topic with all its messages. The bot is not told."""
        chat, topic, _ = self._to_manage(person_id, chat_id, thread_id)
        self.drop_topic(chat, topic)

    def pin(self, person_id: int, chat_id: int, message_id: int) -> None:
        """Pin a message."""
        chat = self.chat(chat_id)
        person = self.person(person_id) if chat.kind == "private" else self.member_of(chat, person_id)
        self.stick(chat, self.shown_message(chat, message_id), by=person)

    def _toggle(self, person_id: int, chat_id: int, thread_id: int, is_closed: bool, anonymous: bool) -> None:
        chat, topic, person = self._to_manage(person_id, chat_id, thread_id)
        if topic.is_closed == is_closed:
            raise Impossible(f"the topic {thread_id} is {'closed' if is_closed else 'open'} already")
        if anonymous:
            self.set_closed(chat, topic, is_closed, by=ANONYMOUS_ADMIN, sender_chat=chat)
        else:
            self.set_closed(chat, topic, is_closed, by=person)

    def _to_manage(self, person_id: int, chat_id: int, thread_id: int) -> tuple[Chat, Topic, dict[str, Any]]:
        chat = self.chat(chat_id)
        topic = chat.topics.get(thread_id)
        if topic is None:
            raise Impossible(f"there is no topic {thread_id} in the chat {chat_id}")
        if not chat.may(person_id, "can_manage_topics") and topic.creator_id != person_id:
            raise Impossible(f"{person_id} may not manage the topic {thread_id}")
        return chat, topic, self.member_of(chat, person_id)
