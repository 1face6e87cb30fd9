"""A Bot API over real HTTP that says exactly what a test tells it to say, and remembers what it heard."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

TOKEN = "123456789:AAExampleExampleExampleExampleExample0"


@dataclass(frozen=True)
class Reply:
    """One HTTP answer. ``is_dropped``: the connection is closed instead."""

    status: int = 200
    body: bytes = b""
    is_dropped: bool = False


def result(value: Any) -> Reply:
    """A call that worked."""
    return Reply(200, json.dumps({"ok": True, "result": value}).encode())


def refusal(status: int, description: str, **parameters: int) -> Reply:
    """A call that did not."""
    body = {"ok": False, "error_code": status, "description": description}
    return Reply(status, json.dumps(body | ({"parameters": parameters} if parameters else {})).encode())


DROPPED = Reply(is_dropped=True)
_WORDS = {"text", "caption", "name", "url", "secret_token", "callback_query_id"}  # strings, even "5"


class ScriptedApi:
    """Use it in ``async with``. ``script[method]`` holds the next replies; after them every call works, and
    getUpdates is a long poll that hears nothing.

    While ``gate`` is closed, calls are heard and wait for their answer. ``peak`` is the most calls at once.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.files: dict[str, bytes] = {}
        self.script: defaultdict[str, deque[Reply]] = defaultdict(deque)
        self.gate = asyncio.Event()
        self.gate.set()
        self.peak = 0
        self.connections: set[int] = set()
        self.url = ""
        self._now = 0
        self._next_message = 1000
        self._closing = asyncio.Event()
        app = web.Application()
        app.router.add_post(f"/bot{TOKEN}/{{method}}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.gate.set()
        self._closing.set()
        await self._runner.cleanup()

    def heard(self, method: str) -> list[dict[str, Any]]:
        """The parameters of every call of this method."""
        return [parameters for name, parameters in self.calls if name == method]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        is_json = request.content_type == "application/json"
        parameters: dict[str, Any] = await request.json() if is_json else {}
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                self.files[name] = value.file.read()
            else:
                parameters[name] = value if name in _WORDS else _decoded(value)
        self.calls.append((method, parameters))
        assert request.transport is not None
        self.connections.add(id(request.transport))
        self._now += 1
        self.peak = max(self.peak, self._now)
        try:
            await self.gate.wait()
        finally:
            self._now -= 1
        replies = self.script[method]
        if method == "getUpdates" and not replies:
            await self._closing.wait()
        reply = replies.popleft() if replies else self._works(method, parameters)
        if reply.is_dropped:
            request.transport.abort()
        return web.Response(status=reply.status, body=reply.body, content_type="application/json")

    def _works(self, method: str, parameters: dict[str, Any]) -> Reply:
        if method == "copyMessages":
            return result([self._message() for _ in parameters["message_ids"]])
        if method == "createForumTopic":
            return result({"message_thread_id": self._message()["message_id"], "name": parameters["name"]})
        return result(self._message() if method.startswith(("send", "copy")) else True)

    def _message(self) -> dict[str, int]:
        self._next_message += 1
        return {"message_id": self._next_message}


def _decoded(value: Any) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
