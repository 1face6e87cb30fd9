"""The sender: takes letters out of the outbox, in order, within the budgets, and writes down what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.domain.errors import ChannelError, ChatMoved, StoreError
from bot.flow import addressing
from bot.flow.budgets import LONGEST_SPAN, Budgets
from bot.flow.busy import Busy
from bot.flow.letters import LetterKind
from bot.flow.outcomes import Outcome, Taken, back_off, posted, record, refuse
from bot.flow.ports import Channel, Clock, Tokens, Upload
from bot.store import sending
from bot.store.engine import Op, Store, T, Tx
from bot.store.leadership import Leadership, Undisputed
from bot.store.sending import Head, OutboxRow

log = structlog.get_logger(__name__)

_STORE_REST = timedelta(seconds=1)
_STRANGER_REST = timedelta(seconds=30)  # the token is refused: nothing else will be taken either
_DRAIN_SECONDS = 8.0  # less than what a container is given to stop
_MOST_CLAIMS = 10


class Sender:
    """Sends what steps ``post``. Letters of one lane go one after the other, by id; different lanes side by side.

    At most ``most_in_flight`` calls at once. A letter is claimed in a transaction of its own before its call, so that
    a crash leaves a trace; what happens to a letter whose fate is unknown is its kind's to say. One failing chat never
    stops the loop. ``on_chat_moved`` hears the old and the new id of a group that became a supergroup, once that is
    stored.

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
        self._channel = channel
        self._kinds = kinds
        self._budgets = budgets
        self._lease = tokens.new()
        self._on_chat_moved = on_chat_moved
        self._most_in_flight = most_in_flight
        self._leadership = leadership or Undisputed()
        self._poll_every = poll_every
        self._grace = grace
        self._stock_of: int | None = None
        self._adopt_at: datetime | None = None
        self._alarm = clock.alarm("outbox")
        self._busy = Busy(clock, "outbox calls")
        self._flights: dict[str, asyncio.Task[None]] = {}
        self._lost_tries: dict[int, int] = {}
        self._singles: set[int] = set()
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
        try:
            heads = await self._store.read(self._heads)
            if term != self._stock_of or heads is None:
                await self._take_stock()
                self._stock_of = term
                heads = await self._store.read(self._heads) or []
            if self._adopt_at is not None and self._clock.now() >= self._adopt_at:
                await self._adopt()
                heads = await self._store.read(self._heads) or []
            return self._start_due(group, heads)
        except StoreError as error:
            log.warning("outbox.unreadable", error=str(error))
            return self._clock.now() + _STORE_REST

    async def _take_stock(self) -> None:
        """Take over, and count what earlier senders spent of the budgets."""
        now = self._clock.now()

        async def op(tx: Tx) -> list[tuple[str, int, datetime]]:
            await sending.take_over(tx, self._lease)
            return await sending.spent(tx, now - LONGEST_SPAN)

        spent = await self._store.write(op)
        self._budgets.restart((chat, at) for method, chat, at in spent if addressing.counts(method))
        self._adopt_at = now + self._grace

    async def _adopt(self) -> None:
        """What an earlier sender left in flight has an unknown fate."""

        async def op(tx: Tx) -> list[OutboxRow]:
            rows = await sending.stranded(tx, self._lease, self._flights)
            for row in rows:
                await sending.adopt(tx, row.id, self._lease)
            return rows

        rows = await self._store.write(op)
        self._adopt_at = None
        died = ChannelError("the sender died before it knew", reason="unreachable", is_unknown=True)
        for row in rows:
            await self._settle(row, died)

    async def _heads(self, tx: Tx) -> list[Head] | None:
        """What may go next; ``None``: another copy has taken over, and may hold what blocks the lanes."""
        return await sending.heads(tx) if await sending.is_ours(tx, self._lease) else None

    def _start_due(self, group: asyncio.TaskGroup, heads: list[Head]) -> datetime | None:
        now = self._clock.now()
        wake_at = _earliest(self._adopt_at, None if self._poll_every is None else now + self._poll_every)
        for head in heads:
            if head.lane in self._flights:
                continue
            if len(self._flights) >= self._most_in_flight:
                break  # whoever lands rings
            spends = head.chat_id is not None and addressing.counts(head.method)
            go_at = max(head.not_before, self._budgets.free_at(head.chat_id, counts=spends))
            if go_at > now:
                wake_at = _earliest(wake_at, go_at)
                continue
            if spends and head.chat_id is not None:
                self._budgets.spend(head.chat_id, now)
            self._busy.__enter__()
            self._flights[head.lane] = group.create_task(self._fly(head))
        return wake_at

    async def _fly(self, head: Head) -> None:
        try:
            rows = await self._claim(head)
            if rows:
                await self._hand_over(rows)
            else:
                await self._look_closer(head)
        except StoreError as error:
            log.warning("outbox.store_failed", letter=head.id, error=str(error))
            await self._clock.sleep(_STORE_REST.total_seconds())
            await self._look_closer(head)
        except Exception as error:
            log.exception("letter.unclaimable", letter=head.id)
            await self._push_ahead(head, error)
        finally:
            del self._flights[head.lane]
            self._busy.__exit__()
            self._alarm.ring()

    async def _claim(self, head: Head) -> list[OutboxRow]:
        """Take the letter, and the copies that may travel with it; nothing if it is not wanted any more."""
        now = self._clock.now()

        async def op(tx: Tx) -> list[OutboxRow]:
            rows: list[OutboxRow] = []
            first = await sending.claim(tx, head.id, self._lease, now)
            if first is None or not await self._is_wanted(tx, first, now):
                return rows
            rows.append(first)
            if self._may_travel(first):
                room = min(addressing.MOST_TOGETHER - 1, self._room_beside(first, now))
                for row in await sending.followers(tx, first, now, room):
                    if not self._may_travel(row) or not addressing.may_follow(rows[-1].payload, row.payload):
                        break
                    claimed = await sending.claim(tx, row.id, self._lease, now)
                    if claimed is not None and await self._is_wanted(tx, claimed, now):
                        rows.append(claimed)
            return rows

        return await self._store.write(op)

    async def _look_closer(self, head: Head) -> None:
        """Nothing was claimed, as it seems. Perhaps a claim was stored, and its connection broke behind COMMIT."""
        rows = await self._surely(lambda tx: sending.claimed(tx, head.lane, self._lease), self._store.read)
        for row in rows:  # a lane has one flight, and this is it: nothing of these was sent
            await self._settle(
                row, ChannelError("claimed unawares", reason="unreachable", retry_after_seconds=0.0)
            )

    def _room_beside(self, row: OutboxRow, now: datetime) -> int:
        return 0 if row.chat_id is None else self._budgets.room(row.chat_id, now)

    def _may_travel(self, row: OutboxRow) -> bool:
        return row.id not in self._singles and addressing.may_travel(row.kind, row.method, row.payload)

    async def _is_wanted(self, tx: Tx, row: OutboxRow, now: datetime) -> bool:
        kind = self._kind(row)
        if row.give_up_at is not None and now > row.give_up_at:
            late = ChannelError("its time is over", reason="too_late", is_permanent=True)
            await refuse(tx, kind, row, late, self._lease, now)
            return False
        if row.chat_id is None and not row.is_to_bot:
            reason = "no_chat" if row.topic_of is None else "no_topic"
            nowhere = ChannelError("no address", reason=reason, is_permanent=True)
            await refuse(tx, kind, row, nowhere, self._lease, now)
            return False
        if await kind.claim(tx, posted(row), now):
            return True
        await sending.drop(tx, row.id)
        return False

    async def _hand_over(self, rows: list[OutboxRow]) -> None:
        first = rows[0]
        now = self._clock.now()
        if self._leadership.term is None:
            for row in rows:
                await self._settle(
                    row, ChannelError("not ours to send", reason="unreachable", retry_after_seconds=0.0)
                )
            return
        companions = min(len(rows) - 1, self._room_beside(first, now))
        if companions and first.chat_id is not None:
            self._budgets.spend(first.chat_id, now, companions)
        rows, left_behind = rows[: companions + 1], rows[companions + 1 :]
        for row in left_behind:  # another topic was quicker
            await self._settle(row, ChannelError("no budget", reason="too_many", retry_after_seconds=0.0))
        is_bundle = len(rows) > 1
        method = "copyMessages" if is_bundle else first.method
        payload = addressing.together([row.payload for row in rows]) if is_bundle else first.payload
        outcome = await self._call(
            method,
            addressing.addressed(method, payload, first.chat_id, first.thread_id, first.writer_chat_id),
            first,
        )
        if isinstance(outcome, ChannelError):
            self._hold(first.chat_id, outcome)
        if not is_bundle:
            await self._settle(first, outcome)
            return
        for row, own in zip(rows, await self._unbundle(rows, outcome), strict=True):
            await self._settle(row, own)

    async def _call(self, method: str, parameters: dict[str, Any], row: OutboxRow) -> Outcome:
        upload = None
        if row.file is not None:
            upload = Upload(row.file_field or "document", row.file_name or "file", row.file)
        try:
            return Taken(await self._channel.call(method, parameters, upload))
        except ChannelError as error:
            log.info("letter.not_taken", letter=row.id, kind=row.kind, reason=error.reason, error=str(error))
            return error
        except Exception as error:
            log.exception("letter.call_failed", letter=row.id)
            return ChannelError(type(error).__name__, reason="unreachable", is_unknown=True)

    async def _unbundle(self, rows: list[OutboxRow], outcome: Outcome) -> list[Outcome]:
        """Each copy's own outcome. Telegram skips what it cannot copy and does not say which: then all go singly."""
        if isinstance(outcome, ChannelError):
            if not (outcome.is_permanent and outcome.reason in ("rejected", "nothing_to_do")):
                return [outcome] * len(rows)
        elif len(outcome.result) == len(rows):
            return [Taken(copy) for copy in outcome.result]
        elif outcome.result:
            await self._take_back(rows[0], [copy["message_id"] for copy in outcome.result])
        self._singles.update(row.id for row in rows)
        return [ChannelError("sent singly", reason="rejected", retry_after_seconds=0.0)] * len(rows)

    async def _take_back(self, row: OutboxRow, message_ids: list[int]) -> None:
        try:
            await self._channel.call("deleteMessages", {"chat_id": row.chat_id, "message_ids": message_ids})
        except ChannelError as error:
            log.warning("letter.copies_stay", letter=row.id, error=str(error))

    def _hold(self, chat_id: int | None, error: ChannelError) -> None:
        now = self._clock.now()
        if error.retry_after_seconds is not None and chat_id is not None:
            self._budgets.hold(chat_id, now, now + timedelta(seconds=error.retry_after_seconds))
        elif error.reason == "unauthorized":
            self._budgets.hold_all(now + _STRANGER_REST)

    async def _settle(self, row: OutboxRow, outcome: Outcome) -> None:
        """Write the outcome down, come what may: a letter that was sent must not look as if it had not been."""
        now = self._clock.now()
        kind = self._kind(row)
        is_unknown = isinstance(outcome, ChannelError) and outcome.is_unknown
        lost_tries = self._lost_tries.pop(row.id, 0) + is_unknown
        if is_unknown:
            self._lost_tries[row.id] = lost_tries
        try:
            await self._surely(lambda tx: record(tx, kind, row, outcome, self._lease, lost_tries, now))
        except Exception:
            log.exception("letter.reaction_failed", letter=row.id, kind=row.kind)
            plain = LetterKind()
            plain.repeats_when_unknown = kind.repeats_when_unknown
            await self._surely(lambda tx: record(tx, plain, row, outcome, self._lease, lost_tries, now))
        if isinstance(outcome, Taken):
            self._singles.discard(row.id)
            log.info("letter.sent", letter=row.id, kind=row.kind)
        elif isinstance(outcome, ChatMoved) and row.chat_id is not None:
            self._on_chat_moved(row.chat_id, outcome.new_chat_id)

    async def _push_ahead(self, head: Head, error: Exception) -> None:
        now = self._clock.now()
        said = f"{type(error).__name__}: {error}"
        await self._surely(
            lambda tx: sending.push_ahead(tx, head.id, now + back_off(_MOST_CLAIMS), said, _MOST_CLAIMS)
        )

    async def _surely(self, op: Op[T], run: Callable[[Op[T]], Awaitable[T]] | None = None) -> T:
        while True:
            try:
                return await (run or self._store.write)(op)
            except StoreError as error:
                log.warning("outbox.store_failed", error=str(error))
                await self._clock.sleep(_STORE_REST.total_seconds())

    def _kind(self, row: OutboxRow) -> LetterKind:
        return self._kinds.get(row.kind) or LetterKind()


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)
