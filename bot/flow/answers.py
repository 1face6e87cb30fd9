"""Answering: a tap is the answer. The lifecycle table decides; the row is redrawn; the toast goes straight back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from bot.domain.invitation import Move, State
from bot.domain.messages import ButtonData
from bot.domain.survey import REASONS
from bot.domain.texts import CatalogueBook, Texts
from bot.flow.alert_entry import will_enter
from bot.flow.letters import LetterKind, PostedLetter
from bot.flow.press import Press, Toast
from bot.flow.question import QuestionBoard
from bot.store import invitations, respondents, timers
from bot.store.engine import Tx
from bot.store.invitations import Invitation
from bot.store.respondents import Pseudonyms

HARD_ANSWER_GRACE = timedelta(minutes=2)  # an edit grace: not on the first tap (measurement.md 5)
COMMENT_LIMIT = 4096  # what one Telegram message can hold

_LATE_TOASTS = {State.CANCELLED: "customer.toast.withdrawn", State.ANSWERED: "customer.toast.final"}

Changed = Callable[[Tx, datetime], Awaitable[None]]


async def unwatched(tx: Tx, now: datetime) -> None:
    """Nobody shows answers as they come."""


class Answers:
    """Everything a customer can do with a question: tap, give reasons, comment, skip, stop being asked."""

    def __init__(
        self,
        board: QuestionBoard,
        pseudonyms: Pseudonyms,
        catalogues: CatalogueBook,
        *,
        tells_staff: bool,
        changed: Changed = unwatched,
    ) -> None:
        """``changed`` is told, in the same transaction, of every answer that is new or has another score."""
        self._changed = changed
        self._board = board
        self._pseudonyms = pseudonyms
        self._catalogues = catalogues
        self._tells_staff = tells_staff

    async def pressed(self, tx: Tx, press: Press, button: ButtonData, now: datetime) -> Toast:
        """Take one press of one of a question's buttons; whatever it was, the customer gets a friendly toast."""
        invitation = await invitations.by_token(tx, button.token)
        if invitation is None:
            texts = self._catalogues.of(press.language)
            return Toast(press.callback_query_id, texts("customer.toast.outdated"))
        texts = self._board.texts_of(invitation)
        if self._pseudonyms.key(press.person_id) != invitation.customer_key:
            reader = self._catalogues.of(press.language)
            return Toast(press.callback_query_id, reader("customer.toast.not_yours"))
        key = await self._act(tx, invitation, press, button, texts, now)
        return Toast(press.callback_query_id, texts(key))

    async def _act(
        self, tx: Tx, invitation: Invitation, press: Press, button: ButtonData, texts: Texts, now: datetime
    ) -> str:
        if button.verb == "x":
            return await self._stop_asking(tx, invitation, now)
        if button.verb == "u":
            return await self._ask_again(tx, invitation, now)
        if button.verb == "v":
            return await self._tap(tx, invitation, press, button.value, now)
        if invitation.state != State.ANSWERED:
            return "customer.toast.late"
        if button.verb == "k":
            return await self._skip_comment(tx, invitation, now)
        if not self._is_editable(invitation, now):
            return "customer.toast.final"
        if button.verb == "r":
            return await self._reason(tx, invitation, press, button.value, now)
        if button.verb == "c":
            return await self._open_prompt(tx, invitation, now)
        return "customer.toast.outdated"

    def _is_editable(self, invitation: Invitation, now: datetime) -> bool:
        return invitation.edit_until is not None and now < invitation.edit_until

    async def _tap(self, tx: Tx, invitation: Invitation, press: Press, value: str, now: datetime) -> str:
        if not value.isdigit() or int(value) not in invitation.scale.values:
            return "customer.toast.outdated"
        score = int(value)
        if self._is_late(invitation, now):
            if await invitations.log_event(tx, invitation.id, "late_tap", value, now, press.update_id):
                await self._board.redraw(tx, invitation.id, now)
            return _LATE_TOASTS.get(invitation.state, "customer.toast.late")
        if not await invitations.log_event(tx, invitation.id, "tap", value, now, press.update_id):
            return "customer.toast.thanks"
        is_first = invitation.answered_at is None
        if invitation.score == score:
            return "customer.toast.thanks"
        was_hard = _is_hard(invitation, invitation.score)
        is_hard = _is_hard(invitation, score)
        await self._record(tx, invitation, press, score, now)
        if was_hard and not is_hard:
            await invitations.clear_reasons(tx, invitation.id)
        await self._watch_hard_answer(tx, invitation, now, was_hard=was_hard, is_hard=is_hard)
        await self._board.redraw(tx, invitation.id, now)
        return "customer.toast.thanks" if is_first else "customer.toast.changed"

    async def _record(self, tx: Tx, invitation: Invitation, press: Press, score: int, now: datetime) -> None:
        await self._changed(tx, now)
        rules = await self._board.rules_of(tx, invitation)
        if invitation.answered_at is not None:
            await invitations.move(tx, invitation, Move.TAPPED, score=score, changed_at=now)
            return
        sent_at = invitation.sent_at or now  # the tap proves that it arrived
        expires_at = invitation.expires_at or sent_at + rules.deadline
        edit_until = min(expires_at, now + rules.edit_for)
        await invitations.move(
            tx,
            invitation,
            Move.TAPPED,
            score=score,
            answered_at=now,
            sent_at=sent_at,
            expires_at=expires_at,
            edit_until=edit_until,
            reason=None,
            closed_at=None,
            message_id=invitation.message_id or press.message_id,
        )
        await self._board.drop_reminder(tx, invitation, now, "expire")
        await timers.start(tx, "edit_close", invitation.id, edit_until)
        await will_enter(tx, invitation.series, now)

    def _is_late(self, invitation: Invitation, now: datetime) -> bool:
        if invitation.state in (State.EXPIRED, State.CANCELLED, State.SCHEDULED, State.SKIPPED):
            return True
        if invitation.state == State.ANSWERED:
            return not self._is_editable(invitation, now)
        return invitation.expires_at is not None and now >= invitation.expires_at

    async def _watch_hard_answer(
        self, tx: Tx, invitation: Invitation, now: datetime, *, was_hard: bool, is_hard: bool
    ) -> None:
        if invitation.alerted_at is not None:
            await timers.start(
                tx, "hard_answer", invitation.id, now
            )  # told already: bring that line up to date
        elif is_hard and not was_hard:
            await timers.start(tx, "hard_answer", invitation.id, now + HARD_ANSWER_GRACE)
        elif was_hard and not is_hard:
            await timers.stop(tx, invitation.id, "hard_answer")

    async def _reason(self, tx: Tx, invitation: Invitation, press: Press, reason: str, now: datetime) -> str:
        assert invitation.score is not None
        if reason not in REASONS or not _is_hard(invitation, invitation.score):
            return "customer.toast.outdated"
        if not await invitations.log_event(tx, invitation.id, "reason", reason, now, press.update_id):
            return "customer.toast.thanks"
        stands = await invitations.toggle_reason(tx, invitation.id, reason)
        await self._tell_staff_again(tx, invitation, now)
        await self._board.redraw(tx, invitation.id, now)
        return "customer.toast.reason_added" if stands else "customer.toast.reason_removed"

    async def _tell_staff_again(self, tx: Tx, invitation: Invitation, now: datetime) -> None:
        if invitation.alerted_at is not None:
            await timers.start(tx, "hard_answer", invitation.id, now)

    async def _open_prompt(self, tx: Tx, invitation: Invitation, now: datetime) -> str:
        if invitation.comment is not None:
            return "customer.toast.thanks"
        if invitation.prompt_opened_at is not None and invitation.prompt_closed_at is None:
            return "customer.toast.comment_opened"
        until = now + (await self._board.rules_of(tx, invitation)).comment_for
        await invitations.change(
            tx,
            invitation.id,
            prompt_opened_at=now,
            prompt_until=until,
            prompt_closed_at=None,
            prompt_message_id=None,
        )
        await timers.start(tx, "comment_close", invitation.id, until)
        await self._board.post_prompt(tx, invitation, now)
        await self._board.redraw(tx, invitation.id, now)
        return "customer.toast.comment_opened"

    async def _skip_comment(self, tx: Tx, invitation: Invitation, now: datetime) -> str:
        if invitation.prompt_closed_at is None and invitation.prompt_opened_at is not None:
            await self._close_prompt(tx, invitation, now)
        return "customer.toast.skipped"

    async def _close_prompt(self, tx: Tx, invitation: Invitation, now: datetime) -> None:
        await invitations.change(tx, invitation.id, prompt_closed_at=now)
        await timers.stop(tx, invitation.id, "comment_close")
        await self._board.thank(tx, invitation, now)
        await self._board.redraw(tx, invitation.id, now)

    async def comment(
        self,
        tx: Tx,
        customer_key: str,
        text: str,
        *,
        message_id: int,
        replied_to: int | None,
        update_id: int,
        now: datetime,
    ) -> bool:
        """Take a customer's text as the comment, if a prompt waits for it. False: it is a support message."""
        invitation = await invitations.waiting_for_comment(tx, customer_key, now, replied_to)
        if invitation is None:
            return False
        if not await invitations.log_event(tx, invitation.id, "comment", text, now, update_id):
            return True
        await invitations.move(
            tx,
            invitation,
            Move.COMMENTED,
            comment=text[:COMMENT_LIMIT],
            commented_at=now,
            comment_message_id=message_id,
        )
        await self._close_prompt(tx, invitation, now)
        await self._tell_staff_again(tx, invitation, now)
        return True

    async def edited_comment(
        self, tx: Tx, customer_key: str, text: str, *, message_id: int, update_id: int, now: datetime
    ) -> bool:
        """The customer edited the message that was the comment. False: it was none."""
        invitation = await invitations.of_comment_message(tx, customer_key, message_id)
        if invitation is None:
            return False
        if invitation.comment is not None and await invitations.log_event(
            tx, invitation.id, "edit", text, now, update_id
        ):
            await invitations.change(tx, invitation.id, comment=text[:COMMENT_LIMIT])
            await self._tell_staff_again(tx, invitation, now)
        return True

    async def edit_closed(self, tx: Tx, subject: str, now: datetime) -> None:
        """Timer ``edit_close``: the edit window is over, the keyboard goes."""
        invitation = await invitations.by_id(tx, int(subject))
        if invitation is not None and invitation.state == State.ANSWERED:
            await invitations.move(tx, invitation, Move.EDIT_CLOSED, closed_at=now)
            await self._board.redraw(tx, invitation.id, now)

    async def comment_closed(self, tx: Tx, subject: str, now: datetime) -> None:
        """Timer ``comment_close``: nobody wrote; the prompt becomes the thank-you."""
        invitation = await invitations.by_id(tx, int(subject))
        if invitation is not None and invitation.prompt_closed_at is None:
            await self._close_prompt(tx, invitation, now)

    async def _stop_asking(self, tx: Tx, invitation: Invitation, now: datetime) -> str:
        await respondents.set_opted_out(tx, invitation.customer_key or "", now)
        await self._board.drop_reminder(tx, invitation, now)
        await self._board.redraw(tx, invitation.id, now)
        return "customer.toast.stopped"

    async def _ask_again(self, tx: Tx, invitation: Invitation, now: datetime) -> str:
        await respondents.set_opted_out(tx, invitation.customer_key or "", None)
        await self._board.redraw(tx, invitation.id, now)
        return "customer.toast.resumed"


def _is_hard(invitation: Invitation, score: int | None) -> bool:
    return score is not None and invitation.scale.band(score) == "low"


class PromptLetter(LetterKind):
    """The comment prompt: a doubled line beats a lost one."""

    def __init__(self, board: QuestionBoard) -> None:
        self._board = board

    async def claim(self, tx: Tx, letter: PostedLetter, now: datetime) -> bool:
        """Not asked for any more once it was skipped or answered."""
        invitation = await invitations.by_id(tx, letter.invitation_id or 0)
        return invitation is not None and (
            invitation.prompt_closed_at is None or invitation.comment is not None
        )

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """Remember the message to be replied to; if it is closed by now, it becomes the thank-you at once."""
        await invitations.change(tx, letter.invitation_id or 0, prompt_message_id=result["message_id"])
        invitation = await invitations.by_id(tx, letter.invitation_id or 0)
        if invitation is not None and invitation.prompt_closed_at is not None:
            await self._board.thank(tx, invitation, now)
