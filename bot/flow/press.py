"""A pressed button and what the person who pressed it reads at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Press:
    """One callback query, as the steps see it (Bot API: CallbackQuery).

    ``chat_id`` and ``message_id`` name the message that carries the button; ``None`` where Telegram no longer says.
    ``thread_id`` is the forum topic.
    ``chat_type`` is ``private``, ``group``, ``supergroup``, ``channel`` or ``""``. ``name`` is the person's name as
    Telegram shows it and ``language`` their IETF tag, if they told it. Nothing in here is proof of a right: ``data``
    can be forged, so compare ``person_id`` with the row.
    """

    update_id: int
    callback_query_id: str
    person_id: int
    chat_id: int | None
    message_id: int | None
    data: str
    language: str | None
    name: str
    chat_type: str
    thread_id: int | None


@dataclass(frozen=True)
class Toast:
    """The answer to one press: it stops the button's spinner. ``text`` has at most 200 characters; may be empty."""

    callback_query_id: str
    text: str = ""
    show_alert: bool = False


def press_of(update: Mapping[str, Any]) -> Press:
    """The press in an update. Raises KeyError, TypeError or ValueError when it is not shaped like one."""
    query = update["callback_query"]
    person = query["from"]
    message = query.get("message") or {}
    chat = message.get("chat") or {}
    return Press(
        update_id=int(update["update_id"]),
        callback_query_id=str(query["id"]),
        person_id=int(person["id"]),
        chat_id=chat.get("id"),
        message_id=message.get("message_id"),
        data=str(query.get("data", "")),
        language=person.get("language_code"),
        name=" ".join(filter(None, (person.get("first_name"), person.get("last_name")))),
        chat_type=str(chat.get("type", "")),
        thread_id=message.get("message_thread_id") if message.get("is_topic_message") else None,
    )
