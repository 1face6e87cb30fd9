"""A small town for real processes: the stand-in, a balancer, and copies of the bot started from a settings file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from bot.adapters.clock import SystemClock
from bot.playground import cast
from bot.playground.botapi import Server, World
from bot.playground.settings import TOKEN
from tests.copies.balancer import Balancer
from tests.copies.stage import PEPPER
from tests.ports import free_port

SETTINGS = """
[telegram]
token = "{token}"
api_url = "{api_url}"
mode = "webhook"
webhook_url = "{webhook_url}"
webhook_secret = "a-secret-that-only-telegram-knows"
[chats]
staff = {staff}
support_forum = {forum}
admins = [{admin}]
[database]
url = "{database}"
[privacy]
pepper = "{pepper}"
[survey]
delay = "0s"
cooldown = "0s"
quiet_hours = ""
minimum_messages = 0
minimum_characters = 0
[sending]
per_second = 200
per_chat_second = 20
per_group_minute = 2000
[log]
format = "json"
"""


class Copy:
    """One process. ``is_leader`` as its log says."""

    def __init__(self, config: Path, port: int) -> None:
        self.port = port
        self._log = config.with_name(f"{port}.log")
        self._config = config
        self._process: asyncio.subprocess.Process

    async def start(self) -> None:
        """Start it; it may not be ready yet."""
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                "from bot.commands.cli import cli; cli()",
                *("run", "--config", str(self._config)),
                stdout=log,
                stderr=log,
                cwd=Path(__file__).parents[2],
                env={**os.environ, "CES_HTTP__PORT": str(self.port)},
            )

    @property
    def is_leader(self) -> bool:
        """Whether the last it said of it is that it leads."""
        events = [json.loads(line).get("event") for line in self._log.read_text().splitlines() if "{" in line]
        said_of_it = [one for one in events if one in ("leadership.won", "leadership.lost")]
        return said_of_it[-1:] == ["leadership.won"] and self._process.returncode is None

    async def is_ready(self) -> bool:
        """As a balancer asks."""
        with contextlib.suppress(aiohttp.ClientError):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{self.port}/readyz") as answer,
            ):
                return answer.status == 200
        assert self._process.returncode is None, self._log.read_text()
        return False

    async def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(how)
        await self._process.wait()


@contextlib.asynccontextmanager
async def town(database: str, folder: Path, count: int) -> AsyncIterator[tuple[World, list[Copy]]]:
    """The stand-in, the balancer and ``count`` copies that are ready."""
    world = World(SystemClock(), token=TOKEN)
    roles = cast.people(world, staff_language="en")
    server = Server(world)
    api_url = await server.start()
    try:
        async with Balancer() as balancer:
            config = folder / "config.toml"
            config.write_text(
                SETTINGS.format(
                    token=TOKEN,
                    api_url=api_url,
                    webhook_url=balancer.url,
                    staff=roles.staff_chats[0],
                    forum=roles.support_forum,
                    admin=roles.admins[0],
                    database=database,
                    pepper=PEPPER,
                )
            )
            copies = [Copy(config, free_port()) for _ in range(count)]
            balancer.ports += [copy.port for copy in copies]
            try:
                for copy in copies:
                    await copy.start()
                async with asyncio.timeout(60):
                    for copy in copies:
                        while not await copy.is_ready():  # noqa: ASYNC110 - it happens in other processes
                            await asyncio.sleep(0.05)
                yield world, copies
            finally:
                await asyncio.gather(*(copy.kill() for copy in copies))
    finally:
        await server.stop()
    assert world.violations == []
