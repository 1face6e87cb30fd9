"""``/why``: the story of a conversation's endings, one at a time, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.domain.buttons import ButtonData, button_data
from bot.domain.masking import cut
from bot.domain.messages import Button, Message, isolate, quote
from bot.domain.story import chapter_text
from bot.domain.texts import Texts
from bot.flow.notices import TOPIC_SOURCE
from bot.flow.ports import Tokens
from bot.store import desk_links, staff_buttons, stories
from bot.store.desk import topic_at
from bot.store.engine import Tx
from bot.store.staff_buttons import StaffButton
from bot.store.stories import Conversation, Ending

WHY = "why"
_PAGE = "p"  # the verb of a page's button; its value is the ending's number
_MOST_NAMED = 6
_LONGEST_ID = 200  # characters of a conversation's id that are shown


@dataclass(frozen=True)
class Place:
    """Where ``/why`` was written, and, if it was a reply, to which message of when."""

    chat_id: int
    thread_id: int | None = None
    replied_to: int | None = None
    replied_at: datetime | None = None


class Stories:
    """Finds the conversation that is meant, and tells one of its endings. ``zone``: the team's."""

    def __init__(self, tokens: Tokens, texts: Texts, zone: tzinfo) -> None:
        self._tokens = tokens
        self._texts = texts
        self._zone = zone

    async def why(self, tx: Tx, words: Sequence[str], place: Place, now: datetime) -> Message:
        """The answer to ``/why``: by the conversation's name, in a customer's topic, or as a reply to an alert.

        A reply in a topic asks about the ending that the message led to, or, to a notice of ours, about the one before.
        """
        if len(words) > 1:
            return self._say("staff.why.usage")
        if words:
            return await self._by_name(tx, words[0], place, now)
        alert = None
        if place.replied_to is not None:
            alert = await stories.of_alert(tx, place.chat_id, place.replied_to)
        if alert is not None:
            conversation, invitation_id = alert
            known = await stories.endings(tx, conversation)
            number = next(n for n, each in enumerate(known, 1) if each.invitation_id == invitation_id)
            return await self._begin(tx, conversation, known, number, place, now)
        topic = None
        if place.thread_id is not None:
            topic = await topic_at(tx, place.chat_id, place.thread_id)
        if topic is None:
            return self._say("staff.why.usage")
        conversation = Conversation(TOPIC_SOURCE, topic.customer_key)
        known = await stories.endings(tx, conversation)
        if not known:
            return self._say("staff.why.not_ended")
        number = await self._meant(tx, known, place)
        return await self._begin(tx, conversation, known, number, place, now)

    async def _by_name(self, tx: Tx, word: str, place: Place, now: datetime) -> Message:
        found = await stories.named(tx, word, _MOST_NAMED + 1)
        if not found:
            return self._say("staff.why.unknown_name", name=_shown(word))
        if len(found) > 1:
            names = [
                f"<code>{quote(cut(each.conversation_id, _LONGEST_ID))}</code>"
                for each in found[:_MOST_NAMED]
            ]
            return self._say("staff.why.several", name=_shown(word), names=", ".join(names))
        known = await stories.endings(tx, found[0])
        return await self._begin(tx, found[0], known, len(known), place, now)

    async def _meant(self, tx: Tx, known: Sequence[Ending], place: Place) -> int:
        """The number of the ending that a reply in a topic is about; the newest where it is no reply."""
        at, message_id = place.replied_at, place.replied_to
        if at is None or message_id is None:
            return len(known)
        so_far = sum(1 for each in known if each.ended_at <= at)
        is_talk = await desk_links.of_forum_message(tx, place.chat_id, message_id) is not None
        return min(so_far + 1, len(known)) if is_talk else max(so_far, 1)

    async def _begin(
        self,
        tx: Tx,
        conversation: Conversation,
        known: Sequence[Ending],
        number: int,
        place: Place,
        now: datetime,
    ) -> Message:
        token = self._tokens.new()
        if len(known) > 1:
            # by its row, which goes when the customer is forgotten
            row = StaffButton(place.chat_id, WHY, str(known[-1].invitation_id))
            await staff_buttons.add(tx, token, row, now)
        return await self._page(tx, conversation, known, number, token, now)

    async def turned(self, tx: Tx, row: StaffButton, button: ButtonData, now: datetime) -> Message | None:
        """Another page; ``None``: the button is not one of these, or nothing is left to tell."""
        if button.verb != _PAGE or not button.value.isdecimal():
            return None
        conversation = await stories.of_invitation(tx, int(row.subject))
        if conversation is None:
            return None
        known = await stories.endings(tx, conversation)
        number = int(button.value)
        if not 1 <= number <= len(known):
            return None
        return await self._page(tx, conversation, known, number, button.token, now)

    async def _page(
        self,
        tx: Tx,
        conversation: Conversation,
        known: Sequence[Ending],
        number: int,
        token: str,
        now: datetime,
    ) -> Message:
        told = await stories.chapter(tx, known[number - 1], number, now)
        # in a topic the conversation's name would be the customer's pseudonym
        name = "" if conversation.source == TOPIC_SOURCE else conversation.conversation_id
        text = chapter_text(told, name, len(known), self._texts, self._zone)
        buttons = [
            Button(self._texts(key), button_data(token, _PAGE, str(other), kind="a1"))
            for key, other in (("staff.why.older", number - 1), ("staff.why.newer", number + 1))
            if 1 <= other <= len(known)
        ]
        return Message(text, (tuple(buttons),) if buttons else ())

    def _say(self, key: str, **values: object) -> Message:
        return Message(self._texts(key, **values))


def _shown(word: str) -> str:
    return isolate(quote(cut(word, _LONGEST_ID)))
