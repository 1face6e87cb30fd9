"""What a transaction promises, on both engines."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.adapters.clock import backoff
from bot.domain.errors import ConstraintBroken, StoreError
from bot.store.engine import Tx
from bot.store.opening import OpenStore, open_store
from tests.store.facts import names, names_in, remember

ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)"
    " SELECT count(*) AS n FROM n"
)


async def test_what_was_written_is_read_back_with_its_type(store: OpenStore) -> None:
    async def op(tx: Tx) -> tuple[int, int]:
        touched = await tx.run(
            "INSERT INTO outbox(kind, priority, lane, method, file, subject, state, not_before, created_at)"
            " VALUES('relay', :priority, 's:1:0', 'sendPhoto', :file, :subject, 'waiting', :big, :now)",
            priority=True,
            file=b"\x00\xff",
            subject="نعم 好 🙂",
            big=2**53,
            now=5,
        )
        return touched, await tx.run("UPDATE outbox SET attempts=attempts + 1 WHERE lane='nowhere'")

    assert await store.write(op) == (1, 0)
    row = await store.read(lambda tx: tx.one("SELECT * FROM outbox"))
    assert row is not None
    assert (row["priority"], row["file"], row["subject"]) == (1, b"\x00\xff", "نعم 好 🙂")
    assert (row["not_before"], row["payload"]) == (2**53, None)


async def test_a_sum_is_an_int(store: OpenStore) -> None:
    await store.write(remember("a", "12"))
    row = await store.read(
        lambda tx: tx.one("SELECT sum(CASE WHEN name='a' THEN 4 ELSE 0 END) AS n FROM bot_memory")
    )
    assert row is not None
    assert type(row["n"]) is int
    assert row["n"] == 4


async def test_an_op_that_raises_undoes_itself_alone(store: OpenStore) -> None:
    async def stumble(tx: Tx) -> None:
        await remember("lost")(tx)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await store.write(stumble)
    await store.write(remember("kept"))
    assert await names(store) == {"kept"}


async def test_of_many_ops_at_once_each_gets_its_own_outcome(store: OpenStore) -> None:
    await store.write(remember("taken"))

    async def stumble(tx: Tx) -> None:
        await remember("lost")(tx)
        raise LookupError("mine")

    ops: list[Any] = []
    for number in range(20):
        ops += [remember(f"n{number}"), remember("taken"), stumble]
    outcomes = await asyncio.gather(*(store.write(op) for op in ops), return_exceptions=True)
    assert outcomes[0::3] == [None] * 20
    assert all(isinstance(outcome, ConstraintBroken) for outcome in outcomes[1::3])
    assert all(isinstance(outcome, LookupError) for outcome in outcomes[2::3])
    assert await names(store) == {"taken", *(f"n{number}" for number in range(20))}


async def test_concurrent_ops_never_lose_an_update(store: OpenStore) -> None:
    await store.write(remember("n", "0"))

    async def count_up(tx: Tx) -> None:
        row = await tx.one("SELECT value FROM bot_memory WHERE name='n' /*pg: FOR UPDATE*/")
        assert row is not None
        await tx.run("UPDATE bot_memory SET value=:value WHERE name='n'", value=str(int(row["value"]) + 1))

    await asyncio.gather(*(store.write(count_up) for _ in range(30)))
    row = await store.read(lambda tx: tx.one("SELECT value FROM bot_memory WHERE name='n'"))
    assert row is not None
    assert row["value"] == "30"


async def test_an_op_that_swallows_a_failed_statement_still_fails(store: OpenStore) -> None:
    await store.write(remember("taken"))

    async def shrug(tx: Tx) -> str:
        await remember("lost")(tx)
        with pytest.raises(ConstraintBroken):
            await remember("taken")(tx)
        with pytest.raises(StoreError, match="earlier statement"):
            await remember("after")(tx)
        return "all is well"

    with pytest.raises(ConstraintBroken):
        await store.write(shrug)
    assert await names(store) == {"taken"}


async def test_a_transaction_kept_beyond_its_op_is_of_no_use(store: OpenStore) -> None:
    kept: list[Tx] = []

    async def keep(tx: Tx) -> None:
        kept.append(tx)

    await store.write(keep)
    await store.read(keep)
    for tx in kept:
        with pytest.raises(StoreError, match="has ended"):
            await tx.all("SELECT name FROM bot_memory")


async def test_an_op_that_would_wait_for_itself_is_told_so(store: OpenStore) -> None:
    async def nest(tx: Tx) -> None:
        await remember("lost")(tx)
        await store.write(remember("never"))

    with pytest.raises(RuntimeError, match="a write of its own"):
        await store.write(nest)
    assert await names(store) == set()


async def test_the_op_of_a_cancelled_caller_still_counts(store: OpenStore, store_url: str) -> None:
    callers = [asyncio.create_task(store.write(remember(f"n{number}"))) for number in range(20)]
    callers.append(
        asyncio.create_task(store.write(remember("n3")))
    )  # one that fails, with nobody left to tell
    await asyncio.sleep(0)
    for caller in callers:
        caller.cancel()
    outcomes = await asyncio.gather(*callers, return_exceptions=True)
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
    await store.close()
    async with await open_store(store_url, pause=backoff) as again:
        assert await names(again) == {f"n{number}" for number in range(20)}


async def test_a_read_sees_one_snapshot_and_does_not_delay_a_write(store: OpenStore) -> None:
    await store.write(remember("before"))

    async def look_twice(tx: Tx) -> tuple[set[str], set[str]]:
        first = await names_in(tx)
        await store.write(remember("meanwhile"))
        return first, await names_in(tx)

    assert await store.read(look_twice) == ({"before"}, {"before"})
    assert await names(store) == {"before", "meanwhile"}


async def test_a_write_is_visible_to_the_next_read(store: OpenStore) -> None:
    for number in range(10):
        await store.write(remember(f"n{number}"))
        assert f"n{number}" in await names(store)


async def test_a_reading_op_cannot_write(store: OpenStore) -> None:
    with pytest.raises(StoreError):
        await store.read(remember("sneaky"))
    assert await names(store) == set()


async def test_a_cancelled_read_stops_and_gives_its_connection_back(store: OpenStore) -> None:
    for _ in range(6):
        endless = asyncio.create_task(store.read(lambda tx: tx.all(ENDLESS)))
        await asyncio.sleep(0.02)
        endless.cancel()
        with pytest.raises(asyncio.CancelledError):
            await endless
        assert await names(store) == set()


async def test_a_mistake_in_the_sql_is_not_called_a_fault_of_the_database(store: OpenStore) -> None:
    with pytest.raises(Exception, match="no_such_table") as caught:
        await store.write(lambda tx: tx.run("DELETE FROM no_such_table"))
    assert not isinstance(caught.value, StoreError)
    await store.write(remember("after"))


async def test_closing_finishes_what_waits_and_refuses_what_comes_later(
    store: OpenStore, store_url: str
) -> None:
    waiting = [asyncio.create_task(store.write(remember(f"n{number}"))) for number in range(100)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*waiting)
    for late in (store.write(remember("late")), store.read(names_in)):
        with pytest.raises(StoreError, match="being closed"):
            await late
    await store.close()
    async with await open_store(store_url, pause=backoff) as again:
        assert len(await names(again)) == 100


async def test_opened_for_reading_it_works_beside_a_running_bot(store: OpenStore, store_url: str) -> None:
    async with await open_store(store_url, pause=backoff, read_only=True) as beside:
        await store.write(remember("new"))
        assert await names(beside) == {"new"}
        with pytest.raises(StoreError, match="reading only"):
            await beside.write(remember("sneaky"))
