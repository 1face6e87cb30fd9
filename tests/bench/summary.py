"""What a summary costs: ``python3 -m tests.bench.summary [answers a year …]``, a table for docs/benchmarks.md.

For each size: a made-up year in a database of its own, then the post (figures and picture) several times over, the
peak of the memory that Python allocates for it, and how long taps take while summaries are composed without pause.
PostgreSQL too, where CES_TEST_POSTGRES names a server.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
import tracemalloc
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from bot.adapters.catalogues import Catalogues
from bot.adapters.charts import Charts
from bot.adapters.clock import backoff
from bot.domain.chart_data import chart_data
from bot.domain.report_text import report_post
from bot.domain.summary import Summary
from bot.flow.composing import ReportSettings, compose
from bot.store.engine import Store, Tx, to_ms
from bot.store.opening import open_store
from tests.bench.seeding import SERIES, seed_year

TO_AT = datetime(2026, 11, 25, 9, tzinfo=UTC)
SIZES = (10_000, 100_000, 1_000_000)
_RUNS = 5
_TAPS = 400
_TAP_EVERY_SECONDS = 0.02
BY = ReportSettings(
    schedule="",
    zone=ZoneInfo("Europe/Berlin"),
    windows=(timedelta(hours=24), timedelta(days=7), timedelta(days=30)),
    minimum_answers=5,
    main_series=SERIES,
    theme="light",
)


@dataclass(frozen=True)
class Cost:
    """Seconds, megabytes and milliseconds of one database."""

    engine: str
    answers: int
    figures_s: float
    picture_s: float
    memory_mb: float
    idle_p99_ms: float
    busy_p99_ms: float

    def __str__(self) -> str:
        post = self.figures_s + self.picture_s
        return (
            f"| {self.engine} | {self.answers:,} | {self.figures_s:.2f} s | {self.picture_s:.2f} s | **{post:.2f} s** |"
            f" {self.memory_mb:.1f} MB | {self.idle_p99_ms:.1f} ms | {self.busy_p99_ms:.1f} ms |"
        )


HEAD = (
    "| database | answers a year | figures | picture | the post | memory | tap p99, idle | tap p99 while composing |\n"
    "|---|---|---|---|---|---|---|---|"
)


async def measure(store: Store, engine: str, answers: int) -> Cost:
    """Everything about one filled database."""
    catalogues = Catalogues.load()
    texts, charts = catalogues.for_staff("en"), Charts(catalogues.of("en"))

    async def figures() -> Summary:
        return await store.read(lambda tx: compose(tx, TO_AT, TO_AT, BY))

    async def picture(summary: Summary) -> None:
        painted = await charts.render(chart_data(summary), texts)
        report_post(summary, texts, BY.zone, painted.names)

    summary = await figures()
    await picture(summary)  # fonts are read once per process
    counted, painted = [], []
    for _ in range(_RUNS):
        begun = time.perf_counter()
        summary = await figures()
        between = time.perf_counter()
        await picture(summary)
        counted.append(between - begun)
        painted.append(time.perf_counter() - between)
    tracemalloc.start()
    await picture(await figures())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    idle = await _taps(store, 0)
    composing = asyncio.create_task(_for_ever(figures, picture))
    busy = await _taps(store, 1)
    composing.cancel()
    await asyncio.gather(composing, return_exceptions=True)
    return Cost(
        engine,
        answers,
        statistics.median(counted),
        statistics.median(painted),
        peak / 1e6,
        _p99(idle),
        _p99(busy),
    )


async def _for_ever(figures: object, picture: object) -> None:
    assert callable(figures)
    assert callable(picture)
    while True:
        await picture(await figures())


async def _taps(store: Store, series: int) -> list[float]:
    """Milliseconds from a tap to its commit, one every 20 ms: what the customer's toast waits for."""
    took = []
    for number in range(_TAPS):
        await asyncio.sleep(_TAP_EVERY_SECONDS)
        update_id, at = series * _TAPS + number + 1, to_ms(TO_AT) + number

        async def tap(tx: Tx, update_id: int = update_id, at: int = at) -> None:
            row = await tx.one("SELECT id FROM invitation WHERE token=:token", token=f"bench-{update_id}")
            assert row is not None
            await tx.run(
                "INSERT INTO response_event(update_id, invitation_id, kind, value, at)"
                " VALUES(:update_id, :id, 'tap', '4', :at)",
                update_id=update_id,
                id=row["id"],
                at=at,
            )
            await tx.run("UPDATE invitation SET changed_at=:at WHERE id=:id", at=at, id=row["id"])

        begun = time.perf_counter()
        await store.write(tap)
        took.append(1000 * (time.perf_counter() - begun))
    return took


def _p99(values: list[float]) -> float:
    return sorted(values)[int(0.99 * len(values))]


@asynccontextmanager
async def _databases(folder: Path) -> AsyncIterator[dict[str, str]]:
    """URLs of empty databases by engine."""
    urls = {"SQLite": f"sqlite:///{folder / 'bench.db'}"}
    server = os.environ.get("CES_TEST_POSTGRES")
    if not server:
        yield urls
        return
    import psycopg

    schema = f"ces_bench_{uuid.uuid4().hex[:8]}"
    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as connection:
        await connection.execute(f"CREATE SCHEMA {schema}".encode())
        joint = "&" if "?" in server else "?"
        try:
            yield urls | {"PostgreSQL": f"{server}{joint}options={quote(f'-c search_path={schema}')}"}
        finally:
            await connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


async def main(sizes: tuple[int, ...]) -> None:
    """Print the table."""
    print(HEAD, flush=True)
    for answers in sizes:
        with tempfile.TemporaryDirectory(prefix="ces-bench-") as folder:
            async with _databases(Path(folder)) as urls:
                for engine, url in urls.items():
                    async with await open_store(url, pause=backoff) as store:
                        await seed_year(store, answers, TO_AT)
                        print(await measure(store, engine, answers), flush=True)


if __name__ == "__main__":
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(main(tuple(int(each) for each in sys.argv[1:]) or SIZES))
