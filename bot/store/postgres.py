"""PostgreSQL: a pooled transaction per op; the server itself groups the flushes of commits.

Writes are READ COMMITTED (queries lock what they decide on, ``/*pg: FOR UPDATE*/``), reads see one snapshot.
An op that lost to another one, or whose connection broke, runs again as a whole.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Self, TypeAlias, TypeVar

import psycopg
import psycopg_pool
import structlog
from psycopg.adapt import Loader
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row

from bot.domain.errors import StoreError
from bot.store import migrate
from bot.store.engine import Op, Row
from bot.store.leadership import Leadership
from bot.store.migrate import Migration, Upgrade, for_postgres
from bot.store.postgres_errors import postgres_errors
from bot.store.postgres_leadership import PostgresLeadership
from bot.store.transaction import ATTEMPTS, ConnectionLost, GuardedTx, Pause, ServerReadOnly, TryAgain

T = TypeVar("T")
_Connection: TypeAlias = psycopg.AsyncConnection[DictRow]
_Pool: TypeAlias = psycopg_pool.AsyncConnectionPool[_Connection]

_POOL_SIZE = 10
_WAITING_LIMIT = 2000
_READS_AT_ONCE = 4  # the rest of the pool stays free for writes
_CONNECT_SECONDS = 10
_RECONNECT_SECONDS = 4.0  # then whoever asks next starts anew, instead of after ever longer rests
_SESSION = (
    "-c default_transaction_isolation=read\\ committed -c synchronous_commit=on -c statement_timeout=15s"
    " -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s -c timezone=UTC"
)
_MIGRATION_LOCK = 0x43455301
_BEGIN_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

log = structlog.get_logger(__name__)


class PostgresTx(GuardedTx):
    """A transaction on one pooled connection."""

    def __init__(self, connection: _Connection) -> None:
        super().__init__()
        self._connection = connection

    async def _fetch(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        with postgres_errors():
            cursor = await self._connection.execute(for_psycopg(sql), _as_sent(parameters))
            return list(await cursor.fetchall()) if cursor.description is not None else []

    async def _execute(self, sql: str, parameters: Mapping[str, Any]) -> int:
        with postgres_errors():
            cursor = await self._connection.execute(for_psycopg(sql), _as_sent(parameters))
        touched: int = cursor.rowcount
        return max(0, touched)


class PostgresStore:
    """The ``Store`` over a pool of connections. Made by ``open_postgres``; ``close`` it, or use ``async with``."""

    def __init__(self, url: str, pool: _Pool, *, upgrade: Upgrade, read_only: bool, pause: Pause) -> None:
        self.upgrade = upgrade
        self._url = url
        self._pool = pool
        self._is_read_only = read_only
        self._pause = pause
        self._reads = asyncio.Semaphore(_READS_AT_ONCE)
        self._running: set[asyncio.Task[Any]] = set()
        self._is_closing = False
        self.commits = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Take nothing new, finish what runs, close the pool. Harmless when done already."""
        self._is_closing = True
        if self._running:
            await asyncio.wait(self._running)
        await self._pool.close()

    def lead(self, name: str, on_change: Callable[[], None]) -> Leadership:
        """A candidate for what only one copy of the bot may do at a time."""
        return PostgresLeadership(self._url, name, on_change, self._pause)

    async def write(self, op: Op[T]) -> T:
        """Run ``op`` in a transaction; when this returns, it is on disk. A cancelled caller's op still counts."""
        if self._is_read_only:
            raise StoreError("the database was opened for reading only")
        self._must_be_open()
        if asyncio.current_task() in self._running:
            raise RuntimeError("an op asked for a write of its own: it could wait for itself")
        task = asyncio.create_task(self._patiently(op, _BEGIN_WRITE))
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def read(self, op: Op[T]) -> T:
        """Run a reading ``op`` on one consistent snapshot. Keep it short: an old snapshot slows the timers down."""
        self._must_be_open()
        async with self._reads:
            return await self._patiently(op, _BEGIN_READ)

    def _must_be_open(self) -> None:
        if self._is_closing:
            raise StoreError("the database is being closed")

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Seen by the caller unless it was cancelled; then this is its only trace.
            log.debug("store.op_failed", error=str(error))

    async def _patiently(self, op: Op[T], begin: str) -> T:
        attempt = 1
        while True:
            try:
                return await self._once(op, begin)
            except TryAgain as error:
                if attempt == ATTEMPTS:
                    raise
                log.info("store.again", attempt=attempt, error=str(error))
                if isinstance(error, ConnectionLost):
                    await self._pool.check()  # the other idle connections broke with this one
            await self._pause(attempt)
            attempt += 1

    async def _once(self, op: Op[T], begin: str) -> T:
        with postgres_errors():
            connection = await self._pool.getconn()
        tx = PostgresTx(connection)
        try:
            with postgres_errors():
                await connection.execute(begin)
            result = await op(tx)
            if tx.spoilt_by is not None:
                raise tx.spoilt_by
            with postgres_errors():
                await connection.execute("COMMIT")
            self.commits += begin is _BEGIN_WRITE
            return result
        except ServerReadOnly:
            await connection.close()  # the pool looks for the server that took its place
            raise
        except BaseException:
            with suppress(psycopg.Error):
                await connection.execute("ROLLBACK")
            raise
        finally:
            tx.end()
            await self._pool.putconn(connection)


async def open_postgres(
    url: str,
    *,
    pause: Pause,
    read_only: bool = False,
    migrations: Sequence[Migration] | None = None,
) -> PostgresStore:
    """Connect, migrate, and fill the pool. Raises StoreError, with nothing left open.

    ``url`` is any libpq address. Works behind PgBouncer's transaction pooling: no statement is prepared by name.
    """
    steps = migrate.shipped() if migrations is None else migrations
    try:
        options = conninfo_to_dict(url).get("options")
        conninfo = make_conninfo(
            url, options=f"{_SESSION} {options or ''}".strip(), connect_timeout=_CONNECT_SECONDS
        )
    except psycopg.ProgrammingError as error:
        raise StoreError(f"database.url is no address of PostgreSQL: {error}") from error
    for attempt in range(1, ATTEMPTS + 1):
        try:
            upgrade = await _upgrade(conninfo, steps, read_only=read_only)
            break
        except TryAgain:
            if attempt == ATTEMPTS:
                raise
            await pause(attempt)
    pool: _Pool = psycopg_pool.AsyncConnectionPool(
        conninfo,
        connection_class=_Connection,
        kwargs={"autocommit": True, "row_factory": dict_row, "prepare_threshold": None},
        min_size=1,
        max_size=_POOL_SIZE,
        max_waiting=_WAITING_LIMIT,
        timeout=_CONNECT_SECONDS,
        reconnect_timeout=_RECONNECT_SECONDS,
        configure=_configure,
        name="store",
        open=False,
    )
    with postgres_errors():
        await pool.open(wait=True, timeout=_CONNECT_SECONDS)
    log.info("store.opened", engine="postgres", schema=upgrade.after, was=upgrade.before)
    return PostgresStore(url, pool, upgrade=upgrade, read_only=read_only, pause=pause)


@lru_cache(maxsize=1024)
def for_psycopg(sql: str) -> bytes:
    """The shared text as psycopg takes it: ``%(name)s`` for ``:name``, what only PostgreSQL needs uncommented."""
    return re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", for_postgres(sql)).encode()


def _as_sent(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _as_sqlite_would(value) for name, value in parameters.items()}


def _as_sqlite_would(value: Any) -> Any:
    """Truth is 0 or 1 in the shared schema; PostgreSQL's text cannot hold NUL, so it is shown as unreadable."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and "\0" in value:
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return value


class _PlainNumber(Loader):
    """``sum()`` of BIGINT is numeric in PostgreSQL; here it is an int, as SQLite has it."""

    def load(self, data: bytes | bytearray | memoryview) -> int | float:
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdigit() else float(text)


async def _configure(connection: _Connection) -> None:
    connection.adapters.register_loader("numeric", _PlainNumber)


async def _upgrade(conninfo: str, migrations: Sequence[Migration], *, read_only: bool) -> Upgrade:
    """Every step that is due, in one transaction under an advisory lock; a look without the lock comes first."""
    with postgres_errors():
        connection = await psycopg.AsyncConnection[DictRow].connect(
            conninfo, autocommit=True, row_factory=dict_row
        )
        async with connection:
            version = await _version(connection)
            if read_only:
                migrate.must_be_current(migrations, version)
            if not migrate.due(migrations, version):
                return Upgrade(version, version)
            async with connection.transaction():
                # Replicas that start together wait here for the first one, however long it takes.
                await connection.execute("SET LOCAL lock_timeout=0")
                await connection.execute("SET LOCAL statement_timeout=0")
                await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATION_LOCK])
                # Before the second look: a cached "no such table" of the first one outlives the wait for the lock,
                # until a statement locks something of the schema itself.
                await connection.execute(
                    "CREATE TABLE IF NOT EXISTS schema_version (number BIGINT PRIMARY KEY, name TEXT NOT NULL)"
                )
                before = await _newest_step(connection)
                steps = migrate.due(migrations, before)
                for step in steps:
                    for statement in step.statements("postgres"):
                        await connection.execute(statement.encode())
                    await connection.execute(
                        "INSERT INTO schema_version(number, name) VALUES(%s, %s)", [step.number, step.name]
                    )
                return Upgrade(before, len(migrations))


async def _version(connection: _Connection) -> int:
    cursor = await connection.execute("SELECT to_regclass('schema_version') IS NOT NULL AS is_there")
    row = await cursor.fetchone()
    if row is None or not row["is_there"]:
        return 0
    return await _newest_step(connection)


async def _newest_step(connection: _Connection) -> int:
    cursor = await connection.execute("SELECT coalesce(max(number), 0) AS number FROM schema_version")
    row = await cursor.fetchone()
    return 0 if row is None else int(row["number"])
