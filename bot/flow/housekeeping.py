"""What is kept no longer than promised (measurement.md 7): once a day, by a timer that sets itself anew."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from bot.domain.ageing import day_of, kept_from
from bot.domain.controls import Retention
from bot.store import deliveries, retention, sending, staff_buttons, timers, views
from bot.store.engine import Tx

HOUSEKEEPING = "housekeeping"
_EVERY = timedelta(hours=24)
_SOON = timedelta(minutes=1)
_KEYS_FOR = timedelta(
    days=7
)  # a redelivery is recognised for this long; helpdesks retry for about three days
_BUTTONS_FOR = timedelta(days=30)


class Housekeeping:
    """The timer ``housekeeping``. ``zone``: the team's, whose days old answers are counted by."""

    def __init__(self, promised: Retention, zone: tzinfo) -> None:
        self._promised = promised
        self._zone = zone

    async def plan(self, tx: Tx, now: datetime) -> None:
        """At start: make sure that the timer runs."""
        if not await timers.runs(tx, HOUSEKEEPING, HOUSEKEEPING):
            await timers.start(tx, HOUSEKEEPING, HOUSEKEEPING, now + _EVERY)

    async def sweep(self, tx: Tx, subject: str, now: datetime) -> None:
        """Forget what is old enough. Answers age one day at a time, so that no tap waits behind a long backlog."""
        await deliveries.sweep(tx, now - _KEYS_FOR)
        await sending.sweep(tx, now - _KEYS_FOR)
        await staff_buttons.sweep(tx, now - _BUTTONS_FOR)
        await views.sweep(tx, now - _BUTTONS_FOR)
        await retention.drop_comments(tx, now - self._promised.comments)
        await retention.drop_addresses(tx, now - self._promised.address)
        is_more = await self._age_a_day(tx, now)
        await retention.drop_strangers(tx)
        await timers.start(tx, HOUSEKEEPING, subject, now + (_SOON if is_more else _EVERY))

    async def _age_a_day(self, tx: Tx, now: datetime) -> bool:
        """Age the oldest day whose time is up; whether there is another."""
        kept = kept_from(now, self._promised.scores_months, self._zone)
        oldest = await retention.oldest(tx, kept)
        if oldest is None:
            return False
        day, over_at = day_of(oldest, self._zone)
        await retention.age_day(tx, day, over_at)
        return await retention.oldest(tx, kept) is not None
