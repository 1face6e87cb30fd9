"""Webhooks: each update posted to the bot's own address until it answers 2xx or the update expires.

Follows the official server's WebhookActor.cpp: updates of one queue one after the other, several queues at once; a
failure is followed by a try at once, then after 2, 4, 8, … seconds up to a bound of 60 to 120; ``Retry-After`` is
obeyed and does not grow the back-off; an update that would expire before its next try is dropped.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp

from bot.flow.ports import Clock
from bot.playground.botapi.faults import Faults
from bot.playground.botapi.updates import Pending, UpdateQueue

READ_TIMEOUT_SECONDS = 60
LONGEST_RETRY_AFTER_SECONDS = 3600
LEAST_BOUND_SECONDS = 60
GONE_FOR_SECONDS = 23 * 3600
# Methods that a bot may not call by answering a webhook with them.
_NOT_IN_ANSWERS = ("setwebhook", "deletewebhook", "close", "logout")

CallBack = Callable[[str, dict[str, Any]], Awaitable[Any]]


@dataclass
class Webhook:
    """What setWebhook said and what became of it; without ``url`` there is none."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40
    has_certificate: bool = False
    last_error_date: int | None = None
    last_error_message: str = ""
    gone_since: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The Bot API's WebhookInfo, without what the queue knows."""
        shown: dict[str, Any] = {"url": self.url, "has_custom_certificate": self.has_certificate}
        if self.url:
            shown["max_connections"] = self.max_connections
        if self.last_error_date is not None:
            shown |= {
                "last_error_date": self.last_error_date,
                "last_error_message": self.last_error_message,
            }
        return shown


class WebhookPoster:
    """The loop that posts. ``settings`` gives the webhook of the moment, ``call_back`` runs a method in an answer."""

    def __init__(
        self,
        clock: Clock,
        updates: UpdateQueue,
        faults: Faults,
        settings: Callable[[], Webhook],
        call_back: CallBack,
    ) -> None:
        self._clock = clock
        self._updates = updates
        self._faults = faults
        self._settings = settings
        self._call_back = call_back
        self._alarm = clock.alarm("botapi webhook")
        self._posts: set[asyncio.Task[None]] = set()
        self._travelling = 0

    async def run(self) -> None:
        """Post until cancelled."""
        self._updates.on_news.append(self._alarm.ring)
        timeout = aiohttp.ClientTimeout(total=READ_TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            try:
                while True:
                    await self._alarm.wait(self._launch(session))
            finally:
                self._updates.on_news.remove(self._alarm.ring)
                for post in self._posts:
                    post.cancel()
                await asyncio.gather(*self._posts, return_exceptions=True)

    def _launch(self, session: aiohttp.ClientSession) -> datetime | None:
        """Start what is due; the instant of the next try that is not."""
        webhook = self._settings()
        if not webhook.url:
            return None
        now = self._clock.now().timestamp()
        later: list[float] = []
        for entry in self._updates.heads():
            if entry.is_travelling:
                continue
            if entry.due_at > now:
                later.append(entry.due_at)
            elif self._travelling < webhook.max_connections:
                entry.is_travelling = True
                self._travelling += 1
                post = asyncio.create_task(self._travel(session, webhook, entry))
                self._posts.add(post)
                post.add_done_callback(self._posts.discard)
        return datetime.fromtimestamp(min(later), UTC) if later else None

    async def _travel(self, session: aiohttp.ClientSession, webhook: Webhook, entry: Pending) -> None:
        try:
            await self._post(session, webhook, entry)
        finally:
            # In one step: whoever sees that the update no longer travels also sees that this loop is due.
            entry.is_travelling = False
            self._travelling -= 1
            self._alarm.ring()

    async def _post(self, session: aiohttp.ClientSession, webhook: Webhook, entry: Pending) -> None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret} if webhook.secret else {}
        try:
            async with session.post(
                webhook.url, json=entry.update, headers=headers, allow_redirects=False
            ) as response:
                body = await response.read()
                if 200 <= response.status <= 299:
                    webhook.gone_since = None
                    if not self._faults.take_duplicate():
                        self._updates.forget(entry.update_id)
                    await self._obey(body)
                    return
                error = f"Wrong response from the webhook: {response.status} {response.reason}"
                retry_after = response.headers.get("Retry-After", "")
                self._note_gone(webhook, response.status)
        except TimeoutError:
            error, retry_after = "Read timeout expired", ""
        except aiohttp.ClientConnectorError:
            error, retry_after = "Connection refused", ""
        except aiohttp.ClientError:
            error, retry_after = "Webhook connection closed", ""
        webhook.last_error_date = int(self._clock.now().timestamp())
        webhook.last_error_message = error
        self._postpone(entry, int(retry_after) if retry_after.isdecimal() else 0)

    def _postpone(self, entry: Pending, retry_after: int) -> None:
        wait = min(retry_after, LONGEST_RETRY_AFTER_SECONDS)
        if wait == 0 and entry.failures > 0:
            spread = zlib.crc32(f"{entry.update_id} {entry.failures}".encode()) % (LEAST_BOUND_SECONDS + 1)
            entry.backoff_seconds = min(LEAST_BOUND_SECONDS + spread, entry.backoff_seconds * 2)
            wait = entry.backoff_seconds
        now = self._clock.now().timestamp()
        entry.failures += 1
        entry.due_at = now + wait
        if entry.due_at > entry.expires_at:
            self._updates.forget(entry.update_id)

    def _note_gone(self, webhook: Webhook, status: int) -> None:
        now = self._clock.now().timestamp()
        if status != 410:
            webhook.gone_since = None
        elif webhook.gone_since is None:
            webhook.gone_since = now
        elif now > webhook.gone_since + GONE_FOR_SECONDS:
            webhook.url = ""

    async def _obey(self, body: bytes) -> None:
        """A method call in the answer is made; its result is told to nobody."""
        try:
            asked = json.loads(body) if body else None
        except ValueError:
            return
        if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
            return
        method = asked.pop("method")
        if method.lower() not in _NOT_IN_ANSWERS and not method.lower().startswith("get"):
            await self._call_back(method, asked)
