"""What has no rival: sending within the budget, webhooks, a burst, start, rest, and a million questions that wait."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import tempfile
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from bot.adapters.clock import RandomTokens, backoff
from bot.store import timers
from bot.store.engine import Tx, to_ms
from bot.store.sqlite import open_sqlite
from tests.bench import machine, ours
from tests.bench.machine import Process, StandIn
from tests.ports import free_port
from tests.signing import ended, signed

_AT_ONCE = 16


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    asks_seconds: int = 15
    webhooks: int = 1000
    burst: int = 10_000
    pending: int = 1_000_000
    idle_seconds: float = 30.0


QUICK = Plan(asks_seconds=3, webhooks=50, burst=200, pending=1000, idle_seconds=0.5)
"""Only to see that everything runs: the figures mean nothing."""


Row = tuple[str, str]


async def measure(plan: Plan, say: Callable[[str], None], so_far: list[Row] | None = None) -> list[Row]:
    """Rows of a table: what, and how it went.

    What fails says so in its row. ``so_far`` holds the rows at any time, should this be interrupted.
    """
    rows = [] if so_far is None else so_far
    parts: list[tuple[str, Callable[[], Awaitable[list[Row]]]]] = [
        ("asking, budget 25/s", lambda: _asks(25, plan.asks_seconds)),
        ("asking, budget 30/s", lambda: _asks(30, plan.asks_seconds)),
        ("webhooks", lambda: _webhooks(plan.webhooks)),
        (f"{plan.burst:,} taps at once", lambda: _burst(plan.burst)),
        ("start and rest", lambda: _start_and_rest(plan.idle_seconds)),
        (f"{plan.pending:,} questions that wait", lambda: _pending(plan.pending)),
    ]
    for name, part in parts:
        try:
            found = await part()
        except Exception as error:
            found = [(name, f"FAILED: {type(error).__name__}: {error}".replace("\n", " "))]
        for row in found:
            rows.append(row)
            say(": ".join(row))
    return rows


@asynccontextmanager
async def _bot(
    *, taps: int = 0, asks: int = 0, per_second: int = 10_000
) -> AsyncIterator[tuple[StandIn, Process, Path, int, float]]:
    """The stand-in, the bot, its folder, its port, and the seconds that it took to be ready."""
    cores = machine.cores()
    first, last = (cores[0], cores[-1]) if len(cores) > 1 else (None, None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await ours.seed(folder / "ces.db", taps, asks=asks)
        async with machine.stand_in(last) as api:
            if asks:
                await api.order("limit", limit=30)
            port = free_port()
            config = ours.settings(folder, api.port, port, per_second)
            began = time.perf_counter()
            command = [*ours.COMMAND, "--config", str(config)]
            async with machine.running(command, folder / "log", first, ours.environment()) as process:
                api.serves = process
                await _ready(port)
                yield api, process, folder, port, time.perf_counter() - began


async def _ready(port: int) -> None:
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.01)


async def _asks(per_second: int, seconds: int) -> list[Row]:
    count = per_second * seconds
    async with _bot(asks=count, per_second=per_second) as (api, *_):
        told = await api.order("asks", count=count)
    at = told["at"]
    # A budget's worth may go at once, and the next one spreads out; what follows is the pace.
    settled = 2 * per_second
    pace = (len(at) - settled) / (at[-1] - at[settled - 1]) if len(at) > settled else 0.0
    most = max(bisect_left(at, instant + 1.0) - place for place, instant in enumerate(at))
    how = (
        f"{pace:.2f}/s ({pace / per_second:.1%} of the budget), {told['refused']} × 429 in {len(at)} asks,"
        f" {most} at most in any second"
    )
    return [(f"asking, budget {per_second}/s, refused beyond 30/s", how)]


async def _webhooks(count: int) -> list[Row]:
    async with _bot() as (_, process, folder, port, _ready_in), aiohttp.ClientSession() as session:
        left = iter(range(count))

        async def deliver() -> None:
            for number in left:
                body = ended(None, datetime.now(UTC), conversation=f"bench-{number}")
                headers = signed(body, id=f"bench-{number}", secret=ours.WEBHOOK_SECRET)
                url = f"http://127.0.0.1:{port}/hooks/generic"
                async with session.post(url, data=body, headers=headers) as answer:
                    assert answer.status == 202, await answer.text()

        cpu, began = process.cpu_seconds(), time.perf_counter()
        await asyncio.gather(*(deliver() for _ in range(_AT_ONCE)))
        took, cpu = time.perf_counter() - began, process.cpu_seconds() - cpu
        stored = _count(folder, "SELECT count(*) FROM delivery WHERE source='generic'")
    how = f"{count / took:.0f}/s, {cpu * 1000 / count:.2f} ms CPU each, {count - stored} lost"
    return [("webhooks, each stored before its 202", how)]


async def _burst(count: int) -> list[Row]:
    async with _bot(taps=count) as (api, process, folder, _port, _ready_in):
        told = await api.order("backlog", first=0, count=count)
        events = _count(folder, "SELECT count(*) FROM response_event")
        answered = _count(folder, "SELECT count(*) FROM invitation WHERE score IS NOT NULL")
        memory = process.rss_mb()
    how = (
        f"the last acknowledged after {told['toasts_after']:.1f} s, the last message edited after"
        f" {told['seconds']:.1f} s; {count - answered} answers lost, {events - answered} doubled,"
        f" {told['lost']} calls missing, {told['doubled']} calls twice; {memory:.0f} MB then"
    )
    return [(f"{count:,} taps at once", how)]


async def _start_and_rest(idle_seconds: float) -> list[Row]:
    took: list[float] = []
    for _ in range(3):
        async with _bot() as (_api, _process, _folder, _port, ready_in):
            took.append(ready_in)
    async with _bot() as (_api, process, _folder, _port, _ready_in):
        await asyncio.sleep(idle_seconds)
        cpu = process.cpu_seconds()
        await asyncio.sleep(idle_seconds)
        cpu = process.cpu_seconds() - cpu
        memory = process.rss_mb()
    return [
        ("start, from the command to ready", f"{sorted(took)[1]:.2f} s ({min(took):.2f}–{max(took):.2f})"),
        ("at rest", f"{memory:.0f} MB resident, {cpu / max(idle_seconds, 0.01):.2%} of a core"),
    ]


async def _pending(count: int) -> list[Row]:
    """The timers alone: what the loop asks for again and again, with so many rows in the table."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        async with await open_sqlite(Path(folder) / "ces.db", pause=backoff) as store:

            async def fill(tx: Tx) -> None:
                await tx.run(
                    f"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {count})"
                    " INSERT INTO timer(kind, subject, due_at, visible_at)"
                    " SELECT 'ask', x, :now + x * 1000, :now + x * 1000 FROM n",
                    now=to_ms(now),
                )

            await store.write(fill)
            lease, until = RandomTokens().new(), now + timedelta(minutes=5)
            later = now + timedelta(seconds=1000)
            look, claim = list[float](), list[float]()
            for _ in range(20):
                began = time.perf_counter()
                await store.read(timers.next_due)
                look.append((time.perf_counter() - began) * 1000)
                began = time.perf_counter()
                claimed = await store.write(lambda tx: timers.claim(tx, later, until, lease, 50))
                claim.append((time.perf_counter() - began) * 1000)
                assert len(claimed) == min(50, count // 20)
    how = (
        f"looking for the next takes {sorted(look)[10]:.2f} ms, claiming 50 that are due {sorted(claim)[10]:.1f} ms,"
        f" its commit included ({min(claim):.1f}–{max(claim):.1f})"
    )
    return [(f"{count:,} questions that wait", how)]


def _count(folder: Path, sql: str) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{folder / 'ces.db'}?mode=ro", uri=True)) as connection:
        found: int = connection.execute(sql).fetchone()[0]
        return found
