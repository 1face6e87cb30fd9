"""SQLite: one writer task that shares each commit among whoever waits, and two readers beside it.

Every commit is flushed to disk. Ops that wait at the same moment share one transaction and so one flush, each
inside its own savepoint; callers are answered only after COMMIT. Why it is so: docs/storage.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from sqlite3 import sqlite_version
from typing import Any, Self, TypeVar

import structlog

from bot.domain.errors import StoreError
from bot.store import migrate, sqlite_file
from bot.store.engine import Op
from bot.store.leadership import Leadership, Undisputed
from bot.store.migrate import Migration, Upgrade
from bot.store.sqlite_commit import Outcome, SqliteTx, commit, roll_back
from bot.store.sqlite_connection import SqliteConnection, TooLong
from bot.store.sqlite_errors import sqlite_errors
from bot.store.transaction import ATTEMPTS, Pause, TryAgain

T = TypeVar("T")
_Entry = tuple[Op[Any], asyncio.Future[Any]]

_BATCH_LIMIT = 64
_QUEUE_LIMIT = 2000
_READERS = 2
_COMMITS_BETWEEN_OPTIMIZE = 50_000
_COMMITS_BETWEEN_CHECKPOINTS = 100
_QUIET_SECONDS = 0.005  # the writes of one tap follow each other faster

log = structlog.get_logger(__name__)


class SqliteStore:
    """The ``Store`` over one SQLite file. Made by ``open_sqlite``; ``close`` it, or use it in ``async with``.

    ``ops`` and ``commits`` count what the writer task has served so far: how well flushes are shared.
    """

    def __init__(
        self,
        *,
        writer: SqliteConnection | None,
        readers: Sequence[SqliteConnection],
        lock: sqlite_file.FileLock | None,
        file: sqlite_file.OpenedFile,
        upgrade: Upgrade,
        pause: Pause,
    ) -> None:
        self.upgrade = upgrade
        self._file = file
        self._writer = writer
        self._reader_count = len(readers)
        self._idle_readers: asyncio.Queue[SqliteConnection] = asyncio.Queue()
        for reader in readers:
            self._idle_readers.put_nowait(reader)
        self._lock = lock
        self._pause = pause
        self._queue: asyncio.Queue[_Entry | None] = asyncio.Queue()
        self._batch: list[_Entry] = []
        self._returning: set[asyncio.Task[None]] = set()
        self.ops = 0
        self.commits = 0
        self._checkpointed_at = 0  # of ``commits``
        self._is_closing = False
        self._task = asyncio.create_task(self._work(), name="store")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Take nothing new, finish what waits, close readers, writer and lock. Harmless when done already."""
        if not self._is_closing:
            self._is_closing = True
            self._queue.put_nowait(None)
        await asyncio.shield(self._task)

    def lead(self, name: str, on_change: Callable[[], None]) -> Leadership:
        """Always: the file has one process."""
        del name, on_change
        return Undisputed()

    async def write(self, op: Op[T]) -> T:
        """Run ``op`` in a transaction; when this returns, it is on disk. A cancelled caller's op still counts."""
        if self._writer is None:
            raise StoreError("the database was opened for reading only")
        if self._is_closing:
            raise StoreError("the database is being closed")
        if asyncio.current_task() is self._task:
            raise RuntimeError("an op asked for a write of its own: it would wait for itself")
        if self._queue.qsize() >= _QUEUE_LIMIT:
            raise StoreError(f"{_QUEUE_LIMIT} writes are waiting already")
        waiter: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((op, waiter))
        return await waiter

    async def read(self, op: Op[T]) -> T:
        """Run a reading ``op`` beside the writer, on one consistent snapshot."""
        attempt = 1
        while True:
            try:
                return await self._read_once(op)
            except TryAgain:
                if attempt == ATTEMPTS:
                    raise
            await self._pause(attempt)
            attempt += 1

    async def _read_once(self, op: Op[T]) -> T:
        if self._is_closing:
            raise StoreError("the database is being closed")
        reader = await self._idle_readers.get()
        tx = SqliteTx(reader)
        try:
            with sqlite_errors():
                reader.at_once("BEGIN")
            result = await op(tx)
            if tx.spoilt_by is not None:
                raise tx.spoilt_by
            return result
        except asyncio.CancelledError:
            await reader.interrupt()  # nobody waits for its rows any more
            raise
        finally:
            tx.end()
            if reader.is_on_thread:  # its caller was cancelled: what it still does comes first
                returning = asyncio.create_task(self._return(reader))
                self._returning.add(returning)
                returning.add_done_callback(self._returning.discard)
                await asyncio.shield(returning)
            else:
                self._end(reader)

    async def _return(self, reader: SqliteConnection) -> None:
        try:
            await roll_back(reader)
        finally:
            reader.is_on_thread = False
            self._idle_readers.put_nowait(reader)

    def _end(self, reader: SqliteConnection) -> None:
        try:
            if reader.in_transaction:
                with sqlite_errors():
                    reader.at_once("ROLLBACK")
        finally:
            self._idle_readers.put_nowait(reader)

    async def _work(self) -> None:
        try:
            while await self._take():
                await self._serve()
        finally:
            # Also when the event loop is torn down without close(): an open connection's thread would hang the exit.
            self._is_closing = True
            self._refuse(StoreError("the database was closed before this was written"))
            await self._close_connections()

    async def _take(self) -> bool:
        """Fill the batch with the first entry and whatever else waits already. False: asked to stop."""
        self._batch = []
        entry = await self._next()
        while entry is not None:
            self._batch.append(entry)
            if len(self._batch) == _BATCH_LIMIT or self._queue.empty():
                return True
            entry = self._queue.get_nowait()
        if self._batch:
            self._queue.put_nowait(None)
        return bool(self._batch)

    async def _next(self) -> _Entry | None:
        """The next entry. Where a checkpoint is due and none comes for a moment, the quiet is used for it.

        SQLite itself would make it part of a commit, and whoever waits for that one would wait for it too.
        """
        if self._queue.empty() and self.commits - self._checkpointed_at >= _COMMITS_BETWEEN_CHECKPOINTS:
            try:
                async with asyncio.timeout(_QUIET_SECONDS):
                    return await self._queue.get()
            except TimeoutError:
                await self._checkpoint()
        return await self._queue.get()

    async def _serve(self) -> None:
        assert self._writer is not None
        self._writer.is_patient = False
        try:
            outcomes = await self._commit_patiently(self._writer)
            self._file.must_be_there()  # after the commit: whoever takes a copy from now on has it
        except (
            Exception
        ) as error:  # BEGIN or COMMIT failed, or SQLite rolled back by itself: all of it is gone
            log.error("store.refused", ops=len(self._batch), error=str(error))
            outcomes = [(None, _as_store_error(error))] * len(self._batch)
        for (_, waiter), (result, failure) in zip(self._batch, outcomes, strict=True):
            if waiter.done():  # its caller was cancelled
                continue
            if failure is not None:
                waiter.set_exception(failure)
            else:
                waiter.set_result(result)
        self.ops += len(self._batch)
        self.commits += 1
        if self.commits % _COMMITS_BETWEEN_OPTIMIZE == 0:
            await self._optimize(self._writer)

    async def _commit_patiently(self, writer: SqliteConnection) -> list[Outcome]:
        attempt = 1
        while True:
            try:
                return await commit([op for op, _ in self._batch], writer)
            except TooLong:
                writer.is_patient = True
                continue
            except TryAgain:
                if attempt == ATTEMPTS:
                    raise
            finally:
                await roll_back(writer)
            await self._pause(attempt)
            attempt += 1

    def _refuse(self, error: StoreError) -> None:
        waiting = list(self._batch)
        while not self._queue.empty():
            if (entry := self._queue.get_nowait()) is not None:
                waiting.append(entry)
        for _, waiter in waiting:
            if not waiter.done():
                waiter.set_exception(error)

    async def _checkpoint(self) -> None:
        """Bring what was committed from the write-ahead log into the file; never a reason to stop."""
        assert self._writer is not None
        self._checkpointed_at = self.commits
        try:
            await self._writer.execute_fetchall("PRAGMA wal_checkpoint(PASSIVE)")
        except Exception as error:
            log.warning("store.checkpoint_failed", error=str(error))

    async def _optimize(self, writer: SqliteConnection) -> None:
        """Refresh the statistics of the query planner where they are stale; never a reason to stop."""
        try:
            await roll_back(writer)  # torn down in the middle of a batch
            await writer.execute_fetchall("PRAGMA optimize")
        except Exception as error:
            log.warning("store.optimize_failed", error=str(error))

    async def _close_connections(self) -> None:
        try:
            for _ in range(self._reader_count):
                reader = await self._idle_readers.get()
                await reader.close()
            if self._writer is not None:
                await self._optimize(self._writer)
                await self._writer.close()
                log.info("store.closed", ops=self.ops, commits=self.commits)
        finally:
            if self._lock is not None:
                self._lock.release()


async def open_sqlite(
    database: Path,
    *,
    pause: Pause,
    read_only: bool = False,
    migrations: Sequence[Migration] | None = None,
) -> SqliteStore:
    """Open, check after an unclean stop, and migrate. Raises StoreError, with nothing left open.

    ``read_only`` takes no lock and works beside a running bot, on a schema that is up to date.
    """
    steps = migrate.shipped() if migrations is None else migrations
    lock = None
    connections: list[SqliteConnection] = []
    try:
        if read_only:
            writer = None
            connections.append(await sqlite_file.connect_reader(database, pause))
            version = int(await sqlite_file.value(connections[0], "PRAGMA user_version"))
            migrate.must_be_current(steps, version)
            upgrade = Upgrade(version, version)
        else:
            lock = sqlite_file.FileLock(database)
            must_check = sqlite_file.was_left_open(database)
            with sqlite_file.damage_in_plain_words(database):
                writer = await sqlite_file.connect_writer(database, pause)
                connections.append(writer)
                if must_check:
                    await sqlite_file.check(writer, database)
                upgrade = await sqlite_file.upgrade(writer, database, steps)
        readers = [] if writer is not None else list(connections)
        while len(readers) < _READERS:
            readers.append(await sqlite_file.connect_reader(database, pause))
            connections.append(readers[-1])
    except BaseException:
        for connection in reversed(connections):
            await connection.close()
        if lock is not None:
            lock.release()
        raise
    log.info("store.opened", engine="sqlite", sqlite=sqlite_version, schema=upgrade.after, was=upgrade.before)
    file = sqlite_file.OpenedFile(database)
    return SqliteStore(writer=writer, readers=readers, lock=lock, file=file, upgrade=upgrade, pause=pause)


def _as_store_error(error: Exception) -> StoreError:
    if isinstance(error, StoreError):
        return error
    wrapped = StoreError(f"the database did not take it: {error}")
    wrapped.__cause__ = error
    return wrapped
