"""Receiving updates: acknowledged only after they are stored, by polling or by webhook (telegram.md 2 and 3)."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog

from bot.adapters.telegram.toasts import Toasts, answer_to
from bot.domain.errors import ChannelError, StoreError
from bot.flow.inbox import Answer, Inbox, Update
from bot.flow.ports import Channel, Clock
from bot.flow.press import Toast, press_of

log = structlog.get_logger(__name__)

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
_POLL_SECONDS = 25
_CONFLICT_REST_SECONDS = 30.0
_LONGEST_REST_SECONDS = 30.0
_PATIENCE_SECONDS = 2.0  # a tap that is not stored by then gets a toast that promises nothing
_MOST_CONNECTIONS = 40


@dataclass(frozen=True)
class WebhookAnswer:
    """What to answer to Telegram's webhook. ``json`` may be a call that Telegram makes for us (Bot API: "Making
    requests when getting updates"); its result is not reported.
    """

    status: int
    json: dict[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Receiver:
    """Takes updates from Telegram into the inbox. ``one_moment(language)`` is the toast for a slow disk."""

    def __init__(
        self,
        channel: Channel,
        inbox: Inbox,
        clock: Clock,
        toasts: Toasts,
        one_moment: Callable[[str | None], str],
        allowed_updates: Sequence[str] = ALLOWED_UPDATES,
    ) -> None:
        self._channel = channel
        self._inbox = inbox
        self._clock = clock
        self._toasts = toasts
        self._one_moment = one_moment
        self._allowed_updates = list(allowed_updates)

    async def poll(self) -> None:
        """Poll for ever. Cancelling is a clean stop: what was not stored was not acknowledged."""
        await self._insist("deleteWebhook", {"drop_pending_updates": False})
        offset, failures = 0, 0
        while True:
            try:
                updates = await self._channel.call(
                    "getUpdates",
                    {"offset": offset, "timeout": _POLL_SECONDS, "allowed_updates": self._allowed_updates},
                )
            except ChannelError as error:
                failures += 1
                log.warning("poll.failed", reason=error.reason, error=str(error))
                await self._clock.sleep(_rest(error, failures))
                continue
            failures = 0
            if updates:
                await self._patiently(updates, self._save_at_last, self._toasts.answer)
                offset = max(update["update_id"] for update in updates) + 1

    async def listen(self, url: str, secret: str) -> None:
        """Have Telegram deliver to ``url``, with ``secret`` in its header; returns when Telegram has agreed."""
        await self._insist(
            "setWebhook",
            {
                "url": url,
                "secret_token": secret,
                "allowed_updates": self._allowed_updates,
                "max_connections": _MOST_CONNECTIONS,
                "drop_pending_updates": False,
            },
        )

    async def webhook_answer(self, body: bytes, given_secret: str, secret: str) -> WebhookAnswer:
        """Store one delivered update and say what to answer: 200 stored (with the toast of a press as its body),
        400 not an update, 401 forged, 503 not stored, try again in a second.
        """
        given = given_secret.encode(errors="surrogateescape")
        if not hmac.compare_digest(given, secret.encode()):
            return WebhookAnswer(401)
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            return WebhookAnswer(400)
        if not isinstance(update, dict):
            return WebhookAnswer(400)
        toasts: list[Toast] = []
        try:
            await self._patiently([update], self._save, toasts.append)
        except StoreError as error:
            log.warning("webhook.not_stored", error=str(error))
            return WebhookAnswer(503, headers={"Retry-After": "1"})
        if not toasts:
            return WebhookAnswer(200)
        return WebhookAnswer(200, {"method": "answerCallbackQuery", **answer_to(toasts[0])})

    async def _save(self, updates: list[Update], answer: Answer) -> None:
        await self._inbox.save(updates, self._clock.now(), answer)

    async def _save_at_last(self, updates: list[Update], answer: Answer) -> None:
        """Stay here until they are stored: asking Telegram again with the old offset is throttled."""
        failures = 0
        while True:
            try:
                return await self._save(updates, answer)
            except StoreError as error:
                failures += 1
                log.error("poll.not_stored", error=str(error))
                await self._clock.sleep(_back_off(failures))

    async def _patiently(
        self,
        updates: list[Update],
        save: Callable[[list[Update], Answer], Coroutine[Any, Any, None]],
        answer: Answer,
    ) -> None:
        """Save. Each press is answered once: as soon as it is stored, or, if that takes long, by ``one_moment``."""
        presses = [update for update in updates if "callback_query" in update]
        answered: set[str] = set()

        def once(toast: Toast, answer: Answer = answer) -> None:
            if toast.callback_query_id not in answered:
                answered.add(toast.callback_query_id)
                answer(toast)

        if not presses:
            return await save(updates, once)
        saving = asyncio.create_task(save(updates, once))
        patience = asyncio.create_task(self._clock.sleep(_PATIENCE_SECONDS))
        try:
            await asyncio.wait((saving, patience), return_when=asyncio.FIRST_COMPLETED)
            if not saving.done():
                for update in presses:
                    with contextlib.suppress(KeyError, TypeError, ValueError):
                        press = press_of(update)
                        toast = Toast(press.callback_query_id, self._one_moment(press.language))
                        once(toast, self._toasts.answer)
            await saving
        finally:
            patience.cancel()
            saving.cancel()

    async def _insist(self, method: str, parameters: dict[str, Any]) -> None:
        failures = 0
        while True:
            try:
                await self._channel.call(method, parameters)
                return
            except ChannelError as error:
                failures += 1
                log.warning("receiver.failed", method=method, reason=error.reason, error=str(error))
                await self._clock.sleep(_rest(error, failures))


def _rest(error: ChannelError, failures: int) -> float:
    if error.retry_after_seconds is not None:
        return error.retry_after_seconds
    return _CONFLICT_REST_SECONDS if error.reason == "conflict" else _back_off(failures)


def _back_off(failures: int) -> float:
    span = timedelta(seconds=2 ** min(failures - 1, 5))
    return min(_LONGEST_REST_SECONDS, span.total_seconds())
