"""Telling systemd how it goes: sd_notify(3), one datagram to the socket that the environment names."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping

import structlog

from bot.flow.ports import Clock

log = structlog.get_logger(__name__)

_PINGS_PER_SPAN = 3  # systemd.service(5) asks for two at least


class Systemd:
    """``NOTIFY_SOCKET`` and ``WATCHDOG_USEC`` of an environment. Without them every method does nothing."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        names = os.environ if environment is None else environment
        address = names.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address  # @: an abstract socket
        span = names.get("WATCHDOG_USEC", "")
        self._watchdog_seconds = int(span) / 1_000_000 if span.isdigit() else 0.0

    def ready(self) -> None:
        """Everything is open, and what comes in is kept."""
        self._say("READY=1")

    def stopping(self) -> None:
        """The calls in flight may end; then the process does."""
        self._say("STOPPING=1")

    async def watch(self, clock: Clock, is_alive: Callable[[], bool]) -> None:
        """Three times per ``WatchdogSec=`` say that the process lives, as long as ``is_alive``; for ever."""
        while self._address and self._watchdog_seconds:
            if is_alive():
                self._say("WATCHDOG=1")
            else:
                log.error("watchdog.withheld")
            await clock.sleep(self._watchdog_seconds / _PINGS_PER_SPAN)

    def _say(self, state: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as telegraph:
                telegraph.setblocking(False)
                telegraph.sendto(state.encode(), self._address)
        except OSError as error:
            log.warning("systemd.not_told", state=state, error=str(error))
