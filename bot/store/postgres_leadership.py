"""Leadership on PostgreSQL: an advisory lock, held by a connection of its own for as long as it lives.

The lock belongs to a transaction that stays open, not to the session: so it also holds behind a pooler that pools
transactions, and ``idle_in_transaction_session_timeout`` makes the server itself take it from a holder that has
fallen silent. The transaction has no snapshot and no id, so it holds up no vacuum.

The times fit together: a holder knows within ``_BEAT + _PATIENCE`` (4.3 s) that it has lost the server, the server
takes the lock away ``_SILENCE`` (6 s) after the last it heard of it, candidates ask about once a second. However the
holder dies, another copy leads in less than 10 s; and a holder whose process runs has stopped before.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bot.store.transaction import Pause

T = TypeVar("T")
_Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]

_BEAT = 4  # the try that ``Pause`` waits about a second before (0.64 to 1.28 s)
_PATIENCE_SECONDS = 3.0
_SILENCE = "6s"
_CONNECT_SECONDS = 5
_SETTINGS = (
    f"-c idle_in_transaction_session_timeout={_SILENCE} -c statement_timeout=5s -c lock_timeout=5s"
    " -c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3"
)
# Our side of the connection: a server that vanished without a word is noticed by the kernel too.
_KEEPALIVE = {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3, "tcp_user_timeout": 5000}

log = structlog.get_logger(__name__)


class PostgresLeadership:
    """A candidate for ``name``, among all that use the same schema. ``on_change`` is called after each win and loss."""

    def __init__(self, url: str, name: str, on_change: Callable[[], None], pause: Pause) -> None:
        """``url``: any libpq address, valid (a store was opened with it)."""
        options = conninfo_to_dict(url).get("options")
        self._conninfo = make_conninfo(
            url,
            options=f"{_SETTINGS} {options or ''}".strip(),
            connect_timeout=_CONNECT_SECONDS,
            **_KEEPALIVE,
        )
        self._name = name
        self._on_change = on_change
        self._pause = pause
        self._terms = 0
        self._winning = asyncio.Event()
        self._losing = asyncio.Event()

    @property
    def term(self) -> int | None:
        """A number while this copy leads."""
        return self._terms if self._winning.is_set() else None

    async def won(self) -> int:
        """Return the term as soon as this copy leads."""
        await self._winning.wait()
        return self._terms

    async def lost(self, term: int) -> None:
        """Return as soon as ``term`` is over."""
        while self.term == term:
            await self._losing.wait()

    async def run(self) -> None:
        """Stand for it, for ever; whatever the connection meets, stand again. Cancelling gives the lock back."""
        while True:
            try:
                await self._stand()
            except (psycopg.Error, TimeoutError, OSError) as error:
                log.warning("leadership.no_connection", of=self._name, error=str(error).strip())
            await self._pause(_BEAT)

    async def _stand(self) -> None:
        connection: _Connection = await psycopg.AsyncConnection.connect(
            self._conninfo, autocommit=True, prepare_threshold=None
        )
        try:
            while not await self._in_time(self._take(connection)):
                await self._pause(_BEAT)
            self._win()
            while True:
                await self._pause(_BEAT)
                await self._in_time(connection.execute("SELECT 1"))
        finally:
            self._lose()
            await connection.close()

    async def _take(self, connection: _Connection) -> bool:
        await connection.execute("BEGIN")
        cursor = await connection.execute("SELECT current_schema()")
        row = await cursor.fetchone()
        digest = hashlib.sha256(f"ces:{row and row[0]}:{self._name}".encode()).digest()
        key = int.from_bytes(digest[:8], "big", signed=True)
        cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
        row = await cursor.fetchone()
        is_taken = row is not None and bool(row[0])
        if not is_taken:
            await connection.execute("ROLLBACK")
        return is_taken

    async def _in_time(self, work: Coroutine[Any, Any, T]) -> T:
        """As ``asyncio.timeout``, but what is late counts as lost at once: being cancelled takes psycopg a while."""
        task = asyncio.create_task(work)
        try:
            done, _ = await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
            if not done:
                self._lose()
                raise TimeoutError("the server does not answer")
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _win(self) -> None:
        self._terms += 1
        self._losing.clear()
        self._winning.set()
        log.info("leadership.won", of=self._name, term=self._terms)
        self._on_change()

    def _lose(self) -> None:
        if self._winning.is_set():
            self._winning.clear()
            self._losing.set()
            log.info("leadership.lost", of=self._name, term=self._terms)
            self._on_change()
