"""The support forum: Telegram's JSON of both sides as records for the desk. Thin: no decision is made here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.flow.chats import ANONYMOUS_ADMIN, ChatBook
from bot.flow.desk import Desk, WhyNot
from bot.flow.desk_records import Content, CustomerMessage, Place, StaffMessage
from bot.store.engine import Tx
from bot.store.respondents import Pseudonyms

Json = Mapping[str, Any]

# In this order: an animation is a document too, a venue a location.
_CONTENT = (
    *(
        "text",
        "animation",
        "audio",
        "document",
        "live_photo",
        "paid_media",
        "photo",
        "sticker",
        "story",
        "video",
    ),
    *(
        "video_note",
        "voice",
        "checklist",
        "contact",
        "dice",
        "game",
        "poll",
        "venue",
        "location",
        "rich_message",
    ),
    *("invoice", "giveaway", "giveaway_winners"),
)
# Bot API, copyMessage: "Service messages, paid media messages, giveaway messages, giveaway winners messages, and
# invoice messages can't be copied." Stories and games belong to who sent them.
_NEVER_COPIED = frozenset({"paid_media", "giveaway", "giveaway_winners", "invoice", "story", "game"})
# What a customer does to the chat, not to us.
_SILENT_SERVICE = (
    *("pinned_message", "message_auto_delete_timer_changed", "chat_background_set", "write_access_allowed"),
    *("forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened"),
    *("connected_website", "boost_added", "direct_message_price_changed", "paid_message_price_changed"),
)
_FORUM_RIGHTS = ("can_manage_topics",)


class Support:
    """Private messages, the forum's messages, and who may still be reached."""

    def __init__(self, desk: Desk, chats: ChatBook, pseudonyms: Pseudonyms) -> None:
        self._desk = desk
        self._chats = chats
        self._pseudonyms = pseudonyms

    async def customer_message(self, tx: Tx, message: Json, now: datetime, is_edit: bool) -> None:
        """A support message in a private chat: no command, no comment."""
        if any(kind in message for kind in _SILENT_SERVICE):
            return
        person = message.get("from") or message["chat"]
        record = CustomerMessage(
            customer_key=self._pseudonyms.key(int(message["chat"]["id"])),
            name=_name(person),
            language=person.get("language_code"),
            message_id=int(message["message_id"]),
            at=_at(message),
            content=content_of(message),
            replies_to=_replied_to(message),
            is_edit=is_edit,
        )
        await self._desk.customer_wrote(tx, record, now)

    async def forum_message(self, tx: Tx, message: Json, now: datetime, is_edit: bool) -> bool:
        """A message of the support forum, or a group's move. False: it is none of the relay's."""
        chat_id = int(message["chat"]["id"])
        if "migrate_to_chat_id" in message:
            await self._desk.chat_moved(tx, chat_id, int(message["migrate_to_chat_id"]))
            return True
        thread_id = message.get("message_thread_id") if message.get("is_topic_message") else None
        if chat_id != self._chats.support_forum or thread_id is None:
            return False
        if "forum_topic_closed" in message:
            await self._desk.topic_closed(tx, chat_id, thread_id, self._person(message), _at(message), now)
            return True
        if "forum_topic_reopened" in message:
            if not _is_bot(message):
                await self._desk.topic_reopened(tx, chat_id, thread_id, _at(message), now)
            return True
        content = content_of(message)
        if _is_bot(message) or content.kind == "service":
            return True
        record = StaffMessage(
            forum_chat_id=chat_id,
            thread_id=thread_id,
            message_id=int(message["message_id"]),
            at=_at(message),
            author=self._person(message) or "",
            content=content,
            replies_to=_replied_to(message),
            is_edit=is_edit,
            is_command=_starts_with_command(content),
            is_as_channel="sender_chat" in message and message["sender_chat"]["id"] != chat_id,
        )
        return await self._desk.staff_wrote(tx, record, now)

    async def done(self, tx: Tx, message: Json, now: datetime) -> bool:
        """``/done`` in a topic. False: it was not said in a customer's topic."""
        thread_id = message.get("message_thread_id") if message.get("is_topic_message") else None
        if thread_id is None:
            return False
        actor = self._person(message) or ""
        return await self._desk.done(tx, int(message["chat"]["id"]), thread_id, actor, now)

    async def membership(self, tx: Tx, change: Json, now: datetime) -> None:
        """``my_chat_member``: the customer blocked or unblocked the bot, or its rights in the forum changed."""
        chat, member = change["chat"], change["new_chat_member"]
        if chat["type"] == "private":
            key = self._pseudonyms.key(int(chat["id"]))
            if member["status"] == "kicked":
                await self._desk.customer_left(tx, key, now)
            else:
                await self._desk.customer_is_back(tx, key, now)
            return
        await self._desk.forum_changed(tx, int(chat["id"]), _missing(member), now)

    def _person(self, message: Json) -> str | None:
        """The pseudonym of a person of staff; ``None`` for a bot and for an anonymous admin."""
        person = message.get("from")
        if person is None or person.get("is_bot") or "sender_chat" in message:
            return None
        return self._pseudonyms.key(int(person["id"]))


def content_of(message: Json) -> Content:
    """What a Bot API ``Message`` holds. What has no content that we know is ``service``."""
    kind = next((kind for kind in _CONTENT if kind in message), "service")
    file_id, file = _file(message, kind)
    return Content(
        kind=kind,
        text=message.get("text") or message.get("caption") or "",
        entities=tuple(
            entity
            for entity in (message.get("entities") or message.get("caption_entities") or ())
            if entity.get("type") != "text_mention"  # it carries a person's raw id
        ),
        file_id=file_id,
        file=file,
        album=message.get("media_group_id"),
        place=_place(message) if kind == "location" else None,
        can_be_copied=kind not in _NEVER_COPIED and kind != "service" and not _is_secret_quiz(message),
    )


def _file(message: Json, kind: str) -> tuple[str, str]:
    media = message.get(kind)
    if kind == "photo" and media:
        media = media[-1]  # the largest size comes last
    if not isinstance(media, Mapping):
        return "", ""
    return str(media.get("file_id", "")), str(media.get("file_unique_id", ""))


def _place(message: Json) -> Place:
    place = message["location"]
    return Place(
        latitude=float(place["latitude"]),
        longitude=float(place["longitude"]),
        accuracy_metres=place.get("horizontal_accuracy"),
        live_for=place.get("live_period"),
    )


def _is_secret_quiz(message: Json) -> bool:
    """A quiz can be copied only by who knows its answer (Bot API, copyMessage)."""
    poll = message.get("poll")
    if poll is None or poll.get("type") != "quiz":
        return False
    return "correct_option_id" not in poll and "correct_option_ids" not in poll


def _replied_to(message: Json) -> int | None:
    """The message that this one answers; in a topic, a "reply" to the topic's root is none."""
    replied = message.get("reply_to_message")
    if replied is None:
        return None
    message_id = int(replied["message_id"])
    return None if message_id == message.get("message_thread_id") else message_id


def _is_bot(message: Json) -> bool:
    """A bot's message, this bot's own too; an anonymous admin's is a person's."""
    person = message.get("from", {})
    is_as_chat = "sender_chat" in message
    return bool(person.get("is_bot")) and person.get("id") != ANONYMOUS_ADMIN and not is_as_chat


def _starts_with_command(content: Content) -> bool:
    return any(e.get("type") == "bot_command" and e.get("offset") == 0 for e in content.entities)


def _missing(member: Json) -> WhyNot | None:
    """What the bot lacks to run the forum: ``member`` (not there), ``admin`` or ``topics``; ``None``: nothing."""
    if member["status"] in ("left", "kicked"):
        return "member"
    if member["status"] not in ("administrator", "creator"):
        return "admin"
    is_enough = member["status"] == "creator" or all(member.get(right) for right in _FORUM_RIGHTS)
    return None if is_enough else "topics"


def _name(person: Json) -> str:
    return " ".join(part for part in (person.get("first_name"), person.get("last_name")) if part)


def _at(message: Json) -> datetime:
    return datetime.fromtimestamp(int(message["date"]), UTC)
