"""The inbox: what was received is stored before it is acknowledged, then processed in order, lane by lane."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.domain.errors import StoreError, UnreadableDelivery
from bot.flow.busy import Busy
from bot.flow.ports import Clock
from bot.flow.press import Press, Toast, press_of
from bot.store import deliveries
from bot.store.deliveries import StoredDelivery
from bot.store.engine import Store, Tx

log = structlog.get_logger(__name__)

TELEGRAM = "telegram"
Update = dict[str, Any]
Handle = Callable[[Tx, str, dict[str, Any], datetime], Awaitable[None]]
OnPress = Callable[[Tx, Press, datetime], Awaitable[Toast]]
Answer = Callable[[Toast], None]

_TRIES_AFTER = (timedelta(seconds=2), timedelta(seconds=10))  # then it is given up: three attempts in all
_STORE_REST = timedelta(seconds=1)
_ELSEWHERE_REST = timedelta(milliseconds=200)


class Inbox:
    """Everything that comes in, once.

    ``on_press`` runs in the transaction that stores the press, so its toast may promise that it counts. Everything else
    is stored and then given to ``handle(tx, source, body, now)``, in one transaction with the mark that it is done;
    whatever that raises is kept with the delivery, tried again, given up after three attempts, and never stops other
    deliveries. UnreadableDelivery, raised before anything was written, is kept as ``unmapped`` at once. ``lane_of``
    names what keeps its order; at most ``most_lanes`` lanes are worked on at once. ``poll_every``: look even if nobody
    rings, for databases that other copies write to; a lane that another copy is at work on is left alone.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        handle: Handle,
        on_press: OnPress,
        lane_of: Callable[[Update], str],
        most_lanes: int = 32,
        poll_every: timedelta | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._handle = handle
        self._on_press = on_press
        self._lane_of = lane_of
        self._most_lanes = most_lanes
        self._alarm = clock.alarm("inbox")
        self._busy = Busy(clock, "inbox lanes")
        self._lanes: set[str] = set()
        self._poll_every = poll_every
        self._elsewhere: dict[str, datetime] = {}

    @property
    def is_idle(self) -> bool:
        """True while no lane is worked on."""
        return self._busy.is_free

    async def save(self, updates: list[Update], now: datetime, answer: Answer | None = None) -> list[Toast]:
        """Store updates; when this returns they may be acknowledged. The toasts answer the presses among them.

        ``answer`` is told each toast as soon as its own press is stored.
        An update that came before has no effect; if it is a press its toast is empty. Raises StoreError: then nothing
        may be acknowledged, and saving them all again is harmless.
        """
        queues: dict[str, list[tuple[Update, Press | None]]] = {}
        for update in updates:
            press = _press(update)
            queues.setdefault(self._order_of(update, press), []).append((update, press))
        saved = await asyncio.gather(
            *(self._save_in_order(queue, now, answer) for queue in queues.values()), return_exceptions=True
        )
        self._alarm.ring()
        toasts: list[Toast] = []
        for outcome in saved:
            if isinstance(outcome, BaseException):
                raise outcome
            toasts += outcome
        return toasts

    async def save_delivery(self, source: str, key: str, lane: str, body: dict[str, Any]) -> bool:
        """Store a helpdesk's webhook. False: (source, key) came before. Raises StoreError: do not acknowledge."""
        text = json.dumps(body)
        now = self._clock.now()
        added = await self._store.write(lambda tx: deliveries.add(tx, source, key, lane, text, now))
        self._alarm.ring()
        return added is not None

    def ring(self) -> None:
        """Something was stored, perhaps: look."""
        self._alarm.ring()

    async def run(self) -> None:
        """Process what is stored, what an earlier life left undone first; for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._busy.run())
            while True:
                await self._alarm.wait(await self._start_lanes(group))

    async def _save_in_order(
        self, updates: list[tuple[Update, Press | None]], now: datetime, answer: Answer | None
    ) -> list[Toast]:
        toasts: list[Toast] = []
        for update, press in updates:
            toast = await self._save_one(update, press, now)
            if toast is not None:
                toasts.append(toast)
                if answer is not None:
                    answer(toast)
        return toasts

    async def _save_one(self, update: Update, press: Press | None, now: datetime) -> Toast | None:
        key, lane = _key_of(update), self._lane(update)
        if press is None:
            body = json.dumps(update)
            await self._store.write(lambda tx: deliveries.add(tx, TELEGRAM, key, lane, body, now))
            return None

        async def op(tx: Tx) -> Toast:
            is_new = await deliveries.add(tx, TELEGRAM, key, lane, None, now, is_done=True) is not None
            return await self._on_press(tx, press, now) if is_new else Toast(press.callback_query_id)

        try:
            return await self._store.write(op)
        except StoreError:
            raise
        except Exception as error:
            log.exception("press.failed", update=key)
            body, said = json.dumps(update), _said(error)
            await self._store.write(lambda tx: _keep_failed(tx, key, lane, body, said, now))
            return Toast(press.callback_query_id)

    def _order_of(self, update: Update, press: Press | None) -> str:
        """What must be stored one after the other: the presses of one person too are heard in order."""
        return self._lane(update) if press is None else f"press:{press.person_id}"

    def _lane(self, update: Update) -> str:
        try:
            return self._lane_of(update)
        except Exception:
            log.warning("update.no_lane", update=_key_of(update))
            return f"unreadable:{_key_of(update)}"

    async def _start_lanes(self, group: asyncio.TaskGroup) -> datetime | None:
        now = self._clock.now()
        try:
            lanes = await self._store.read(deliveries.open_lanes)
        except StoreError as error:
            log.warning("inbox.unreadable", error=str(error))
            return now + _STORE_REST
        wake_at = None if self._poll_every is None else now + self._poll_every
        self._elsewhere = {lane: until for lane, until in self._elsewhere.items() if until > now}
        for lane in lanes:
            if lane.lane in self._lanes:
                continue
            not_before = max(lane.not_before, self._elsewhere.get(lane.lane, now))
            if not_before > now:
                wake_at = not_before if wake_at is None else min(wake_at, not_before)
            elif len(self._lanes) < self._most_lanes:
                self._lanes.add(lane.lane)
                self._busy.__enter__()
                group.create_task(self._work(lane.lane))
        return wake_at

    async def _work(self, lane: str) -> None:
        try:
            while await self._process_next(lane):
                pass
        except StoreError as error:
            log.warning("inbox.store_failed", error=str(error))
            await self._clock.sleep(_STORE_REST.total_seconds())
        finally:
            self._lanes.discard(lane)
            self._busy.__exit__()
            self._alarm.ring()

    async def _process_next(self, lane: str) -> bool:
        """Process the lane's first delivery. False: nothing more to be done in it for now."""
        now = self._clock.now()
        taken: StoredDelivery | None = None

        async def op(tx: Tx) -> bool:
            nonlocal taken
            taken = await deliveries.first_open(tx, lane, now)
            if taken is None:
                return False
            unmapped = None
            try:
                await self._process(tx, taken, now)
            except UnreadableDelivery as error:  # it will never be readable, and its sender did no wrong
                log.warning("delivery.unmapped", delivery=taken.id, source=taken.source, why=str(error))
                unmapped = f"unmapped: {error}"
            await deliveries.finish(tx, taken.id, now, unmapped)
            return await deliveries.has_more(tx, lane)

        try:
            has_more = await self._store.write(op)
            if taken is None and self._poll_every is not None:
                self._elsewhere[lane] = now + _ELSEWHERE_REST
            return has_more
        except StoreError:
            raise
        except Exception as error:
            if taken is None:
                raise
            failed, said = taken, _said(error)
            log.exception(
                "delivery.failed", delivery=failed.id, source=failed.source, attempts=failed.attempts + 1
            )
            again_at = None
            if failed.attempts < len(_TRIES_AFTER):
                again_at = now + _TRIES_AFTER[failed.attempts]
            await self._store.write(lambda tx: deliveries.fail(tx, failed.id, said, again_at, now))
            return again_at is None

    async def _process(self, tx: Tx, delivery: StoredDelivery, now: datetime) -> None:
        body = json.loads(delivery.body)
        press = press_of(body) if delivery.source == TELEGRAM and "callback_query" in body else None
        if press is None:
            await self._handle(tx, delivery.source, body, now)
        else:
            await self._on_press(tx, press, now)


async def _keep_failed(tx: Tx, key: str, lane: str, body: str, error: str, now: datetime) -> None:
    row_id = await deliveries.add(tx, TELEGRAM, key, lane, body, now)
    if row_id is not None:
        await deliveries.fail(tx, row_id, error, now + _TRIES_AFTER[0], now)


def _press(update: Update) -> Press | None:
    try:
        return press_of(update) if "callback_query" in update else None
    except (KeyError, TypeError, ValueError):
        return None  # it will fail again when it is processed, where that is written down


def _key_of(update: Update) -> str:
    try:
        return str(int(update["update_id"]))
    except (KeyError, TypeError, ValueError):
        return hashlib.sha256(json.dumps(update).encode()).hexdigest()


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
