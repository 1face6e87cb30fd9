"""One world, one database and one bot that is killed again and again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.adapters.clock import SystemClock, backoff
from bot.playground.botapi import Server, World
from bot.playground.settings import HOOK_SECRET
from bot.store import soundness
from bot.store.opening import open_store
from tests.faults.auditor import Auditor
from tests.faults.ledgers import ledger
from tests.faults.nursery import Nursery
from tests.faults.plan import ADA, FORUM, STAFF, Crowd

SETTINGS = """
[telegram]
token = "{token}"
api_url = "{api_url}"
[chats]
staff = {staff}
support_forum = {forum}
admins = [{admin}]
[database]
url = "{database}"
[privacy]
pepper = "{pepper}"
[http]
port = {port}
[survey]
delay = "0s"
cooldown = "0s"
quiet_hours = ""
yearly_cap = 0
minimum_messages = 0
minimum_characters = 0
[sending]
per_second = 1000
per_chat_second = 100
per_group_minute = 60000
[sources.generic]
secrets = ["{secret}"]
[log]
format = "json"
"""
PEPPER = "5e" * 32
_SHORTEST_LIFE, _LONGEST_LIFE = 0.1, 0.65  # seconds; a start takes about 0.25


@dataclass
class Findings:
    """What many rounds came to."""

    rounds: int = 0
    lives_in_full: int = 0  # that got as far as to greet Telegram
    updates: int = 0
    taps: int = 0
    webhooks: int = 0
    questions: int = 0
    repeated_lines: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


class Town:
    """``kill_round`` after ``kill_round``, then ``rest``: what is wrong is in ``findings``."""

    def __init__(self, database: str, folder: Path, nursery: Nursery, seed: int) -> None:
        self.findings = Findings()
        self._database = database
        self._folder = folder
        self._nursery = nursery
        self._dice = random.Random(seed)
        self._seed = seed
        self.world = World(SystemClock())
        self._port = _free_port()
        self._log = folder / "log.jsonl"
        self._settings = folder / "config.toml"

    async def open(self, api_url: str) -> None:
        """Everybody is there; no bot runs yet."""
        self.crowd = Crowd(self.world, self._port, self._seed)
        self.crowd.settle_in()
        self.auditor = Auditor(self.world, self.crowd.done)
        text = SETTINGS.format(
            token=self.world.token,
            api_url=api_url,
            staff=STAFF,
            forum=FORUM,
            admin=ADA,
            database=self._database,
            pepper=PEPPER,
            port=self._port,
            secret=HOOK_SECRET,
        )
        self._settings.write_text(text, "utf-8")

    async def kill_round(self, session: aiohttp.ClientSession) -> None:
        """A bot starts, everybody is at it, and it is gone: SIGKILL at some instant. Then the auditor looks."""
        self.auditor.is_heard = False
        life = await self._nursery.start(self._settings, self._log)
        acting = asyncio.create_task(self.crowd.act_for(_LONGEST_LIFE, session))
        await asyncio.wait([acting], timeout=self._dice.uniform(_SHORTEST_LIFE, _LONGEST_LIFE))
        os.kill(life, signal.SIGKILL)
        code = await self._nursery.wait()
        acting.cancel()
        await asyncio.wait([acting])
        if code != -signal.SIGKILL:
            self.findings.wrong.append(f"it ended by itself ({code}): {self._last_words()}")
        self.findings.rounds += 1
        self.auditor.look()
        self.findings.lives_in_full += self.auditor.is_heard
        if self._is_there():
            with ledger(self._database) as rows:
                self.findings.wrong += self.auditor.after_a_kill(rows)

    async def rest(self, seconds: float = 90) -> None:
        """A last bot may do everything that is left, and stops in peace; then all must be there."""
        life = await self._nursery.start(self._settings, self._log)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._is_done():  # noqa: ASYNC110 - it happens in another process
                    await asyncio.sleep(0.2)
        os.kill(life, signal.SIGTERM)
        if code := await self._nursery.wait():
            self.findings.wrong.append(f"the last one ended with {code}: {self._last_words()}")
        with ledger(self._database) as rows:
            self.findings.wrong += self.auditor.at_rest(rows)
        async with await open_store(self._database, pause=backoff) as store:
            now = SystemClock().now()
            flaws = await store.read(lambda tx: soundness.flaws(tx, now))
            is_sqlite = self._database.startswith("sqlite")
            damage = await store.read(lambda tx: soundness.damage(tx, is_sqlite=is_sqlite))
        self.findings.wrong += [f"{flaw.rows}: {flaw.words} ({flaw.first})" for flaw in flaws] + damage
        self.findings.wrong += self._errors()
        done = self.crowd.done
        self.findings.taps, self.findings.webhooks = len(done.taps), len(done.accepted)
        self.findings.questions = self.auditor.asked
        self.findings.repeated_lines = self.auditor.repeated_lines
        self.findings.updates = self.auditor.updates

    def keep_evidence(self, folder: Path) -> None:
        """Copy everything that may explain what is wrong."""
        shutil.copytree(self._folder, folder, dirs_exist_ok=True)
        lines = [
            f"{call.at.isoformat()} {call.method} {call.params} {call.result} {call.error}"
            for call in self.world.calls
        ]
        (folder / "calls.txt").write_text("\n".join(lines), "utf-8")
        (folder / "wrong.txt").write_text("\n".join(self.findings.wrong), "utf-8")

    def _is_done(self) -> bool:
        if not self.world.is_settled or not self._is_there():
            return False
        with ledger(self._database) as rows:
            return not rows.rows(
                "SELECT id FROM outbox WHERE state IN ('waiting','sending')"
                " UNION ALL SELECT id FROM delivery WHERE done_at IS NULL"
                " UNION ALL SELECT id FROM timer WHERE kind='ask' AND lease IS NULL"
            )

    def _is_there(self) -> bool:
        """Whether there is a schema yet: an early kill may have come before it."""
        if self._database.startswith("sqlite:///"):
            return self._has_tables("SELECT 1 AS n FROM sqlite_master WHERE name='invitation'")
        return self._has_tables("SELECT 1 AS n WHERE to_regclass('invitation') IS NOT NULL")

    def _has_tables(self, sql: str) -> bool:
        with ledger(self._database) as rows:
            return bool(rows.rows(sql))

    def _errors(self) -> list[str]:
        lines = self._log.read_text("utf-8").splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [str(event) for event in events if event.get("level") in ("error", "critical")]

    def _last_words(self) -> str:
        return self._log.read_text("utf-8")[-2000:]


@contextlib.asynccontextmanager
async def town(database: str, nursery: Nursery, seed: int) -> AsyncIterator[Town]:
    """A town on an empty database. ``seed`` decides who does what and how long each bot lives."""
    with tempfile.TemporaryDirectory() as folder:
        place = Town(database.format(folder=folder), Path(folder), nursery, seed)
        server = Server(place.world)
        await place.open(await server.start())
        try:
            yield place
        finally:
            await server.stop()


async def kill_rounds(database: str, rounds: int, seed: int, keep: Path | None = None) -> Findings:
    """So many kills on one database, then rest. Stops early where something is wrong; then ``keep`` gets the evidence:
    the log, every call, and a SQLite database.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with Nursery() as nursery, town(database, nursery, seed) as place:
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for _ in range(rounds):
                await place.kill_round(session)
                if place.findings.wrong:
                    break
        await place.rest()
        place.findings.seconds = loop.time() - began
        if place.findings.wrong and keep is not None:
            place.keep_evidence(keep)
        return place.findings


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
