"""The real bot as a process of its own, against the stand-in, with customers who never rest."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.adapters.clock import SystemClock
from bot.playground.botapi import Server, World
from bot.playground.settings import HOOK_SECRET
from tests.settings_file import written
from tests.signing import ended, signed

ROOT = Path(__file__).parents[2]
ADA, FORUM, STAFF = 900, -1001000000001, -1001000000002
CUSTOMERS = range(101, 141)


class Town:
    """A world on a socket, a settings file, and the bot as a process, which may be started and stopped."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.world = World(SystemClock())
        self.server = Server(self.world)
        self.acknowledged: list[str] = []
        self.presses: dict[tuple[int, int], str] = {}
        self.process: asyncio.subprocess.Process
        self.environment: dict[str, str] = {}
        self.log = folder / "log.jsonl"
        self._config = Path()

    async def open(self, **sending: Any) -> None:
        """Everybody is there; the bot does not run yet."""
        self.world.add_person(ADA, "Ada")
        self.world.add_forum(FORUM, "Support", admins={ADA: None})
        self.world.add_channel(STAFF, "Team", admins={ADA: None})
        for person in CUSTOMERS:
            self.world.add_person(person, f"Customer {person}", language_code="en")
            self.world.start(person)
        budgets = {"per_second": 200, "per_group_minute": 10_000, "per_chat_second": 20, **sending}
        limits = "\n".join(f"{name} = {value}" for name, value in budgets.items())
        self._config = written(
            self.folder,
            f"""
[telegram]
token = "{self.world.token}"
api_url = "{await self.server.start()}"
[chats]
staff = {STAFF}
support_forum = {FORUM}
admins = [{ADA}]
[database]
url = "sqlite:///{self.folder / "ces.db"}"
[http]
port = {self.port}
[survey]
delay = "1s"
cooldown = "0s"
quiet_hours = "off"
yearly_cap = 0
minimum_messages = 0
minimum_characters = 0
[sending]
{limits}
[sources.generic]
secrets = ["{HOOK_SECRET}"]
[log]
format = "json"
""",
        )

    async def start(self) -> None:
        """Start the bot and return when it is ready."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run", "--config", str(self._config)),
                cwd=ROOT,
                stderr=log,
                env={**os.environ, **self.environment},
            )
        async with asyncio.timeout(60), aiohttp.ClientSession() as session:
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(f"http://127.0.0.1:{self.port}/readyz") as response:
                        if response.status == 200:
                            return
                assert self.process.returncode is None, self.log.read_text("utf-8")
                await asyncio.sleep(0.05)

    async def stop(self) -> float:
        """SIGTERM; how many seconds it took. Fails where the bot did not leave in peace."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(self.process.wait(), 30)
        assert code == 0, self.log.read_text("utf-8")
        return loop.time() - began

    async def close(self) -> None:
        """Nothing of it runs any more."""
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        await self.server.stop()

    def events(self) -> list[dict[str, Any]]:
        """Every line of the log."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def rows(self, sql: str) -> list[sqlite3.Row]:
        """What a query finds in the bot's database, also while it runs."""
        address = f"file:{self.folder / 'ces.db'}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
            database.row_factory = sqlite3.Row
            return database.execute(sql).fetchall()

    async def close_conversations(self, round: int) -> None:
        """A helpdesk reports the end of one conversation per customer, and again until it is acknowledged."""
        async with aiohttp.ClientSession() as session:
            for person in CUSTOMERS:
                conversation = f"{person}-{round}"
                body = ended(person, datetime.now(UTC), conversation=conversation)
                while True:
                    with contextlib.suppress(aiohttp.ClientError):
                        headers = signed(body, id=f"evt_{conversation}")
                        url = f"http://127.0.0.1:{self.port}/hooks/generic"
                        async with session.post(url, data=body, headers=headers) as response:
                            if response.status == 202:
                                self.acknowledged.append(conversation)
                                break
                    await asyncio.sleep(0.05)

    async def tap(self) -> None:
        """Whoever was asked taps as soon as they see it; each once."""
        while True:
            for person in CUSTOMERS:
                for message in self.world.messages(person):
                    which = (person, message["message_id"])
                    data = _fourth_button(message)
                    if data and which not in self.presses:
                        self.presses[which] = self.world.press(person, person, message["message_id"], data)
            await asyncio.sleep(0.02)

    async def chat(self) -> None:
        """Customers write to support, one line after the other."""
        number = 0
        while True:
            for person in CUSTOMERS[:8]:
                number += 1
                self.world.say(person, person, f"line {number} of {person}")
                await asyncio.sleep(0.03)

    async def reach(self, is_so: Callable[[], bool]) -> None:
        """Return when the world is so; fails after a minute."""
        async with asyncio.timeout(60):
            while not is_so():  # noqa: ASYNC110 - what another process does signals nothing
                await asyncio.sleep(0.05)

    def questions(self, person: int) -> int:
        """How often the bot has asked a customer, as Telegram saw it."""
        return sum(
            call.method == "sendMessage"
            and str(call.params.get("chat_id")) == str(person)
            and "inline_keyboard" in str(call.params.get("reply_markup", ""))
            and not call.error
            for call in self.world.calls
        )


@contextlib.asynccontextmanager
async def living(*works: Any) -> AsyncIterator[None]:
    """These go on meanwhile."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _fourth_button(message: Any) -> str:
    for row in message.get("reply_markup", {}).get("inline_keyboard", []):
        for button in row:
            if button.get("callback_data", "").endswith(":v4"):
                return str(button["callback_data"])
    return ""
