"""What is kept no longer than promised (measurement.md 7): once a day, by a timer that sets itself anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta, tzinfo

from bot.domain.ageing import day_of, kept_from
from bot.domain.controls import Retention
from bot.flow.exploring import close_forgotten
from bot.store import deliveries, retention, sending, staff_buttons, timers, views
from bot.store.engine import Tx

HOUSEKEEPING = "housekeeping"
_EVERY = timedelta(hours=24)
_SOON = timedelta(minutes=1)
_KEYS_FOR = timedelta(
    days=7
)  # a redelivery is recognised for this long; helpdesks retry for about three days
_BUTTONS_FOR = timedelta(days=30)
_PAGES_FOR = timedelta(days=1)  # a page of a summary that nobody has turned since, with the words it may show
_COMMENTS_AT_ONCE = 200  # each may be in two posts, and the budget of a group is 18 edits a minute
Faded = Callable[[Tx, Sequence[int], datetime], Awaitable[None]]


class Housekeeping:
    """The timer ``housekeeping``. ``zone``: the team's, whose days old answers are counted by.

    ``faded``: told, in the same transaction, whose comments have lost their words (invitations).
    """

    def __init__(self, promised: Retention, zone: tzinfo, faded: Faded) -> None:
        self._promised = promised
        self._zone = zone
        self._faded = faded

    async def plan(self, tx: Tx, now: datetime) -> None:
        """At start: make sure that the timer runs."""
        if not await timers.runs(tx, HOUSEKEEPING, HOUSEKEEPING):
            await timers.start(tx, HOUSEKEEPING, HOUSEKEEPING, now + _EVERY)

    async def sweep(self, tx: Tx, subject: str, now: datetime) -> None:
        """Forget what is old enough: answers a day at a time, so that no tap waits behind a long backlog."""
        await deliveries.sweep(tx, now - _KEYS_FOR)
        await sending.sweep(tx, now - _KEYS_FOR)
        await staff_buttons.sweep(tx, now - _BUTTONS_FOR)
        await close_forgotten(tx, now - _PAGES_FOR, now)
        await views.sweep(tx, now - _BUTTONS_FOR)
        is_more = await self._fade(tx, now)
        await retention.drop_addresses(tx, now - self._promised.address)
        is_more = await self._age_a_day(tx, now) or is_more
        await retention.drop_strangers(tx)
        await timers.start(tx, HOUSEKEEPING, subject, now + (_SOON if is_more else _EVERY))

    async def _fade(self, tx: Tx, now: datetime) -> bool:
        """Take the words of the oldest comments away, wherever they stand; whether there may be more."""
        ids = await retention.drop_comments(tx, now - self._promised.comments, _COMMENTS_AT_ONCE)
        if ids:
            await self._faded(tx, ids, now)
        return len(ids) == _COMMENTS_AT_ONCE

    async def _age_a_day(self, tx: Tx, now: datetime) -> bool:
        """Age the oldest day whose time is up; whether there is another."""
        kept = kept_from(now, self._promised.scores_months, self._zone)
        oldest = await retention.oldest(tx, kept)
        if oldest is None:
            return False
        day, over_at = day_of(oldest, self._zone)
        await retention.age_day(tx, day, over_at)
        return await retention.oldest(tx, kept) is not None
