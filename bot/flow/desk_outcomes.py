"""What came of the relay's letters: links between the two sides, and plain words to staff where something failed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.domain.errors import ChannelError
from bot.domain.messages import quote
from bot.flow.chats import ChatBook
from bot.flow.desk_records import Errand, Part
from bot.flow.desk_relay import DeskRelay
from bot.flow.desk_topics import TRY_FORUM_AGAIN, DeskTopics, delete_topic
from bot.flow.desk_voice import DeskVoice
from bot.flow.desk_ways import Way
from bot.flow.letters import LetterKind, PostedLetter
from bot.store import desk, desk_letters, desk_links, memory
from bot.store.desk import DeskTopic
from bot.store.desk_links import MessageLink
from bot.store.engine import Tx, from_ms, to_ms
from bot.store.outbox import Letter, ToChat, post

LAG = timedelta(seconds=10)
LAG_TOLD_AGAIN = timedelta(minutes=1)
_LAG = "desk:lag_told_at"
FORUM_REFUSES = frozenset({"no_rights", "no_chat", "bot_blocked"})  # said of the forum, not of one message


class TopicLetter(LetterKind):
    """A topic that is created, or deleted for good."""

    def __init__(self, topics: DeskTopics, chats: ChatBook, voice: DeskVoice) -> None:
        self._topics = topics
        self._chats = chats
        self._voice = voice

    async def claim(self, tx: Tx, letter: PostedLetter, now: datetime) -> bool:
        """A topic is created only while it is missing."""
        if letter.topic_of is None:
            return True
        topic = await desk.topic_of(tx, letter.topic_of)
        return topic is not None and topic.thread_id is None

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """Created: what waits for it may go. Deleted: General is told."""
        if letter.topic_of is not None:
            topic = await desk.topic_of(tx, letter.topic_of)
            thread_id = int(result["message_thread_id"])
            if topic is not None:
                await desk.set_thread(tx, letter.topic_of, topic.forum_chat_id, thread_id)
            elif self._chats.support_forum is not None:  # the customer asked to be forgotten meanwhile
                await delete_topic(tx, self._chats.support_forum, thread_id, "forget", now)
            await self._topics.forum_is_back(tx, now)
        elif letter.subject == "forget" and letter.chat_id is not None:
            await self._say(tx, ToChat(letter.chat_id), "staff.desk.forgotten_deleted", now)

    async def refused(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """Not created: tried again every few minutes, staff told once. Not deleted: emptied of its name, and closed."""
        if letter.topic_of is not None:
            topic = await desk.topic_of(tx, letter.topic_of)
            if topic is not None:
                await self._topics.ask_for_topic(tx, topic, now, TRY_FORUM_AGAIN)
                await self._topics.forum_is_lost(tx, str(error), now)
        elif letter.subject == "forget" and error.reason not in ("no_topic", "nothing_to_do"):
            await self._empty(tx, letter, now)

    async def _empty(self, tx: Tx, letter: PostedLetter, now: datetime) -> None:
        thread_id = letter.payload.get("message_thread_id")
        if letter.chat_id is None or thread_id is None:
            return
        where = ToChat(letter.chat_id, int(thread_id))
        name = {"name": self._voice.staff("staff.desk.forgotten_title")}
        await post(tx, Letter("topic", "editForumTopic", name, where, subject="emptied"), now)
        await self._say(tx, where, "staff.desk.forgotten_kept", now)
        await post(tx, Letter("topic", "closeForumTopic", {}, where, subject="emptied"), now)

    async def _say(self, tx: Tx, where: ToChat, key: str, now: datetime) -> None:
        payload = {"text": self._voice.staff(key), "parse_mode": "HTML"}
        await post(tx, Letter("notice", "sendMessage", payload, where), now)


class NoticeLetter(LetterKind):
    """A line of the bot's own: in a topic that was deleted it goes to the new one."""

    def __init__(self, topics: DeskTopics) -> None:
        self._topics = topics

    async def postponed(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """No such topic any more: have a new one created; this letter waits for it."""
        if error.reason == "no_topic" and letter.topic_of is not None:
            await self._topics.gone(tx, letter.topic_of, now)


class RelayLetter(NoticeLetter):
    """A message that is passed on, an edit that follows it, a topic that is closed or reopened."""

    def __init__(self, topics: DeskTopics, relay: DeskRelay, voice: DeskVoice) -> None:
        super().__init__(topics)
        self._relay = relay
        self._voice = voice

    async def claim(self, tx: Tx, letter: PostedLetter, now: datetime) -> bool:
        """Fill in what could not be known when it was written: which message to quote, which one to edit."""
        errand = Errand.decode(letter.subject)
        topic = await desk.topic_of(tx, _key(letter))
        if topic is None or errand.verb == "hush":
            return False
        if errand.verb in ("close", "reopen"):
            return topic.is_open
        if errand.from_customer and await self._topics.address(tx, topic.customer_key) is None:
            return False
        way = Way(topic.customer_key, topic.forum_chat_id, from_customer=errand.from_customer)
        if errand.verb == "edit":
            link = await way.link(tx, errand.parts[0].message_id)
            if link is None:
                return False
            letter.payload["message_id"] = _other_side(link, errand)
        elif errand.quotes is not None:
            link = await way.link(tx, errand.quotes)
            if link is None:
                letter.payload.pop("reply_parameters", None)
            else:
                letter.payload["reply_parameters"] = {
                    "message_id": _other_side(link, errand),
                    "allow_sending_without_reply": True,
                }
        return True

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """Remember which message stands for which; say so when the relay lags."""
        errand = Errand.decode(letter.subject)
        topic = await desk.topic_of(tx, _key(letter))
        if topic is None:
            return
        if errand.verb == "edit":
            way = Way(topic.customer_key, topic.forum_chat_id, from_customer=errand.from_customer)
            link = await way.link(tx, errand.parts[0].message_id)
            if link is not None:
                await desk_links.changed(tx, link, errand.parts[0].kind, errand.parts[0].file)
        elif errand.verb == "copy" and result is not True:
            await self._link(tx, topic, errand, result, now)
            await self._tell_lag(tx, letter, topic.customer_key, now)
        if letter.topic_of is not None:
            await self._topics.forum_is_back(tx, now)

    async def _link(self, tx: Tx, topic: DeskTopic, errand: Errand, result: Any, now: datetime) -> None:
        results = result if isinstance(result, list) else [result]
        if len(results) != len(
            errand.parts
        ):  # copyMessages leaves out what it cannot copy, and does not say which
            await self._say_unsent(tx, topic.customer_key, errand, "staff.desk.album_incomplete", now)
            return
        for part, there in zip(errand.parts, results, strict=True):
            await desk_links.add(tx, _link_of(topic, errand, part, there), now)

    async def refused(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """Nothing is lost without a word: kept for later where the forum is the trouble, else said in the topic."""
        errand = Errand.decode(letter.subject)
        topic = await desk.topic_of(tx, _key(letter))
        if topic is None:
            return
        if letter.topic_of is not None and error.reason in FORUM_REFUSES and errand.verb != "close":
            await desk_letters.keep(tx, letter.id, letter.payload, now + TRY_FORUM_AGAIN)
            await self._topics.forum_is_lost(tx, str(error), now)
            return
        match errand.verb:
            case "copy":
                await self._not_passed_on(tx, topic, errand, error, now)
            case "edit":
                part = errand.parts[0]
                way = Way(topic.customer_key, topic.forum_chat_id, from_customer=errand.from_customer)
                link = await way.link(tx, part.message_id)
                await self._relay.edit_did_not_follow(
                    tx, topic.customer_key, errand.from_customer, part.message_id, link, now
                )
            case "close":
                await desk.set_closer(tx, topic.customer_key, None)
                text = self._voice.staff("staff.desk.not_closed", why=quote(str(error)))
                await self._voice.in_topic(tx, topic.customer_key, text, now)

    async def _not_passed_on(
        self, tx: Tx, topic: DeskTopic, errand: Errand, error: ChannelError, now: datetime
    ) -> None:
        key, part = topic.customer_key, errand.parts[0]
        if errand.from_customer:
            text = self._voice.staff("staff.desk.not_copied", kind=self._relay.kind(part.kind))
            await self._voice.in_topic(tx, key, text, now)
            await self._voice.to_customer(
                tx, key, "customer.relay.undelivered", now, reply_to=part.message_id
            )
            return
        if error.reason in ("bot_blocked", "no_chat"):
            await self._topics.unreachable(tx, key, now)
            await self._say_unsent(tx, key, errand, "staff.desk.blocked", now)
        else:
            await self._say_unsent(tx, key, errand, "staff.desk.not_delivered", now, why=quote(str(error)))

    async def _say_unsent(
        self, tx: Tx, customer_key: str, errand: Errand, key: str, now: datetime, **values: object
    ) -> None:
        reply_to = None if errand.from_customer else errand.parts[0].message_id
        await self._voice.in_topic(tx, customer_key, self._voice.staff(key, **values), now, reply_to=reply_to)

    async def _tell_lag(self, tx: Tx, letter: PostedLetter, customer_key: str, now: datetime) -> None:
        lag = now - letter.created_at
        if lag <= LAG:
            return
        told = await memory.recall(tx, _LAG)
        if told is not None and now - from_ms(int(told)) < LAG_TOLD_AGAIN:
            return
        await memory.remember(tx, _LAG, str(to_ms(now)))
        text = self._voice.staff.plural("staff.desk.lag", int(lag.total_seconds()))
        await self._voice.in_topic(tx, customer_key, text, now)


def _key(letter: PostedLetter) -> str:
    return letter.topic_of or letter.customer_key or ""


def _other_side(link: MessageLink, errand: Errand) -> int:
    return link.forum_message_id if errand.from_customer else link.customer_message_id


def _link_of(topic: DeskTopic, errand: Errand, part: Part, there: Mapping[str, Any]) -> MessageLink:
    here, other = part.message_id, int(there["message_id"])
    customer, forum = (here, other) if errand.from_customer else (other, here)
    return MessageLink(
        topic.customer_key, customer, topic.forum_chat_id, forum, errand.from_customer, part.kind, part.file
    )
