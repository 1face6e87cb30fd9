"""The timer loop: whatever is due is done, once, in the transaction that takes the timer away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import structlog

from bot.domain.errors import StoreError
from bot.flow.busy import Busy
from bot.flow.ports import Clock, Tokens
from bot.store import timers
from bot.store.engine import Store, Tx
from bot.store.timers import Timer

log = structlog.get_logger(__name__)

TimerStep = Callable[[Tx, str, datetime], Awaitable[None]]
TimerJob = Callable[[Timer, datetime], Awaitable[None]]

_AT_ONCE = 50
_LEASE = timedelta(seconds=60)
_JOB_SECONDS = 45.0  # less than the lease: a job that hangs is stopped before anybody else may take it
_STORE_REST = timedelta(seconds=1)
_RETRIES = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))


class TimerLoop:
    """Runs due timers. A step ``(tx, subject, now)`` shares its transaction with the timer's removal: its effect is
    there once or not at all, and it may set the same timer anew. A job ``(timer, now)`` is for what cannot run inside a
    transaction (painting, calling); it may run twice after a crash, so its own writes must bear that.

    A failed timer comes again after 30 s, 2 min, 10 min, then every hour. ``poll_every``: look even if nobody rings,
    for databases that other processes write to.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tokens: Tokens,
        steps: Mapping[str, TimerStep],
        jobs: Mapping[str, TimerJob],
        poll_every: timedelta | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._tokens = tokens
        self._steps = steps
        self._jobs = jobs
        self._poll_every = poll_every
        self._alarm = clock.alarm("timers")
        self._busy = Busy(clock, "timer jobs")
        self._running: set[int] = set()
        self._next: dict[int, Timer] = {}  # set anew, and due, while its job ran: run once more after it

    def ring(self) -> None:
        """A timer was set, perhaps: look."""
        self._alarm.ring()

    @property
    def is_idle(self) -> bool:
        """True while no job runs."""
        return self._busy.is_free

    async def run(self) -> None:
        """Run timers for ever. A cancelled job's timer is due again when its lease runs out."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._busy.run())
            while True:
                try:
                    wake_at = await self._run_due(group)
                except StoreError as error:
                    log.warning("timers.store_failed", error=str(error))
                    wake_at = self._clock.now() + _STORE_REST
                await self._alarm.wait(wake_at)

    async def _run_due(self, group: asyncio.TaskGroup) -> datetime | None:
        """Run everything that is due; when to look again."""
        while True:
            next_due = await self._store.read(timers.next_due)
            now = self._clock.now()
            if next_due is None or next_due > now:
                return self._soon(next_due, now)
            claimed = await self._claim(now)
            for timer in claimed:
                if timer.kind not in self._jobs:
                    continue
                if timer.id in self._running:
                    self._next[timer.id] = timer
                else:
                    self._start_job(timer, group)
            await asyncio.gather(
                *(self._run_step(timer) for timer in claimed if timer.kind not in self._jobs)
            )

    async def _claim(self, now: datetime) -> list[Timer]:
        lease = self._tokens.new()
        return await self._store.write(lambda tx: timers.claim(tx, now, now + _LEASE, lease, _AT_ONCE))

    def _soon(self, next_due: datetime | None, now: datetime) -> datetime | None:
        if self._poll_every is None:
            return next_due
        poll_at = now + self._poll_every
        return poll_at if next_due is None else min(next_due, poll_at)

    async def _run_step(self, timer: Timer) -> None:
        now = self._clock.now()

        async def op(tx: Tx) -> bool:
            if not await timers.complete(tx, timer):
                return False
            await self._steps[timer.kind](tx, timer.subject, now)
            return True

        try:
            if await self._store.write(op):
                log.info("timer.done", kind=timer.kind, subject=timer.subject)
        except StoreError as error:
            log.warning("timers.store_failed", error=str(error))  # due again when the lease runs out
        except Exception as error:
            await self._try_again(timer, error)

    def _start_job(self, timer: Timer, group: asyncio.TaskGroup) -> None:
        self._running.add(timer.id)
        self._busy.__enter__()
        group.create_task(self._run_job(timer, group))

    async def _run_job(self, timer: Timer, group: asyncio.TaskGroup) -> None:
        try:
            await self._do_job(timer)
            self._running.discard(timer.id)
            if (again := self._next.pop(timer.id, None)) is not None:
                self._start_job(again, group)
        finally:
            self._busy.__exit__()
            self._alarm.ring()

    async def _do_job(self, timer: Timer) -> None:
        try:
            async with asyncio.timeout(_JOB_SECONDS):
                await self._jobs[timer.kind](timer, self._clock.now())
            await self._store.write(lambda tx: timers.complete(tx, timer))
            log.info("timer.done", kind=timer.kind, subject=timer.subject)
        except StoreError as error:
            log.warning("timers.store_failed", error=str(error))
        except Exception as error:
            await self._try_again(timer, error)

    async def _try_again(self, timer: Timer, error: Exception) -> None:
        log.error(
            "timer.failed", kind=timer.kind, subject=timer.subject, attempts=timer.attempts, exc_info=error
        )
        at = self._clock.now() + _RETRIES[min(timer.attempts, len(_RETRIES)) - 1]
        said = f"{type(error).__name__}: {error}"
        try:
            await self._store.write(lambda tx: timers.retry(tx, timer, at, said))
        except StoreError as failure:
            log.warning("timers.store_failed", error=str(failure))
