"""Follow-up visits: a customer on a cadence is asked again in week 1, in week 3 … each time through the same rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.domain.events import ConversationEnded, CustomerRef
from bot.domain.policy import Standing
from bot.domain.survey import TriggerBook
from bot.flow.rulebook import Rulebook
from bot.store import desk, follow_ups, respondents, timers
from bot.store.engine import Tx
from bot.store.follow_ups import FOLLOW_UP, FollowUp

SOURCE = "follow_up"
_LATER = timedelta(days=1)

Decide = Callable[[Tx, ConversationEnded, str, datetime], Awaitable[None]]


async def begin(
    tx: Tx,
    book: TriggerBook,
    event: ConversationEnded,
    customer_key: str | None,
    standing: Standing,
    now: datetime,
) -> None:
    """Put the customer of this event on the cadence of every trigger that begins with it.

    A later event begins it anew. Nobody is put on one who must not be asked at all.
    """
    is_barred = standing.is_opted_out or standing.is_staff or standing.is_test_account
    if customer_key is None or not standing.has_address or is_barred or event.is_group or event.is_spam:
        return
    for trigger in book.triggers:
        if trigger.cadence is not None and trigger.begins_with(event):
            first_due = trigger.cadence.next_visit(event.ended_at, now)
            if first_due is not None:
                plan = FollowUp(trigger.name, customer_key, event.ended_at, event.language, event.time_zone)
                await follow_ups.begin(tx, plan, first_due)


class FollowUps:
    """The timer ``follow_up``. ``decide`` decides about one visit by the trigger of this name (``Intake.visited``)."""

    def __init__(self, rulebook: Rulebook, decide: Decide) -> None:
        self._rulebook = rulebook
        self._decide = decide

    async def visit(self, tx: Tx, subject: str, now: datetime) -> None:
        """A visit is due: decide about it, and set the next.

        It waits a day while the customer is talking with support: that is no moment for another question. No further
        visit where the settings have the cadence no more, or the customer does not want to be asked.
        """
        plan = await follow_ups.of_subject(tx, subject)
        if plan is None:
            return
        trigger = await self._rulebook.trigger(tx, plan.trigger_name)
        respondent = await respondents.by_key(tx, plan.customer_key)
        if trigger is None or trigger.cadence is None or respondent is None or respondent.opted_out_at:
            await follow_ups.stop(tx, plan)
            return
        topic = await desk.topic_of(tx, plan.customer_key)
        if topic is not None and topic.is_open:
            await timers.start(tx, FOLLOW_UP, plan.subject, now + _LATER)
            return
        event = ConversationEnded(
            source=SOURCE,
            conversation_id=f"{plan.subject}/{plan.started_at:%Y-%m-%d}+{(now - plan.started_at).days}d",
            ended_at=now,
            customer=CustomerRef(key=plan.customer_key),
            kind="follow_up",
            language=plan.language,
            time_zone=plan.time_zone,
        )
        await self._decide(tx, event, plan.trigger_name, now)
        next_due = trigger.cadence.next_visit(plan.started_at, now)
        if next_due is None:
            await follow_ups.stop(tx, plan)
        else:
            await timers.start(tx, FOLLOW_UP, plan.subject, next_due)
