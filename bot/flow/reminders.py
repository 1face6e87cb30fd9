"""Reminding: at most once, of a question that was sent and not answered, where the settings want it at all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.domain import messages
from bot.domain.invitation import State
from bot.domain.reminding import LEAST_TIME_LEFT, remind_at
from bot.domain.survey import Rules
from bot.flow.letters import LetterKind, PostedLetter
from bot.flow.question import QuestionBoard
from bot.flow.render import payload
from bot.flow.standing import switched
from bot.store import invitations, respondents, timers
from bot.store.engine import Tx
from bot.store.invitations import Invitation
from bot.store.outbox import Letter, ToCustomer, post

REMIND = "remind"


async def plan(
    tx: Tx, invitation: Invitation, rules: Rules, sent_at: datetime, expires_at: datetime, now: datetime
) -> None:
    """The question has arrived: set the timer of its reminder, if there is to be one."""
    at = remind_at(sent_at, expires_at, rules, invitation.time_zone, now)
    if at is not None:
        await timers.start(tx, REMIND, invitation.id, at)


class Reminders:
    """The timer ``remind``."""

    def __init__(self, board: QuestionBoard) -> None:
        self._board = board

    async def remind(self, tx: Tx, subject: str, now: datetime) -> None:
        """It is time: remind, unless there is a reason not to by now."""
        invitation = await invitations.by_id(tx, int(subject))
        if invitation is None or not await self.may_go(tx, invitation, now):
            return
        assert invitation.expires_at is not None
        message = messages.reminder(self._board.texts_of(invitation))
        await post(
            tx,
            Letter(
                "reminder",
                "sendMessage",
                # without the question there is nothing to remind of: if it was deleted, Telegram refuses this
                {**payload(message), "reply_parameters": {"message_id": invitation.message_id}},
                ToCustomer(invitation.customer_key or ""),
                invitation_id=invitation.id,
                give_up_at=invitation.expires_at - LEAST_TIME_LEFT,
            ),
            now,
        )

    async def may_go(self, tx: Tx, invitation: Invitation, now: datetime) -> bool:
        """Whether to remind now. "Not at this hour" sets the timer anew; every other no is for good."""
        if (
            invitation.state != State.SENT
            or invitation.reminded_at
            or not await self._is_welcome(tx, invitation, now)
        ):
            return False
        if invitation.message_id is None or invitation.sent_at is None or invitation.expires_at is None:
            return False
        rules = await self._board.rules_of(tx, invitation)
        at = remind_at(invitation.sent_at, invitation.expires_at, rules, invitation.time_zone, now)
        if at is not None and at > now:
            await timers.start(tx, REMIND, invitation.id, at)
        return at is not None and at <= now

    async def _is_welcome(self, tx: Tx, invitation: Invitation, now: datetime) -> bool:
        respondent = await respondents.by_key(tx, invitation.customer_key or "")
        if respondent is None or respondent.chat_id is None:
            return False
        if respondent.opted_out_at is not None or respondent.unreachable_at is not None:
            return False
        trigger = await self._board.trigger_of(tx, invitation)
        switches = await switched(tx, trigger, now)
        return trigger is not None and switches.is_on and not switches.is_paused


class ReminderLetter(LetterKind):
    """A reminder is sent at most once: an unknown outcome stays unknown, as a question's does."""

    repeats_when_unknown = False

    def __init__(self, reminders: Reminders, board: QuestionBoard) -> None:
        self._reminders = reminders
        self._board = board

    async def claim(self, tx: Tx, letter: PostedLetter, now: datetime) -> bool:
        """Look at everything once more."""
        invitation = await invitations.by_id(tx, letter.invitation_id or 0)
        return invitation is not None and await self._reminders.may_go(tx, invitation, now)

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """Remember where it stands. Where an answer was quicker it goes at once."""
        invitation = await invitations.by_id(tx, letter.invitation_id or 0)
        if invitation is None:
            return
        await invitations.change(tx, invitation.id, reminded_at=now, reminder_message_id=result["message_id"])
        reminded = await invitations.by_id(tx, invitation.id)
        if reminded is not None and reminded.state != State.SENT:
            await self._board.drop_reminder(tx, reminded, now)

    async def lost(self, tx: Tx, letter: PostedLetter, now: datetime) -> None:
        """It may have arrived, so it counts as the one reminder."""
        await invitations.change(tx, letter.invitation_id or 0, reminded_at=now)
