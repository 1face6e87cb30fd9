"""Claiming: a letter is taken in a transaction before its call, so that a crash leaves a trace."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from bot.domain.errors import ChannelError
from bot.flow import addressing
from bot.flow.budgets import LONGEST_SPAN, Budgets
from bot.flow.letters import LetterKind
from bot.flow.outcomes import back_off, posted, refuse
from bot.flow.ports import Clock
from bot.store import heads, sending
from bot.store.engine import Op, Tx
from bot.store.heads import Glance, Head
from bot.store.sending import OutboxRow

_MOST_CLAIMS = 10


class Claims:
    """What one sender claims, under its ``lease``: ops for the store, each with the instant at which it was made.

    ``singles``: letters that may not travel with others.
    """

    def __init__(
        self,
        clock: Clock,
        kinds: Mapping[str, LetterKind],
        budgets: Budgets,
        lease: str,
        singles: Collection[int],
    ) -> None:
        self._clock = clock
        self._kinds = kinds
        self._budgets = budgets
        self._lease = lease
        self._singles = singles

    def take_over(self) -> Op[list[tuple[int, datetime]]]:
        """From now on no other sender claims anything; what was spent of the budgets until now, by whomever."""
        now = self._clock.now()

        async def op(tx: Tx) -> list[tuple[int, datetime]]:
            await sending.take_over(tx, self._lease)
            await heads.hurry(tx, now)
            spent = await heads.spent(tx, now - LONGEST_SPAN, now)
            # what lies ahead was sent before the clock was set back
            return [(chat, at) for method, chat, at in spent if addressing.counts(method) and at <= now]

        return op

    def adopt(self, lanes_in_flight: Collection[str]) -> Op[list[OutboxRow]]:
        """Take what an earlier sender left in flight."""

        async def op(tx: Tx) -> list[OutboxRow]:
            rows = await sending.stranded(tx, self._lease, lanes_in_flight)
            for row in rows:
                await sending.adopt(tx, row.id, self._lease)
            return rows

        return op

    def see(self, limit: int) -> Op[tuple[Glance, list[Head]]]:
        """Whose the outbox is, and the first ``limit`` letters that may go next."""
        now = self._clock.now()
        shut = self._budgets.shut(now)

        async def op(tx: Tx) -> tuple[Glance, list[Head]]:
            return await heads.glance(tx, now), await heads.heads(tx, now, limit, shut=shut)

        return op

    def see_on(self, limit: int, last: Head) -> Op[list[Head]]:
        """The next ``limit`` behind ``last``."""
        now = self._clock.now()
        shut = self._budgets.shut(now)
        return lambda tx: heads.heads(tx, now, limit, last, shut=shut)

    def claim(self, wanted: Sequence[Head]) -> Op[list[list[OutboxRow]]]:
        """Take these letters; for each: its row and the copies that may travel along; nothing if it is not wanted."""
        now = self._clock.now()

        async def op(tx: Tx) -> list[list[OutboxRow]]:
            return [await self._claim(tx, head, now) for head in wanted]

        return op

    async def _claim(self, tx: Tx, head: Head, now: datetime) -> list[OutboxRow]:
        first = await sending.claim(tx, head.id, self._lease, now)
        if first is None or not await self._is_wanted(tx, first, now):
            return []
        rows = [first]
        if self._may_travel(first) and first.chat_id is not None:
            room = min(addressing.MOST_TOGETHER - 1, self._budgets.room(first.chat_id, now))
            for row in await sending.followers(tx, first, now, room):
                if not self._may_travel(row) or not addressing.may_follow(rows[-1].payload, row.payload):
                    break
                claimed = await sending.claim(tx, row.id, self._lease, now)
                if claimed is not None and await self._is_wanted(tx, claimed, now):
                    rows.append(claimed)
        return rows

    def _may_travel(self, row: OutboxRow) -> bool:
        return row.id not in self._singles and addressing.may_travel(row.kind, row.method, row.payload)

    async def _is_wanted(self, tx: Tx, row: OutboxRow, now: datetime) -> bool:
        kind = self._kinds.get(row.kind) or LetterKind()
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

    def unawares(self, head: Head) -> Op[list[OutboxRow]]:
        """What of this lane is claimed, though it seemed that nothing was: the connection broke behind COMMIT."""
        return lambda tx: sending.claimed(tx, head.lane, self._lease)

    def push_ahead(self, head: Head, error: Exception) -> Op[None]:
        """A letter that cannot even be claimed is tried again later, and after ten times never."""
        until = self._clock.now() + back_off(_MOST_CLAIMS)
        said = f"{type(error).__name__}: {error}"
        return lambda tx: sending.push_ahead(tx, head.id, until, said, _MOST_CLAIMS)
