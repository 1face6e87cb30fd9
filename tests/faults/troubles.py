"""Everything that may go wrong around a bot that works: each is begun, lasts a moment and ends (docs/faults.md)."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import shutil
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from tests.faults.town import Town

Strike = Callable[["Town"], Awaitable[None]]
_MANY = 100_000
_MOMENT = (0.15, 0.5)  # seconds that a trouble lasts
_FURTHEST_SECONDS = 12 * 3600.0  # less than the time in which an answer may be changed
_REFUSALS = frozenset({"store.refused", "poll.not_stored", "store.down"})


@dataclass(frozen=True)
class Trouble:
    """``strike`` returns when it is over. ``errors``: what the bot may say in its log; without it, nothing is wrong
    enough for an error. ``shares``: what it does can be done beside another trouble. ``is_fatal``: the bot is killed
    afterwards, however else a round might have ended.
    """

    name: str
    strike: Strike
    engines: tuple[str, ...] = ("sqlite", "postgres")
    errors: frozenset[str] = frozenset()
    shares: bool = False
    is_fatal: bool = False


async def _for_a_moment(town: Town) -> None:
    """What was switched on at Telegram is off again afterwards."""
    await town.pass_time(*_MOMENT)
    town.world.faults.clear()


async def _lose_answers(town: Town) -> None:
    town.world.faults.drop_after("*", times=_MANY)
    await _for_a_moment(town)


async def _lose_calls(town: Town) -> None:
    town.world.faults.drop_before("*", times=_MANY)
    await _for_a_moment(town)


async def _fail(town: Town) -> None:
    town.world.faults.fail("*", 502, "Bad Gateway", times=_MANY)
    await _for_a_moment(town)


async def _be_too_many(town: Town) -> None:
    town.world.faults.fail("*", 429, "Too Many Requests: retry after 1", retry_after=1, times=_MANY)
    await _for_a_moment(town)


async def _answer_slowly(town: Town) -> None:
    town.world.faults.trickle("*", seconds=0.2, times=_MANY)
    await _for_a_moment(town)


async def _deliver_twice(town: Town) -> None:
    town.world.faults.duplicate_updates(_MANY)
    await _for_a_moment(town)


async def _send_slowly(town: Town) -> None:
    """Forty clients at the bot's port, each a byte at a time."""
    writers = []
    for _ in range(40):
        with contextlib.suppress(OSError):
            writers.append((await asyncio.open_connection("127.0.0.1", town.port))[1])
    sending = asyncio.create_task(town.pass_time(*_MOMENT))
    for byte in b"POST /hooks/generic HTTP/1.1\r\nHost: bot\r\nContent-Length: 9999\r\n\r\n" + b"{" * 9999:
        for writer in writers:
            writer.write(bytes([byte]))
        await asyncio.wait([sending], timeout=0.005)
        if sending.done():
            break
    for writer in writers:
        writer.transport.abort()


async def _stand_still(town: Town) -> None:
    """As a machine does that sleeps, swaps or is moved."""
    town.signal(signal.SIGSTOP)
    await town.pass_time(*_MOMENT)
    town.signal(signal.SIGCONT)


async def _jump(town: Town) -> None:
    """The machine's clock is set: far ahead, then back a little."""
    ahead = town.dice.uniform(10, 1800) if town.shift.seconds < _FURTHEST_SECONDS else 5.0
    town.shift.seconds += ahead
    await town.pass_time(*_MOMENT)
    town.shift.seconds -= town.dice.uniform(0, 5)
    await town.pass_time(0.1, 0.3)


async def _fill_the_disk(town: Town) -> None:
    """From here on no file may be longer than this: the log of the bot neither."""
    longest = town.dice.choice((0, 8192, 65536))
    before = resource.prlimit(town.life, resource.RLIMIT_FSIZE)
    resource.prlimit(town.life, resource.RLIMIT_FSIZE, (longest, before[1]))
    await town.pass_time(*_MOMENT)
    resource.prlimit(town.life, resource.RLIMIT_FSIZE, before)


async def _lock(town: Town) -> None:
    """Somebody opens the file with a shell and holds its lock."""
    shell = await asyncio.to_thread(
        sqlite3.connect, town.file, isolation_level=None, timeout=10, check_same_thread=False
    )
    await asyncio.to_thread(shell.execute, "BEGIN EXCLUSIVE")
    await town.pass_time(*_MOMENT)
    shell.execute("ROLLBACK")
    shell.close()


async def _lock_for_long(town: Town) -> None:
    """Longer than the bot waits for it."""
    shell = sqlite3.connect(town.file, isolation_level=None, timeout=10)
    shell.execute("BEGIN EXCLUSIVE")
    await town.pass_time(22, 24)
    shell.execute("ROLLBACK")
    shell.close()


async def _take_the_file_away(town: Town) -> None:
    """And bring it back."""
    away = town.folder / "away"
    away.mkdir(exist_ok=True)
    files = [file for file in town.files() if file.exists()]
    for file in files:
        file.rename(away / file.name)
    await town.pass_time(*_MOMENT)
    for file in files:
        (away / file.name).rename(file)


async def _replace_the_file(town: Town) -> None:
    """A copy of this instant takes its place, as if somebody restored a backup under a bot that runs."""
    town.signal(signal.SIGSTOP)
    for file in town.files():
        if not file.exists():
            continue
        gone = file.with_name(f"{file.name}.gone")
        file.rename(gone)
        if not file.name.endswith("-shm"):
            shutil.copyfile(gone, file)
    town.signal(signal.SIGCONT)
    await town.pass_time(*_MOMENT)


async def _cut(town: Town) -> None:
    """Every connection to the server breaks, and none can be made."""
    town.proxy.cut()
    await town.pass_time(*_MOMENT)
    town.proxy.mend()


async def _stall(town: Town) -> None:
    """Nothing breaks and nothing comes through."""
    town.proxy.stall()
    await town.pass_time(*_MOMENT)
    town.proxy.mend()


async def _end_every_connection(town: Town) -> None:
    """By the server, again and again."""
    async with await psycopg.AsyncConnection.connect(town.database, autocommit=True) as admin:
        for _ in range(3):
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name=%s",
                [town.name],
            )
            await town.pass_time(0.02, 0.2)


async def _rival(town: Town) -> None:
    """A second copy on the same rows; then one of the two is killed, and the other one goes on."""
    first, town.auditor.is_heard = town.life, False
    second = await town.give_birth(town.rival_settings)
    while not town.is_heard:  # noqa: ASYNC110 - it happens in another process
        await asyncio.sleep(0.01)
    await town.pass_time(*_MOMENT)
    dies, town.life = (first, second) if town.dice.random() < 0.7 else (second, first)
    await town.kill(dies)
    await town.pass_time(0.3, 0.8)


TROUBLES = {
    trouble.name: trouble
    for trouble in (
        Trouble("lost-answers", _lose_answers, shares=True),
        Trouble("resets", _lose_calls, shares=True),
        Trouble("5xx", _fail, shares=True),
        Trouble("429", _be_too_many, shares=True),
        Trouble("slow-answers", _answer_slowly, shares=True),
        Trouble("twice", _deliver_twice, shares=True),
        Trouble("slow-clients", _send_slowly, shares=True),
        Trouble("frozen", _stand_still, shares=True),
        Trouble("clock", _jump, shares=True),
        Trouble("disk-full", _fill_the_disk, ("sqlite",), _REFUSALS),
        Trouble("locked", _lock, ("sqlite",), _REFUSALS),
        Trouble("locked-long", _lock_for_long, ("sqlite",), _REFUSALS),
        Trouble("gone", _take_the_file_away, ("sqlite",), _REFUSALS),
        Trouble("replaced", _replace_the_file, ("sqlite",), _REFUSALS, is_fatal=True),
        Trouble("cut", _cut, ("postgres",), _REFUSALS),
        Trouble("stalled", _stall, ("postgres",), _REFUSALS),
        Trouble("ended", _end_every_connection, ("postgres",), _REFUSALS),
        Trouble("rival", _rival, ("postgres",), _REFUSALS),
    )
}
"""By name. ``locked-long`` takes so long that only the bench does it."""


def troubles_of(engine: str) -> list[Trouble]:
    """What can happen to a bot on this engine, the long ones left out."""
    return [one for one in TROUBLES.values() if engine in one.engines and one.name != "locked-long"]
