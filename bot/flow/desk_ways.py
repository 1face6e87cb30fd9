"""One direction of the relay for one customer, and what becomes of points and edits on the way."""

from __future__ import annotations

from typing import Any

from bot.flow.desk_records import CAPTIONED, REPLACEABLE, Content, CustomerMessage, Place, StaffMessage
from bot.store import desk_links
from bot.store.desk_links import MessageLink
from bot.store.engine import Tx
from bot.store.outbox import ToCustomer, ToTopic

Written = CustomerMessage | StaffMessage


class Way:
    """One direction for one customer: where from, where to."""

    def __init__(self, customer_key: str, forum_chat_id: int, *, from_customer: bool) -> None:
        self.key = customer_key
        self.from_customer = from_customer
        self.to: ToTopic | ToCustomer = ToTopic(customer_key) if from_customer else ToCustomer(customer_key)
        self.side = "c" if from_customer else "s"
        self.forum_chat_id = forum_chat_id

    def source(self) -> dict[str, Any]:
        """Where copies come from. The sender puts the customer's raw id in place of the pseudonym."""
        if self.from_customer:
            return {"from_customer_key": self.key}
        return {"from_chat_id": self.forum_chat_id}

    async def link(self, tx: Tx, message_id: int) -> MessageLink | None:
        """What a message on the writer's side stands for."""
        if self.from_customer:
            return await desk_links.of_customer_message(tx, self.key, message_id)
        return await desk_links.of_forum_message(tx, self.forum_chat_id, message_id)

    def album(self, album: str) -> str:
        """Where the parts of an album gather: the ``coalesce_key`` of its letter."""
        return f"album:{self.side}:{self.key}:{album}"


def point_of(place: Place) -> dict[str, Any]:
    """The parameters of ``sendLocation`` for a fixed point."""
    point: dict[str, Any] = {"latitude": place.latitude, "longitude": place.longitude}
    if place.accuracy_metres is not None:
        point["horizontal_accuracy"] = place.accuracy_metres
    return point


def change_of(content: Content, link: MessageLink | None) -> tuple[str, dict[str, Any]] | None:
    """The call that makes a copy like its edited original, without its ``message_id``; ``None``: there is none."""
    entities = list(content.entities)
    if content.kind == "text":
        return "editMessageText", {"text": content.text, "entities": entities}
    # while the copy is still on its way nobody knows what it holds: replacing all of it is right in any case
    is_other_file = link is None or link.file != content.file
    if content.kind in REPLACEABLE and is_other_file:
        media = {"type": content.kind, "media": content.file_id, "caption": content.text}
        return "editMessageMedia", {"media": {**media, "caption_entities": entities}}
    if content.kind in CAPTIONED and not is_other_file:
        return "editMessageCaption", {"caption": content.text, "caption_entities": entities}
    return None
