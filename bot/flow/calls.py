"""The calls themselves: one letter, or several copies in one, and what Telegram made of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog

from bot.domain.errors import ChannelError
from bot.flow import addressing
from bot.flow.budgets import Budgets, Trip
from bot.flow.outcomes import Landed, Outcome, Taken
from bot.flow.ports import Channel, Clock, Upload
from bot.store.sending import OutboxRow

log = structlog.get_logger(__name__)

_STRANGER_REST = timedelta(seconds=30)  # the token is refused: nothing else will be taken either


class Calls:
    """Makes calls, within the budgets. ``singles`` hears of letters that may not travel with others."""

    def __init__(self, channel: Channel, clock: Clock, budgets: Budgets, singles: set[int]) -> None:
        self._channel = channel
        self._clock = clock
        self._budgets = budgets
        self._singles = singles

    async def make(self, rows: Sequence[OutboxRow], trip: Trip) -> Landed:
        """One call for these rows, or for as many of them as there is room for; what became of each."""
        together, left_behind = rows, rows[:0]
        if len(rows) > 1 and rows[0].chat_id is not None:
            now = self._clock.now()
            room = self._budgets.room(rows[0].chat_id, now)
            together, left_behind = rows[: room + 1], rows[room + 1 :]  # another topic was quicker
            trip.carry(len(together) - 1, now)
        outcomes = await self._made(together, trip)
        no_budget = ChannelError("no budget", reason="too_many", retry_after_seconds=0.0)
        return [*zip(together, outcomes, strict=True), *((row, no_budget) for row in left_behind)]

    async def _made(self, rows: Sequence[OutboxRow], trip: Trip) -> list[Outcome]:
        first = rows[0]
        is_bundle = len(rows) > 1
        method = "copyMessages" if is_bundle else first.method
        payload = addressing.together([row.payload for row in rows]) if is_bundle else first.payload
        parameters = addressing.addressed(
            method, payload, first.chat_id, first.thread_id, first.writer_chat_id
        )
        trip.leaves(self._clock.now())
        try:
            outcome = await self._call(method, parameters, first)
        finally:
            trip.landed(self._clock.now())
        if isinstance(outcome, ChannelError):
            self._hold(first.chat_id, outcome)
        if is_bundle:
            return await self._unbundle(rows, outcome)
        if isinstance(outcome, Taken) or outcome.is_permanent:
            self._singles.discard(first.id)
        return [outcome]

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

    async def _unbundle(self, rows: Sequence[OutboxRow], outcome: Outcome) -> list[Outcome]:
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
