"""One commit on the writer's connection, shared by several ops, each of which can fail alone."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from bot.domain.errors import StoreError
from bot.store.engine import Op, Row
from bot.store.sqlite_connection import SqliteConnection
from bot.store.sqlite_errors import sqlite_errors
from bot.store.transaction import GuardedTx, TryAgain

Outcome = tuple[Any, Exception | None]
"""What an op returned, or what it raised."""


class SqliteTx(GuardedTx):
    """A transaction on one of the connections."""

    def __init__(self, connection: SqliteConnection) -> None:
        super().__init__()
        self._connection = connection

    async def _fetch(self, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        with sqlite_errors():
            return (await self._connection.rows(sql, parameters))[0]

    async def _execute(self, sql: str, parameters: Mapping[str, Any]) -> int:
        with sqlite_errors():
            return max(0, (await self._connection.rows(sql, parameters))[1])


async def commit(ops: Sequence[Op[Any]], writer: SqliteConnection) -> list[Outcome]:
    """Run the ops in one transaction. Raises when none of them was kept; an op's own error is its own outcome.

    Hardly ever does an op fail, and a savepoint around each costs as much as two statements. So several ops run without
    first; if one fails, all is undone and they run again, each in a savepoint of its own.
    """
    with sqlite_errors():
        outcomes = await _transaction(ops, writer, has_savepoints=False)
        if outcomes is None:
            await roll_back(writer)
            outcomes = await _transaction(ops, writer, has_savepoints=True)
    assert outcomes is not None
    return outcomes


async def _transaction(
    ops: Sequence[Op[Any]], writer: SqliteConnection, *, has_savepoints: bool
) -> list[Outcome] | None:
    """``None``: one of several failed, and without savepoints nothing of them may stay."""
    outcomes: list[Outcome] = []
    await writer.begin()
    for op in ops:
        if len(ops) > 1:
            await _let_others_run()
        if has_savepoints:
            writer.at_once("SAVEPOINT op")
        outcome = await _attempt(op, writer)
        outcomes.append(outcome)
        failure = outcome[1]
        if failure is None:
            if has_savepoints:
                writer.at_once("RELEASE op")
        elif isinstance(failure, TryAgain):
            raise failure
        elif not writer.in_transaction:
            raise StoreError(f"SQLite rolled everything back: {failure}") from failure
        elif has_savepoints:
            writer.at_once("ROLLBACK TO op")
            writer.at_once("RELEASE op")
        else:
            return outcomes if len(ops) == 1 else None
    await writer.execute_fetchall("COMMIT")
    return outcomes


@types.coroutine
def _let_others_run() -> Generator[None]:
    """A batch of short statements never waits: without this the loop would stand still until its end."""
    yield


async def _attempt(op: Op[Any], writer: SqliteConnection) -> Outcome:
    tx = SqliteTx(writer)
    try:
        result = await op(tx)
    except Exception as error:
        return None, tx.spoilt_by if isinstance(tx.spoilt_by, TryAgain) else error
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # the writer itself is told to stop
            raise
        return None, StoreError("the op cancelled itself")
    finally:
        tx.end()
    return result, tx.spoilt_by


async def roll_back(connection: SqliteConnection) -> None:
    """Leave the transaction, if there still is one: after a failed COMMIT on a full disk there is none."""
    if connection.in_transaction:
        with sqlite_errors():
            await connection.execute_fetchall("ROLLBACK")
