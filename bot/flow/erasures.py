"""The list of erasures beside the database: what outlives the database, so that no backup brings anybody back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import structlog

from bot.store import erasures, timers
from bot.store.engine import Store, Tx
from bot.store.respondents import Pseudonyms
from bot.store.timers import Timer

log = structlog.get_logger(__name__)

ERASURES = "erasures"


class ErasureList(Protocol):
    """A list that only grows."""

    def read(self) -> Mapping[str, datetime]:
        """Every hash on it, with its latest time."""

    def append(self, erased: Mapping[str, datetime]) -> None:
        """Add to it; when this returns, it is on disk."""


class Erasures:
    """Keeps table and list alike. ``kept``: where the list is; ``None`` where there is none.

    The timer ``erasures`` (a job) writes the list; it is set in the transaction of the erasure, so a crash in between
    costs nothing.
    """

    def __init__(self, store: Store, pseudonyms: Pseudonyms, kept: ErasureList | None) -> None:
        self._store = store
        self._pseudonyms = pseudonyms
        self._kept = kept

    async def record(self, tx: Tx, customer_key: str, now: datetime) -> None:
        """This customer was forgotten just now."""
        await erasures.add(tx, self._pseudonyms.erasure(customer_key), now)
        if self._kept is not None:
            await timers.start(tx, ERASURES, ERASURES, now)

    async def write_down(self, timer: Timer, now: datetime) -> None:
        """The table has something new for the list."""
        del timer, now
        if self._kept is not None:
            self._append(self._kept, await self._store.read(erasures.all_erasures))

    async def catch_up(self, now: datetime) -> int:
        """At start: forget again whom a restored database still knows (how many), and complete the list."""
        if self._kept is None:
            return 0
        told = await self._store.read(erasures.all_erasures)
        listed = self._kept.read()
        unheard = {digest: at for digest, at in listed.items() if digest not in told or told[digest] < at}
        forgotten = 0
        if unheard:
            forgotten = await self._store.write(
                lambda tx: erasures.again(tx, unheard, self._pseudonyms.erasure, now)
            )
            log.warning("erasures.applied_again", unheard=len(unheard), forgotten=forgotten)
        self._append(self._kept, told)
        return forgotten

    def _append(self, kept: ErasureList, told: Mapping[str, datetime]) -> None:
        listed = kept.read()
        new = {digest: at for digest, at in told.items() if digest not in listed or listed[digest] < at}
        if new:
            kept.append(new)
