"""``/metrics`` for Prometheus: figures that are counted elsewhere, put into words when somebody asks.

Names follow prometheus.io/docs/practices/naming: base units, ``_total`` for what only grows. Labels are kinds, states,
reasons and methods, of which there are few; never a chat, a person or a team. This module and its library are loaded
only where ``metrics.port`` is set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import accumulate
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.domain.errors import StoreError
from bot.flow.ports import Clock
from bot.flow.vitals import Vitals
from bot.flow.watched import WRITE_SECONDS, WatchedChannel, WatchedStore
from bot.store.backlog import Backlog, backlog

HOST = "127.0.0.1"


class Metrics:
    """Answers ``GET /metrics``. ``clock`` is the bot's: the ages of what waits are counted by it.

    ``commits()``: how many transactions the database has been given so far.
    """

    def __init__(self, vitals: Vitals, clock: Clock, commits: Callable[[], int], version: str) -> None:
        self._vitals = vitals
        self._clock = clock
        self._commits = commits
        self._version = version
        self._process = ProcessCollector(registry=None)

    async def page(self) -> bytes:
        """Everything as of now, in Prometheus' text format. Without a database: what the process itself knows."""
        now = self._clock.now()
        try:
            waiting = await self._vitals.store.read(lambda tx: backlog(tx, now))
        except StoreError:
            waiting = None
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Snapshot([*self._families(waiting, now), *self._process.collect()]))
        return generate_latest(registry)

    async def serve(self, port: int) -> web.AppRunner:
        """Listen on the loopback address; whoever asked must ``cleanup`` the runner."""

        async def answer(request: web.Request) -> web.Response:
            page = await self.page()
            return web.Response(
                body=page, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
            )

        app = web.Application()
        app.router.add_get("/metrics", answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, HOST, port).start()
        return runner

    def _families(self, waiting: Backlog | None, now: datetime) -> Iterator[Metric]:
        vitals = self._vitals
        yield InfoMetricFamily("ces_build", "The version that runs", {"version": self._version})
        yield _gauge("ces_ready", "1 once Telegram knows us and everything runs", vitals.is_started)
        yield _gauge("ces_leader", "1 while this copy sends and polls", vitals.leadership.term is not None)
        yield _gauge(
            "ces_loop_lag_seconds", "The event loop's worst lag within the last minute", vitals.lag(60.0)
        )
        yield from _steps(vitals.store.notes)
        yield from _calls(vitals.channel)
        yield from self._store(vitals.store)
        if waiting is not None:
            yield from _waiting(waiting, now)

    def _store(self, store: WatchedStore) -> Iterator[Metric]:
        yield _counter(
            "ces_store_commits", "Transactions committed; several writes may share one", self._commits()
        )
        yield _counter("ces_store_writes", "Writes that were kept", store.writes)
        yield _counter("ces_store_refusals", "Reads and writes that the database refused", store.refusals)
        yield _gauge("ces_store_refusing", "1 from a refusal until a write succeeds", store.trouble.is_set())
        bounds = [*(f"{bound}" for bound in WRITE_SECONDS), "+Inf"]
        yield HistogramMetricFamily(
            "ces_store_write_seconds",
            "How long a write took, from asking to on disk",
            buckets=list(zip(bounds, accumulate(store.buckets), strict=True)),
            sum_value=store.seconds_in_writes,
        )


def _steps(notes: Counter[tuple[str, ...]]) -> Iterator[Metric]:
    """What steps noted in transactions that were kept (``Tx.note``)."""
    yield _counters(
        "ces_invitations",
        "Moves of invitations into a state, since the start",
        ("state", "reason"),
        {words[1:]: n for words, n in notes.items() if words[0] == "invitation"},
    )
    said = {words[1:]: n for words, n in notes.items() if words[0] == "response"}
    taps = {words: said.get(words, 0) for words in (("tap",), ("late_tap",), ("reason",))}
    comments = {words: said.get(words, 0) for words in (("comment",), ("edit",))}
    yield _counters("ces_taps", "Taps that were stored: on the scale, too late, on a reason", ("kind",), taps)
    yield _counters("ces_comments", "Comments that were stored, and edits of comments", ("kind",), comments)


def _calls(channel: WatchedChannel) -> Iterator[Metric]:
    yield _counters(
        "ces_send_results",
        "Calls of the Bot API by how they ended: ok, or the reason",
        ("method", "result"),
        channel.results,
    )
    silence = channel.silent_for()
    if silence is not None:
        yield _gauge("ces_poll_age_seconds", "Since the last getUpdates ended", silence)


def _waiting(waiting: Backlog, now: datetime) -> Iterator[Metric]:
    yield _gauges("ces_outbox_waiting", "Letters that are not sent yet", "kind", waiting.letters)
    yield _gauge(
        "ces_outbox_oldest_seconds", "Age of the oldest letter that is due", _age(waiting.oldest_letter, now)
    )
    yield _gauge("ces_inbox_waiting", "Updates and deliveries that are not processed yet", waiting.deliveries)
    yield _gauge("ces_inbox_oldest_seconds", "Age of the oldest of them", _age(waiting.oldest_delivery, now))
    yield _gauges("ces_timers_waiting", "Timers that are set", "kind", waiting.timers)
    yield _gauge(
        "ces_timers_overdue_seconds", "How long the latest timer is overdue", _age(waiting.oldest_timer, now)
    )


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value))


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(name, words, value=float(value))


def _gauges(name: str, words: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for word, value in sorted(values.items()):
        family.add_metric([word], float(value))
    return family


def _counters(name: str, words: str, labels: tuple[str, ...], values: Mapping[Any, int]) -> Metric:
    family = CounterMetricFamily(name, words, labels=labels)
    for words_of_labels, value in sorted(values.items()):
        family.add_metric(words_of_labels, float(value))
    return family


class _Snapshot(Collector):
    """Families that were made just now."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        """All of them."""
        return self._families
