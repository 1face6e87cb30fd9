"""What people do on the page, as one table: a word, the fields it needs, the world's own act.

The world refuses what the real app would not let people do; this file only refuses what is no act at all.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from bot.playground.botapi import World

Json = dict[str, Any]
Act = Callable[[World, int, "Fields"], Json]


class NoSuchAct(ValueError):
    """The request names no act or person, or lacks a field. ``str()`` says which."""


class Fields:
    """The JSON body of an act, read field by field with its type. Every reader raises NoSuchAct."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body

    def number(self, name: str) -> int:
        """A whole number that must be there."""
        value = self.maybe_number(name)
        if value is None:
            raise NoSuchAct(f"{name} is missing")
        return value

    def maybe_number(self, name: str) -> int | None:
        """A whole number or nothing."""
        value = self._body.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise NoSuchAct(f"{name} is not a whole number")
        return value

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self.maybe_text(name)
        if value is None:
            raise NoSuchAct(f"{name} is missing")
        return value

    def maybe_text(self, name: str) -> str | None:
        """A text or nothing."""
        value = self._body.get(name)
        if value is not None and not isinstance(value, str):
            raise NoSuchAct(f"{name} is not a text")
        return value

    def maybe_bytes(self, name: str) -> bytes | None:
        """Base64 as bytes, or nothing."""
        value = self.maybe_text(name)
        try:
            return None if value is None else base64.b64decode(value, validate=True)
        except ValueError:
            raise NoSuchAct(f"{name} is not base64") from None

    def maybe_place(self, name: str) -> Mapping[str, float | None] | None:
        """An object of numbers (a null ends what it names), or nothing."""
        value = self._body.get(name)
        if value is None:
            return None
        numbers = (int, float, type(None))
        if not isinstance(value, dict) or not all(isinstance(number, numbers) for number in value.values()):
            raise NoSuchAct(f"{name} is not a place")
        return value

    def others(self, *known: str) -> Json:
        """Every field that is not among ``known``, as it came."""
        return {name: value for name, value in self._body.items() if name not in known and value is not None}


def _start(world: World, who: int, fields: Fields) -> Json:
    world.start(who, fields.maybe_text("payload") or "")
    return {}


def _say(world: World, who: int, fields: Fields) -> Json:
    message = world.say(
        who,
        fields.number("chat_id"),
        fields.text("text"),
        thread_id=fields.maybe_number("thread_id"),
        reply_to=fields.maybe_number("reply_to"),
    )
    return {"message_id": message["message_id"]}


_SEND_FIELDS = (
    "chat_id",
    "kind",
    "thread_id",
    "reply_to",
    "caption",
    "media_group_id",
    "live_period",
    "content",
)


def _send(world: World, who: int, fields: Fields) -> Json:
    message = world.send(
        who,
        fields.number("chat_id"),
        fields.text("kind"),
        thread_id=fields.maybe_number("thread_id"),
        reply_to=fields.maybe_number("reply_to"),
        caption=fields.maybe_text("caption"),
        media_group_id=fields.maybe_text("media_group_id"),
        live_period=fields.maybe_number("live_period"),
        content=fields.maybe_bytes("content"),
        **fields.others("who", "do", *_SEND_FIELDS),
    )
    return {"message_id": message["message_id"]}


def _edit(world: World, who: int, fields: Fields) -> Json:
    world.edit(
        who,
        fields.number("chat_id"),
        fields.number("message_id"),
        fields.maybe_text("text"),
        caption=fields.maybe_text("caption"),
        location=fields.maybe_place("location"),
    )
    return {}


def _press(world: World, who: int, fields: Fields) -> Json:
    query_id = world.press(who, fields.number("chat_id"), fields.number("message_id"), fields.text("data"))
    return {"callback_query_id": query_id}


def _pin(world: World, who: int, fields: Fields) -> Json:
    world.pin(who, fields.number("chat_id"), fields.number("message_id"))
    return {}


def _block(world: World, who: int, fields: Fields) -> Json:
    del fields
    world.block(who)
    return {}


def _unblock(world: World, who: int, fields: Fields) -> Json:
    del fields
    world.unblock(who)
    return {}


def _close_topic(world: World, who: int, fields: Fields) -> Json:
    world.close_topic(who, fields.number("chat_id"), fields.number("thread_id"))
    return {}


def _reopen_topic(world: World, who: int, fields: Fields) -> Json:
    world.reopen_topic(who, fields.number("chat_id"), fields.number("thread_id"))
    return {}


ACTS: Mapping[str, Act] = {
    "start": _start,
    "say": _say,
    "send": _send,
    "edit": _edit,
    "press": _press,
    "pin": _pin,
    "block": _block,
    "unblock": _unblock,
    "close_topic": _close_topic,
    "reopen_topic": _reopen_topic,
}


def perform(world: World, body: Mapping[str, Any]) -> Json:
    """Let the person ``who`` do ``do``. Returns ids that the act made.

    Raises NoSuchAct, and the world's own Impossible for what the real app would not let them do.
    """
    fields = Fields(body)
    act = ACTS.get(fields.text("do"))
    if act is None:
        raise NoSuchAct(f"nobody can do {fields.text('do')!r}")
    who = fields.number("who")
    if who not in world.people:
        raise NoSuchAct(f"nobody has the id {who}")
    return act(world, who, fields)
