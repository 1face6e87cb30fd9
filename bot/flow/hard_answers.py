"""Staff hear of a hard answer: one line, two minutes after the tap, kept up to date while the answer can change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.domain.errors import ChannelError
from bot.domain.masking import mask
from bot.domain.messages import quote
from bot.domain.texts import Texts
from bot.flow.letters import LetterKind, PostedLetter, as_repeat
from bot.flow.notices import TOPIC_SOURCE
from bot.store import desk, invitations, quotes, timers
from bot.store.engine import Tx
from bot.store.invitations import Invitation
from bot.store.outbox import Letter, ToChat, post

_LOOK_AGAIN = timedelta(seconds=5)


class HardAnswers:
    """The timer ``hard_answer`` and its letter. ``alerts_chat`` is where staff listen; ``None``: nowhere."""

    def __init__(self, texts: Texts, alerts_chat: Callable[[], int | None]) -> None:
        self._texts = texts
        self._alerts_chat = alerts_chat

    async def tell(self, tx: Tx, subject: str, now: datetime) -> None:
        """Post the line, or edit the one that stands."""
        invitation = await invitations.by_id(tx, int(subject))
        chat_id = self._alerts_chat()
        if invitation is None or invitation.score is None or chat_id is None:
            return
        if await self.redraw(tx, invitation.id, now):
            return
        if invitation.alert_chat_id is not None:  # its line is on the way: come back when its place is known
            await timers.start(tx, "hard_answer", invitation.id, now + _LOOK_AGAIN)
            return
        await invitations.change(tx, invitation.id, alerted_at=now, alert_chat_id=chat_id)
        await post(
            tx,
            Letter(
                "alert",
                "sendMessage",
                await self._parameters(tx, invitation),
                ToChat(chat_id),
                invitation_id=invitation.id,
            ),
            now,
        )

    async def redraw(self, tx: Tx, invitation_id: int, now: datetime) -> bool:
        """Edit the line into what is true by now; False: it stands nowhere, as far as anybody knows."""
        invitation = await invitations.by_id(tx, invitation_id)
        if invitation is None or invitation.score is None:
            return False
        if invitation.alert_message_id is None or invitation.alert_chat_id is None:
            return False
        edit = {"message_id": invitation.alert_message_id, **await self._parameters(tx, invitation)}
        to, key = ToChat(invitation.alert_chat_id), f"hard_answer:{invitation.id}"
        letter = Letter("edit", "editMessageText", edit, to, invitation_id=invitation.id, coalesce_key=key)
        await post(tx, letter, now)
        return True

    async def _parameters(self, tx: Tx, invitation: Invitation) -> dict[str, Any]:
        return {
            "text": await self._line(tx, invitation),
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }

    async def _line(self, tx: Tx, invitation: Invitation) -> str:
        assert invitation.score is not None
        scale = invitation.scale
        now_hard = scale.band(invitation.score) == "low"
        key = "staff.hard_answer.line" if now_hard else "staff.hard_answer.changed"
        lines = [
            self._texts(
                key,
                face=scale.face(invitation.score) or "⚠️",
                score=self._texts.number(invitation.score),
                top=self._texts.number(scale.highest),
                direction=self._texts(
                    f"staff.summary.direction.{'higher' if scale.higher_is_easier else 'lower'}"
                ),
            )
        ]
        reasons = await invitations.reasons_of(tx, invitation.id)
        if reasons:
            lines.append(" · ".join(self._texts(f"customer.reason.{reason}") for reason in sorted(reasons)))
        if invitation.comment:
            lines.append(f"“{quote(mask(invitation.comment))}”")
        link = await self._link(tx, invitation)
        if link:
            lines.append(f'<a href="{link}">{self._texts("staff.hard_answer.open_topic")}</a>')
        return "\n".join(lines)

    async def _link(self, tx: Tx, invitation: Invitation) -> str | None:
        if invitation.source != TOPIC_SOURCE or invitation.customer_key is None:
            return None
        topic = await desk.topic_of(tx, invitation.customer_key)
        if topic is None or topic.thread_id is None:
            return None
        return f"https://t.me/c/{str(topic.forum_chat_id).removeprefix('-100')}/{topic.thread_id}"


class AlertLetter(LetterKind):
    """Once, unless the outcome is unknown: an alert missed is worse than an alert repeated."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    async def repeated(self, tx: Tx, letter: PostedLetter, now: datetime) -> Mapping[str, Any]:
        """It says that it may be there already."""
        return as_repeat(letter.payload, self._texts)

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """Remember where it stands, so that it can be kept up to date and found by erasure."""
        if letter.invitation_id is None or letter.chat_id is None:
            return
        message_id = int(result["message_id"])
        await invitations.change(
            tx, letter.invitation_id, alert_chat_id=letter.chat_id, alert_message_id=message_id
        )
        await quotes.remember(tx, letter.chat_id, message_id, [letter.invitation_id])

    async def refused(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        """It stands nowhere; should the answer change, there will be another try."""
        if letter.invitation_id is not None:
            await invitations.change(tx, letter.invitation_id, alert_chat_id=None)

    async def lost(self, tx: Tx, letter: PostedLetter, now: datetime) -> None:
        """After several repeats nobody knows whether any arrived: as if it were refused."""
        if letter.invitation_id is not None:
            await invitations.change(tx, letter.invitation_id, alert_chat_id=None)
