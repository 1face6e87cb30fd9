"""One call of a bot: its parameters as JSON values, its files, and how they are looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.playground.botapi.chat import Chat, Message, Topic
from bot.playground.botapi.media import StoredFile, check_photo
from bot.playground.botapi.refusals import Refusal, bad_request, forbidden
from bot.playground.botapi.stage import Stage

_CHAT_NAMES = {"group": "group chat", "supergroup": "supergroup chat", "channel": "channel chat"}
_ATTACH = "attach://"


@dataclass(frozen=True)
class Uploaded:
    """A file that came with a call."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Ask:
    """``params`` have passed the schema. Every look-up raises the Refusal that Telegram has for it."""

    stage: Stage
    params: Mapping[str, Any]
    files: Mapping[str, Uploaded] = field(default_factory=dict)

    def get(self, key: str, default: Any = None) -> Any:
        """A parameter, or ``default`` when it was not given."""
        return self.params.get(key, default)

    def chat(self, key: str = "chat_id") -> Chat:
        """A chat that the bot can look at."""
        chat = self.stage.chats.get(self.params[key]) if key in self.params else None
        if chat is None:
            raise bad_request("chat not found" if key in self.params else "chat_id is empty")
        if chat.migrated_to is not None:
            raise Refusal(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.migrated_to,
            )
        if chat.kind != "private":
            member = chat.member(self.stage.bot_id)
            if member is not None and member.status == "kicked":
                raise forbidden(f"bot was kicked from the {_CHAT_NAMES[chat.kind]}")
            if member is None or member.status == "left":
                raise forbidden(f"bot is not a member of the {_CHAT_NAMES[chat.kind]}")
        return chat

    def chat_to_write(self) -> Chat:
        """The chat that a message goes to: one that lets the bot write."""
        chat_id = self.params.get("chat_id")
        if chat_id in self.stage.deactivated:
            raise forbidden("user is deactivated")
        if chat_id in self.stage.people and chat_id not in self.stage.chats:
            raise forbidden("bot can't initiate conversation with a user")
        chat = self.chat()
        if chat.is_blocked:
            raise forbidden("bot was blocked by the user")
        if chat.kind == "channel":
            self.require(chat, "can_post_messages", "need administrator rights in the channel chat")
        return chat

    def require(self, chat: Chat, right: str, complaint: str) -> None:
        """The bot needs this right here; ``complaint`` is Telegram's phrase when it has not."""
        if not chat.may(self.stage.bot_id, right):
            raise bad_request(complaint)

    def message(self, chat: Chat, what: str, key: str = "message_id") -> Message:
        """A message of a chat; ``what`` as in "message to edit"."""
        message = chat.messages.get(self.params.get(key, 0))
        if message is None:
            raise bad_request(f"{what} not found")
        return message

    def thread_id(self, chat: Chat) -> int | None:
        """The topic to write into; ``None`` is General, or a chat without topics."""
        thread_id: int | None = self.params.get("message_thread_id")
        if thread_id is None or (chat.kind != "private" and not chat.is_forum):
            return None
        topic = chat.topics.get(thread_id)
        if topic is None:
            raise bad_request("message thread not found")
        member = chat.member(self.stage.bot_id)
        if topic.is_closed and not (member is not None and member.is_admin):
            raise bad_request("TOPIC_CLOSED")
        return thread_id

    def topic(self, chat: Chat) -> Topic:
        """The topic that a call is about."""
        if not chat.is_forum:
            raise bad_request("the chat is not a forum")
        topic = chat.topics.get(self.params["message_thread_id"])
        if topic is None:
            raise bad_request("message thread not found")
        return topic

    def reply_to(self, chat: Chat) -> Message | None:
        """The message that is replied to."""
        given = self.params.get("reply_parameters")
        if not given:
            return None
        message = chat.messages.get(given["message_id"]) if given.get("chat_id", chat.id) == chat.id else None
        if message is None and not given.get("allow_sending_without_reply"):
            raise bad_request("message to be replied not found")
        return message

    def file(self, kind: str, reference: str | None = None) -> StoredFile:
        """The file of a call: uploaded under the parameter's name, attached, or named by its file_id."""
        reference = reference if reference is not None else self.params.get(kind, "")
        uploaded = self.files.get(kind) if not reference else None
        if reference and reference.startswith(_ATTACH):
            uploaded = self.files.get(reference.removeprefix(_ATTACH))
        if uploaded is None:
            if not reference:
                raise bad_request(f"there is no {kind.replace('_', ' ')} in the request")
            return self.stage.files.reuse(kind, reference)
        if kind == "photo" and uploaded.content:
            check_photo(uploaded.content)
        return self.stage.files.add(kind, uploaded.name, uploaded.content)
