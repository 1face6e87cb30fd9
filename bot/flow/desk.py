"""The support relay, the native source: customers write to the bot, staff answer in one forum topic per customer.

Everything here happens inside the transaction of the update that caused it and leaves letters in the outbox; what
comes of those is in ``desk_outcomes.py``. docs/relay.md tells the whole story.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from bot.domain.events import ConversationEnded
from bot.domain.texts import CatalogueBook, Texts
from bot.domain.thanks import is_bare_thanks
from bot.flow.chats import ChatBook
from bot.flow.desk_outcomes import NoticeLetter, RelayLetter, TopicLetter
from bot.flow.desk_records import CustomerMessage, StaffMessage
from bot.flow.desk_relay import DeskRelay
from bot.flow.desk_topics import Conversations, DeskTopics
from bot.flow.desk_voice import DeskVoice
from bot.flow.letters import LetterKind
from bot.store import desk, memory
from bot.store.chats import chats_moved
from bot.store.desk import DeskTopic
from bot.store.engine import Tx, from_ms, to_ms

NO_DESK_AGAIN = timedelta(days=1)
WhyNot = Literal["member", "admin", "topics"]
_LOST: dict[WhyNot, str] = {
    "member": "staff.desk.lost.member",
    "admin": "staff.desk.lost.admin",
    "topics": "staff.desk.lost.topics",
}


class Desk:
    """What the support forum does when somebody writes, ends, reopens, leaves or comes back.

    ``staff`` is the catalogue of ``chats.language``; ``book`` has the customers' languages.
    """

    def __init__(
        self, conversations: Conversations, chats: ChatBook, staff: Texts, book: CatalogueBook
    ) -> None:
        self._chats = chats
        self._voice = DeskVoice(staff, book, chats)
        self._topics = DeskTopics(conversations, chats, self._voice)
        self._relay = DeskRelay(self._voice)

    def kinds(self) -> dict[str, LetterKind]:
        """The reactions of the letters that go to topics; for the sender's table."""
        return {
            "topic": TopicLetter(self._topics, self._chats, self._voice),
            "relay": RelayLetter(self._topics, self._relay, self._voice),
            "notice": NoticeLetter(self._topics),
        }

    async def customer_wrote(self, tx: Tx, message: CustomerMessage, now: datetime) -> None:
        """Pass a customer's message, or their edit of one, on to their topic. The respondent's row must exist."""
        forum = self._chats.support_forum
        if forum is None:
            await self._nobody_reads(tx, message, now)
            return
        if message.is_edit:
            topic = await desk.topic_of(tx, message.customer_key)
            if topic is not None:
                await self._relay.from_customer(tx, topic, message, now)
            return
        topic = await self._topics.ensure(tx, message, forum, now)
        # a closed topic may be written to by an admin's bot, so a thank-you needs no reopening
        if message.content.kind != "service" and not await self._is_parting_word(tx, message):
            await self._topics.customer_goes_on(tx, topic, message.at, now)
        if await self._relay.from_customer(tx, topic, message, now):
            await desk.customer_wrote(tx, topic.customer_key, message.at, len(message.content.text))

    async def _is_parting_word(self, tx: Tx, message: CustomerMessage) -> bool:
        content = message.content
        is_thanks = content.kind == "sticker" or (content.kind == "text" and is_bare_thanks(content.text))
        return is_thanks and await self._topics.waits_to_ask(tx, message.customer_key)

    async def _nobody_reads(self, tx: Tx, message: CustomerMessage, now: datetime) -> None:
        if message.is_edit:
            return
        name = f"no_desk:{message.customer_key}"
        told = await memory.recall(tx, name)
        if told is None or now - from_ms(int(told)) >= NO_DESK_AGAIN:
            await memory.remember(tx, name, str(to_ms(now)))
            await self._voice.to_customer(tx, message.customer_key, "customer.relay.no_desk", now)

    async def staff_wrote(self, tx: Tx, message: StaffMessage, now: datetime) -> bool:
        """Pass a staff message, or an edit of one, on to the customer. False: this is no customer's topic."""
        topic = await desk.topic_at(tx, message.forum_chat_id, message.thread_id)
        if topic is None:
            return False
        if await self._relay.from_staff(tx, topic, message, now):
            await desk.agent_wrote(
                tx, topic.customer_key, message.at, len(message.content.text), message.author
            )
        return True

    async def done(self, tx: Tx, forum_chat_id: int, thread_id: int, actor: str, now: datetime) -> bool:
        """``/done``: close the topic in the name of ``actor``. False: this is no customer's topic."""
        topic = await desk.topic_at(tx, forum_chat_id, thread_id)
        if topic is not None:
            await self._topics.close_by(tx, topic, actor, now)
        return topic is not None

    async def topic_closed(
        self, tx: Tx, forum_chat_id: int, thread_id: int, by: str | None, at: datetime, now: datetime
    ) -> None:
        """Telegram says that a topic was closed, by a person or (``None``) by this bot: the episode ends."""
        topic = await desk.topic_at(tx, forum_chat_id, thread_id)
        if topic is not None:
            await self._topics.closed(tx, topic.customer_key, by, at, now)

    async def topic_reopened(
        self, tx: Tx, forum_chat_id: int, thread_id: int, at: datetime, now: datetime
    ) -> None:
        """Staff reopened a topic: a new episode begins."""
        topic = await desk.topic_at(tx, forum_chat_id, thread_id)
        if topic is not None:
            await self._topics.reopened(tx, topic.customer_key, at, now)

    async def customer_left(self, tx: Tx, customer_key: str, now: datetime) -> None:
        """The customer blocked the bot: nothing is asked, and staff see it in the topic."""
        if await self._topics.unreachable(tx, customer_key, now):
            await self._say_where_they_talk(tx, customer_key, "staff.desk.has_blocked", now)

    async def customer_is_back(self, tx: Tx, customer_key: str, now: datetime) -> None:
        """The customer unblocked the bot."""
        if await self._topics.reachable(tx, customer_key):
            await self._say_where_they_talk(tx, customer_key, "staff.desk.is_back", now)

    async def _say_where_they_talk(self, tx: Tx, customer_key: str, key: str, now: datetime) -> None:
        if await desk.topic_of(tx, customer_key) is not None:
            await self._voice.in_topic(tx, customer_key, self._voice.staff(key), now)

    async def forum_changed(self, tx: Tx, forum_chat_id: int, why_not: WhyNot | None, now: datetime) -> None:
        """The bot's own rights in a chat changed. ``why_not``: what is missing to run the forum, ``None``: nothing."""
        if forum_chat_id != self._chats.support_forum:
            return
        if why_not is None:
            await self._topics.forum_is_back(tx, now)
        else:
            await self._topics.forum_is_lost(tx, self._voice.staff(_LOST[why_not]), now)

    async def chat_moved(self, tx: Tx, old_chat_id: int, new_chat_id: int) -> None:
        """A group became a supergroup: every stored and configured id follows."""
        await chats_moved(tx, old_chat_id, new_chat_id)
        self._chats.moved(old_chat_id, new_chat_id)

    async def event_now(self, tx: Tx, topic: DeskTopic, now: datetime) -> ConversationEnded:
        """The topic's last ending, or its present episode as if it ended now: what ``/ask`` asks about."""
        return await self._topics.event(tx, topic, topic.closed_at or now, topic.closed_by)

    async def live_location_ended(self, tx: Tx, subject: str, now: datetime) -> None:
        """The step of the timer ``live_location``."""
        await self._relay.last_point(tx, subject, now)

    async def forget(self, tx: Tx, customer_key: str, now: datetime) -> None:
        """For ``/forget_me``: erase the topic here and at Telegram, or empty its name, and tell the forum."""
        await self._topics.forget(tx, customer_key, now)
