"""Messages as the Bot API writes them: what is envelope, what is said, and what a bot gets to see."""

from __future__ import annotations

import zlib
from typing import Any

from bot.playground.botapi.chat import Chat, Message

ENVELOPE = frozenset(
    {
        "message_id",
        "message_thread_id",
        "from",
        "sender_chat",
        "date",
        "edit_date",
        "chat",
        "is_topic_message",
        "reply_to_message",
        "forward_origin",
        "has_protected_content",
        "media_group_id",
        "reply_markup",
    }
)
COPYABLE = frozenset(
    {
        "text",
        "photo",
        "voice",
        "video",
        "document",
        "sticker",
        "location",
        "contact",
        "poll",
        "audio",
        "animation",
        "video_note",
        "venue",
        "dice",
    }
)
# Service messages of its own doing that a bot hears of all the same (need_skip_update_message in Client.cpp).
HEARD_FROM_ITSELF = frozenset(
    {
        "forum_topic_created",
        "forum_topic_closed",
        "forum_topic_reopened",
        "forum_topic_edited",
        "pinned_message",
        "left_chat_member",
    }
)


def without_reply(message: Message) -> Message:
    """A message as it is shown inside another: without what it replied to."""
    return {key: value for key, value in as_bot_sees(message).items() if key != "reply_to_message"}


def as_bot_sees(message: Message) -> Message:
    """A message as the Bot API gives it: of reply markups only inline keyboards are returned."""
    markup = message.get("reply_markup")
    if markup is None or "inline_keyboard" in markup:
        return message
    return {key: value for key, value in message.items() if key != "reply_markup"}


def content_of(message: Message) -> dict[str, Any]:
    """What a message says, without who said it, when and where."""
    return {key: value for key, value in message.items() if key not in ENVELOPE}


def chat_instance(chat: Chat) -> str:
    """The identifier of a chat that comes with callback queries."""
    return str(zlib.crc32(f"chat {chat.id}".encode()) * 4_294_967_291)
