"""PostgreSQL's own errors, turned into ours by SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import psycopg_pool

from bot.domain.errors import ConstraintBroken, StoreError
from bot.store.transaction import ConnectionLost, ServerReadOnly, TryAgain

_CONFLICTS = frozenset({"40001", "40P01", "55P03"})  # serialization, deadlock, lock not available
_READ_ONLY = "25006"
_SERVER_GONE = frozenset({"57P01", "57P02", "57P03"})  # admin shutdown, crash shutdown, cannot connect now
_NOT_TAKEN = (
    "53",
    "57",
    "58",
    "XX",
    "25P03",
)  # resources, intervention, system, corruption; idle


@contextmanager
def postgres_errors() -> Iterator[None]:
    """Raise ConstraintBroken, TryAgain, ConnectionLost or StoreError instead of ``psycopg.Error``.

    An error in the SQL or in a value stays what it is: sending again would not help.
    """
    try:
        yield
    except (psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed, psycopg_pool.TooManyRequests) as error:
        raise StoreError(f"no connection to PostgreSQL: {error}") from error
    except psycopg.Error as error:
        state = error.sqlstate
        message = f"{str(error).strip()} ({state})"
        if state is None and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            raise ConnectionLost(message) from error
        if state is None:
            raise
        if state == _READ_ONLY:
            raise ServerReadOnly(message) from error
        if state.startswith("08") or state in _SERVER_GONE:
            raise ConnectionLost(message) from error
        if state in _CONFLICTS:
            raise TryAgain(message) from error
        if state.startswith("23"):
            raise ConstraintBroken(message) from error
        if state.startswith(_NOT_TAKEN):
            raise StoreError(message) from error
        raise
