"""HTTP coming in: helpdesks, Telegram's own webhook, and the two questions that operators ask."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from aiohttp import web

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
            given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
            return await receive(await request.read(), given)

        app.router.add_post(path, update)
    return app


class Hooks:
    """``POST /hooks/<source>``: store, then answer (helpdesks.md 4)."""

    def __init__(self, inbox: Inbox, clock: Clock, secrets: Mapping[str, Sequence[str]], rate: Rate) -> None:
        self._inbox = inbox
        self._clock = clock
        self._secrets = secrets
        self._rate = rate

    async def helpdesk(self, request: web.Request) -> web.Response:
        """202 stored (also what we make nothing of) · 400 not JSON · 401 · 404 · 413 · 429 and 503 with Retry-After."""
        name = request.match_info["source"]
        source = SOURCES.get(name)
        secrets = self._secrets.get(name, ())
        if source is None or not secrets:
            return web.json_response({"error": "no such source"}, status=404)
        try:
            body = await request.read()
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


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
