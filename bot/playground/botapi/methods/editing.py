"""Methods that change or remove what is already in a chat, and answers to taps."""

from __future__ import annotations

from typing import Any

from bot.playground.botapi.chat import Chat, Message
from bot.playground.botapi.content import caption_of, keyboard_of, text_of
from bot.playground.botapi.media import described
from bot.playground.botapi.message import COPYABLE, ENVELOPE, as_bot_sees
from bot.playground.botapi.methods.ask import Ask
from bot.playground.botapi.refusals import NOT_MODIFIED, QUERY_TOO_OLD, bad_request

DELETABLE_SECONDS = 48 * 3600
_CAPTIONED = frozenset({"photo", "video", "document", "audio", "voice", "animation"})
_FOREVER = 0x7FFFFFFF
_UNDELETABLE = frozenset({"forum_topic_created", "migrate_from_chat_id", "migrate_to_chat_id"})


def edit_message_text(ask: Ask) -> Message:
    """editMessageText; without reply_markup the keyboard goes."""
    chat, message = _to_edit(ask)
    said = text_of(ask.params, ask.stage.people)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return _replace(ask, chat, message, said)


def edit_message_caption(ask: Ask) -> Message:
    """editMessageCaption."""
    chat, message = _to_edit(ask)
    if _CAPTIONED.isdisjoint(message):
        raise bad_request("there is no caption in the message to edit")
    kept = {key: said for key, said in message.items() if key not in ENVELOPE and "caption" not in key}
    return _replace(ask, chat, message, kept | caption_of(ask.params, ask.stage.people))


def edit_message_media(ask: Ask) -> Message:
    """editMessageMedia; a text message becomes one with media."""
    chat, message = _to_edit(ask)
    if "text" not in message and _CAPTIONED.isdisjoint(message):
        raise bad_request("there is no media in the message to edit")
    media = ask.params["media"]
    said = described(ask.file(media["type"], media["media"])) | caption_of(media, ask.stage.people)
    return _replace(ask, chat, message, said)


def edit_message_reply_markup(ask: Ask) -> Message:
    """editMessageReplyMarkup; without reply_markup the keyboard goes."""
    chat, message = _to_edit(ask)
    kept = {key: said for key, said in message.items() if key not in ENVELOPE}
    return _replace(ask, chat, message, kept, is_silent=True)


def edit_message_live_location(ask: Ask) -> Message:
    """editMessageLiveLocation, while the location lives."""
    chat, message = _to_edit(ask)
    location = message.get("location", {})
    period = location.get("live_period", 0)
    if period != _FOREVER and message["date"] + period <= ask.stage.date():
        raise bad_request("message can't be edited")
    names = (
        "latitude",
        "longitude",
        "horizontal_accuracy",
        "heading",
        "proximity_alert_radius",
        "live_period",
    )
    moved = location | {name: ask.params[name] for name in names if name in ask.params}
    return _replace(ask, chat, message, {"location": moved})


def delete_message(ask: Ask) -> bool:
    """deleteMessage."""
    chat = ask.chat()
    message = ask.message(chat, "message to delete")
    _check_deletable(ask, chat, message)
    ask.stage.remove(chat, [message["message_id"]])
    return True


def delete_messages(ask: Ask) -> bool:
    """deleteMessages: those that are missing are skipped, one that must stay keeps all."""
    chat = ask.chat()
    ids = [message_id for message_id in ask.params["message_ids"] if message_id in chat.messages]
    for message_id in ids:
        _check_deletable(ask, chat, chat.messages[message_id])
    if ids:
        ask.stage.remove(chat, ids)
    return True


def set_message_reaction(ask: Ask) -> bool:
    """setMessageReaction by the bot: one emoji, or none."""
    chat = ask.chat()
    message = ask.message(chat, "message to react")
    reactions = ask.get("reaction") or []
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if any(reaction["type"] == "paid" for reaction in reactions):
        raise bad_request("REACTION_INVALID")
    chat.reactions[message["message_id"]] = reactions
    ask.stage.happenings.tell("edited", chat.id, message=message, reactions=reactions)
    return True


def answer_callback_query(ask: Ask) -> bool:
    """answerCallbackQuery: the toast is shown once; a repeated answer in time is accepted and not shown."""
    query_id = ask.params["callback_query_id"]
    tap = ask.stage.taps.get(query_id)
    if tap is None or tap.answer_until < ask.stage.clock.now().timestamp():
        raise bad_request(QUERY_TOO_OLD)
    if not tap.is_answered:
        tap.is_answered = True
        ask.stage.happenings.tell(
            "toast",
            tap.chat_id,
            callback_query_id=query_id,
            person_id=tap.person_id,
            text=ask.get("text", ""),
            show_alert=ask.get("show_alert", False),
        )
    return True


def _to_edit(ask: Ask) -> tuple[Chat, Message]:
    if "inline_message_id" in ask.params:
        raise bad_request("MESSAGE_ID_INVALID")
    chat = ask.chat()
    message = ask.message(chat, "message to edit")
    markup = message.get("reply_markup")
    is_own = message["message_id"] in chat.sent_by_bot
    is_open = chat.kind == "channel" and chat.may(ask.stage.bot_id, "can_edit_messages")
    # A message that was sent with a reply keyboard or ForceReply stays as it is (tdlib: can_edit_message).
    is_fixed = markup is not None and "inline_keyboard" not in markup
    if not (is_own or is_open) or is_fixed or COPYABLE.isdisjoint(message) or "forward_origin" in message:
        raise bad_request("message can't be edited")
    return chat, message


def _replace(
    ask: Ask, chat: Chat, message: Message, said: dict[str, Any], *, is_silent: bool = False
) -> Message:
    markup = keyboard_of(ask.params)
    edited = {key: value for key, value in message.items() if key in ENVELOPE and key != "reply_markup"}
    edited |= said
    if markup is not None:
        edited["reply_markup"] = markup
    if edited == message:
        raise bad_request(NOT_MODIFIED)
    return as_bot_sees(ask.stage.change(chat, edited, is_silent=is_silent))


def _check_deletable(ask: Ask, chat: Chat, message: Message) -> None:
    if not _UNDELETABLE.isdisjoint(message):
        raise bad_request("message can't be deleted")
    if chat.kind != "private":
        if chat.may(ask.stage.bot_id, "can_delete_messages"):
            return
        if message["message_id"] not in chat.sent_by_bot:
            raise bad_request("message can't be deleted")
    if message["date"] <= ask.stage.date() - DELETABLE_SECONDS:
        raise bad_request("message can't be deleted for everyone")
