"""The bot's life: starts its parts in order, stops them in reverse. ``bot.assembly`` builds them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Sequence

import structlog
from aiohttp import web

from bot import __version__
from bot.adapters.clock import RandomTokens, SystemClock, backoff
from bot.adapters.garbage import search_only_what_is_new
from bot.adapters.lag import LoopLag
from bot.adapters.systemd import Systemd
from bot.adapters.telegram.channel import build_bot
from bot.assembly import Loops, Parts, assemble
from bot.config import Settings, load_pepper
from bot.domain.errors import ChannelError, StoreError
from bot.flow.copies import while_leading
from bot.flow.ports import Channel, Clock, Tokens
from bot.flow.rates import Rate
from bot.flow.reports import Reports
from bot.flow.vitals import Vitals
from bot.store import timers
from bot.store.engine import Op, Tx
from bot.store.leadership import Leadership
from bot.store.moving import must_be_whole
from bot.store.opening import OpenStore, open_store
from bot.store.respondents import Pseudonyms
from handlers.webhooks import application, open_port

log = structlog.get_logger(__name__)

_STORE_REST_SECONDS = 1.0
_GET_ME_REST_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
# Together under ten seconds, which is what a container is given: the calls in flight, then requests, then the rest.
_STOP_SECONDS = 8.5
_LAST_REQUESTS_SECONDS = 1.0


class App:
    """The bot: ``async with App(settings, clock, tokens)`` starts it; leaving stops it within ten seconds."""

    def __init__(self, settings: Settings, clock: Clock, tokens: Tokens) -> None:
        self.settings = settings
        self.clock = clock
        self._tokens = tokens
        self._exits = contextlib.AsyncExitStack()
        self._username = ""
        self._tasks: list[asyncio.Task[None]] = []
        self._is_ready = False
        self.http_port = 0
        self.metrics_port = 0  # none
        self.store: OpenStore
        self.vitals: Vitals
        self.leadership: Leadership
        self.loops: Loops
        self.reports: Reports

    @property
    def is_ready(self) -> bool:
        """True once Telegram knows us and everything runs."""
        return self._is_ready

    async def __aenter__(self) -> App:
        try:
            await self._start()
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._is_ready = self.vitals.is_started = False
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            _, hanging = await asyncio.wait(self._tasks, timeout=_STOP_SECONDS)
            if hanging:
                log.warning("bot.cut_short")
        await self._exits.aclose()
        log.info("bot.stopped")

    async def failed(self) -> None:
        """Return, or raise, when one of the loops has ended: none ever should."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _start(self) -> None:
        settings = self.settings
        pseudonyms = Pseudonyms(load_pepper(settings))  # before there is a database that needs it
        self.store = await self._exits.enter_async_context(
            await open_store(settings.database.url, pause=backoff)
        )
        await must_be_whole(self.store)
        bot = build_bot(settings.telegram.token.get_secret_value(), settings.telegram.api_url)
        await bot.open()
        self._exits.push_async_callback(bot.shutdown)
        lag = self._exits.enter_context(LoopLag())
        parts = assemble(
            settings, self.clock, self._tokens, self.store, bot, pseudonyms, lambda: self._username, lag.worst
        )
        self.loops, self.leadership, self.reports = parts.loops, parts.leadership, parts.reports
        self.vitals, self.live = parts.vitals, parts.live
        await parts.erasures.catch_up(self.clock.now())
        await self._serve(parts)
        if settings.metrics.port is not None:
            await self._serve_metrics(settings.metrics.port)
        self._tasks = [asyncio.create_task(self._live(parts), name="bot")]

    async def _serve(self, parts: Parts) -> None:
        """Open the port first: a webhook that comes while Telegram is away is stored, not lost."""
        settings = self.settings
        generic = [secret.get_secret_value() for secret in settings.sources.generic.secrets]
        telegram = None
        if settings.telegram.mode == "webhook":
            secret = settings.telegram.webhook_secret.get_secret_value()

            async def receive(body: bytes, given: str) -> web.Response:
                answer = await self.loops.receiver.webhook_answer(body, given, secret)
                if answer.status == 200:
                    self.vitals.heard()
                if answer.json is None:
                    return web.Response(status=answer.status, headers=answer.headers)
                return web.json_response(answer.json, status=answer.status, headers=answer.headers)

            telegram = (parts.webhook_path, receive)
        rate = Rate(settings.limits.hooks_per_second, settings.limits.hooks_per_second)
        app = application(self.loops.inbox, self.clock, {"generic": generic}, self.vitals, rate, telegram)
        runner = await open_port(app, settings.http.host, settings.http.port, _LAST_REQUESTS_SECONDS)
        self._exits.push_async_callback(runner.cleanup)
        self.http_port = runner.addresses[0][1]
        log.info("http.listening", host=settings.http.host, port=self.http_port)

    async def _serve_metrics(self, port: int) -> None:
        from bot.adapters.metrics import Metrics  # its library is loaded only where somebody asks

        metrics = Metrics(self.vitals, self.clock, lambda: self.store.commits, __version__)
        runner = await metrics.serve(port)
        self._exits.push_async_callback(runner.cleanup)
        self.metrics_port = runner.addresses[0][1]
        log.info("metrics.listening", port=self.metrics_port)

    async def _live(self, parts: Parts) -> None:
        await self._learn_who_we_are(parts.channel)
        now = self.clock.now()

        async def plan(tx: Tx) -> None:
            await parts.chats.load(tx)
            if self.settings.sqlite_path() is not None:  # whose lock says that nobody else is at work on it
                await timers.free_stranded(tx, now)
            await parts.reports.plan(tx, now)
            await parts.alerts.plan(tx, now)
            await parts.live.plan(tx, now)
            await parts.housekeeping.plan(tx, now)
            await parts.menus.set_all(tx, now)

        await self._insist(plan)
        async with asyncio.TaskGroup() as outer:
            standing = outer.create_task(self.leadership.run(), name="leadership")
            try:
                await self._run_loops(parts)
            finally:
                standing.cancel()  # not before everything of ours that was on its way to Telegram has arrived

    async def _insist(self, op: Op[None]) -> None:
        """A database that refuses just now is no reason to leave: everything that comes later insists too."""
        while True:
            try:
                await self.store.write(op)
                return
            except StoreError as error:
                log.warning("bot.not_started", error=str(error))
                await self.clock.sleep(_STORE_REST_SECONDS)

    async def _run_loops(self, parts: Parts) -> None:
        loops = self.loops
        async with asyncio.TaskGroup() as group:
            group.create_task(loops.inbox.run())
            group.create_task(loops.toasts.run())
            group.create_task(loops.timers.run())
            group.create_task(loops.sender.run())
            group.create_task(parts.guard.run())
            if self.settings.telegram.mode == "webhook":
                url = self.settings.telegram.webhook_url + parts.webhook_path
                secret = self.settings.telegram.webhook_secret.get_secret_value()
                group.create_task(loops.receiver.listen(url, secret))
            else:
                group.create_task(while_leading(self.leadership, loops.receiver.poll))
            self._is_ready = self.vitals.is_started = True
            log.info("bot.started", username=self._username)

    async def _learn_who_we_are(self, channel: Channel) -> None:
        for attempt in range(1_000_000):
            try:
                me = await channel.call("getMe", {})
            except ChannelError as error:
                log.warning("telegram.unreachable", reason=error.reason, error=str(error))
                rest = _GET_ME_REST_SECONDS[min(attempt, len(_GET_ME_REST_SECONDS) - 1)]
                await self.clock.sleep(rest)
            else:
                self._username = me["username"]
                return

    @property
    def username(self) -> str:
        """The bot's @name, empty until Telegram has said it."""
        return self._username


async def run(settings: Settings, signals: Sequence[signal.Signals] = (signal.SIGTERM, signal.SIGINT)) -> int:
    """Run the bot until a signal comes; the exit code. systemd hears how it goes."""
    stop = asyncio.Event()
    systemd, clock = Systemd(), SystemClock()
    loop = asyncio.get_running_loop()
    for each in signals:
        loop.add_signal_handler(each, stop.set)
    async with App(settings, clock, RandomTokens()) as app:
        systemd.ready()
        search_only_what_is_new()
        waiting = asyncio.create_task(stop.wait())
        failing = asyncio.create_task(app.failed())
        watching = asyncio.create_task(systemd.watch(clock, app.vitals.is_alive))
        await asyncio.wait((waiting, failing), return_when=asyncio.FIRST_COMPLETED)
        systemd.stopping()
        for task in (waiting, failing, watching):
            task.cancel()
        if failing.done() and not failing.cancelled():
            failing.result()
    return 0
