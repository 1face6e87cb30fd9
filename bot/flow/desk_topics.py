"""A topic's life: created, ended, reopened, lost, forgotten. Each ending is an episode of the conversation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.events import ConversationEnded, CustomerRef, Facts
from bot.domain.messages import isolate, quote
from bot.flow.chats import ChatBook
from bot.flow.desk_records import CustomerMessage, Errand
from bot.flow.desk_voice import DeskVoice
from bot.flow.notices import TOPIC_SOURCE
from bot.store import desk, desk_letters, memory, respondents, timers
from bot.store.desk import DeskTopic
from bot.store.engine import Tx
from bot.store.outbox import Letter, ToChat, ToTopic, post

TITLE_UNITS = 128  # createForumTopic: name, 1-128 characters; Telegram counts UTF-16 units
TRY_FORUM_AGAIN = timedelta(minutes=5)
_LOST = "desk:lost"  # remembered while the forum cannot be used, so that staff are told once
LIVE = "live:"  # live:<side>:<customer key>:<message id> = the last point heard, '' before there was one


class Conversations(Protocol):
    """What becomes of a conversation's beginnings and ends; ``bot/flow/intake.py`` fits."""

    async def ended(self, tx: Tx, event: ConversationEnded, now: datetime) -> object:
        """A conversation ended: decide whether to ask."""

    async def goes_on(self, tx: Tx, source: str, conversation_id: str, now: datetime) -> None:
        """It was reopened, or the customer wrote again."""

    async def waits_to_ask(self, tx: Tx, source: str, conversation_id: str) -> bool:
        """Whether a question is still only scheduled."""

    async def unreachable(self, tx: Tx, customer_key: str, now: datetime) -> None:
        """The customer blocked the bot."""


def facts_of(topic: DeskTopic, ended_at: datetime) -> Facts:
    """What is known of the present episode if it ends at ``ended_at``; whole seconds, never negative."""
    began = topic.first_customer_at or topic.opened_at
    response = None
    if topic.first_customer_at is not None and topic.first_agent_at is not None:
        response = _seconds(topic.first_agent_at - topic.first_customer_at)
    return Facts(
        first_response_seconds=response,
        resolution_seconds=_seconds(ended_at - began),
        customer_messages=topic.customer_messages,
        agent_messages=topic.agent_messages,
        characters=topic.characters,
        reopen_count=topic.reopen_count,
        transfers=topic.transfers,
        resolved_by="human" if topic.agent_messages else "nobody",
    )


def _seconds(span: timedelta) -> int:
    return max(0, int(span.total_seconds()))


def title_of(name: str, nameless: str) -> str:
    """A topic's name from a customer's: one line, at most 128 UTF-16 units; ``nameless`` for one without letters."""
    title = " ".join(name.split())
    if not any(character.isprintable() and character not in "\u3164\u2800 " for character in title):
        return nameless
    while len(title.encode("utf-16-le")) // 2 > TITLE_UNITS:
        title = title[:-1]
    return title


class DeskTopics:
    """Keeps one topic per customer, and tells the pipe when its conversation ends or goes on."""

    def __init__(self, conversations: Conversations, chats: ChatBook, voice: DeskVoice) -> None:
        self._conversations = conversations
        self._chats = chats
        self._voice = voice

    async def ensure(self, tx: Tx, message: CustomerMessage, forum: int, now: datetime) -> DeskTopic:
        """The customer's topic; its row is made, and its creation asked for, where it is missing."""
        key = message.customer_key
        title = title_of(message.name, self._voice.staff("staff.desk.nameless"))
        is_new = await desk.add_topic(tx, key, forum, title, message.at)
        topic = await desk.topic_of(tx, key)
        assert topic is not None
        if topic.forum_chat_id != forum:  # the settings name another forum now
            await desk.set_thread(tx, key, forum, None)
            is_new = True
        if is_new:
            await self.ask_for_topic(tx, topic, now)
            await self._introduce(tx, message, now)
        elif topic.thread_id is None:
            await self.ask_for_topic(tx, topic, now)
        return topic

    async def _introduce(self, tx: Tx, message: CustomerMessage, now: datetime) -> None:
        staff = self._voice.staff
        language = quote(message.language) if message.language else staff("staff.desk.language_unknown")
        name = isolate(quote(title_of(message.name, staff("staff.desk.nameless"))))
        text = staff("staff.desk.intro", name=name, language=language)
        await self._voice.in_topic(tx, message.customer_key, text, now)

    async def ask_for_topic(
        self, tx: Tx, topic: DeskTopic, now: datetime, wait: timedelta = timedelta()
    ) -> None:
        """Have the topic created, not before ``wait`` is over; once is enough."""
        if not await desk_letters.topic_is_on_its_way(tx, topic.customer_key):
            address = ToTopic(topic.customer_key)
            payload = {"name": topic.title}
            await post(
                tx,
                Letter("topic", "createForumTopic", payload, address, not_before=now + wait, subject="open"),
                now,
            )

    async def gone(self, tx: Tx, customer_key: str, now: datetime) -> None:
        """Staff deleted the topic: what waits for it goes to a new one, which says so."""
        topic = await desk.topic_of(tx, customer_key)
        if topic is None or topic.thread_id is None:
            return
        await desk.set_thread(tx, customer_key, topic.forum_chat_id, None)
        await self.ask_for_topic(tx, topic, now)
        await self._voice.in_topic(tx, customer_key, self._voice.staff("staff.desk.topic_again"), now)

    async def close_by(self, tx: Tx, topic: DeskTopic, actor: str, now: datetime) -> None:
        """``/done``: have the topic closed. What Telegram then tells us ends the episode, in the name of ``actor``."""
        if not topic.is_open:
            return
        await desk.set_closer(tx, topic.customer_key, actor)
        await self._post_move(tx, topic.customer_key, "closeForumTopic", Errand("close"), now)

    async def closed(self, tx: Tx, customer_key: str, by: str | None, at: datetime, now: datetime) -> None:
        """The topic was closed, by ``by`` or (``None``) by this bot for whoever said ``/done``: the episode ended.

        The same closing heard twice ends one episode.
        """
        topic = await desk.topic_of(tx, customer_key)
        if topic is None:
            return
        # Telegram's dates are whole seconds; two endings within one must still be two instants
        at = max(at, topic.opened_at)
        actor = by or topic.closed_by
        if not await desk.close(tx, customer_key, at, actor):
            return
        await self._conversations.ended(tx, await self.event(tx, topic, at, actor), now)
        if topic.last_customer_at is not None and topic.last_customer_at > at:
            # a backlog is worked off side by side: the customer wrote after this closing, and we saw that first
            await self.customer_goes_on(tx, topic, topic.last_customer_at, now)

    async def event(self, tx: Tx, topic: DeskTopic, at: datetime, closed_by: str | None) -> ConversationEnded:
        """The present episode as if it ended ``at``."""
        respondent = await respondents.by_key(tx, topic.customer_key)
        return ConversationEnded(
            source=TOPIC_SOURCE,
            conversation_id=topic.customer_key,
            ended_at=at,
            customer=CustomerRef(telegram_id=respondent.chat_id if respondent else None),
            agent=topic.agent or None,
            language=respondent.language if respondent else None,
            closed_by=closed_by or None,
            last_message_at=max(filter(None, (topic.last_customer_at, topic.last_agent_at)), default=None),
            facts=facts_of(topic, at),
        )

    async def reopened(self, tx: Tx, customer_key: str, at: datetime, now: datetime) -> None:
        """Staff reopened the topic: a new episode, and a question about the last one is taken back."""
        if await desk.reopen(tx, customer_key, at):
            await self._conversations.goes_on(tx, TOPIC_SOURCE, customer_key, now)

    async def customer_goes_on(self, tx: Tx, topic: DeskTopic, at: datetime, now: datetime) -> None:
        """The customer wrote more than a thank-you: a closed topic opens again, a question is taken back."""
        if await desk.reopen(tx, topic.customer_key, at):
            await self._post_move(tx, topic.customer_key, "reopenForumTopic", Errand("reopen"), now)
        await self._conversations.goes_on(tx, TOPIC_SOURCE, topic.customer_key, now)

    async def waits_to_ask(self, tx: Tx, customer_key: str) -> bool:
        """Whether a question about this conversation is still only scheduled."""
        return await self._conversations.waits_to_ask(tx, TOPIC_SOURCE, customer_key)

    async def unreachable(self, tx: Tx, customer_key: str, now: datetime) -> bool:
        """The customer blocked the bot, so nothing is asked. False: that was known, or the customer is not."""
        respondent = await respondents.by_key(tx, customer_key)
        if respondent is None:
            return False
        if respondent.unreachable_at is None:
            await respondents.set_unreachable(tx, customer_key, now)
        await self._conversations.unreachable(tx, customer_key, now)
        return respondent.unreachable_at is None

    async def address(self, tx: Tx, customer_key: str) -> int | None:
        """The chat of this customer; ``None`` once it was dropped or erased."""
        respondent = await respondents.by_key(tx, customer_key)
        return None if respondent is None else respondent.chat_id

    async def reachable(self, tx: Tx, customer_key: str) -> bool:
        """The customer is back. False: they were not gone."""
        respondent = await respondents.by_key(tx, customer_key)
        if respondent is None or respondent.unreachable_at is None:
            return False
        await respondents.set_unreachable(tx, customer_key, None)
        return True

    async def forum_is_lost(self, tx: Tx, why: str, now: datetime) -> None:
        """The forum cannot be used: customers' messages wait, and the staff chat hears of it once."""
        if await memory.recall(tx, _LOST) is None:
            await memory.remember(tx, _LOST, why)
            await self._voice.to_staff_chat(
                tx, self._voice.staff("staff.desk.forum_lost", why=quote(why)), now
            )

    async def forum_is_back(self, tx: Tx, now: datetime) -> None:
        """The forum can be used again: what waits goes now, and the staff chat hears of it."""
        if await memory.drop(tx, _LOST):
            await desk_letters.hasten(tx, now)
            await self._voice.to_staff_chat(tx, self._voice.staff("staff.desk.forum_back"), now)

    async def forget(self, tx: Tx, customer_key: str, now: datetime) -> None:
        """Erase the topic, here and (as far as the bot may) at Telegram; afterwards the forum says what happened."""
        for name in await memory.with_prefix(tx, LIVE):
            side, key, message_id = name.split(":")
            if key == customer_key:
                await memory.drop(tx, f"{LIVE}{name}")
                await timers.stop(tx, f"{side}:{key}:{message_id}", "live_location")
        await memory.drop(tx, f"no_desk:{customer_key}")
        await desk_letters.remove_relayed(tx, customer_key)
        topic = await desk.topic_of(tx, customer_key)
        await desk.remove_topic(tx, customer_key)
        if topic is not None and topic.thread_id is not None:
            await delete_topic(tx, topic.forum_chat_id, topic.thread_id, "forget", now)

    async def _post_move(self, tx: Tx, customer_key: str, method: str, errand: Errand, now: datetime) -> None:
        await post(tx, Letter("relay", method, {}, ToTopic(customer_key), subject=errand.encode()), now)


async def delete_topic(tx: Tx, forum_chat_id: int, thread_id: int, subject: str, now: datetime) -> None:
    """Have a topic deleted whose row is gone already."""
    await post(
        tx, Letter("topic", "deleteForumTopic", {}, ToChat(forum_chat_id, thread_id), subject=subject), now
    )
