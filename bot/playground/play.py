"""``python3 -m bot play``: the real bot against the stand-in over real HTTP, and a page that shows every chat."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import tempfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from standardwebhooks.webhooks import Webhook

from bot.adapters.clock import RandomTokens, SystemClock, TravelClock
from bot.adapters.logs import configure
from bot.app import App
from bot.config import Settings
from bot.playground import cast
from bot.playground.botapi import Server, World
from bot.playground.page.server import PageServer
from bot.playground.page.stage import Roles
from bot.playground.settings import HOOK_SECRET, TOKEN, play_settings
from bot.playground.travel import Traveller
from bot.playground.week import Week

log = structlog.get_logger(__name__)

_SHOWN = (
    "survey.scale",
    "survey.delay",
    "survey.cooldown",
    "survey.quiet_hours",
    "survey.minimum_characters",
    "survey.deadline",
    "summary.schedule",
    "sending.per_group_minute",
)
_PACE_OF_A_WEEK = timedelta(hours=6)  # of the live message: nobody can read a picture an hour in seconds


class Playground:
    """A stage for the page (``bot.playground.page.stage.Stage``): world, bot and one clock for both.

    ``async with`` it. Its database lives in a temporary folder and is thrown away.
    """

    def __init__(
        self, *, language: str = "en", start: datetime | None = None, is_running: bool = True
    ) -> None:
        self._language = language
        self._start = start
        self._is_running = is_running
        self._is_production = False
        self._life = contextlib.AsyncExitStack()
        self._bot_life = contextlib.AsyncExitStack()
        self.clock: TravelClock
        self.app: App
        self.roles: Roles
        self.world: World
        self.traveller: Traveller
        self._server_url = ""
        self._folder = Path()
        self._hooks_sent = 0

    async def __aenter__(self) -> Playground:
        await self._open()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._bot_life.aclose()
        await self._life.aclose()

    async def _open(self) -> None:
        now = self._start or SystemClock().now().replace(microsecond=0)
        self.clock = TravelClock(now, is_running=self._is_running)
        self.world = World(self.clock, token=TOKEN)
        self.roles = cast.people(self.world, staff_language=self._language)
        self._folder = Path(self._life.enter_context(tempfile.TemporaryDirectory(prefix="ces-play-")))
        server = Server(self.world)
        self._server_url = await server.start()
        self._life.push_async_callback(server.stop)
        await self._start_bot()
        # both sides know each other from the start, so that a visitor can write at once
        for person in (*self.roles.customers, *self.roles.admins):
            self.world.start(person)
        await self.traveller.settle()

    async def _start_bot(self) -> None:
        others = list(self.clock.alarms)
        # alarms of a bot that was stopped would look busy for ever
        self._bot_life.callback(lambda: self.clock.alarms.__setitem__(slice(None), others))
        app = App(self.settings, self.clock, RandomTokens())
        self.app = await self._bot_life.enter_async_context(app)
        self.traveller = Traveller(
            self.clock, lambda: self.world.is_settled and app.is_ready and app.loops.are_idle
        )
        await self.traveller.settle()

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return play_settings(
            api_url=self._server_url,
            folder=self._folder,
            roles=self.roles,
            language=self._language,
            is_production=self._is_production,
        )

    @property
    def is_production(self) -> bool:
        """Whether the production rules are in force, rather than the playground's."""
        return self._is_production

    def settings_shown(self) -> Mapping[str, str]:
        """The settings in force that a visitor should know."""
        shown = dict(self.settings.shown())
        return {key: "off" if shown[key] in ("0s", "-") else shown[key] for key in _SHOWN}

    async def move(self, span: timedelta) -> None:
        """Move the one clock forward, letting everything that falls due settle on the way."""
        await self.traveller.by(span)

    async def simulate_week(self, seed: int) -> Mapping[str, Any]:
        """Run a made-up week through the real pipe; the same seed is the same week."""
        week = Week(self.world, self.clock, self.traveller, self.close_in_helpdesk, seed)
        live = self.app.live
        await live.at_pace(_PACE_OF_A_WEEK, self.clock.now())
        try:
            conversations = await week.run()
        finally:
            await live.at_pace(None, self.clock.now())
        await self.traveller.settle()
        now = self.clock.now()
        summary = await self.app.reports.compose(now, now)
        main = summary.headline.main
        return {
            "conversations": conversations,
            "answers": main.score.n if main else 0,
            "mean": main.score.mean if main else None,
        }

    async def close_in_helpdesk(self, person_id: int, **facts: Any) -> Mapping[str, Any]:
        """Post a signed ``conversation.ended`` for this customer, as a helpdesk would."""
        given = {name: value for name, value in facts.items() if value is not None}
        now = self.clock.now()
        self._hooks_sent += 1
        number = self._hooks_sent
        content = {
            "source": "play-helpdesk",
            "conversation_id": f"{person_id}-{number}",
            "ended_at": now.isoformat(),
            "kind": "support_ended",
            "closed_by": given.get("closed_by", "agent"),
            "language": given.get("language"),
            "customer": {"telegram_user_id": person_id},
            "agent": {"id": given.get("agent", "7")},
            "team": {"name": given.get("team")},
            "tags": given.get("tags", []),
            "facts": {
                "first_response_seconds": given.get("first_response_seconds"),
                "customer_messages": given.get("customer_messages", 4),
                "agent_messages": given.get("agent_messages", 3),
                "resolved_by": given.get("resolved_by", "human"),
            },
        }
        body = json.dumps({"type": "conversation.ended", "timestamp": now.isoformat(), "data": content})
        # signatures live five minutes of *real* time, whatever the clock of the playground says
        signed_at = SystemClock().now()
        message_id = f"evt_play_{person_id}_{number}"
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(signed_at.timestamp())),
            "webhook-signature": Webhook(HOOK_SECRET).sign(message_id, signed_at, body),
        }
        url = f"http://127.0.0.1:{self.app.http_port}/hooks/generic"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers=headers) as response,
        ):
            answer = await response.json()
            return {"sent": json.loads(body), "status": response.status, "answer": answer}

    async def set_production_rules(self, is_on: bool) -> None:
        """Switch between the playground's settings and the production rules: the bot starts again with them."""
        if is_on == self._is_production:
            return
        self._is_production = is_on
        await self._bot_life.aclose()
        await self._start_bot()

    async def reset(self) -> None:
        """Throw everything away and start again with the same cast."""
        await self._bot_life.aclose()
        await self._life.aclose()
        self._is_production = False
        self._start = None
        await self._open()


async def play(*, port: int, language: str) -> int:
    """Run the playground until Ctrl-C; the exit code."""
    configure("console", "warning")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    async with Playground(language=language) as playground:
        page = PageServer(playground)
        try:
            address = await page.start(port)
        except OSError:
            address = await page.start(0)
        try:
            print(f"The playground is at {address}  (Ctrl-C ends it)", flush=True)
            await stop.wait()
        finally:
            await page.stop()
    return 0
