"""What becomes of a letter once its call is over: the tables of telegram.md 4 and 5."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.domain.errors import ChannelError, ChatMoved, StoreError
from bot.flow.letters import LetterKind, PostedLetter
from bot.flow.ports import Clock
from bot.store import respondents, sending
from bot.store.chats import chats_moved
from bot.store.engine import Op, Store, T, Tx
from bot.store.sending import OutboxRow

log = structlog.get_logger(__name__)

STORE_REST = timedelta(seconds=1)
_LONGEST_BACK_OFF = timedelta(minutes=1)
_PATIENCE = timedelta(hours=24)  # a letter that still cannot be sent after this is not sent any more
_MOST_LOST_TRIES = 5  # a doubled line beats a lost one; a line a minute for ever does not
_AGAIN = "again:"  # the lane of a repeat: again:<how often>:<of which letter>; nothing waits behind it
_REPEAT_LATER = {"summary": timedelta(minutes=10), "alert": timedelta(minutes=10)}


@dataclass(frozen=True)
class Taken:
    """The channel took the letter; ``result`` is the call's result, or ``True`` where there was nothing left to do."""

    result: Any


Outcome = Taken | ChannelError
Landed = Sequence[tuple[OutboxRow, Outcome]]
"""Letters whose call is over, and what came of each."""


@dataclass(frozen=True)
class Ending:
    """What became of one letter, and who reacts.

    ``lost_tries``: how often, this time included, nobody knew whether it arrived.
    """

    row: OutboxRow
    outcome: Outcome
    kind: LetterKind
    lost_tries: int


class Outcomes:
    """Writes outcomes down, come what may: a letter that was sent must not look as if it had not been.

    ``on_chat_moved`` hears the old and the new id of a group that became a supergroup, once that is stored.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        kinds: Mapping[str, LetterKind],
        lease: str,
        on_chat_moved: Callable[[int, int], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._kinds = kinds
        self._lease = lease
        self._on_chat_moved = on_chat_moved
        self._lost_tries: dict[int, int] = {}

    async def settle(self, landed: Landed) -> None:
        """Write down what became of these letters, in one transaction, and let their kinds react."""
        if not landed:
            return
        now = self._clock.now()
        endings = [
            Ending(row, outcome, self._kinds.get(row.kind) or LetterKind(), self._lost_tries_of(row, outcome))
            for row, outcome in landed
        ]
        await self._write(endings, now)
        for row, outcome in landed:
            if isinstance(outcome, Taken):
                log.debug("letter.sent", letter=row.id, kind=row.kind)
            elif isinstance(outcome, ChatMoved) and row.chat_id is not None:
                self._on_chat_moved(row.chat_id, outcome.new_chat_id)

    def _lost_tries_of(self, row: OutboxRow, outcome: Outcome) -> int:
        is_unknown = isinstance(outcome, ChannelError) and outcome.is_unknown
        lost_tries = self._lost_tries.pop(row.id, 0) + is_unknown
        if is_unknown:
            self._lost_tries[row.id] = lost_tries
        return lost_tries

    async def _write(self, endings: Sequence[Ending], now: datetime) -> None:
        async def op(tx: Tx) -> None:
            for ending in endings:
                await record(tx, ending, self._lease, now)

        try:
            await self.surely(self._store.write, op)
        except Exception:
            if len(endings) > 1:  # one of them meets a bug: each for itself
                for ending in endings:
                    await self._write([ending], now)
                return
            [ending] = endings
            log.exception("letter.reaction_failed", letter=ending.row.id, kind=ending.row.kind)
            plain = LetterKind()
            plain.repeats_when_unknown = ending.kind.repeats_when_unknown
            plainly = replace(ending, kind=plain)
            await self.surely(self._store.write, lambda tx: record(tx, plainly, self._lease, now))

    async def surely(self, run: Callable[[Op[T]], Awaitable[T]], op: Op[T]) -> T:
        """``run(op)``, again and again until the store takes it."""
        while True:
            try:
                return await run(op)
            except StoreError as error:
                log.warning("outbox.store_failed", error=str(error))
                await self._clock.sleep(STORE_REST.total_seconds())


def posted(row: OutboxRow) -> PostedLetter:
    """The row as its kind sees it."""
    return PostedLetter(
        id=row.id,
        kind=row.kind,
        method=row.method,
        payload=row.payload,
        customer_key=row.customer_key,
        chat_id=row.to_chat_id,
        topic_of=row.topic_of,
        invitation_id=row.invitation_id,
        subject=row.subject,
        attempts=row.attempts,
        created_at=row.created_at,
    )


def back_off(attempts: int) -> timedelta:
    """1, 2, 4 … 60 s."""
    return min(_LONGEST_BACK_OFF, timedelta(seconds=2 ** min(attempts - 1, 6)))


async def refuse(
    tx: Tx, kind: LetterKind, row: OutboxRow, error: ChannelError, lease: str, now: datetime
) -> None:
    """The letter will never be taken."""
    if not await sending.mark_failed(tx, row.id, lease, f"{error.reason}: {error}", now):
        return
    await kind.refused(tx, posted(row), error, now)
    if error.reason == "bot_blocked" and row.customer_key is not None:
        await respondents.set_unreachable(tx, row.customer_key, now)


async def record(tx: Tx, ending: Ending, lease: str, now: datetime) -> None:
    """Write down what became of a claimed letter and let its kind react."""
    row, outcome, kind = ending.row, ending.outcome, ending.kind
    match outcome:
        case Taken(result):
            if await sending.mark_sent(tx, row.id, lease, _message_id(result), now):
                await kind.sent(tx, posted(row), result, now)
        case ChatMoved() if outcome.new_chat_id != row.chat_id and row.chat_id is not None:
            await chats_moved(tx, row.chat_id, outcome.new_chat_id)
            await _postpone(tx, kind, row, outcome, lease, now, now)
        case ChannelError(retry_after_seconds=float() | int() as seconds):
            await _postpone(tx, kind, row, outcome, lease, now + timedelta(seconds=seconds), now)
        case ChannelError(reason="nothing_to_do"):
            if await sending.mark_sent(tx, row.id, lease, None, now):
                await kind.sent(tx, posted(row), True, now)
        case ChannelError(reason="message_gone"):
            if await sending.mark_sent(tx, row.id, lease, None, now):
                await kind.gone(tx, posted(row), now)
        case ChannelError(reason="no_topic"):
            await _no_topic(tx, kind, row, outcome, lease, now)
        case ChannelError(is_unknown=True):
            await _unknown(tx, kind, row, outcome, lease, ending.lost_tries, now)
        case ChannelError(is_permanent=True) | ChatMoved():
            await refuse(tx, kind, row, outcome, lease, now)
        case _ if now - row.created_at > _PATIENCE and row.attempts > 10:
            too_late = ChannelError(str(outcome), reason="too_late", is_permanent=True)
            await refuse(tx, kind, row, too_late, lease, now)
        case _:
            await _postpone(tx, kind, row, outcome, lease, now + back_off(row.attempts), now)


async def _postpone(
    tx: Tx, kind: LetterKind, row: OutboxRow, error: ChannelError, lease: str, until: datetime, now: datetime
) -> bool:
    if not await sending.give_back(tx, row.id, lease, until, f"{error.reason}: {error}"):
        return False
    await kind.postponed(tx, posted(row), error, now)
    return True


async def _no_topic(
    tx: Tx, kind: LetterKind, row: OutboxRow, error: ChannelError, lease: str, now: datetime
) -> None:
    if row.topic_of is not None:
        # The kind may forget the dead thread and post a letter that makes a new one; this letter then waits for it.
        await kind.postponed(tx, posted(row), error, now)
        if await sending.thread_of(tx, row.topic_of) != row.thread_id:
            await sending.give_back(tx, row.id, lease, now, f"{error.reason}: {error}")
            return
    elif row.customer_key is not None and row.thread_id is not None:
        await respondents.forget_thread(tx, row.customer_key)
        await _postpone(tx, kind, row, error, lease, now, now)
        return
    await refuse(tx, kind, row, error, lease, now)


async def _unknown(
    tx: Tx,
    kind: LetterKind,
    row: OutboxRow,
    error: ChannelError,
    lease: str,
    lost_tries: int,
    now: datetime,
) -> None:
    said = f"unknown: {error}"
    repeats = _repeats(row)
    if not kind.repeats_when_unknown or repeats + lost_tries >= _MOST_LOST_TRIES:
        if await sending.mark_unknown(tx, row.id, lease, said, now):
            await kind.lost(tx, posted(row), now)
    elif row.kind in _REPEAT_LATER:
        payload = await kind.repeated(tx, posted(row), now)
        await sending.repeat(
            tx, row.id, f"{_AGAIN}{repeats + 1}:{row.id}", payload, now + _REPEAT_LATER[row.kind], now
        )
        await sending.mark_unknown(tx, row.id, lease, said, now)
    else:
        await sending.give_back(tx, row.id, lease, now + back_off(row.attempts), said)


def _repeats(row: OutboxRow) -> int:
    """How often this letter was posted again: its lane says so."""
    return int(row.lane.split(":")[1]) if row.lane.startswith(_AGAIN) else 0


def _message_id(result: Any) -> int | None:
    first = result[0] if isinstance(result, list) and result else result
    found = first.get("message_id") if isinstance(first, dict) else None
    return found if isinstance(found, int) else None
