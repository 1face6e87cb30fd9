"""Methods that put something new into a chat."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from bot.playground.botapi.chat import Chat, Message
from bot.playground.botapi.content import caption_of, keyboard_of, text_of
from bot.playground.botapi.media import described
from bot.playground.botapi.message import COPYABLE, as_bot_sees, content_of
from bot.playground.botapi.methods.ask import Ask
from bot.playground.botapi.refusals import bad_request

_ALONE_IN_ALBUMS = frozenset({"document", "audio"})
_MOST_COPIES = 100
_LIVE_ONLY = ("live_period", "heading", "proximity_alert_radius")


def send_message(ask: Ask) -> Message:
    """sendMessage."""
    return _deliver(ask, text_of(ask.params, ask.stage.people))


def send_file(kind: str) -> Callable[[Ask], Message]:
    """sendPhoto, sendDocument, … for a kind of file."""

    def send(ask: Ask) -> Message:
        caption = caption_of(ask.params, ask.stage.people)
        ask.chat_to_write()
        return _deliver(ask, described(ask.file(kind)) | caption)

    return send


def send_location(ask: Ask) -> Message:
    """sendLocation."""
    names = ("latitude", "longitude", "horizontal_accuracy", *_LIVE_ONLY)
    return _deliver(ask, {"location": _given(ask, names)})


def send_contact(ask: Ask) -> Message:
    """sendContact."""
    return _deliver(ask, {"contact": _given(ask, ("phone_number", "first_name", "last_name", "vcard"))})


def send_media_group(ask: Ask) -> list[Message]:
    """sendMediaGroup."""
    chat = ask.chat_to_write()
    kinds = {item["type"] for item in ask.params["media"]}
    if len(kinds) > 1 and kinds & _ALONE_IN_ALBUMS:
        raise bad_request("can't use the media of the specified type in the album")
    contents = [
        described(ask.file(item["type"], item["media"])) | caption_of(item, ask.stage.people)
        for item in ask.params["media"]
    ]
    ask.stage.limits.charge(chat.id, len(contents))
    album = ask.stage.new_album()
    return [_post(ask, chat, {"media_group_id": album} | content) for content in contents]


def copy_message(ask: Ask) -> dict[str, int]:
    """copyMessage."""
    origin = ask.chat("from_chat_id")
    message = ask.message(origin, "message to copy")
    if COPYABLE.isdisjoint(message) or message.get("has_protected_content"):
        raise bad_request("the message can't be copied")
    content = _copied(message)
    if "caption" in ask.params:
        content = {key: said for key, said in content.items() if not key.startswith("caption")}
        content |= caption_of(ask.params, ask.stage.people)
    return {"message_id": _deliver(ask, content)["message_id"]}


def copy_messages(ask: Ask) -> list[dict[str, int]]:
    """copyMessages: what is missing or cannot be copied is left out."""
    messages = _listed(ask, "message to copy")
    chat = ask.chat_to_write()
    ask.thread_id(chat)
    ask.stage.limits.charge(chat.id, len(messages))
    albums: dict[str, str] = {}
    sent = []
    for message in messages:
        content = _copied(message)
        if ask.get("remove_caption"):
            content = {key: said for key, said in content.items() if not key.startswith("caption")}
        if album := message.get("media_group_id"):
            content["media_group_id"] = albums.setdefault(album, albums.get(album) or ask.stage.new_album())
        sent.append({"message_id": _post(ask, chat, content)["message_id"]})
    return sent


def forward_message(ask: Ask) -> Message:
    """forwardMessage."""
    message = ask.message(ask.chat("from_chat_id"), "message to forward")
    if COPYABLE.isdisjoint(message) or message.get("has_protected_content"):
        raise bad_request("the message can't be forwarded")
    return _deliver(ask, content_of(message) | {"forward_origin": _origin(message)})


def send_chat_action(ask: Ask) -> bool:
    """sendChatAction: nobody sees it here."""
    chat = ask.chat_to_write()
    ask.thread_id(chat)
    return True


def _given(ask: Ask, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: ask.params[name] for name in names if name in ask.params}


def _deliver(ask: Ask, content: dict[str, Any]) -> Message:
    chat = ask.chat_to_write()
    markup = keyboard_of(ask.params)
    ask.thread_id(chat)
    ask.reply_to(chat)
    ask.stage.limits.charge(chat.id)
    return _post(ask, chat, content, markup)


def _post(ask: Ask, chat: Chat, content: dict[str, Any], markup: dict[str, Any] | None = None) -> Message:
    replied = ask.reply_to(chat)
    thread_id = ask.thread_id(chat)
    if replied is not None:
        thread_id = replied.get("message_thread_id", thread_id)
    if ask.get("protect_content"):
        content = {"has_protected_content": True} | content
    if markup is not None:
        content = content | {"reply_markup": markup}
    message = ask.stage.post(
        chat,
        content,
        sender=ask.stage.bot,
        thread_id=thread_id,
        reply_to=replied["message_id"] if replied is not None else None,
    )
    return as_bot_sees(message)


def _copied(message: Message) -> dict[str, Any]:
    """What a copy says: the same, except that a live location becomes a place."""
    content = content_of(message)
    if "live_period" in content.get("location", {}):
        content["location"] = {
            key: value for key, value in content["location"].items() if key not in _LIVE_ONLY
        }
    return content


def _listed(ask: Ask, what: str) -> list[Message]:
    ids: list[int] = ask.params["message_ids"]
    if len(ids) > _MOST_COPIES:
        raise bad_request("too many message identifiers specified")
    if any(later <= earlier for earlier, later in itertools.pairwise(ids)):
        raise bad_request("message identifiers must be in a strictly increasing order")
    origin = ask.chat("from_chat_id")
    known = [origin.messages[message_id] for message_id in ids if message_id in origin.messages]
    if not known:
        raise bad_request(f"{what.replace('message', 'messages', 1)} not found")
    return [
        message
        for message in known
        if not COPYABLE.isdisjoint(message) and not message.get("has_protected_content")
    ]


def _origin(message: Message) -> Mapping[str, Any]:
    if "forward_origin" in message:
        origin: dict[str, Any] = message["forward_origin"]
        return origin
    if message["chat"]["type"] == "channel":
        origin = {"type": "channel", "chat": message["chat"], "message_id": message["message_id"]}
    elif "sender_chat" in message:
        origin = {"type": "chat", "sender_chat": message["sender_chat"]}
    else:
        origin = {"type": "user", "sender_user": message["from"]}
    return origin | {"date": message["date"]}
