"""The page's server as a browser talks to it, without a browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Heard:
    """One server-sent event; a comment has the name ``comment``."""

    name: str
    data: Any
    event_id: str | None = None


class EventStream:
    """The events of one open ``/events``, one by one."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> Heard:
        """The next event or comment. Raises EOFError when the server ended the stream."""
        while True:
            block = await self._block()
            fields = dict(line.split(": ", 1) for line in block if not line.startswith(":"))
            if any(line.startswith(":") for line in block):
                return Heard("comment", block)
            if "event" in fields:
                return Heard(fields["event"], json.loads(fields["data"]), fields.get("id"))

    async def named(self, name: str) -> Heard:
        """The next event of this name."""
        while (heard := await self.next()).name != name:
            pass
        return heard

    async def message(self) -> dict[str, Any]:
        """The message of the next update that brings one."""
        while (heard := await self.named("update")).data["type"] != "message":
            pass
        message: dict[str, Any] = heard.data["message"]
        return message

    async def _block(self) -> list[str]:
        lines: list[str] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            while line := await self.response.content.readline():
                text = line.decode().rstrip("\n")
                if not text:
                    return lines
                lines.append(text)
        raise EOFError


class PageClient:
    """GET and POST as the page makes them."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url.rstrip("/")

    async def post(self, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        """The JSON answer, which must come with this status."""
        headers = {"Origin": self.url}
        async with self.session.post(f"{self.url}{path}", json=body, headers=headers) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == status, answer
            return answer

    async def act(self, who: int, do: str, status: int = 200, **fields: Any) -> dict[str, Any]:
        """Let a person do something."""
        return await self.post("/api/act", status, who=who, do=do, **fields)

    async def get(self, path: str, status: int = 200) -> dict[str, Any]:
        """The JSON at a path."""
        async with self.session.get(f"{self.url}{path}") as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == status, answer
            return answer

    @asynccontextmanager
    async def events(self, last_seen: str | None = None) -> AsyncIterator[EventStream]:
        """An open stream; ``last_seen`` as a browser sends it after a break."""
        headers = {} if last_seen is None else {"Last-Event-ID": last_seen}
        async with self.session.get(f"{self.url}/events", headers=headers) as response:
            assert response.content_type == "text/event-stream"
            yield EventStream(response)
