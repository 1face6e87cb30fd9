"""Who leads, when a holder stops, breaks or falls silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bot.adapters.clock import backoff
from bot.store.leadership import Leadership
from bot.store.opening import OpenStore, open_store
from tests.copies.tcp_proxy import TcpProxy
from tests.copies.urls import through


class Candidate:
    """A leadership that is stood for until the test ends, or until it is stopped."""

    def __init__(self, store: OpenStore, name: str) -> None:
        self.changes: list[int | None] = []
        self.leadership: Leadership = store.lead(name, lambda: self.changes.append(self.term))
        self._task = asyncio.create_task(self.leadership.run())

    @property
    def term(self) -> int | None:
        return self.leadership.term

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


Stand = Callable[[OpenStore, str], Candidate]


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    candidates: list[Candidate] = []

    def start(store: OpenStore, name: str = "sender") -> Candidate:
        candidates.append(Candidate(store, name))
        return candidates[-1]

    yield start
    for candidate in candidates:
        await candidate.stop()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[OpenStore]:
    async with await open_store(url, pause=backoff) as store:
        yield store


async def won(candidate: Candidate) -> int:
    async with asyncio.timeout(60):
        return await candidate.leadership.won()


async def test_a_sqlite_file_is_led_by_the_process_that_has_it(sqlite_store: OpenStore, stand: Stand) -> None:
    candidate = stand(sqlite_store, "sender")
    assert await won(candidate) == candidate.term == 1
    assert candidate.changes == []


@pytest.mark.postgres
async def test_one_of_several_leads_and_the_next_one_when_it_stops(postgres_url: str, stand: Stand) -> None:
    async with opened(postgres_url) as here, opened(postgres_url) as there:
        first = stand(here, "sender")
        await won(first)
        second, other = stand(there, "sender"), stand(there, "another thing")
        await won(other)  # what has another name is another matter
        assert second.term is None
        await first.stop()
        assert first.term is None
        assert await won(second) == 1
        assert (first.changes, second.changes) == ([1, None], [1])


@pytest.mark.postgres
async def test_two_bots_in_two_schemas_of_one_database_each_lead(
    postgres_url: str, postgres_server: str, stand: Stand
) -> None:
    import psycopg

    async with opened(postgres_url) as here:
        await won(stand(here, "sender"))
        other = postgres_url.replace("ces_test_", "ces_too_")
        schema = other.rpartition("%3D")[2]
        with psycopg.connect(postgres_server, autocommit=True) as admin:
            admin.execute(f"CREATE SCHEMA {schema}".encode())
            try:
                async with opened(other) as there:
                    beside = stand(there, "sender")
                    await won(beside)
                    await beside.stop()
            finally:
                admin.execute(f"DROP SCHEMA {schema} CASCADE".encode())


@pytest.mark.postgres
async def test_a_holder_whose_connection_is_ended_stops_at_once_and_may_win_again(
    postgres_url: str, postgres_server: str, stand: Stand
) -> None:
    import psycopg

    name = postgres_url.rpartition("%3D")[2]
    async with opened(f"{postgres_url}&application_name={name}") as here:
        holder = stand(here, "sender")
        first_term = await won(holder)
        with psycopg.connect(postgres_server, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name=%s AND state='idle in transaction'",
                [name],
            )
        async with asyncio.timeout(60):
            await holder.leadership.lost(first_term)
        assert await won(holder) == first_term + 1


@pytest.mark.postgres
async def test_a_holder_that_falls_silent_stops_before_another_one_leads_within_ten_seconds(
    postgres_url: str, stand: Stand
) -> None:
    loop = asyncio.get_running_loop()
    async with (
        TcpProxy(*through(postgres_url).target) as proxy,
        opened(through(postgres_url).by(proxy.port)) as here,
        opened(postgres_url) as there,
    ):
        silent = stand(here, "sender")
        term = await won(silent)
        next_one = stand(there, "sender")
        proxy.stall()
        began = loop.time()
        async with asyncio.timeout(10):
            await silent.leadership.lost(term)
            assert next_one.term is None
            await next_one.leadership.won()
        assert loop.time() - began < 10
        proxy.mend()
