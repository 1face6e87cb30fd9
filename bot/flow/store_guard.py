"""When the database takes no writes: said once in the log, once to staff, and once more when it is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bot.domain.errors import ChannelError, StoreError
from bot.domain.texts import Texts
from bot.flow.ports import Channel, Clock
from bot.flow.watched import Monotonic, WatchedStore

log = structlog.get_logger(__name__)

_PROBE_EVERY_SECONDS = 2.0
_TOLD_AFTER_SECONDS = 10.0  # a lock held for a moment, or a failover, is nobody's business

Tell = Callable[[str], Awaitable[bool]]


class StoreGuard:
    """Sleeps until the store refuses something, then tries it every 2 s until it takes a write again.

    An incident that lasts longer than 10 s is told once: an outbox in the database is of no use then, so ``tell`` calls
    Telegram itself. ``clock`` is the machine's, also where the bot's own clock travels.
    """

    def __init__(
        self, store: WatchedStore, clock: Clock, monotonic: Monotonic, tell: Tell, texts: Texts
    ) -> None:
        self._store = store
        self._clock = clock
        self._monotonic = monotonic
        self._tell = tell
        self._texts = texts

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            await self._store.trouble.wait()
            await self._see_it_through(self._monotonic())

    async def _see_it_through(self, began: float) -> None:
        is_logged = is_told = False
        while self._store.trouble.is_set():
            lasted = self._monotonic() - began
            try:
                await self._store.probe()
            except StoreError as error:
                if lasted >= _TOLD_AFTER_SECONDS:
                    if not is_logged:
                        log.error("store.down", error=str(error), seconds=round(lasted))
                        is_logged = True
                    is_told = is_told or await self._tell(self._texts("staff.store.down"))
            if self._store.trouble.is_set():
                await self._clock.sleep(_PROBE_EVERY_SECONDS)
        lasted = self._monotonic() - began
        if is_logged:
            log.warning("store.up", seconds=round(lasted))
        if is_told:
            await self._tell(self._texts.plural("staff.store.up", max(1, round(lasted / 60))))


def telling(channel: Channel, chat: Callable[[], int | None], may: Callable[[], bool]) -> Tell:
    """Tell staff past the outbox. ``chat``: where to, at present. ``may``: of several copies the one that leads.

    False: it did not arrive, or nobody is to be told, and may be tried again.
    """

    async def tell(text: str) -> bool:
        chat_id = chat()
        if chat_id is None or not may():
            return False
        try:
            await channel.call("sendMessage", {"chat_id": chat_id, "text": text, "parse_mode": "HTML"})
        except ChannelError as error:
            log.warning("store.not_told", reason=error.reason)
            return False
        return True

    return tell
