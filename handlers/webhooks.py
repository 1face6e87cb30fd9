"""HTTP coming in: helpdesks, Telegram's own webhook, and the two questions that operators ask."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from aiohttp import hdrs, web

from bot.domain.errors import BadSignature, StoreError
from bot.domain.events import Delivery
from bot.flow.inbox import Inbox
from bot.flow.ports import Clock
from bot.flow.rates import Rate
from bot.flow.vitals import Vitals
from handlers.health import add_health
from handlers.router import helpdesk_body
from handlers.sources import SOURCES

log = structlog.get_logger(__name__)

BODY_LIMIT = 1024 * 1024  # bytes; the largest helpdesk payload seen is a few kB
MOST_CONNECTIONS = 512  # far fewer than files that a process may have open
BODY_SECONDS = 10.0  # for a body to arrive: whoever means well needs a fraction of one
_HEAD_SECONDS = 75.0  # for the next head to arrive; longer than proxies keep an idle connection
_LINGER_SECONDS = 1.0  # for a body that nobody reads
TelegramHook = Callable[[bytes, str], Awaitable[web.Response]]


def application(
    inbox: Inbox,
    clock: Clock,
    secrets: Mapping[str, Sequence[str]],
    vitals: Vitals,
    rate: Rate,
    telegram: tuple[str, TelegramHook] | None = None,
) -> web.Application:
    """The web application.

    ``secrets``: per source, every secret that is valid. ``rate``: of what each source has signed. ``telegram``: path
    and receiver.
    """
    hooks = Hooks(inbox, clock, secrets, rate)
    app = web.Application(client_max_size=BODY_LIMIT)
    app.router.add_post("/hooks/{source}", hooks.helpdesk)
    add_health(app, vitals)
    if telegram is not None:
        path, receive = telegram

        async def update(request: web.Request) -> web.Response:
            if _is_packed(request):
                return web.Response(status=415)
            given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
            return await receive(await _body(request), given)

        app.router.add_post(path, update)
    return app


async def open_port(app: web.Application, host: str, port: int, stop_seconds: float) -> web.AppRunner:
    """Listen; whoever asked must ``cleanup`` the runner, which gives requests in progress ``stop_seconds``.

    Nobody can keep others out by being slow or by holding connections open: a head, like a body, must arrive in time,
    and beyond ``MOST_CONNECTIONS`` the oldest one is cut for each that is new.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=stop_seconds,
        keepalive_timeout=_HEAD_SECONDS,
        lingering_time=_LINGER_SECONDS,
    )
    await runner.setup()
    try:
        await _Door(runner, host, port).start()
    except BaseException:
        await runner.cleanup()
        raise
    return runner


class _Door(web.BaseSite):
    def __init__(self, runner: web.AppRunner, host: str, port: int) -> None:
        super().__init__(runner)
        self._where = host, port

    @property
    def name(self) -> str:
        """Where it is."""
        return "http://{}:{}".format(*self._where)

    async def start(self) -> None:
        """Listen."""
        await super().start()
        self._server = await asyncio.get_running_loop().create_server(self._let_in, *self._where)

    def _let_in(self) -> asyncio.Protocol:
        server = self._runner.server
        assert server is not None
        is_open = [connection for connection in server.connections if connection.transport is not None]
        for oldest in is_open[: max(0, len(is_open) - MOST_CONNECTIONS + 1)]:
            oldest.force_close()
        return server()


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except (
        TimeoutError,
        ConnectionError,
    ):  # it took too long, or whoever sent it has left: no mistake of ours
        raise web.HTTPRequestTimeout from None


class Hooks:
    """``POST /hooks/<source>``: store, then answer (helpdesks.md 4)."""

    def __init__(self, inbox: Inbox, clock: Clock, secrets: Mapping[str, Sequence[str]], rate: Rate) -> None:
        self._inbox = inbox
        self._clock = clock
        self._secrets = secrets
        self._rate = rate

    async def helpdesk(self, request: web.Request) -> web.Response:
        """202 stored (also what we make nothing of) · 400 not JSON · 401, 404, 408, 413, 415 · 429, 503 with
        Retry-After.
        """
        name = request.match_info["source"]
        source = SOURCES.get(name)
        secrets = self._secrets.get(name, ())
        if source is None or not secrets:
            return web.json_response({"error": "no such source"}, status=404)
        if _is_packed(request):
            return web.json_response({"error": "send it without Content-Encoding"}, status=415)
        try:
            body = await _body(request)
        except web.HTTPRequestEntityTooLarge:
            return web.json_response({"error": f"more than {BODY_LIMIT} bytes"}, status=413)
        headers = {header.lower(): value for header, value in request.headers.items()}
        delivery = Delivery(name, headers, body, self._clock.now())
        try:
            source.verify(delivery, secrets)
        except BadSignature as error:
            log.warning("delivery.refused", source=name, why=str(error))
            return web.json_response({"error": str(error)}, status=401)
        if wait := self._rate.take(name, delivery.received_at):
            return web.json_response(
                {"error": "too many"}, status=429, headers={"Retry-After": str(math.ceil(wait))}
            )
        if not _is_json(body):
            return web.json_response({"error": "the body is not JSON"}, status=400)
        try:
            is_new = await self._inbox.save_delivery(
                name, source.key(delivery), name, helpdesk_body(delivery)
            )
        except StoreError:
            return web.json_response({"error": "try again"}, status=503, headers={"Retry-After": "5"})
        return web.json_response({"status": "stored" if is_new else "known"}, status=202)


def _is_packed(request: web.Request) -> bool:
    """A small compressed body may be a large one unpacked, and signatures are over bytes as they travel."""
    return hdrs.CONTENT_ENCODING in request.headers


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True
