"""The stand-in on a socket: ``/bot<token>/<method>`` and ``/file/bot<token>/<path>``, as at api.telegram.org."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import BodyPartReader, web

from bot.playground.botapi.api import Answer, BotApi
from bot.playground.botapi.methods.ask import Uploaded
from bot.playground.botapi.webhook import WebhookPoster
from bot.playground.botapi.world import World

BIGGEST_REQUEST_BYTES = 64 * 1024 * 1024
_POLL = "getUpdates"
_STOP_SECONDS = 0.02  # nobody waits for a long poll of a bot that goes on


class Server:
    """Serves one world over HTTP; it outlives the bot, which may come, die and come back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._api = BotApi(world)
        self._runner: web.AppRunner | None = None
        self._poster: asyncio.Task[None] | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; returns the address (``http://127.0.0.1:8081``). Port 0 takes a free one."""
        application = web.Application(client_max_size=BIGGEST_REQUEST_BYTES)
        application.router.add_route("*", "/bot{token}/{method}", self._call)
        application.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=_STOP_SECONDS
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        poster = WebhookPoster(
            self._world.clock,
            self._world.updates,
            self._world.faults,
            lambda: self._world.webhook,
            self._api.answer,
        )
        self._poster = asyncio.create_task(poster.run())
        bound_port = self._runner.addresses[0][1]
        return f"http://{host}:{bound_port}"

    async def stop(self) -> None:
        """Stop listening and posting; waiting polls are cut off."""
        if self._poster is not None:
            self._poster.cancel()
            await asyncio.gather(self._poster, return_exceptions=True)
            self._poster = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _call(self, request: web.Request) -> web.StreamResponse:
        refused = self._check_token(request.match_info["token"])
        if refused is not None:
            return _response(refused)
        method = self._api.name_of(request.match_info["method"])
        if method == _POLL:
            return await self._answer(request, method)
        self._world.in_flight += 1
        try:
            return await self._answer(request, method)
        finally:
            self._world.in_flight -= 1

    async def _answer(self, request: web.Request, method: str) -> web.StreamResponse:
        faults = self._world.faults
        try:
            params, files = await _read(request)
        except ValueError:
            return _response(_refusal(400, "Bad Request: can't parse the body of the request"))
        if faults.take("drop_before", method):
            return _drop(request)
        is_dropped = faults.take("drop_after", method) is not None
        delay, trickle = faults.take("delay", method), faults.take("trickle", method)
        answer = await self._api.answer(method, params, files)
        if delay is not None:
            await _pass(delay.seconds)
        if trickle is not None:
            return await _trickle(request, _response(answer), trickle.seconds)
        return _drop(request) if is_dropped else _response(answer)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        refused = self._check_token(request.match_info["token"])
        if refused is not None:
            return _response(refused)
        try:
            stored = self._world.files.at(request.match_info["path"])
        except KeyError:
            return _response(_refusal(404, "Not Found"))
        return web.Response(body=stored.content, content_type="application/octet-stream")

    def _check_token(self, token: str) -> Answer | None:
        if token == self._world.token:
            return None
        number, colon, secret = token.partition(":")
        if not (number.isdecimal() and colon and secret):
            return _refusal(404, "Not Found")
        return _refusal(401, "Unauthorized")


def _refusal(status: int, description: str) -> Answer:
    return Answer(status, {"ok": False, "error_code": status, "description": description})


def _response(answer: Answer) -> web.Response:
    body = json.dumps(answer.body, ensure_ascii=False).encode()
    return web.Response(status=answer.status, body=body, content_type="application/json")


async def _pass(seconds: float) -> None:
    """Real time: it is the bot's own time-out, in real time too, that slow answers are for."""
    await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=seconds)


async def _trickle(request: web.Request, answer: web.Response, seconds: float) -> web.StreamResponse:
    body = bytes(answer.body) if isinstance(answer.body, bytes) else b""
    slow = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    slow.content_length = len(body)
    await slow.prepare(request)
    pace = max(1, len(body) // 100)  # sleeping for less than some ms would take longer than asked for
    for start in range(0, len(body), pace):
        await slow.write(body[start : start + pace])
        await _pass(seconds * pace / len(body))
    return slow


def _drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _read(request: web.Request) -> tuple[dict[str, Any], dict[str, Uploaded]]:
    """Parameters from the address and the body, in any of the four ways that the Bot API takes them."""
    params: dict[str, Any] = dict(request.query)
    files: dict[str, Uploaded] = {}
    if request.content_type == "application/json":
        body = await request.read()
        given = json.loads(body) if body else {}
        params |= {key: value for key, value in given.items() if value is not None}
    elif request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            if part.filename is not None:
                files[part.name] = Uploaded(part.filename, bytes(await part.read()))
            else:
                params[part.name] = await part.text()
    elif request.method == "POST":
        params |= {key: str(value) for key, value in (await request.post()).items()}
    return params, files
