"""``move``, both ways, interrupted, and refused where it must be."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.clock import backoff
from bot.commands.move import move
from bot.domain.errors import StoreError
from bot.store import moving
from bot.store.engine import Row, Tx
from bot.store.moving import tables
from bot.store.opening import OpenStore, open_store
from tests.stage import EMMA, NOAH, stage
from tests.store.facts import names, remember

ROOT = Path(__file__).parents[2]


async def opened(url: str) -> OpenStore:
    return await open_store(url, pause=backoff)


async def content(url: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, as plain values."""
    async with await opened(url) as store:
        found = {}
        for table in tables():
            rows = await store.read(partial(all_rows, table=table.name))
            plain = [
                {c: bytes(r[c]) if isinstance(r[c], memoryview) else r[c] for c in table.columns}
                for r in rows
            ]
            found[table.name] = sorted(plain, key=repr)
        return found


async def fill(url: str, rows: int = 20) -> None:
    """Rows with everything that engines might hold differently."""

    async def op(tx: Tx) -> None:
        for number in range(rows):
            await tx.run(
                "INSERT INTO delivery(source, key, lane, body, received_at) VALUES('s', :key, 'l', :body, :at)",
                key=f"é😀Ω{number}",
                body=None if number % 2 else "a\n\"'\\",
                at=2**53 + number,
            )
            await tx.run(
                "INSERT INTO message_link(customer_key, customer_message_id, forum_chat_id, forum_message_id,"
                " from_customer, kind, at) VALUES(:key, :number, -100, :number, 1, 'text', 0)",
                key="aZ_é"[number % 4],
                number=number,
            )
        await tx.run(
            "INSERT INTO outbox(kind, priority, lane, method, file, state, not_before, created_at)"
            " VALUES('summary', 1, 'l', 'm', :file, 'waiting', 0, 0)",
            file=bytes(range(256)),
        )
        await tx.run("INSERT INTO bot_memory(name, value) VALUES('a fact', 'its value')")

    async with await opened(url) as store:
        await store.write(op)


@pytest.mark.postgres
async def test_there_and_back_again_everything_is_as_it_was(
    sqlite_url: str, postgres_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await fill(sqlite_url, rows=1100)
    back = f"sqlite:///{tmp_path / 'back.db'}"
    assert await move(sqlite_url, postgres_url) == 0
    assert "2202 rows" in capsys.readouterr().out
    assert await move(postgres_url, back) == 0
    before = await content(sqlite_url)
    assert before == await content(postgres_url) == await content(back)
    assert len(before["delivery"]) == 1100


@pytest.mark.postgres
async def test_a_lived_in_database_moves_and_new_rows_find_numbers_of_their_own(postgres_url: str) -> None:
    async with stage() as s:
        await s.asked()
        await s.press(EMMA, s.last(EMMA), "v2")
        await s.conversation(NOAH, "Noah Weber")
        await s.stop_bot()
        assert await move(s.settings.database.url, postgres_url) == 0
        before = await content(s.settings.database.url)
    assert before == await content(postgres_url)
    assert {"invitation", "response_event", "desk_topic", "outbox"} <= {
        t for t, rows in before.items() if rows
    }
    async with await opened(postgres_url) as store:
        for table in ("delivery", "outbox", "timer", "audit"):
            highest = max((row["id"] for row in before[table]), default=0)
            assert await store.write(partial(add_to, table=table)) == highest + 1, table


async def all_rows(tx: Tx, *, table: str) -> list[Row]:
    return await tx.all(f"SELECT * FROM {table}")


async def add_to(tx: Tx, *, table: str) -> int:
    columns = {
        "delivery": "source, key, lane, received_at",
        "outbox": "kind, priority, lane, method, state, not_before, created_at",
        "timer": "kind, subject, due_at, visible_at",
        "audit": "at, actor, action, subject",
    }[table]
    words = {"source", "key", "lane", "kind", "method", "subject", "actor", "action"}
    values = ", ".join(
        "'waiting'" if c == "state" else "'new'" if c in words else "1" for c in columns.split(", ")
    )
    row = await tx.one(f"INSERT INTO {table}({columns}) VALUES({values}) RETURNING id")
    assert row is not None
    return int(row["id"])


@pytest.mark.postgres
async def test_a_move_killed_in_the_middle_goes_on_and_until_then_no_bot_starts_on_it(
    sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    await fill(sqlite_url, rows=4000)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from bot.commands.cli import cli; cli()",
        *("move", "--from", sqlite_url, "--to", postgres_url),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with await opened(postgres_url) as watching:

        async def arrived() -> int:
            row = await watching.read(lambda tx: tx.one("SELECT count(*) AS n FROM delivery"))
            return 0 if row is None else int(row["n"])

        async with asyncio.timeout(60):
            while await arrived() < 500:
                assert child.returncode is None, await child.communicate()
        child.kill()
        await child.communicate()
        partly = await arrived()
        assert 0 < partly < 4000
        with pytest.raises(StoreError, match="not finished"):
            await moving.must_be_whole(watching)
    async with await opened(sqlite_url) as source, await opened(postgres_url) as target:
        with pytest.raises(StoreError, match="from another database"):
            await moving.move(source, target, "something else", lambda what, n, size: None)
    assert await move(sqlite_url, postgres_url) == 0
    assert await content(sqlite_url) == await content(postgres_url)
    async with await opened(postgres_url) as target:
        await moving.must_be_whole(target)


async def test_a_target_that_holds_something_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'other.db'}"
    for url in (sqlite_url, target):
        async with await opened(url) as store:
            await store.write(remember(url))
    with pytest.raises(StoreError, match="not empty: there are rows in bot_memory"):
        await move(sqlite_url, target)
    async with await opened(target) as store:
        assert await names(store) == {target}


async def test_a_source_that_changes_meanwhile_is_found_out(sqlite_url: str, tmp_path: Path) -> None:
    await fill(sqlite_url, rows=3)
    async with await opened(sqlite_url) as source, await opened(f"sqlite:///{tmp_path / 'to.db'}") as target:
        is_changed = False

        def change(what: str, done: int, size: int) -> None:
            nonlocal is_changed
            if what == "message_link" and not is_changed:
                is_changed = True
                changing.append(
                    asyncio.ensure_future(
                        source.write(lambda tx: tx.run("UPDATE delivery SET lane='other' WHERE id=2"))
                    )
                )

        changing: list[asyncio.Future[int]] = []
        with pytest.raises(StoreError, match="delivery: 3 rows there and 3 here"):
            await moving.move(source, target, "w", change)
        await asyncio.gather(*changing)
        with pytest.raises(StoreError, match="not finished"):
            await moving.must_be_whole(target)


async def test_a_source_that_is_not_there_is_not_made(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        await move(sqlite_url, f"sqlite:///{tmp_path / 'to.db'}")
    assert os.listdir(tmp_path) == []


@pytest.mark.postgres
async def test_beside_a_running_bot_nothing_is_moved(
    sqlite_url: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.move._LEAD_SECONDS", 0.5)
    await fill(sqlite_url, rows=1)
    async with await opened(postgres_url) as running:
        leadership = running.lead("sender", lambda: None)
        leading = asyncio.create_task(leadership.run())
        await leadership.won()
        with pytest.raises(StoreError, match="a bot is running"):
            await move(sqlite_url, postgres_url)
        leading.cancel()
        await asyncio.gather(leading, return_exceptions=True)
