"""The question's message in the customer's chat: how it looks now, and every change of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain import messages
from bot.domain.invitation import State
from bot.domain.messages import Message
from bot.domain.scales import Band
from bot.domain.survey import Rules, Survey, Trigger
from bot.domain.texts import CatalogueBook, Texts
from bot.flow.render import payload
from bot.flow.rulebook import Rulebook
from bot.store import invitations, respondents, timers
from bot.store.engine import Tx
from bot.store.invitations import Invitation
from bot.store.outbox import Letter, ToCustomer, post

DELETABLE_FOR = timedelta(hours=48)  # Bot API deleteMessage


class QuestionBoard:
    """Draws and redraws the one message that an invitation is to its customer."""

    def __init__(
        self, rulebook: Rulebook, catalogues: CatalogueBook, *, is_modern: bool, tells_staff: bool
    ) -> None:
        self._rulebook = rulebook
        self._catalogues = catalogues
        self._is_modern = is_modern
        self._tells_staff = tells_staff

    async def trigger_of(self, tx: Tx, invitation: Invitation) -> Trigger | None:
        """The trigger it was decided by, as it is in force now, if the settings still have it."""
        return await self._rulebook.trigger(tx, invitation.trigger_name)

    def survey_of(self, invitation: Invitation) -> Survey:
        """The survey as it was when the question was asked: scale, form and words come from its row."""
        trigger = self._rulebook.file.by_name(invitation.trigger_name)
        survey = trigger.survey if trigger else Survey()
        name, scale_name, form, version = invitation.series.split("/")
        return Survey(
            name=name,
            scale_name=scale_name,
            form="statement" if form == "statement" else "question",
            question_version=int(version),
            company=survey.company,
            language=survey.language,
            wording=((invitation.language, invitation.wording),) if invitation.wording else (),
        )

    async def rules_of(self, tx: Tx, invitation: Invitation) -> Rules:
        """The numbers of its trigger, as they are in force now."""
        trigger = await self.trigger_of(tx, invitation)
        return trigger.rules if trigger else Rules()

    def texts_of(self, invitation: Invitation) -> Texts:
        """The catalogue that the customer reads."""
        return self._catalogues.of(invitation.language or None, self.survey_of(invitation).language)

    async def post_question(self, tx: Tx, invitation: Invitation, now: datetime) -> None:
        """Put the question into the outbox; it is asked when its letter is claimed.

        It is the question of today's settings, whatever they were when the conversation ended; its row says which.
        """
        respondent = await respondents.by_key(tx, invitation.customer_key or "")
        trigger = await self.trigger_of(tx, invitation)
        survey = trigger.survey if trigger else self.survey_of(invitation)
        wanted = invitation.language or (respondent.language if respondent else None)
        texts = self._catalogues.of(wanted, survey.language)
        texts = self._catalogues.of(survey.spoken(texts.language), survey.language)
        await invitations.change(
            tx,
            invitation.id,
            language=texts.language,
            survey=survey.name,
            scale=survey.scale_name,
            series=survey.series,
            wording=survey.words_in(texts.language),
        )
        earlier = await invitations.of_customer(tx, invitation.customer_key or "")
        is_first = not any(one.sent_at for one in earlier)
        askable_for = (await self.rules_of(tx, invitation)).askable_for
        await post(
            tx,
            Letter(
                "question",
                "sendMessage",
                payload(messages.question(survey, invitation.token, texts, is_first=is_first)),
                ToCustomer(invitation.customer_key or ""),
                invitation_id=invitation.id,
                give_up_at=None if askable_for is None else invitation.ended_at + askable_for,
            ),
            now,
        )

    async def redraw(self, tx: Tx, invitation_id: int, now: datetime) -> None:
        """Edit the question's message to what its row says now; of several waiting edits only the newest is sent."""
        invitation = await invitations.by_id(tx, invitation_id)
        if invitation is None or invitation.message_id is None:
            return  # not there yet: whoever learns its message id redraws it
        message = await self._view(tx, invitation, now)
        await self._edit(tx, invitation, invitation.message_id, message, f"question:{invitation.id}", now)

    async def _view(self, tx: Tx, invitation: Invitation, now: datetime) -> Message:
        texts, survey = self.texts_of(invitation), self.survey_of(invitation)
        respondent = await respondents.by_key(tx, invitation.customer_key or "")
        is_opted_out = respondent is not None and respondent.opted_out_at is not None
        if invitation.state == State.CANCELLED:
            return messages.withdrawn(texts)
        if invitation.state == State.EXPIRED:
            return messages.expired(texts)
        if invitation.score is None or invitation.answered_at is None or invitation.edit_until is None:
            if is_opted_out:
                return messages.stopped(invitation.token, texts)
            return messages.question(survey, invitation.token, texts, is_first=False)
        is_hard = invitation.scale.band(invitation.score) == "low"  # only then are reasons asked for
        reasons = await invitations.reasons_of(tx, invitation.id) if is_hard else frozenset[str]()
        if now >= invitation.edit_until:
            return messages.closed(survey, texts, score=invitation.score)
        return messages.answered(
            survey,
            invitation.token,
            texts,
            score=invitation.score,
            reasons=reasons,
            edit_for=invitation.edit_until - invitation.answered_at,
            has_comment=invitation.comment is not None,
            comment_is_open=invitation.prompt_opened_at is not None and invitation.prompt_closed_at is None,
            is_opted_out=is_opted_out,
        )

    async def take_down(self, tx: Tx, invitation: Invitation, now: datetime) -> None:
        """A withdrawn question disappears; one too old to delete is edited to a short line."""
        if invitation.message_id is None:
            return
        if invitation.sent_at is not None and now - invitation.sent_at >= DELETABLE_FOR:
            await self.redraw(tx, invitation.id, now)
            return
        await self._delete(tx, invitation, invitation.message_id, f"question:{invitation.id}", now)

    async def drop_reminder(self, tx: Tx, invitation: Invitation, now: datetime, *timers_too: str) -> None:
        """The question needs no reminder any more: none is sent, and the one that stands disappears.

        ``timers_too``: more timers of this invitation that end with it.
        """
        await timers.stop(tx, invitation.id, "remind", *timers_too)
        if invitation.reminder_message_id is None or invitation.reminded_at is None:
            return
        await invitations.change(tx, invitation.id, reminder_message_id=None)
        key = f"reminder:{invitation.id}"
        if now - invitation.reminded_at >= DELETABLE_FOR:
            message = messages.reminder_over(self.texts_of(invitation))
            await self._edit(tx, invitation, invitation.reminder_message_id, message, key, now)
            return
        await self._delete(tx, invitation, invitation.reminder_message_id, key, now)

    async def post_prompt(self, tx: Tx, invitation: Invitation, now: datetime) -> None:
        """Ask for a comment: one new message, worded for the band of the answer, ended by Skip."""
        assert invitation.score is not None
        message = messages.comment_prompt(
            self.survey_of(invitation), invitation.token, self.texts_of(invitation), score=invitation.score
        )
        await post(
            tx,
            Letter(
                "prompt",
                "sendMessage",
                payload(message, is_modern=self._is_modern),
                ToCustomer(invitation.customer_key or ""),
                invitation_id=invitation.id,
            ),
            now,
        )

    async def thank(self, tx: Tx, invitation: Invitation, now: datetime) -> None:
        """Turn the prompt into the thank-you. It promises to pass things on only where staff are told."""
        if invitation.prompt_message_id is None or invitation.score is None:
            return  # still on its way: the prompt's letter sees that it is closed and thanks then
        band: Band = invitation.scale.band(invitation.score)
        message = messages.thanks(self.texts_of(invitation), band=band, passed_on=self._tells_staff)
        await self._edit(
            tx, invitation, invitation.prompt_message_id, message, f"prompt:{invitation.id}", now
        )

    async def _edit(
        self, tx: Tx, invitation: Invitation, message_id: int, message: Message, key: str, now: datetime
    ) -> None:
        await post(
            tx,
            Letter(
                "edit",
                "editMessageText",
                {"message_id": message_id, **payload(message)},
                ToCustomer(invitation.customer_key or ""),
                invitation_id=invitation.id,
                coalesce_key=key,
            ),
            now,
        )

    async def _delete(self, tx: Tx, invitation: Invitation, message_id: int, key: str, now: datetime) -> None:
        await post(
            tx,
            Letter(
                "delete",
                "deleteMessage",
                {"message_id": message_id},
                ToCustomer(invitation.customer_key or ""),
                invitation_id=invitation.id,
                coalesce_key=key,
            ),
            now,
        )
