"""A conversation ended: invite, or skip and say why. Either way one row, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.events import ConversationEnded
from bot.domain.invitation import Move, State
from bot.domain.policy import SkipReason, Verdict, decide
from bot.domain.survey import MANUAL, Trigger
from bot.flow import follow_ups
from bot.flow.notices import TOPIC_SOURCE, TopicNotices
from bot.flow.ports import Tokens
from bot.flow.question import QuestionBoard
from bot.flow.rulebook import Rulebook
from bot.flow.standing import Standings, switched
from bot.store import invitations, reopenings, respondents, timers
from bot.store.engine import Tx, from_ms, to_ms
from bot.store.invitations import Invitation
from bot.store.respondents import Pseudonyms

# What an admin's /ask need not respect: it asks by hand (measurement.md 4); opt-out, block and cooldown hold.
MANUAL_EXCUSES: frozenset[SkipReason] = frozenset(
    {
        "switched_off",
        "paused",
        "blocked_tag",
        "no_human_reply",
        "timed_out",
        "too_short",
        "sampled_out",
        "too_old",
    }
)

_OPEN = frozenset({State.SCHEDULED, State.SENDING, State.SENT})
_NOT_ASKED = frozenset({State.SKIPPED, State.CANCELLED})
_A_SECOND = timedelta(seconds=1)  # Telegram dates messages by whole seconds; what we date ourselves is finer


class Intake:
    """Decides about every ending, once, and takes decisions back when a conversation goes on."""

    def __init__(
        self,
        rulebook: Rulebook,
        pseudonyms: Pseudonyms,
        tokens: Tokens,
        board: QuestionBoard,
        notices: TopicNotices,
        standings: Standings,
    ) -> None:
        self._rulebook = rulebook
        self._pseudonyms = pseudonyms
        self._tokens = tokens
        self._board = board
        self._notices = notices
        self._standings = standings

    async def ended(self, tx: Tx, event: ConversationEnded, now: datetime) -> None:
        """Decide about this ending and leave the row. The same ending heard twice is decided once.

        What an admin asked about by hand before it ended is not asked about again.
        """
        episodes = await invitations.of_conversation(tx, event.source, event.conversation_id)
        if not any(one.trigger_name == MANUAL and _was_asked([one], event) for one in episodes):
            trigger = await self._rulebook.first_match(tx, event)
            await self._decide(tx, event, trigger, frozenset(), now)

    async def visited(self, tx: Tx, event: ConversationEnded, trigger_name: str, now: datetime) -> None:
        """A follow-up visit is due: decide about it as about any other ending, by its own trigger."""
        await self._decide(tx, event, await self._rulebook.trigger(tx, trigger_name), frozenset(), now)

    async def ask_by_hand(self, tx: Tx, event: ConversationEnded, now: datetime) -> Verdict | None:
        """An admin's ``/ask``: the verdict, or ``None`` where this episode was asked about, or soon will be.

        An ending that was not asked about keeps its row and its reason; asking by hand is a decision of its own.
        """
        episodes = await invitations.of_conversation(tx, event.source, event.conversation_id)
        if any(one.state in _OPEN for one in episodes) or _was_asked(episodes, event):
            return None
        by_hand = replace(event, ended_at=now)
        return await self._decide(tx, by_hand, await self._rulebook.trigger(tx, MANUAL), MANUAL_EXCUSES, now)

    async def _decide(
        self,
        tx: Tx,
        event: ConversationEnded,
        trigger: Trigger | None,
        excused: frozenset[SkipReason],
        now: datetime,
    ) -> Verdict | None:
        event = replace(
            event, ended_at=from_ms(to_ms(event.ended_at))
        )  # as exact as it is stored, to be found again
        reopened_at = await reopenings.last(tx, event.source, event.conversation_id)
        episodes = await invitations.of_conversation(tx, event.source, event.conversation_id)
        if any(one.ended_at == event.ended_at for one in episodes):
            return None
        for earlier in episodes:  # it can only end again if it went on in between
            if earlier.ended_at < event.ended_at:
                await self._take_back(tx, earlier, now)
        customer_key = await self._known_customer(tx, event)
        standing = await self._standings.of(tx, customer_key, 0, now)
        verdict = decide(
            event,
            trigger,
            await switched(tx, trigger, now),
            standing,
            now,
            sample=self._pseudonyms.sample(event.episode_key),
            excused=excused,
        )
        invitation_id = await invitations.add(
            tx,
            event,
            trigger,
            verdict,
            token=self._tokens.new(),
            episode=episodes[-1].episode + 1 if episodes else 1,
            customer_key=customer_key,
            now=now,
        )
        if invitation_id is None:
            return None
        await follow_ups.begin(tx, await self._rulebook.in_force(tx), event, customer_key, standing, now)
        if verdict.ask_at is None:
            await self._notices.skipped(tx, event.source, customer_key, verdict.skip or "", now)
        else:
            await timers.start(tx, "ask", invitation_id, verdict.ask_at)
        later = [one.ended_at for one in episodes] + ([reopened_at] if reopened_at else [])
        if any(at > event.ended_at for at in later):  # heard late: by now it has gone on
            decided = await invitations.by_id(tx, invitation_id)
            assert decided is not None
            await self._take_back(tx, decided, now)
        return verdict

    async def goes_on(
        self, tx: Tx, source: str, conversation_id: str, now: datetime, at: datetime | None = None
    ) -> None:
        """The customer wrote again, or staff reopened: what waits is cancelled, what is unanswered is withdrawn.

        ``at``: when, by the clock of a source whose deliveries may overtake each other. Endings after it stand, and it
        is remembered for endings before it that are still to be heard of.
        """
        for invitation in await invitations.of_conversation(tx, source, conversation_id):
            if at is None or invitation.ended_at <= at:
                await self._take_back(tx, invitation, now)
        if at is not None:
            await reopenings.remember(tx, source, conversation_id, at, now)

    async def waits_to_ask(self, tx: Tx, source: str, conversation_id: str) -> bool:
        """Whether a question about this conversation is still only scheduled."""
        episodes = await invitations.of_conversation(tx, source, conversation_id)
        return any(one.state == State.SCHEDULED for one in episodes)

    async def unreachable(self, tx: Tx, customer_key: str, now: datetime) -> None:
        """The customer blocked the bot: what waits to be asked is cancelled."""
        for invitation in await invitations.scheduled_of(tx, customer_key):
            await self._cancel(tx, invitation, "bot_blocked", now)

    async def _take_back(self, tx: Tx, invitation: Invitation, now: datetime) -> None:
        if invitation.resumed_at is None:
            await invitations.change(tx, invitation.id, resumed_at=now)
        if invitation.state == State.SCHEDULED:
            await self._cancel(tx, invitation, "reopened", now)
        elif invitation.state in (State.SENDING, State.SENT):
            was_sent = invitation.state == State.SENT
            await invitations.move(tx, invitation, Move.WITHDRAWN, reason="reopened", closed_at=now)
            await self._board.drop_reminder(tx, invitation, now, "expire")
            if was_sent:
                await self._board.take_down(tx, invitation, now)
            await self._notices.say(
                tx, invitation.source, invitation.customer_key, "staff.notice.withdrawn", now
            )

    async def _cancel(self, tx: Tx, invitation: Invitation, reason: str, now: datetime) -> None:
        await invitations.move(tx, invitation, Move.CANCELLED, reason=reason, closed_at=now)
        await timers.stop(tx, invitation.id, "ask")
        await self._notices.skipped(tx, invitation.source, invitation.customer_key, reason, now)

    async def _known_customer(self, tx: Tx, event: ConversationEnded) -> str | None:
        if event.customer.key is not None:
            key = event.customer.key
        elif event.source == TOPIC_SOURCE:  # there the conversation is the customer's own
            key = event.conversation_id
        elif event.customer.telegram_id is not None:
            key = self._pseudonyms.key(event.customer.telegram_id)
        else:
            return None
        return key if await respondents.by_key(tx, key) else None


def _was_asked(episodes: Iterable[Invitation], event: ConversationEnded) -> bool:
    """Whether the episode that this event ends was asked about, or is about to be."""
    began_at = event.ended_at - timedelta(seconds=event.facts.resolution_seconds or 0)
    ends_by = event.ended_at + _A_SECOND
    return any(one.state not in _NOT_ASKED and began_at <= one.ended_at < ends_by for one in episodes)
