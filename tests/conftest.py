"""What every test may ask for: a clock that stands still, and a real store on either engine."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.adapters.clock import TravelClock, backoff
from bot.store.opening import OpenStore, open_store


@pytest.fixture
def clock() -> TravelClock:
    """Stands still at 2026-11-25 10:00 UTC, a Wednesday, until the test moves it."""
    return TravelClock(datetime(2026, 11, 25, 10, tzinfo=UTC))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The url of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'ces.db'}"


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The url of a PostgreSQL server (CES_TEST_POSTGRES). Skips without one; in CI it fails instead."""
    url = os.environ.get("CES_TEST_POSTGRES", "postgresql://127.0.0.1:5432/test")
    try:
        import psycopg

        psycopg.connect(url, connect_timeout=3).close()
    except Exception as error:
        message = f"no PostgreSQL at {url.rpartition('@')[2]} (CES_TEST_POSTGRES): {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The url of an empty schema of its own on the PostgreSQL server; dropped afterwards."""
    import psycopg

    schema = f"ces_test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    try:
        joint = "&" if "?" in postgres_server else "?"
        yield f"{postgres_server}{joint}options={quote(f'-c search_path={schema}')}"
    finally:
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> str:
    """The url of an empty database, once per engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[OpenStore]:
    """An open store with the schema in place; the test runs once per engine."""
    async with await open_store(store_url, pause=backoff) as opened:
        yield opened


@pytest.fixture
async def sqlite_store(sqlite_url: str) -> AsyncIterator[OpenStore]:
    """An open SQLite store, for tests that have nothing to gain from the second engine."""
    async with await open_store(sqlite_url, pause=backoff) as opened:
        yield opened
