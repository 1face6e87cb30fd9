"""Once a day: keys, letters and buttons go when their time is up, and not before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.controls import Retention
from bot.flow.housekeeping import HOUSEKEEPING, Housekeeping
from bot.store import deliveries, outbox, sending, staff_buttons, timers
from bot.store.engine import Tx
from bot.store.opening import OpenStore
from bot.store.outbox import Letter, ToChat
from bot.store.staff_buttons import StaffButton

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


async def quoted_nowhere(tx: Tx, invitation_ids: Sequence[int], now: datetime) -> None:
    """Staff were shown nothing."""


KEEPER = Housekeeping(Retention(), UTC, quoted_nowhere)


async def left(tx: Tx, table: str) -> int:
    """How many rows a table has."""
    row = await tx.one(f"SELECT count(*) AS n FROM {table}")
    return 0 if row is None else int(row["n"])


@pytest.mark.parametrize(("age", "kept"), [(7 * DAY - SECOND, 1), (7 * DAY + SECOND, 0)])
async def test_the_key_of_a_done_delivery_is_kept_for_seven_days(
    store: OpenStore, age: timedelta, kept: int
) -> None:
    async def op(tx: Tx) -> int:
        await deliveries.add(tx, "telegram", "1", "lane", None, NOW - age, is_done=True)
        await KEEPER.sweep(tx, HOUSEKEEPING, NOW)
        return await left(tx, "delivery")

    assert await store.write(op) == kept


async def test_a_delivery_that_is_not_done_is_kept_however_old_it_is(store: OpenStore) -> None:
    async def op(tx: Tx) -> int:
        await deliveries.add(tx, "telegram", "1", "lane", "{}", NOW - 99 * DAY)
        await KEEPER.sweep(tx, HOUSEKEEPING, NOW)
        return await left(tx, "delivery")

    assert await store.write(op) == 1


@pytest.mark.parametrize(("age", "kept"), [(7 * DAY - SECOND, 1), (7 * DAY + SECOND, 0)])
async def test_a_sent_letter_is_kept_for_seven_days(store: OpenStore, age: timedelta, kept: int) -> None:
    async def op(tx: Tx) -> int:
        letter_id = await outbox.post(
            tx, Letter("notice", "sendMessage", {"text": "x"}, ToChat(-1)), NOW - age
        )
        await sending.take_over(tx, "mine")
        await sending.claim(tx, letter_id, "mine", NOW - age)
        await sending.mark_sent(tx, letter_id, "mine", 7, NOW - age)
        await KEEPER.sweep(tx, HOUSEKEEPING, NOW)
        return await left(tx, "outbox")

    assert await store.write(op) == kept


async def test_a_letter_that_waits_is_never_swept(store: OpenStore) -> None:
    async def op(tx: Tx) -> int:
        await outbox.post(tx, Letter("notice", "sendMessage", {"text": "x"}, ToChat(-1)), NOW - 99 * DAY)
        await KEEPER.sweep(tx, HOUSEKEEPING, NOW)
        return await left(tx, "outbox")

    assert await store.write(op) == 1


@pytest.mark.parametrize(("age", "kept"), [(30 * DAY - SECOND, 1), (30 * DAY + SECOND, 0)])
async def test_buttons_of_staff_work_for_thirty_days(store: OpenStore, age: timedelta, kept: int) -> None:
    async def op(tx: Tx) -> int:
        await staff_buttons.add(tx, "t" * 22, StaffButton(-1, "triggers", ""), NOW - age)
        await KEEPER.sweep(tx, HOUSEKEEPING, NOW)
        return await left(tx, "staff_button")

    assert await store.write(op) == kept


async def test_it_sets_itself_anew_and_a_restart_does_not_put_it_off(store: OpenStore) -> None:
    async def op(tx: Tx) -> None:
        await KEEPER.plan(tx, NOW)
        await KEEPER.plan(tx, NOW + timedelta(hours=20))

    await store.write(op)
    assert await store.read(timers.next_due) == NOW + DAY
    await store.write(lambda tx: KEEPER.sweep(tx, HOUSEKEEPING, NOW + DAY))
    assert await store.read(timers.next_due) == NOW + 2 * DAY
