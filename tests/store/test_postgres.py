"""What the PostgreSQL engine does about conflicts, lost connections and a missing driver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.adapters.clock import backoff
from bot.domain.errors import StoreError
from bot.store.engine import Tx
from bot.store.opening import OpenStore, open_store
from tests.store.facts import names, remember

pytestmark = pytest.mark.postgres


@pytest.fixture
async def engine(postgres_url: str) -> AsyncIterator[OpenStore]:
    async with await open_store(postgres_url, pause=backoff) as opened:
        yield opened


async def raise_state(tx: Tx, state: str) -> None:
    await tx.run(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")


def test_parameters_are_translated_and_casts_are_not(postgres_server: str) -> None:
    del postgres_server
    from bot.store.postgres import for_psycopg

    assert for_psycopg("SELECT a FROM t WHERE b=:name_x AND c::int=:n /*pg: FOR UPDATE*/") == (
        b"SELECT a FROM t WHERE b=%(name_x)s AND c::int=%(n)s FOR UPDATE"
    )


async def test_text_with_nul_is_stored_readably(engine: OpenStore) -> None:
    await engine.write(remember("k", "a\0b"))
    row = await engine.read(lambda tx: tx.one("SELECT value FROM bot_memory"))
    assert row is not None
    assert row["value"] == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03", "57P01", "08006"])
async def test_an_op_that_met_a_conflict_runs_again_as_a_whole(engine: OpenStore, state: str) -> None:
    runs: list[int] = []

    async def op(tx: Tx) -> None:
        runs.append(len(runs))
        await remember(f"run {len(runs)}")(tx)
        if len(runs) < 3:
            await raise_state(tx, state)

    await engine.write(op)
    assert await names(engine) == {"run 3"}


@pytest.mark.parametrize(("state", "runs_expected"), [("40001", 4), ("53100", 1), ("58030", 1), ("57014", 1)])
async def test_what_does_not_go_away_becomes_a_store_error(
    engine: OpenStore, state: str, runs_expected: int
) -> None:
    runs: list[None] = []

    async def op(tx: Tx) -> None:
        runs.append(None)
        await remember("lost")(tx)
        await raise_state(tx, state)

    with pytest.raises(StoreError, match=state):
        await engine.write(op)
    assert len(runs) == runs_expected
    assert await names(engine) == set()


async def test_two_ops_that_deadlock_both_succeed(engine: OpenStore) -> None:
    for name in ("a", "b"):
        await engine.write(remember(name, "0"))
    meeting = asyncio.Barrier(2)
    runs: list[str] = []

    async def cross(tx: Tx, first: str, second: str) -> None:
        runs.append(first)
        await tx.run("SET LOCAL deadlock_timeout='50ms'")
        await tx.run("UPDATE bot_memory SET value=value || 'x' WHERE name=:name", name=first)
        if len(runs) <= 2:
            await meeting.wait()
        await tx.run("UPDATE bot_memory SET value=value || 'x' WHERE name=:name", name=second)

    await asyncio.gather(
        engine.write(lambda tx: cross(tx, "a", "b")), engine.write(lambda tx: cross(tx, "b", "a"))
    )
    assert len(runs) > 2
    rows = await engine.read(lambda tx: tx.all("SELECT value FROM bot_memory"))
    assert [row["value"] for row in rows] == ["0xx", "0xx"]


async def test_a_connection_lost_inside_an_op_is_survived(engine: OpenStore) -> None:
    runs: list[None] = []

    async def op(tx: Tx) -> None:
        runs.append(None)
        await remember(f"run {len(runs)}")(tx)
        if len(runs) == 1:
            await tx.all("SELECT pg_terminate_backend(pg_backend_pid())")

    await engine.write(op)
    assert await names(engine) == {"run 2"}


async def test_all_connections_lost_between_ops_are_survived(engine: OpenStore, postgres_server: str) -> None:
    import psycopg

    async def pid(tx: Tx) -> int:
        row = await tx.one("SELECT pg_backend_pid() AS pid, pg_sleep(0.05)")
        assert row is not None
        return int(row["pid"])

    pids = set(await asyncio.gather(*(engine.write(pid) for _ in range(10))))
    async with await psycopg.AsyncConnection.connect(postgres_server, autocommit=True) as other:
        for number in pids:
            await other.execute("SELECT pg_terminate_backend(%s)", [number])
    await asyncio.gather(*(engine.write(remember(f"n{number}")) for number in range(10)))
    assert len(await names(engine)) == 10


async def test_a_server_that_is_not_there_is_named_without_the_password(postgres_server: str) -> None:
    del postgres_server
    with pytest.raises(StoreError) as caught:
        await open_store("postgresql://bot:hunter2@127.0.0.1:9/ces", pause=backoff)
    assert "127.0.0.1" in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_an_address_that_is_none_is_refused_without_the_password(postgres_server: str) -> None:
    del postgres_server
    with pytest.raises(StoreError) as caught:
        await open_store("postgresql://bot:hunter2@host/ces?nonsense=1", pause=backoff)
    assert "nonsense" in str(caught.value)
    assert "hunter2" not in str(caught.value)
