"""Messages both ways: copies in order, albums together, edits after them, live locations by two points."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain import internal_lines
from bot.flow.desk_records import (
    Content,
    CustomerMessage,
    Errand,
    Part,
    Place,
    StaffMessage,
)
from bot.flow.desk_topics import LIVE
from bot.flow.desk_voice import DeskVoice
from bot.flow.desk_ways import Way, Written, change_of, point_of
from bot.store import desk, desk_letters, memory, timers
from bot.store.desk import DeskTopic
from bot.store.desk_letters import WaitingLetter
from bot.store.desk_links import MessageLink
from bot.store.engine import Tx
from bot.store.outbox import Letter, post

ALBUM_GATHERS = timedelta(seconds=1)  # the parts of an album are separate updates, some hundred ms apart
ALBUM_PARTS = 10  # sendMediaGroup: 2-10 items
LIVE_TIMER = "live_location"
_FOR_EVER = 0x7FFFFFFF  # sendLocation: live_period of a location that is shared until it is stopped
_KINDS = {
    "poll": "staff.desk.kind.poll",
    "game": "staff.desk.kind.game",
    "story": "staff.desk.kind.story",
    "giveaway": "staff.desk.kind.giveaway",
    "giveaway_winners": "staff.desk.kind.giveaway",
    "invoice": "staff.desk.kind.invoice",
    "paid_media": "staff.desk.kind.paid_media",
    "service": "staff.desk.kind.service",
}


class DeskRelay:
    """Posts the letters of the relay. What came of them is the business of ``desk_outcomes.RelayLetter``."""

    def __init__(self, voice: DeskVoice) -> None:
        self._voice = voice

    async def from_customer(self, tx: Tx, topic: DeskTopic, message: CustomerMessage, now: datetime) -> bool:
        """Pass a customer's message on. True where it counts as a message of its own (an album is one)."""
        way = Way(topic.customer_key, topic.forum_chat_id, from_customer=True)
        if message.is_edit:
            await self._edit(tx, way, message, message.content, now)
            return False
        if not message.content.can_be_copied:
            await self._voice.in_topic(
                tx,
                way.key,
                self._voice.staff("staff.desk.not_copied", kind=self.kind(message.content.kind)),
                now,
            )
            if message.content.kind != "service":
                await self._voice.to_customer(
                    tx, way.key, "customer.relay.unsupported", now, reply_to=message.message_id
                )
            return message.content.kind != "service"
        if message.content.place and message.content.place.live_for:
            await self._voice.to_customer(
                tx, way.key, "customer.relay.live_location", now, reply_to=message.message_id
            )
        return await self._pass_on(tx, way, message, message.content, now)

    async def from_staff(self, tx: Tx, topic: DeskTopic, message: StaffMessage, now: datetime) -> bool:
        """Pass a staff message on, without what is internal. True where it counts as a message of its own."""
        way = Way(topic.customer_key, topic.forum_chat_id, from_customer=False)
        content = message.content
        if message.is_command or internal_lines.is_internal(content.text):
            await self._keep_here(tx, way, message, now)
            return False
        part = internal_lines.public_part(content.text, content.entities)
        public = replace(content, text=part.text, entities=part.entities)
        if message.is_edit:
            await self._edit(tx, way, message, public, now)
            return False
        if message.is_as_channel or not content.can_be_copied:
            text = (
                self._voice.staff("staff.desk.as_channel")
                if message.is_as_channel
                else self._voice.staff("staff.desk.staff_not_copied", kind=self.kind(content.kind))
            )
            await self._voice.in_topic(tx, way.key, text, now, reply_to=message.message_id)
            return False
        return await self._pass_on(tx, way, message, public, now, is_cut=not part.is_whole)

    def kind(self, kind: str) -> str:
        """A kind of message in words for staff."""
        return self._voice.staff(_KINDS.get(kind, "staff.desk.kind.other"))

    async def _keep_here(self, tx: Tx, way: Way, message: StaffMessage, now: datetime) -> None:
        content = message.content
        if message.is_edit and await way.link(tx, message.message_id) is not None:
            text = self._voice.staff("staff.desk.too_late_to_hide")
            await self._voice.in_topic(tx, way.key, text, now, reply_to=message.message_id)
        elif not message.is_command and not message.is_edit and internal_lines.has_public_lines(content.text):
            text = self._voice.staff("staff.desk.stayed_here")
            await self._voice.in_topic(tx, way.key, text, now, reply_to=message.message_id)
        if content.album is not None and not message.is_edit:
            hush = Letter(
                "relay",
                "copyMessages",
                {},
                way.to,
                subject=Errand("hush").encode(),
                coalesce_key=way.album(content.album),
                not_before=now + ALBUM_GATHERS,
            )
            await post(tx, hush, now)

    async def _pass_on(
        self, tx: Tx, way: Way, message: Written, content: Content, now: datetime, *, is_cut: bool = False
    ) -> bool:
        part = Part(message.message_id, content.kind, content.file)
        if content.album is not None:
            return await self._gather(tx, way, content.album, part, now)
        if content.place is not None and content.place.live_for is not None:
            await self._follow(tx, way, message, content.place)
        method, payload = "copyMessage", {"message_id": message.message_id, **way.source()}
        if is_cut and content.kind == "text":
            method, payload = "sendMessage", {"text": content.text, "entities": list(content.entities)}
        elif is_cut:
            payload |= {"caption": content.text, "caption_entities": list(content.entities)}
        elif content.place is not None and content.place.live_for is not None:
            method, payload = "sendLocation", point_of(content.place)
        await self._copy(tx, way, method, payload, part, message.replies_to, now)
        return True

    async def _copy(
        self,
        tx: Tx,
        way: Way,
        method: str,
        payload: dict[str, Any],
        part: Part,
        quotes: int | None,
        now: datetime,
    ) -> None:
        await desk_letters.release_albums(tx, way.to, now)
        if (
            quotes is not None
        ):  # the message that is quoted may still wait itself: looked up when this one goes
            payload["reply_parameters"] = {"message_id": 0, "allow_sending_without_reply": True}
        errand = Errand("copy", way.from_customer, (part,), quotes)
        await post(tx, Letter("relay", method, payload, way.to, subject=errand.encode()), now)

    async def _gather(self, tx: Tx, way: Way, album: str, part: Part, now: datetime) -> bool:
        key = way.album(album)
        letter = await desk_letters.waiting(tx, key)
        if letter is not None:
            errand = Errand.decode(letter.subject)
            if errand.verb == "hush":
                return False
            if len(errand.parts) < ALBUM_PARTS:
                grown = replace(errand, parts=(*errand.parts, part))
                payload = {**letter.payload, "message_ids": [one.message_id for one in grown.parts]}
                await desk_letters.rewrite(
                    tx, WaitingLetter(letter.id, payload, grown.encode()), now + ALBUM_GATHERS
                )
                return False
        await desk_letters.release_albums(tx, way.to, now)
        payload = {"message_ids": [part.message_id], **way.source()}
        errand = Errand("copy", way.from_customer, (part,))
        await post(
            tx,
            Letter(
                "relay",
                "copyMessages",
                payload,
                way.to,
                subject=errand.encode(),
                coalesce_key=key,
                not_before=now + ALBUM_GATHERS,
            ),
            now,
        )
        return True

    async def _edit(self, tx: Tx, way: Way, message: Written, content: Content, now: datetime) -> None:
        place = content.place
        if place is not None:
            await self._moved(tx, way, message, place, now)
            return
        link = await way.link(tx, message.message_id)
        if link is not None and link.from_customer != way.from_customer:
            return
        change = change_of(content, link)
        if change is None:
            if link is not None:
                await self.edit_did_not_follow(tx, way.key, way.from_customer, message.message_id, link, now)
            return
        method, payload = change
        errand = Errand("edit", way.from_customer, (Part(message.message_id, content.kind, content.file),))
        letter = Letter(
            "relay",
            method,
            payload,
            way.to,
            subject=errand.encode(),
            coalesce_key=f"edit:{way.side}:{way.key}:{message.message_id}",
        )
        await post(tx, letter, now)

    async def edit_did_not_follow(
        self,
        tx: Tx,
        customer_key: str,
        from_customer: bool,
        message_id: int,
        link: MessageLink | None,
        now: datetime,
    ) -> None:
        """Say in the topic that one side sees an older version of a message than the other."""
        if from_customer:
            reply_to = link.forum_message_id if link else None
            text = self._voice.staff("staff.desk.edit_unseen")
        else:
            reply_to, text = message_id, self._voice.staff("staff.desk.edit_undelivered")
        await self._voice.in_topic(tx, customer_key, text, now, reply_to=reply_to)

    async def _follow(self, tx: Tx, way: Way, message: Written, place: Place) -> None:
        subject = f"{way.side}:{way.key}:{message.message_id}"
        if await memory.recall(tx, LIVE + subject) is None:
            await memory.remember(tx, LIVE + subject, "")
        if place.live_for is not None and place.live_for < _FOR_EVER:
            await timers.start(tx, LIVE_TIMER, subject, message.at + timedelta(seconds=place.live_for))

    async def _moved(self, tx: Tx, way: Way, message: Written, place: Place, now: datetime) -> None:
        """A live location went on, or was stopped: only its last point is passed on, when there is one."""
        subject = f"{way.side}:{way.key}:{message.message_id}"
        if await memory.recall(tx, LIVE + subject) is None:
            return
        await memory.remember(tx, LIVE + subject, json.dumps(point_of(place)))
        if place.live_for is None:
            await self.last_point(tx, subject, now)
        else:
            await self._follow(tx, way, message, place)

    async def last_point(self, tx: Tx, subject: str, now: datetime) -> None:
        """A live location ended: pass its last point on, as a reply to the first, if it moved at all."""
        side, key, message_id = subject.split(":")
        point = await memory.recall(tx, LIVE + subject)
        await memory.drop(tx, LIVE + subject)
        await timers.stop(tx, subject, LIVE_TIMER)
        topic = await desk.topic_of(tx, key)
        if point and topic is not None:
            way = Way(key, topic.forum_chat_id, from_customer=side == "c")
            part = Part(int(message_id), "location")
            await self._copy(tx, way, "sendLocation", json.loads(point), part, int(message_id), now)
