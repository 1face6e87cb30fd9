"""Server-sent events: a snapshot, then whatever happens; after a break the missed events, or a new snapshot.

Each feed event's id is ``<epoch>.<seq>``. The browser sends the last one back as ``Last-Event-ID``; when the
epoch is another (new world, new process) or the feed no longer holds what came after, a snapshot is due.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from bot.adapters.clock import RandomTokens
from bot.playground.page.snapshot import event_json, shown_chats, snapshot_json, stage_json
from bot.playground.page.stage import Stage

PING_SECONDS = 15.0
_RECONNECT_MILLISECONDS = 1_000
_OWN = "page"  # the key of what the page server itself puts among a world's events
_BATCH = 500  # frames per write: a simulated week sends thousands

Event = dict[str, Any]


def frame(name: str, data: Mapping[str, Any], event_id: str | None = None) -> bytes:
    """One event on the wire."""
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


class Streams:
    """All open event streams of the page. ``busy`` is asked for the word of what runs now, or None."""

    def __init__(
        self, stage: Stage, busy: Callable[[], str | None], *, ping_seconds: float = PING_SECONDS
    ) -> None:
        self._stage = stage
        self._busy = busy
        self._ping_seconds = ping_seconds
        self._world = stage.world
        self._epoch = RandomTokens().new()
        self._queues: set[asyncio.Queue[Event]] = set()
        self._is_closing = False

    def tell_stage(self) -> None:
        """Tell every open page that the time, the settings, or what is running changed."""
        self._tell({_OWN: "stage"})

    def tell_new_world(self) -> None:
        """Make every open page begin again: the stage has another world."""
        self._epoch = RandomTokens().new()
        self._world = self._stage.world
        self._tell({_OWN: "begin"})

    def close(self) -> None:
        """End every stream, so that a stop does not wait for browsers."""
        self._is_closing = True
        self._tell({_OWN: "end"})

    def _tell(self, event: Event) -> None:
        for queue in self._queues:
            queue.put_nowait(event)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle ``GET /events`` for as long as the browser stays."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        await response.write(f"retry: {_RECONNECT_MILLISECONDS}\n\n".encode())
        last_seen = request.headers.get("Last-Event-ID", "")
        try:
            while not self._is_closing and await self._follow(response, last_seen):
                last_seen = ""
        except ConnectionError:
            pass  # the browser left in the middle of a write
        return response

    async def _follow(self, response: web.StreamResponse, last_seen: str) -> bool:
        """Serve one world. True: the stage has another one now; False: the server closes."""
        world = self._world
        queue = world.subscribe()
        self._queues.add(queue)
        try:
            await response.write(self._beginning(last_seen))
            while True:
                batch = await self._next(queue)
                own = [event[_OWN] for event in batch if _OWN in event]
                if "end" in own or "begin" in own:
                    return "end" not in own
                frames = b"".join(self._frame(event) for event in batch)
                await response.write(frames or b": ping\n\n")
        finally:
            self._queues.discard(queue)
            world.unsubscribe(queue)

    async def _next(self, queue: asyncio.Queue[Event]) -> list[Event]:
        """What is there, or after ``ping_seconds`` nothing."""
        try:
            async with asyncio.timeout(self._ping_seconds):
                batch = [await queue.get()]
        except TimeoutError:
            return []
        while not queue.empty() and len(batch) < _BATCH:
            batch.append(queue.get_nowait())
        return batch

    def _beginning(self, last_seen: str) -> bytes:
        epoch, _, seq = last_seen.partition(".")
        if epoch == self._epoch and seq.isdecimal():
            missed = self._world.feed(int(seq))
            if not missed or missed[0]["seq"] == int(seq) + 1:
                return b"".join(self._frame(event) for event in missed) + self._stage_frame()
        kept = self._world.feed()
        newest = kept[-1]["seq"] if kept else 0
        snapshot = snapshot_json(self._stage, epoch=self._epoch, busy=self._busy())
        return frame("snapshot", snapshot, f"{self._epoch}.{newest}")

    def _stage_frame(self) -> bytes:
        return frame("stage", stage_json(self._stage, epoch=self._epoch, busy=self._busy()))

    def _frame(self, event: Event) -> bytes:
        if event.get(_OWN) == "stage":
            return self._stage_frame()
        if event["chat_id"] not in shown_chats(self._stage):
            return b""
        told = event_json(self._stage, event, epoch=self._epoch, busy=self._busy())
        return frame("update", told, f"{self._epoch}.{event['seq']}")
