"""Methods about chats: topics, pins, members."""

from __future__ import annotations

from typing import Any

from bot.playground.botapi.chat import Chat, Member, Topic
from bot.playground.botapi.message import as_bot_sees
from bot.playground.botapi.methods.ask import Ask
from bot.playground.botapi.refusals import bad_request

_TOPIC_COLORS = (0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F)
_ALL_GIFTS = {
    "unlimited_gifts": True,
    "limited_gifts": True,
    "unique_gifts": True,
    "premium_subscription": True,
    "gifts_from_channels": True,
}


def create_forum_topic(ask: Ask) -> dict[str, Any]:
    """createForumTopic."""
    chat = ask.chat()
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    ask.require(chat, "can_manage_topics", "not enough rights to create a topic")
    color = ask.get("icon_color", _TOPIC_COLORS[0])
    if color not in _TOPIC_COLORS:
        raise bad_request("invalid forum topic icon color specified")
    ask.stage.limits.charge(chat.id)
    emoji = ask.get("icon_custom_emoji_id")
    topic = ask.stage.open_topic(chat, ask.params["name"], by=ask.stage.bot, color=color, emoji=emoji)
    return topic.as_json()


def edit_forum_topic(ask: Ask) -> bool:
    """editForumTopic."""
    chat, topic = _managed(ask, "not enough rights to edit the topic")
    name = ask.get("name") or None
    emoji = ask.get("icon_custom_emoji_id")
    if name is None and emoji is None:
        return True
    is_same_icon = emoji is None or emoji == (topic.icon_custom_emoji_id or "")
    if name in (None, topic.name) and is_same_icon:
        raise bad_request("TOPIC_NOT_MODIFIED")
    ask.stage.edit_topic(chat, topic, by=ask.stage.bot, name=name, emoji=emoji)
    return True


def close_forum_topic(ask: Ask) -> bool:
    """closeForumTopic."""
    return _toggle(ask, True)


def reopen_forum_topic(ask: Ask) -> bool:
    """reopenForumTopic."""
    return _toggle(ask, False)


def delete_forum_topic(ask: Ask) -> bool:
    """deleteForumTopic."""
    chat = ask.chat()
    topic = ask.topic(chat)
    ask.require(chat, "can_delete_messages", "not enough rights to delete the topic")
    ask.stage.drop_topic(chat, topic)
    return True


def pin_chat_message(ask: Ask) -> bool:
    """pinChatMessage."""
    chat = ask.chat()
    _check_pinning(ask, chat)
    ask.stage.stick(chat, ask.message(chat, "message to pin"), by=ask.stage.bot)
    return True


def unpin_chat_message(ask: Ask) -> bool:
    """unpinChatMessage: the given one, or the latest."""
    chat = ask.chat()
    _check_pinning(ask, chat)
    message_id = ask.get("message_id", chat.pinned[-1] if chat.pinned else None)
    if message_id not in chat.pinned:
        raise bad_request("message to unpin not found")
    ask.stage.unstick(chat, [message_id])
    return True


def unpin_all_chat_messages(ask: Ask) -> bool:
    """unpinAllChatMessages."""
    chat = ask.chat()
    _check_pinning(ask, chat)
    ask.stage.unstick(chat, list(chat.pinned))
    return True


def get_chat(ask: Ask) -> dict[str, Any]:
    """getChat: the Bot API's ChatFullInfo."""
    chat = ask.chat()
    full = chat.as_json() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": _ALL_GIFTS,
    }
    if chat.pinned:
        full["pinned_message"] = as_bot_sees(chat.messages[chat.pinned[-1]])
    if chat.kind in ("group", "supergroup"):
        full["permissions"] = {"can_send_messages": True, "can_manage_topics": False}
    return full


def get_chat_member(ask: Ask) -> dict[str, Any]:
    """getChatMember; people who were never there have ``left``."""
    chat = ask.chat()
    user_id = ask.params["user_id"]
    user = ask.stage.bot if user_id == ask.stage.bot_id else ask.stage.people.get(user_id)
    if user is None:
        raise bad_request("user not found")
    if chat.kind == "private":
        is_party = user_id in (chat.id, ask.stage.bot_id)
        return Member(user, "member" if is_party else "left").as_json(chat.kind)
    bot = chat.member(ask.stage.bot_id)
    if chat.kind == "channel" and not (bot is not None and bot.is_admin):
        raise bad_request("member list is inaccessible")
    return (chat.member(user_id) or Member(user, "left")).as_json(chat.kind)


def get_chat_administrators(ask: Ask) -> list[dict[str, Any]]:
    """getChatAdministrators; other bots are left out, this one is not."""
    chat = ask.chat()
    if chat.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    return [member.as_json(chat.kind) for member in chat.members.values() if member.is_admin]


def get_chat_member_count(ask: Ask) -> int:
    """getChatMemberCount."""
    chat = ask.chat()
    return 2 if chat.kind == "private" else sum(member.is_present for member in chat.members.values())


def _managed(ask: Ask, complaint: str) -> tuple[Chat, Topic]:
    chat = ask.chat()
    topic = ask.topic(chat)
    if topic.creator_id != ask.stage.bot_id:
        ask.require(chat, "can_manage_topics", complaint)
    return chat, topic


def _toggle(ask: Ask, is_closed: bool) -> bool:
    chat, topic = _managed(ask, "not enough rights to close or open the topic")
    if topic.is_closed == is_closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    ask.stage.set_closed(chat, topic, is_closed, by=ask.stage.bot)
    return True


def _check_pinning(ask: Ask, chat: Chat) -> None:
    right = "can_edit_messages" if chat.kind == "channel" else "can_pin_messages"
    if chat.kind != "private":
        ask.require(chat, right, "not enough rights to manage pinned messages in the chat")
