"""The two doors to the outside, counted: the store, and the calls to Telegram. ``/metrics`` and ``/healthz`` read it.

Counting costs a few additions per write or call; nothing is written down and no chat id is kept. Spans are seconds of a
clock that only goes forward (``monotonic``), because the wall clock may jump.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.errors import ChannelError, StoreError
from bot.flow.ports import Channel, Upload
from bot.store import memory
from bot.store.engine import Op, Store, T, Tx

Monotonic = Callable[[], float]

WRITE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the buckets in which writes are counted by how long they took."""

_PROBE = "probe"  # the row that a probe writes
_PATIENCE_SECONDS = 3.0


class WatchedStore:
    """A store whose health is known.

    ``writes`` and ``refusals`` count how they ended, ``buckets`` how long the writes took (one more bucket than
    ``WRITE_SECONDS``), ``notes`` what steps had counted in transactions that were kept. ``trouble`` is set from the
    first refusal until a write succeeds.
    """

    def __init__(self, store: Store, monotonic: Monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._written_at: float | None = None
        self._probing: asyncio.Task[None] | None = None
        self.writes = 0
        self.refusals = 0
        self.seconds_in_writes = 0.0
        self.buckets = [0] * (len(WRITE_SECONDS) + 1)
        self.notes: Counter[tuple[str, ...]] = Counter()
        self.trouble = asyncio.Event()
        self.refused_since: float | None = None

    async def write(self, op: Op[T]) -> T:
        """As ``Store.write``, counted."""
        notes: list[tuple[str, ...]] = []

        async def noted(tx: Tx) -> T:
            nonlocal notes
            result = await op(tx)
            notes = tx.notes
            return result

        began = self._monotonic()
        try:
            result = await self._store.write(noted)
        except StoreError:
            self._refused()
            raise
        ended = self._monotonic()
        self._written(ended, ended - began)
        if notes:
            self.notes.update(notes)
        return result

    async def read(self, op: Op[T]) -> T:
        """As ``Store.read``; one that is refused is trouble too."""
        try:
            return await self._store.read(op)
        except StoreError:
            self._refused()
            raise

    async def probe(self, not_older_than: float = 0.0) -> None:
        """Return when a write succeeded, or had within ``not_older_than`` seconds. Raises StoreError.

        A write that is not through within 3 s counts as refused. Who asks meanwhile waits for the same write.
        """
        at = self._written_at
        if at is not None and not self.trouble.is_set() and self._monotonic() - at < not_older_than:
            return
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._write_a_row())
        probing = self._probing
        done, _ = await asyncio.wait({probing}, timeout=_PATIENCE_SECONDS)
        if not done:
            self._refused()
            raise StoreError(f"a write was not through within {_PATIENCE_SECONDS:.0f} s")
        probing.result()

    async def _write_a_row(self) -> None:
        await self.write(lambda tx: memory.remember(tx, _PROBE, f"{self._monotonic():.0f}"))

    def _written(self, at: float, took: float) -> None:
        self.writes += 1
        self.seconds_in_writes += took
        self.buckets[bisect_left(WRITE_SECONDS, took)] += 1
        self._written_at = at
        if self.refused_since is not None:
            self.refused_since = None
            self.trouble.clear()

    def _refused(self) -> None:
        self.refusals += 1
        if self.refused_since is None:
            self.refused_since = self._monotonic()
            self.trouble.set()


class WatchedChannel:
    """A channel whose calls are counted by method and result: ``ok``, or the reason of the ``ChannelError``."""

    def __init__(self, channel: Channel, monotonic: Monotonic) -> None:
        self._channel = channel
        self._monotonic = monotonic
        self._rests_until = 0.0
        self.results: Counter[tuple[str, str]] = Counter()
        self.polled_at: float | None = None
        self.answered_at: float | None = None

    async def call(self, method: str, payload: Mapping[str, Any], upload: Upload | None = None) -> Any:
        """As ``Channel.call``, counted."""
        result, rest = "failed", 0.0
        try:
            answer = await self._channel.call(method, payload, upload)
            result = "ok"
            self.answered_at = self._monotonic()
            return answer
        except ChannelError as error:
            result, rest = error.reason, error.retry_after_seconds or 0.0
            raise
        finally:
            self.results[method, result] += 1
            if method == "getUpdates":
                self.polled_at = self._monotonic()
                self._rests_until = self.polled_at + rest

    def silent_for(self) -> float | None:
        """Seconds since the last getUpdates ended, however it ended, less the rest that Telegram asked for.

        ``None`` before the first.
        """
        if self.polled_at is None:
            return None
        return max(0.0, self._monotonic() - max(self.polled_at, self._rests_until))
