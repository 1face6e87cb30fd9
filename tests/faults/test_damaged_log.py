"""A write-ahead log that is damaged after kill -9: a whole earlier state, or a plain refusal; never garbage."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.clock import SystemClock, backoff
from bot.domain.errors import StoreError
from bot.store import soundness
from bot.store.opening import open_store
from tests.faults.ledgers import SqliteLedger
from tests.faults.town import town

pytestmark = pytest.mark.timeout(300)
Bytes = dict[str, bytes]
Facts = set[tuple[str, str]]


def facts(file: Path) -> Facts:
    """What is stored, as far as it never changes."""
    ledger = SqliteLedger(file)
    try:
        found = {
            ("delivery", f"{row['source']} {row['key']}") for row in ledger.rows("SELECT * FROM delivery")
        }
        found |= {("invitation", row["token"]) for row in ledger.rows("SELECT token FROM invitation")}
        events = "SELECT update_id, kind, value FROM response_event"
        return found | {("event", str(row)) for row in ledger.rows(events)}
    finally:
        ledger.close()


def flip(log: bytearray, dice: random.Random) -> None:
    log[dice.randrange(len(log))] ^= 1 << dice.randrange(8)


def cut_off(log: bytearray, dice: random.Random) -> None:
    del log[dice.randrange(len(log)) :]


def blank(log: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(log))
    log[start : start + 5000] = bytes(len(log[start : start + 5000]))


def scramble(log: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(log))
    log[start : start + 9000] = dice.randbytes(len(log[start : start + 9000]))


def behead(log: bytearray, dice: random.Random) -> None:
    log[:32] = dice.randbytes(32)


def lengthen(log: bytearray, dice: random.Random) -> None:
    log += dice.randbytes(20_000)


async def image_of_a_kill(folder: Path, seed: int) -> Path:
    """A database as kill -9 leaves it, with a log that holds most of it."""
    async with town("sqlite:///{folder}/ces.db", seed) as (place, session):
        for _ in range(3):
            await place.kill_round(session)
        for file in place.files():
            if file.exists():
                shutil.copyfile(file, folder / file.name)
    assert place.findings.wrong == []
    return folder / "ces.db"


async def opened(file: Path) -> str:
    """Open it as the bot does at its start, and look at every row; what it said against it, if it refused."""
    now = SystemClock().now()
    try:
        async with await open_store(f"sqlite:///{file}", pause=backoff) as store:
            assert await store.read(lambda tx: soundness.flaws(tx, now)) == []
            assert await store.read(lambda tx: soundness.damage(tx, is_sqlite=True)) == []
    except StoreError as error:
        return str(error)
    return ""


async def test_whatever_happened_to_the_log_there_is_a_whole_earlier_state_or_a_plain_refusal(
    tmp_path: Path,
) -> None:
    image = await image_of_a_kill(tmp_path, seed=1)
    log = image.with_name("ces.db-wal").read_bytes()
    truth, dice = facts(image), random.Random(1)
    assert len(truth) > 20
    wholes = 0
    ways: list[Callable[[bytearray, random.Random], None]] = [
        flip,
        cut_off,
        blank,
        scramble,
        behead,
        lengthen,
    ]
    for number in range(24):
        place = tmp_path / str(number)
        place.mkdir()
        damaged = bytearray(log)
        ways[number % len(ways)](damaged, dice)
        shutil.copyfile(image, place / "ces.db")
        (place / "ces.db-wal").write_bytes(damaged)
        (place / "ces.db-shm").write_bytes(dice.randbytes(32768))
        said = await opened(place / "ces.db")
        if said:
            assert "is damaged" in said
        else:
            wholes += 1
            assert facts(place / "ces.db") <= truth
    assert wholes > 0


async def test_a_damaged_database_is_refused_in_plain_words_and_left_as_it_is(tmp_path: Path) -> None:
    async with town("sqlite:///{folder}/ces.db", seed=2) as (place, session):
        await place.kill_round(session)
        whole = {file: file.read_bytes() for file in place.files() if file.exists()}
        with sqlite3.connect(place.file) as shell:  # everything into the one file
            shell.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shell.close()
        bad = bytearray(place.file.read_bytes())
        bad[8192:-8192] = random.Random(3).randbytes(len(bad) - 16384)
        place.file.write_bytes(bad)
        place.file.with_name("ces.db-wal").write_bytes(bytes(64))  # as after an unclean stop
        code, said = await place.life_that_ends()
        assert code == 1
        assert "is damaged" in said
        assert "restore a backup" in said
        assert place.file.read_bytes() == bytes(bad)
        for file, content in whole.items():
            file.write_bytes(content)
    assert place.findings.wrong == []
