"""Asking: when the delay is over, policy looks again; the claim of the letter is the last moment to say no."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.domain.errors import ChannelError
from bot.domain.invitation import Move, State
from bot.domain.policy import decide
from bot.domain.survey import MANUAL
from bot.flow import reminders
from bot.flow.intake import MANUAL_EXCUSES
from bot.flow.letters import LetterKind, PostedLetter
from bot.flow.notices import TopicNotices
from bot.flow.question import QuestionBoard
from bot.flow.standing import Standings, switched
from bot.store import invitations, respondents, timers
from bot.store.engine import Tx
from bot.store.invitations import Invitation


class Dispatch:
    """The timers ``ask`` and ``expire``."""

    def __init__(self, board: QuestionBoard, notices: TopicNotices, standings: Standings) -> None:
        self._board = board
        self._notices = notices
        self._standings = standings

    async def ask(self, tx: Tx, subject: str, now: datetime) -> None:
        """The delay is over: ask, unless policy says no by now."""
        invitation = await invitations.by_id(tx, int(subject))
        if invitation is None or invitation.state != State.SCHEDULED:
            return
        if await self.may_go(tx, invitation, now):
            await self._board.post_question(tx, invitation, now)

    async def may_go(self, tx: Tx, invitation: Invitation, now: datetime) -> bool:
        """Ask policy once more. A no cancels the invitation; "not at this hour" sets its timer anew."""
        trigger = await self._board.trigger_of(tx, invitation)
        verdict = decide(
            invitations.event_of(invitation),
            trigger,
            await switched(tx, trigger, now),
            await self._standings.of(tx, invitation.customer_key, invitation.id, now),
            now,
            excused=MANUAL_EXCUSES if invitation.trigger_name == MANUAL else frozenset(),
            is_sending=True,
        )
        await invitations.decided_again(tx, invitation.id, verdict, now)
        if verdict.ask_at is None:
            await self.cancel(tx, invitation, verdict.skip or "", now)
            return False
        if verdict.ask_at > now:
            await invitations.change(tx, invitation.id, ask_at=verdict.ask_at)
            await timers.start(tx, "ask", invitation.id, verdict.ask_at)
            return False
        return True

    async def cancel(self, tx: Tx, invitation: Invitation, reason: str, now: datetime) -> None:
        """Not asked after all, and why."""
        await invitations.move(tx, invitation, Move.CANCELLED, reason=reason, closed_at=now)
        await self._notices.skipped(tx, invitation.source, invitation.customer_key, reason, now)

    async def expire(self, tx: Tx, subject: str, now: datetime) -> None:
        """The deadline has passed: the keyboard goes, a friendly line stays."""
        invitation = await invitations.by_id(tx, int(subject))
        if invitation is None or invitation.state != State.SENT:
            return
        await invitations.move(tx, invitation, Move.DEADLINE_PASSED, closed_at=now)
        await self._board.drop_reminder(tx, invitation, now)
        await self._board.redraw(tx, invitation.id, now)


class QuestionLetter(LetterKind):
    """A question is sent at most once: an unknown outcome stays unknown (telegram.md 4)."""

    repeats_when_unknown = False

    def __init__(self, dispatch: Dispatch, board: QuestionBoard, notices: TopicNotices) -> None:
        self._dispatch = dispatch
        self._board = board
        self._notices = notices

    async def claim(self, tx: Tx, letter: PostedLetter, now: datetime) -> bool:
        """Take it if it is still wanted, looking at every rule once more."""
        invitation = await self._invitation(tx, letter)
        if invitation is None or invitation.state != State.SCHEDULED:
            return False
        if not await self._dispatch.may_go(tx, invitation, now):
            return False
        await invitations.move(tx, invitation, Move.CLAIMED)
        return True

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """It arrived. A tap may have been quicker than this news, or the customer may have written again."""
        invitation = await self._invitation(tx, letter)
        if invitation is None:
            return
        rules = await self._board.rules_of(tx, invitation)
        expires_at = now + rules.deadline
        had_message = invitation.message_id is not None
        state = await invitations.move(
            tx,
            invitation,
            Move.ACCEPTED,
            message_id=result["message_id"],
            sent_at=invitation.sent_at or now,
            expires_at=invitation.expires_at or expires_at,
        )
        if state == State.SENT:
            await timers.start(tx, "expire", invitation.id, expires_at)
            await reminders.plan(tx, invitation, rules, now, expires_at, now)
            await self._notices.say(tx, invitation.source, invitation.customer_key, "staff.notice.asked", now)
        elif state == State.CANCELLED:
            fresh = await invitations.by_id(tx, invitation.id)
            assert fresh is not None
            await self._board.take_down(tx, fresh, now)
        elif not had_message:
            await self._board.redraw(tx, invitation.id, now)

    async def postponed(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """Surely not sent: it waits, and is looked at again when it is claimed again."""
        invitation = await self._invitation(tx, letter)
        if invitation is not None and invitation.state == State.SENDING:
            await invitations.move(tx, invitation, Move.TRY_LATER)

    async def refused(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """It will never arrive."""
        invitation = await self._invitation(tx, letter)
        if invitation is None:
            return
        if invitation.state == State.SCHEDULED:  # it was never claimed: the time ran out first
            await self._dispatch.cancel(tx, invitation, error.reason, now)
            return
        if invitation.state != State.SENDING:
            return
        await invitations.move(tx, invitation, Move.GONE, reason=error.reason, closed_at=now)
        if error.reason == "bot_blocked" and invitation.customer_key:
            await respondents.set_unreachable(tx, invitation.customer_key, now)
        await self._notices.skipped(tx, invitation.source, invitation.customer_key, error.reason, now)

    async def lost(self, tx: Tx, letter: PostedLetter, now: datetime) -> None:
        """Nobody knows whether it arrived: not asking is better than asking twice. A tap would prove it."""
        invitation = await self._invitation(tx, letter)
        if invitation is None or invitation.state not in (State.SENDING, State.ANSWERED):
            return
        if invitation.state == State.ANSWERED:
            await invitations.move(tx, invitation, Move.LOST)
            return
        await invitations.move(
            tx,
            invitation,
            Move.LOST,
            reason="unknown",
            sent_at=now,  # it counts as an ask: it may well have arrived
            expires_at=now + (await self._board.rules_of(tx, invitation)).deadline,
            closed_at=now,
        )

    async def _invitation(self, tx: Tx, letter: PostedLetter) -> Invitation | None:
        return None if letter.invitation_id is None else await invitations.by_id(tx, letter.invitation_id)
