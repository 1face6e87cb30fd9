"""The sender: takes letters out of the outbox, in order, within the budgets, and writes down what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.domain.errors import ChannelError, StoreError
from bot.flow.budgets import NEVER, Budgets, Trip
from bot.flow.busy import Busy
from bot.flow.calls import Calls
from bot.flow.claims import Claims
from bot.flow.letters import LetterKind
from bot.flow.outcomes import STORE_REST, Landed, Outcomes
from bot.flow.ports import Channel, Clock, Tokens
from bot.store.engine import Store
from bot.store.heads import Glance, Head
from bot.store.leadership import Leadership, Undisputed
from bot.store.sending import OutboxRow

log = structlog.get_logger(__name__)

_DRAIN_SECONDS = 8.0  # less than what a container is given to stop
_Claimed = dict[int, list[OutboxRow]]  # by the id of the letter that was wanted


class Sender:
    """Sends what steps ``post``. Letters of one lane go one after the other, by id; different lanes side by side.

    At most ``most_in_flight`` calls at once. A letter is claimed in a transaction before its call (``claims.py``), so
    that a crash leaves a trace; what happens to a letter whose fate is unknown is its kind's to say (``outcomes.py``).
    One failing chat never stops the loop. ``on_chat_moved`` hears the old and the new id of a group that became a
    supergroup, once that is stored.

    One sender per database: of several copies of the bot the one that leads. Whoever takes over writes its lease down,
    and from then on no other copy can claim anything (``bot.store.sending``), even if it has not noticed yet.
    ``poll_every``: look even if nobody rings, for databases that other copies write to. ``grace``: how long another
    sender, which may be alive and only have lost the lead, has to write down what became of its calls.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        channel: Channel,
        kinds: Mapping[str, LetterKind],
        budgets: Budgets,
        tokens: Tokens,
        on_chat_moved: Callable[[int, int], None] = lambda old, new: None,
        most_in_flight: int = 32,
        leadership: Leadership | None = None,
        poll_every: timedelta | None = None,
        grace: timedelta = timedelta(),
    ) -> None:
        self._store = store
        self._clock = clock
        self._budgets = budgets
        self._most_in_flight = most_in_flight
        self._leadership = leadership or Undisputed()
        self._poll_every = poll_every
        self._grace = grace
        self._lease = tokens.new()
        singles: set[int] = set()
        self._claims = Claims(clock, kinds, budgets, self._lease, singles)
        self._calls = Calls(channel, clock, budgets, singles)
        self._outcomes = Outcomes(store, clock, kinds, self._lease, on_chat_moved)
        self._stock_of: int | None = None
        self._adopt_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._alarm = clock.alarm("outbox")
        self._busy = Busy(clock, "outbox calls")
        self._flights: dict[str, asyncio.Task[None]] = {}
        self._is_stopping = False

    def ring(self) -> None:
        """Something was posted, perhaps: look."""
        self._alarm.ring()

    @property
    def is_idle(self) -> bool:
        """True while no call is in flight."""
        return self._busy.is_free

    async def run(self) -> None:
        """Send until stopped. Cancelling it lets the calls in flight end (8 s at most), and starts no new ones."""
        async with asyncio.TaskGroup() as group:
            resting = group.create_task(self._busy.run())
            try:
                while not self._is_stopping:
                    await self._alarm.wait(await self._look(group))
            finally:
                if self._flights:
                    await asyncio.wait(self._flights.values(), timeout=_DRAIN_SECONDS)
                for flight in self._flights.values():
                    flight.cancel()
                resting.cancel()

    async def stop(self) -> None:
        """Start nothing new; return when nothing is in flight. ``run`` returns too."""
        self._is_stopping = True
        self._alarm.ring()
        await self._busy.free()

    async def _look(self, group: asyncio.TaskGroup) -> datetime | None:
        """Start what may go now, if this copy leads; when to look again (``None``: whoever wins the lead rings)."""
        term = self._leadership.term
        if term is None:
            return None
        self._look_at_the_clock()
        try:
            glance, page = await self._see()
            if (
                term != self._stock_of or glance.lease != self._lease
            ):  # another one may hold what blocks the lanes
                await self._take_stock()
                self._stock_of = term
                glance, page = await self._see()
            if self._adopt_at is not None and self._clock.now() >= self._adopt_at:
                await self._adopt()
                glance, page = await self._see()
            polls_at = None if self._poll_every is None else self._clock.now() + self._poll_every
            return _earliest(await self._start_due(group, page), glance.due_at, self._adopt_at, polls_at)
        except StoreError as error:
            log.warning("outbox.unreadable", error=str(error))
            return self._clock.now() + STORE_REST

    def _look_at_the_clock(self) -> None:
        """Where it was set back, everything of late lies ahead: rather a 429 than silence until it has caught up."""
        looked_at, self._looked_at = self._looked_at, self._clock.now()
        if looked_at is not None and self._looked_at < looked_at:
            self._budgets.release()
            self._stock_of = None

    async def _take_stock(self) -> None:
        """Take over, and count what earlier senders spent of the budgets."""
        self._budgets.restart(await self._store.write(self._claims.take_over()))
        self._adopt_at = self._clock.now() + self._grace

    async def _adopt(self) -> None:
        """What an earlier sender left in flight has an unknown fate."""
        rows = await self._store.write(self._claims.adopt(self._flights))
        self._adopt_at = None
        died = ChannelError("the sender died before it knew", reason="unreachable", is_unknown=True)
        await self._outcomes.settle([(row, died) for row in rows])

    async def _see(self) -> tuple[Glance, list[Head]]:
        return await self._store.read(self._claims.see(self._most_in_flight))

    async def _start_due(self, group: asyncio.TaskGroup, page: list[Head]) -> datetime | None:
        """Start what may go, page by page; when more may, unless a landing says so first."""
        wake_at = _earliest(*self._budgets.shut(self._clock.now()).values())
        while True:
            wake_at = _earliest(wake_at, self._start(group, page))
            if len(page) < self._most_in_flight:
                return wake_at
            full_until = self._budgets.full_until()
            if full_until > self._clock.now():
                return _earliest(wake_at, full_until)
            if len(self._flights) >= self._most_in_flight:
                return wake_at  # whoever lands rings
            page = await self._store.read(self._claims.see_on(self._most_in_flight, page[-1]))

    def _start(self, group: asyncio.TaskGroup, page: list[Head]) -> datetime | None:
        """Start what may go of one page; when more of it may."""
        now = self._clock.now()
        wake_at = None
        starts: list[tuple[Head, Trip]] = []
        for head in page:
            if len(self._flights) + len(starts) >= self._most_in_flight:
                break
            if head.lane in self._flights:
                continue
            free_at = self._budgets.free_at(head.chat_id, counts=head.spends)
            if free_at > now:
                wake_at = _earliest(wake_at, free_at)
            else:
                starts.append((head, self._budgets.take(head.chat_id, now, counts=head.spends)))
        together = None
        if len(starts) > 1:
            together = group.create_task(self._claim_together([head for head, _ in starts]))
        for head, trip in starts:
            self._busy.__enter__()
            self._flights[head.lane] = group.create_task(self._fly(head, trip, together))
        return wake_at

    async def _claim_together(self, wanted: Sequence[Head]) -> _Claimed:
        """Claim several letters in one transaction. Where that fails each has to try for itself: none is there."""
        try:
            claimed = await self._store.write(self._claims.claim(wanted))
        except Exception as error:
            log.info("outbox.claims_failed", letters=len(wanted), error=str(error))
            return {}
        return {head.id: rows for head, rows in zip(wanted, claimed, strict=True)}

    async def _fly(self, head: Head, trip: Trip, together: asyncio.Task[_Claimed] | None) -> None:
        try:
            rows = None if together is None else (await asyncio.shield(together)).get(head.id)
            if rows is None:
                [rows] = await self._store.write(self._claims.claim([head]))
            if rows:
                await self._outcomes.settle(await self._made(rows, trip))
            else:
                await self._look_closer(head)
        except StoreError as error:
            log.warning("outbox.store_failed", letter=head.id, error=str(error))
            await self._clock.sleep(STORE_REST.total_seconds())
            await self._look_closer(head)
        except Exception as error:
            log.exception("letter.unclaimable", letter=head.id)
            await self._outcomes.surely(self._store.write, self._claims.push_ahead(head, error))
        finally:
            trip.not_sent()
            del self._flights[head.lane]
            self._busy.__exit__()
            self._alarm.ring()

    async def _made(self, rows: Sequence[OutboxRow], trip: Trip) -> Landed:
        if self._leadership.term is None:
            not_ours = ChannelError("not ours to send", reason="unreachable", retry_after_seconds=0.0)
            return [(row, not_ours) for row in rows]
        return await self._calls.make(rows, trip)

    async def _look_closer(self, head: Head) -> None:
        """Nothing was claimed, as it seems. What was after all was not sent: a lane has one flight, and this is it."""
        rows = await self._outcomes.surely(self._store.read, self._claims.unawares(head))
        unawares = ChannelError("claimed unawares", reason="unreachable", retry_after_seconds=0.0)
        await self._outcomes.settle([(row, unawares) for row in rows])


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None and instant != NEVER), default=None)
