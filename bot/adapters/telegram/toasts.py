"""Answers to presses that travel as calls of their own."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Any

import structlog

from bot.domain.errors import ChannelError
from bot.flow.busy import Busy
from bot.flow.ports import Channel, Clock
from bot.flow.press import Toast

log = structlog.get_logger(__name__)

_DRAIN_SECONDS = 2.0
_GIVE_UP_SECONDS = 10.0  # from about 15 s on Telegram refuses the answer anyway


def answer_to(toast: Toast) -> dict[str, Any]:
    """The parameters of answerCallbackQuery."""
    parameters: dict[str, Any] = {"callback_query_id": toast.callback_query_id}
    if toast.text:
        parameters["text"] = toast.text
    if toast.show_alert:
        parameters["show_alert"] = True
    return parameters


class Toasts:
    """Answers presses, ``at_once`` at a time. An answer that cannot be given within 10 s is given up: the press counts
    all the same, and the edit of the message shows it.
    """

    def __init__(self, channel: Channel, clock: Clock, at_once: int = 64) -> None:
        self._channel = channel
        self._places = at_once
        self._waiting: deque[Toast] = deque()
        self._group: asyncio.TaskGroup | None = None
        self._busy = Busy(clock, "toasts")

    def answer(self, toast: Toast) -> None:
        """Answer soon; returns at once."""
        self._busy.__enter__()
        self._waiting.append(toast)
        self._start()

    async def run(self) -> None:
        """Answer for ever. Cancelled, it still answers what waits (2 s at most): those presses are stored."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._busy.run())
            self._group = group
            self._start()
            try:
                await asyncio.Event().wait()
            finally:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_DRAIN_SECONDS):
                        await self._busy.free()
                self._group = None

    def _start(self) -> None:
        while self._group is not None and self._waiting and self._places:
            self._places -= 1
            self._group.create_task(self._answer(self._waiting.popleft()))

    async def _answer(self, toast: Toast) -> None:
        try:
            async with asyncio.timeout(_GIVE_UP_SECONDS):
                await self._channel.call("answerCallbackQuery", answer_to(toast))
        except ChannelError as error:
            log.info("toast.refused", reason=error.reason, error=str(error))
        except TimeoutError:
            log.warning("toast.given_up")
        except Exception:
            log.exception("toast.failed")
        finally:
            self._places += 1
            self._busy.__exit__()
            self._start()
