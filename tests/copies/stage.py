"""Several copies of the whole bot on one PostgreSQL database, behind a load balancer, on one clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from pydantic import SecretStr

from bot.adapters.clock import RandomTokens, TravelAlarm, breathe
from bot.app import App
from bot.config import Settings
from bot.playground.travel import Traveller
from bot.store.engine import Row
from tests.copies.balancer import Balancer
from tests.stage import ADA, OLGA, Changes, Stage

PEPPER = "5e" * 32
GROUP = -200300  # a basic group, which may still become a supergroup


class Copies(Stage):
    """The stage with ``count`` copies in webhook mode. ``app`` is the first of ``apps``; any may be stopped."""

    def __init__(
        self, database_url: str, count: int, mode: str, changes: Changes, *, is_running: bool
    ) -> None:
        super().__init__(changes)
        self._is_running = is_running
        self._mode = mode
        self._database_url = database_url
        self._count = count
        self._lives: list[contextlib.AsyncExitStack] = []
        self.balancer = Balancer()
        self.apps: list[App] = []

    @property
    def settings(self) -> Settings:
        """The stage's settings, in webhook mode, on PostgreSQL."""
        settings = super().settings
        return settings.model_copy(
            update={
                "database": settings.database.model_copy(update={"url": self._database_url}),
                "privacy": settings.privacy.model_copy(update={"pepper": SecretStr(PEPPER)}),
                "telegram": settings.telegram.model_copy(
                    update={
                        "mode": self._mode,
                        "webhook_url": self.balancer.url,
                        "webhook_secret": SecretStr("a-secret-that-only-telegram-knows"),
                    }
                ),
            }
        )

    async def _start_bot(self) -> None:
        others = list(self.clock.alarms)
        self._bot_life.callback(lambda: self.clock.alarms.__setitem__(slice(None), others))
        self.world.add_group(GROUP, "Team", admins={ADA: None}, members=[OLGA])
        await self._bot_life.enter_async_context(self.balancer)
        for _ in range(self._count):
            await self.add_copy()
        self.app = self.apps[0]
        self.traveller = Traveller(
            self.clock,
            lambda: self.world.is_settled and all(app.is_ready and app.loops.are_idle for app in self.apps),
        )
        await self.one_leads()
        await self.traveller.settle()

    async def add_copy(self) -> App:
        """One more copy starts."""
        life = await self._bot_life.enter_async_context(contextlib.AsyncExitStack())
        known = set(self.clock.alarms)
        app = App(self.settings, self.clock, RandomTokens())
        await life.enter_async_context(app)
        own = [alarm for alarm in self.clock.alarms if alarm not in known]
        # alarms of a copy that was stopped would look busy for ever
        life.callback(self._remove_alarms, own)
        while not app.is_ready:
            await breathe()
        self._lives.append(life)
        self.apps.append(app)
        self.balancer.ports.append(app.http_port)
        return app

    def _remove_alarms(self, alarms: list[TravelAlarm]) -> None:
        self.clock.alarms = [alarm for alarm in self.clock.alarms if alarm not in alarms]

    async def stop_copy(self, app: App) -> None:
        """It stops as by SIGTERM; the balancer has noticed."""
        number = self.apps.index(app)
        self.balancer.ports.remove(app.http_port)
        del self.apps[number]
        await self._lives.pop(number).aclose()
        self.app = self.apps[0]

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Let things go on, on a clock that runs, until it is so; at most 60 s."""
        async with asyncio.timeout(60):
            while not is_so():
                await breathe()

    async def until_rows(self, is_so: Callable[[list[Row]], bool], sql: str) -> list[Row]:
        """Let things go on until what a query finds is so; at most 60 s. What it found."""
        async with asyncio.timeout(60):
            while not is_so(rows := await self.rows(sql)):
                await breathe()
        return rows

    @property
    def leaders(self) -> list[App]:
        """Who leads now."""
        return [app for app in self.apps if app.leadership.term is not None]

    async def one_leads(self) -> App:
        """Return when one copy leads; which."""
        while not self.leaders:
            await breathe()
        [leader] = self.leaders
        return leader


@contextlib.asynccontextmanager
async def copies(
    database_url: str,
    count: int = 3,
    mode: str = "webhook",
    *,
    is_running: bool = False,
    **changes: Mapping[str, Any],
) -> AsyncIterator[Copies]:
    """Copies on a stage. Afterwards every call fitted the Bot API. ``is_running``: the clock goes by itself."""
    on = Copies(database_url, count, mode, changes, is_running=is_running)
    async with on:
        yield on
        assert on.world.violations == []
