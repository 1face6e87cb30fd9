"""Moving everything from one database to another, whichever engines they are: in batches, resumable, verified.

What to move is read from the schema itself. Each batch and the mark of how far it got are one transaction of the
target, so a move that was interrupted goes on where it stood. At the end every row of both sides is read again and
compared by its hash; only then do the marks go, and only then does a bot start on the target.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from graphlib import TopologicalSorter
from typing import Any

from bot.domain.errors import StoreError
from bot.store import memory, migrate
from bot.store.engine import Row, Store, Tx

MARK = "move:"  # move:from = whence; move:<table> = the key of the last row that is there
_WHENCE = f"{MARK}from"
_BATCH = 500
_MOST_PARAMETERS = 900  # of one statement; SQLite before 3.32 takes 999

Progress = Callable[[str, int, int], None]
"""Called after each batch: what is being done, how many rows of it are done, and of how many."""


@dataclass(frozen=True)
class Table:
    """One table of the schema. ``key``: its primary key; ``counts_itself``: the engine numbers new rows."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    counts_itself: bool


def tables() -> list[Table]:
    """Every table of the newest schema, each after those that it refers to."""
    connection = sqlite3.connect(":memory:")
    try:
        for step in migrate.shipped():
            for statement in step.statements("sqlite"):
                connection.execute(statement)
        names = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type='table' ORDER BY rowid"
            )
            if not name.startswith("sqlite_")
        ]
        found, refers_to = {}, TopologicalSorter[str]()
        for name in names:
            about = connection.execute(f"PRAGMA table_info({name})").fetchall()
            key = tuple(column for _, column, *_, rank in sorted(about, key=lambda row: row[5]) if rank)
            columns = tuple(column for _, column, *_ in about)
            found[name] = Table(name, columns, key, counts_itself=key == ("id",))
            referred = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
            refers_to.add(name, *(row[2] for row in referred if row[2] != name))
        return [found[name] for name in refers_to.static_order()]
    finally:
        connection.close()


async def must_be_whole(store: Store) -> None:
    """Raises StoreError where a move into this database has begun and is not finished."""
    if await store.read(lambda tx: memory.recall(tx, _WHENCE)) is not None:
        raise StoreError("a move into this database is not finished: run the same `move` again, it goes on")


async def move(source: Store, target: Store, whence: str, on_progress: Progress) -> dict[str, int]:
    """Move everything; the number of rows per table. Nobody else may write to either side meanwhile.

    ``whence`` names the source, so that only the same move is resumed. Raises StoreError: the target holds something
    else, or what arrived is not what was sent; the source is only ever read.
    """
    shape = tables()
    await must_be_whole(source)
    await _begin(target, shape, whence)
    sizes = {table.name: await _size(source, table) for table in shape}
    for table in shape:
        await _copy(source, target, table, sizes[table.name], on_progress)
    for table in shape:
        await _verify(source, target, table, sizes[table.name], on_progress)
    await target.write(_finish)
    return sizes


async def _begin(target: Store, shape: Sequence[Table], whence: str) -> None:
    async def op(tx: Tx) -> None:
        begun = await memory.recall(tx, _WHENCE)
        if begun is not None and begun != whence:
            raise StoreError("the target holds an unfinished move from another database: take an empty one")
        if begun is None:
            for table in shape:
                if await tx.one(f"SELECT 1 FROM {table.name} LIMIT 1") is not None:
                    raise StoreError(f"the target is not empty: there are rows in {table.name}")
            await memory.remember(tx, _WHENCE, whence)

    await target.write(op)


async def _finish(tx: Tx) -> None:
    for name in await memory.with_prefix(tx, MARK):
        await memory.drop(tx, f"{MARK}{name}")


async def _size(source: Store, table: Table) -> int:
    row = await source.read(lambda tx: tx.one(f"SELECT count(*) AS n FROM {table.name}"))
    return 0 if row is None else int(row["n"])


async def _copy(source: Store, target: Store, table: Table, size: int, on_progress: Progress) -> None:
    mark = await target.read(lambda tx: memory.recall(tx, f"{MARK}{table.name}"))
    done = await _size(target, table) if mark is not None else 0
    on_progress(table.name, done, size)
    async for rows in _batches(source, table, None if mark is None else json.loads(mark)):
        await target.write(partial(_put, table=table, rows=rows))
        done += len(rows)
        on_progress(table.name, done, size)
    if table.counts_itself:
        await target.write(lambda tx: _count_on(tx, table))


async def _put(tx: Tx, *, table: Table, rows: Sequence[Row]) -> None:
    most = max(1, _MOST_PARAMETERS // len(table.columns))
    for start in range(0, len(rows), most):
        values = [_plain(row[column]) for row in rows[start : start + most] for column in table.columns]
        sql, names = _insertion(table, len(values) // len(table.columns))
        await tx.run(sql, **dict(zip(names, values, strict=True)))
    last = [rows[-1][column] for column in table.key]
    await memory.remember(tx, f"{MARK}{table.name}", json.dumps(last))


@lru_cache(maxsize=64)
def _insertion(table: Table, count: int) -> tuple[str, tuple[str, ...]]:
    """The statement that adds ``count`` rows, and the names of its parameters, row by row."""
    width = len(table.columns)
    names = tuple(f"v_{_letters(number)}" for number in range(count * width))
    values = ", ".join(
        f"({', '.join(f':{name}' for name in names[start : start + width])})"
        for start in range(0, len(names), width)
    )
    own_ids = "/*pg: OVERRIDING SYSTEM VALUE*/ " if table.counts_itself else ""
    return f"INSERT INTO {table.name}({', '.join(table.columns)}) {own_ids}VALUES {values}", names


async def _count_on(tx: Tx, table: Table) -> None:
    sequence = f"pg_get_serial_sequence('{table.name}', 'id')"
    await tx.one(
        f"SELECT max(id) AS n /*pg: , setval({sequence}, coalesce(max(id), 0) + 1, false)*/ FROM {table.name}"
    )


async def _verify(source: Store, target: Store, table: Table, size: int, on_progress: Progress) -> None:
    def seen(done: int) -> None:
        on_progress(f"{table.name}, compared", done, size)

    sent, arrived = await _digest(source, table, seen), await _digest(target, table, lambda done: None)
    if sent != arrived:
        raise StoreError(
            f"{table.name}: {sent[0]} rows there and {arrived[0]} here, and they are not the same. The source was"
            " written to meanwhile, or a disk is at fault; begin again with an empty target"
        )


async def _digest(store: Store, table: Table, seen: Callable[[int], None]) -> tuple[int, int]:
    """How many rows, and the sum of their hashes: the order does not matter (it is not the same everywhere)."""
    count, total = 0, 0
    async for rows in _batches(store, table, None):
        for row in rows:
            values = [_plain(row[column]) for column in table.columns]
            text = json.dumps(values, ensure_ascii=False, default=bytes.hex)
            total += int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(), "big")
        count += len(rows)
        seen(count)
    return count, total % 2**256


async def _batches(store: Store, table: Table, after: Sequence[Any] | None) -> AsyncIterator[list[Row]]:
    """A table's rows by its key, from behind ``after``; the marks of a move are not among them."""
    key = ", ".join(table.key)
    names = [f"after_{_letters(place)}" for place in range(len(table.key))]
    beyond = f"({key}) > ({', '.join(f':{name}' for name in names)})"
    unmarked = "substr(name, 1, :length) <> :mark" if table.name == "bot_memory" else ""
    while True:
        conditions = [condition for condition in (unmarked, beyond if after is not None else "") if condition]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        sql = f"SELECT * FROM {table.name} {where} ORDER BY {key} LIMIT {_BATCH}"
        parameters: dict[str, Any] = {} if after is None else dict(zip(names, after, strict=True))
        if unmarked:
            parameters |= {"length": len(MARK), "mark": MARK}
        rows = await store.read(partial(_all, sql=sql, parameters=parameters))
        if rows:
            yield rows
        if len(rows) < _BATCH:
            return
        after = [rows[-1][column] for column in table.key]


async def _all(tx: Tx, *, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
    return await tx.all(sql, **parameters)


def _plain(value: Any) -> Any:
    """As both engines hold it: bytes for files; PostgreSQL's text has no NUL and shows it as unreadable."""
    if isinstance(value, str):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return bytes(value) if isinstance(value, memoryview) else value


def _letters(number: int) -> str:
    """0 → a, 25 → z, 26 → ba …: the shared SQL has no digits in names of parameters."""
    letters = ""
    while True:
        number, rest = divmod(number, 26)
        letters = chr(ord("a") + rest) + letters
        if number == 0:
            return letters
