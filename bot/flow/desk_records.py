"""What the support forum and the customers say, as the desk sees it: records made from Telegram's JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

# editMessageMedia knows these (Bot API, InputMedia); a voice message has a caption but cannot be replaced
REPLACEABLE = frozenset({"animation", "audio", "document", "photo", "video"})
CAPTIONED = REPLACEABLE | {"voice", "live_photo"}


@dataclass(frozen=True)
class Place:
    """A point on the map, degrees. ``live_for``: seconds that a live location runs, ``None`` for a fixed point."""

    latitude: float
    longitude: float
    accuracy_metres: float | None = None
    live_for: int | None = None


@dataclass(frozen=True)
class Content:
    """What a message holds. ``kind`` is Telegram's own word (text, photo, …), or service.

    ``text`` is the text or the caption with its ``entities`` (offsets in UTF-16 units). ``file_id`` can be sent
    again, ``file`` (``file_unique_id``) tells two files apart. ``album`` is shared by the parts of one album.
    """

    kind: str
    text: str = ""
    entities: tuple[Mapping[str, Any], ...] = ()
    file_id: str = ""
    file: str = ""
    album: str | None = None
    place: Place | None = None
    can_be_copied: bool = True


@dataclass(frozen=True)
class CustomerMessage:
    """A message in a customer's private chat. ``name`` as Telegram shows it; ``replies_to`` in the same chat."""

    customer_key: str
    name: str
    language: str | None
    message_id: int
    at: datetime
    content: Content
    replies_to: int | None = None
    is_edit: bool = False


@dataclass(frozen=True)
class StaffMessage:
    """A message that a person wrote in a topic of the forum. ``author``: pseudonym, '' for an anonymous admin."""

    forum_chat_id: int
    thread_id: int
    message_id: int
    at: datetime
    author: str
    content: Content
    replies_to: int | None = None
    is_edit: bool = False
    is_command: bool = False
    is_as_channel: bool = False


@dataclass(frozen=True)
class Part:
    """One message that is relayed: its id where it was written, its kind and ``file_unique_id``."""

    message_id: int
    kind: str
    file: str = ""


Verb = Literal["copy", "edit", "note", "close", "reopen", "hush"]


@dataclass(frozen=True)
class Errand:
    """What a letter of the relay is for; it travels in the letter's ``subject``.

    ``parts`` are the messages it stands for; ``quotes`` is the message, on the writer's side, that they answer.
    A ``hush`` is never sent: it stands where the rest of an internal album would gather.
    """

    verb: Verb
    from_customer: bool = False
    parts: tuple[Part, ...] = ()
    quotes: int | None = None

    def encode(self) -> str:
        """As the subject of a letter."""
        parts = [[part.message_id, part.kind, part.file] for part in self.parts]
        return json.dumps([self.verb, int(self.from_customer), parts, self.quotes], separators=(",", ":"))

    @classmethod
    def decode(cls, subject: str | None) -> Errand:
        """The inverse of ``encode``. Raises ValueError for another kind's subject."""
        verb, from_customer, parts, quotes = json.loads(subject or "")
        return cls(cast(Verb, verb), bool(from_customer), tuple(Part(*part) for part in parts), quotes)
