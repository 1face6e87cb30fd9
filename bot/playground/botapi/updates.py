"""The queue of updates for one bot: numbered, kept for their lifetime, confirmed by the offset of the next call.

Follows ``do_get_updates`` of the official server (telegram-bot-api/Client.cpp) and tdlib's TQueue. Lifetimes are
those of the clock; only the waiting of a long poll is real time.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.flow.ports import Clock
from bot.playground.botapi.faults import Faults
from bot.playground.botapi.refusals import OTHER_POLLER, WEBHOOK_INSTEAD, Refusal
from bot.playground.botapi.schema import published

TAP_LIFETIME_SECONDS = 150
LIFETIME_SECONDS = 86_400
LONGEST_POLL_SECONDS = 50
MOST_UPDATES = 100
_UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_WEEK_SECONDS = 7 * 86_400
_FIRST_ID = 700_000_001


class MalformedUpdate(AssertionError):
    """The stand-in made an update that Telegram would not: its own mistake, or a sample field given wrongly."""


@dataclass
class Pending:
    """An update that the bot has not confirmed. The last three are the webhook's: tries, back-off, next try."""

    update_id: int
    update: dict[str, Any]
    queue: str
    expires_at: float
    failures: int = 0
    backoff_seconds: int = 1
    due_at: float = 0.0
    is_travelling: bool = False


class UpdateQueue:
    """Updates in the order in which they happened.

    ``is_throttled`` switches on what Telegram does to bots that ask again with the same offset: within 0.5 s one
    update only, within 3 s a poll of at least 3 s. It is off by default, as a clock that stands still would make
    every call a hasty one.
    """

    def __init__(self, clock: Clock, faults: Faults, *, is_throttled: bool = False) -> None:
        self.is_throttled = is_throttled
        self.allowed: frozenset[str] | None = None
        self.on_news: list[Callable[[], None]] = []
        self._clock = clock
        self._faults = faults
        self._pending: dict[int, Pending] = {}
        self._next_id = _FIRST_ID
        self._last_added_at: float | None = None
        self._poll: asyncio.Future[None] | None = None
        self._last_offset: int | None = None
        self._last_asked_at = 0.0

    def add(self, kind: str, body: dict[str, Any], queue: str, lifetime_seconds: float) -> None:
        """Put an update at the end, unless the bot does not want its kind.

        ``queue`` names its webhook queue: updates of one queue are delivered one after the other.
        """
        if kind not in self.allowed if self.allowed is not None else kind in _UNASKED:
            return
        now = self._now()
        if self._last_added_at is not None and now - self._last_added_at >= _WEEK_SECONDS:
            # After a week of silence Telegram chooses the next id at random.
            self._next_id = 1 + zlib.crc32(str(self._next_id).encode()) % _FIRST_ID
        self._last_added_at = now
        update_id = self._next_id
        self._next_id += 1
        update = {"update_id": update_id, kind: body}
        if mistakes := published().check("Update", update):
            raise MalformedUpdate("; ".join(mistakes))
        self._pending[update_id] = Pending(update_id, update, queue, now + lifetime_seconds, due_at=now)
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)
        self.ring()

    def ring(self) -> None:
        """Tell whoever posts updates that there may be something to do."""
        for ring in self.on_news:
            ring()

    @property
    def is_polled(self) -> bool:
        """Whether a long poll waits right now."""
        return self._poll is not None and not self._poll.done()

    def allow(self, kinds: list[str] | None) -> None:
        """Remember what the bot wants: ``None`` changes nothing, an empty list is the default."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def pending(self) -> list[Pending]:
        """What waits for the bot and has not expired."""
        now = self._now()
        expired = [update_id for update_id, entry in self._pending.items() if entry.expires_at <= now]
        for update_id in expired:
            del self._pending[update_id]
        return list(self._pending.values())

    def heads(self) -> list[Pending]:
        """The first waiting update of each queue: all that a webhook may be busy with."""
        heads: dict[str, Pending] = {}
        for entry in self.pending():
            heads.setdefault(entry.queue, entry)
        return list(heads.values())

    def forget(self, update_id: int) -> None:
        """Take an update out: it was delivered, or will never be."""
        self._pending.pop(update_id, None)

    def forget_all(self) -> None:
        """``drop_pending_updates``."""
        self._pending.clear()

    async def poll(self, offset: int, limit: int, timeout: int) -> list[dict[str, Any]]:
        """One getUpdates. Raises Refusal 409 when another poll or a webhook takes over."""
        now = self._now()
        limit = min(max(limit, 1), MOST_UPDATES)
        timeout = min(max(timeout, 0), LONGEST_POLL_SECONDS)
        if self.is_throttled and offset == self._last_offset:
            if now < self._last_asked_at + 3.0:
                timeout = max(timeout, 3)
            if now < self._last_asked_at + 0.5:
                limit = 1
        self._last_offset, self._last_asked_at = offset, now
        found = self._take(offset, limit)
        if found or timeout == 0:
            return found
        self.end_poll(OTHER_POLLER)
        poll = self._poll = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout):
                await poll
        except TimeoutError:
            return []
        finally:
            if self._poll is poll:
                self._poll = None
        return self._take(offset, limit)

    def end_poll(self, description: str = WEBHOOK_INSTEAD) -> None:
        """Answer a waiting poll with 409."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(Refusal(409, description))

    def _take(self, offset: int, limit: int) -> list[dict[str, Any]]:
        waiting = self.pending()
        if offset < 0:
            for entry in waiting[:offset]:
                self.forget(entry.update_id)
            waiting = waiting[offset:]
        elif 0 < offset <= self._next_id:  # an offset from the future confirms nothing and starts at the head
            for entry in waiting:
                if entry.update_id < offset:
                    self.forget(entry.update_id)
            waiting = [entry for entry in waiting if entry.update_id >= offset]
        found: list[dict[str, Any]] = []
        for entry in waiting[:limit]:
            found.append(entry.update)
            if self._faults.take_duplicate():
                found.append(entry.update)
        return found

    def _now(self) -> float:
        return self._clock.now().timestamp()
