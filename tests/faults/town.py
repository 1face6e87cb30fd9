"""One world, one database and one bot, to which everything happens: killed again and again, and worse."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.adapters.clock import SystemClock, backoff
from bot.playground.botapi import Server, World
from bot.playground.settings import HOOK_SECRET
from bot.store import soundness
from bot.store.opening import open_store
from tests.copies.tcp_proxy import TcpProxy
from tests.copies.urls import through
from tests.faults.auditor import Auditor
from tests.faults.ledgers import ledger
from tests.faults.nursery import Nursery
from tests.faults.plan import ADA, FORUM, STAFF, Crowd
from tests.faults.shifting import Shift
from tests.faults.troubles import Trouble
from tests.ports import free_port

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
_START = 0.3  # seconds from birth to getMe, on a machine that has nothing else to do
_SHORTEST_LIFE, _LONGEST_LIFE = 0.1, 0.65
_LONGEST_ACTING = 60.0
_LONGEST_REST = 240.0
_REPEATS_AFTER = 660.0
_MOST_LAST_LIVES = 3
_SOON = 300_000  # ms: what waits that long at most is waited for


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
    """``kill_round`` and ``trouble_round``, one after the other, then ``rest``: what is wrong is in ``findings``.

    ``database`` is the ledger's way to it; the bot's own way leads through ``proxy`` where the database is a server.
    ``life`` is the process that the round is about.
    """

    def __init__(self, database: str, folder: Path, nursery: Nursery, seed: int, proxy: TcpProxy) -> None:
        self.findings = Findings()
        self.database = database
        self.folder = folder
        self.proxy = proxy
        self.dice = random.Random(seed)
        self.world = World(SystemClock())
        self.shift = Shift(folder / "clock")
        self.port = free_port()
        self.life = 0
        self.rival_settings = folder / "rival.toml"
        self._settings = folder / "config.toml"
        self._nursery = nursery
        self._seed = seed
        self._log = folder / "log.jsonl"
        self._longest_life = _LONGEST_LIFE
        self._slowness = 1.0
        self._forgiven: set[str] = set()

    async def open(self, api_url: str) -> None:
        """Everybody is there; no bot runs yet."""
        self.crowd = Crowd(self.world, self.port, self._seed, self.shift.now)
        self.crowd.settle_in()
        self.auditor = Auditor(self.world, self.crowd.done)
        database = self.database
        if not database.startswith("sqlite"):
            database = f"{through(database).by(self.proxy.port)}&application_name={self.name}"
        for file, port in ((self._settings, self.port), (self.rival_settings, free_port())):
            text = SETTINGS.format(
                token=self.world.token,
                api_url=api_url,
                staff=STAFF,
                forum=FORUM,
                admin=ADA,
                database=database,
                pepper=PEPPER,
                port=port,
                secret=HOOK_SECRET,
            )
            file.write_text(text, "utf-8")

    @property
    def name(self) -> str:
        """By which the server knows this town's connections."""
        return self.folder.name

    @property
    def file(self) -> Path:
        """The SQLite database."""
        return Path(self.database.removeprefix("sqlite:///"))

    def files(self) -> list[Path]:
        """The database and what lies beside it."""
        return [self.file.with_name(self.file.name + ending) for ending in ("", "-wal", "-shm")]

    @property
    def is_heard(self) -> bool:
        """A bot has got as far as to say who it is, since ``auditor.is_heard`` was last set to False."""
        self.auditor.look()
        return self.auditor.is_heard

    async def pass_time(self, least: float, most: float) -> None:
        """So many seconds, by the dice; longer where the machine is so busy that a bot does less in a second."""
        await asyncio.sleep(self.dice.uniform(least, most) * self._slowness)

    def signal(self, how: signal.Signals) -> None:
        """Send a signal to the bot."""
        os.kill(self.life, how)

    async def give_birth(self, settings: Path) -> int:
        """A new process; its id."""
        return await self._nursery.start(settings, self._log, self.folder / "clock")

    async def kill(self, life: int) -> None:
        """SIGKILL; it must have lived until then."""
        os.kill(life, signal.SIGKILL)
        code = await self._nursery.wait(life)
        if code != -signal.SIGKILL:
            self.findings.wrong.append(f"it ended by itself ({code}): {self._last_words()}")

    async def kill_round(self, session: aiohttp.ClientSession) -> None:
        """A bot starts, everybody is at it, and it is gone: SIGKILL at some instant. Then the auditor looks."""
        self.auditor.is_heard = False
        self.life = await self.give_birth(self._settings)
        async with self._everybody_at_it(session) as acting:
            await asyncio.wait([acting], timeout=self.dice.uniform(_SHORTEST_LIFE, self._longest_life))
            await self.kill(self.life)
        self._longest_life *= 0.95 if self.is_heard else 1.2
        self._longest_life = max(_LONGEST_LIFE, self._longest_life)
        self._audit("a kill")

    async def trouble_round(self, session: aiohttp.ClientSession, troubles: Sequence[Trouble]) -> None:
        """A bot starts, everybody is at it, and these happen to it, side by side; then it is killed, or stopped.

        The auditor looks afterwards.
        """
        self._forgiven.update(*(trouble.errors for trouble in troubles))
        self.auditor.is_heard = False
        self.life = await self.give_birth(self._settings)
        async with self._everybody_at_it(session):
            loop = asyncio.get_running_loop()
            began = loop.time()
            await wait_until(lambda: self.is_heard, "nothing is heard of it")
            self._slowness = min(5.0, max(1.0, (loop.time() - began) / _START))
            await self.pass_time(0.1, 0.4)
            await asyncio.gather(*(trouble.strike(self) for trouble in troubles))
            self.world.faults.clear()
            await self.pass_time(0.1, 0.4)
            if self.dice.random() < 0.7 or any(trouble.is_fatal for trouble in troubles):
                await self.kill(self.life)
            else:
                await self._stop()
        self._audit(" and ".join(trouble.name for trouble in troubles))

    async def life_that_ends(self) -> tuple[int, str]:
        """A bot that is not killed and ends all the same: with which code, and its last words."""
        life = await self.give_birth(self._settings)
        return await self._nursery.wait(life), self._last_words()

    @contextlib.asynccontextmanager
    async def _everybody_at_it(self, session: aiohttp.ClientSession) -> AsyncIterator[asyncio.Task[None]]:
        acting = asyncio.create_task(self.crowd.act_for(_LONGEST_ACTING, session))
        try:
            yield acting
        finally:
            acting.cancel()
            await asyncio.wait([acting])
            if not acting.cancelled():
                acting.result()

    async def _stop(self) -> None:
        self.signal(signal.SIGTERM)
        if code := await self._nursery.wait(self.life):
            self.findings.wrong.append(f"asked to stop it ended with {code}: {self._last_words()}")

    def _audit(self, what: str) -> None:
        self.findings.rounds += 1
        self.auditor.look()
        self.findings.lives_in_full += self.auditor.is_heard
        if self._is_there():
            with ledger(self.database) as rows:
                self.findings.wrong += [f"after {what}: {one}" for one in self.auditor.after_a_kill(rows)]

    async def rest(self) -> None:
        """A last bot may do everything that is left, and stops in peace; then all must be there.

        What nobody knows the fate of may come again ten minutes later (docs/sending.md): one more does that.
        """
        for _ in range(_MOST_LAST_LIVES):
            self.auditor.is_heard = False
            self.life = await self.give_birth(self._settings)
            with contextlib.suppress(AssertionError):  # what it did not get done is told one by one
                await wait_until(self._is_done, "it is not done", seconds=_LONGEST_REST, every=0.2)
            await self._stop()
            with ledger(self.database) as rows:
                if not rows.rows("SELECT id FROM outbox WHERE state='waiting'"):
                    break
            self.shift.seconds += _REPEATS_AFTER
        with ledger(self.database) as rows:
            self.findings.wrong += self.auditor.at_rest(rows)
        async with await open_store(self.database, pause=backoff) as store:
            now = SystemClock().now()
            flaws = await store.read(lambda tx: soundness.flaws(tx, now))
            is_sqlite = self.database.startswith("sqlite")
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
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        lines = [
            f"{call.at.isoformat()} {call.method} {call.params} {call.result} {call.error}"
            for call in self.world.calls
        ]
        (folder / "calls.txt").write_text("\n".join(lines), "utf-8")
        (folder / "wrong.txt").write_text("\n".join(self.findings.wrong), "utf-8")

    def _is_done(self) -> bool:
        if not self.is_heard or not self.world.is_settled or not self._is_there():
            return False
        now = int(self.shift.now().timestamp() * 1000)
        with ledger(self.database) as rows:
            return not rows.rows(
                f"SELECT id FROM outbox WHERE state='sending' OR state='waiting' AND not_before<={now + _SOON}"
                " UNION ALL SELECT id FROM delivery WHERE done_at IS NULL"
                " UNION ALL SELECT id FROM timer WHERE kind='ask' AND lease IS NULL"
            )

    def _is_there(self) -> bool:
        """Whether there is a schema yet: an early kill may have come before it."""
        if self.database.startswith("sqlite:///"):
            return self._has_tables("SELECT 1 AS n FROM sqlite_master WHERE name='invitation'")
        return self._has_tables("SELECT 1 AS n WHERE to_regclass('invitation') IS NOT NULL")

    def _has_tables(self, sql: str) -> bool:
        with ledger(self.database) as rows:
            return bool(rows.rows(sql))

    def _errors(self) -> list[str]:
        lines = self._log.read_text("utf-8").splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [
            str(event)
            for event in events
            if event.get("level") in ("error", "critical") and event.get("event") not in self._forgiven
        ]

    def _last_words(self) -> str:
        return self._log.read_text("utf-8")[-2000:]


@contextlib.asynccontextmanager
async def town(
    database: str, seed: int, keep: Path | None = None
) -> AsyncIterator[tuple[Town, aiohttp.ClientSession]]:
    """A town on an empty database; at the end it comes to rest and is audited once more.

    ``seed`` decides who does what, what happens and how long each bot lives. Where something is wrong ``keep`` gets the
    evidence: the log, every call, and a SQLite database.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    is_server = not database.startswith("sqlite")
    host, port = through(database).target if is_server else ("127.0.0.1", 1)
    with tempfile.TemporaryDirectory() as folder:
        async with Nursery() as nursery, TcpProxy(host, port) as proxy:
            place = Town(database.format(folder=folder), Path(folder), nursery, seed, proxy)
            server = Server(place.world)
            await place.open(await server.start())
            try:
                timeout = aiohttp.ClientTimeout(total=5)
                async with aiohttp.ClientSession(timeout=timeout) as session:
                    yield place, session
                await place.rest()
            finally:
                await server.stop()
        place.findings.seconds = loop.time() - began
        if place.findings.wrong and keep is not None:
            place.keep_evidence(keep)


async def kill_rounds(database: str, rounds: int, seed: int, keep: Path | None = None) -> Findings:
    """So many kills on one database, then rest. Stops early where something is wrong."""
    async with town(database, seed, keep) as (place, session):
        for _ in range(rounds):
            await place.kill_round(session)
            if place.findings.wrong:
                break
    return place.findings


async def trouble_rounds(
    database: str, troubles: Sequence[Trouble], seed: int, rounds: int | None = None, keep: Path | None = None
) -> Findings:
    """So many rounds of trouble on one database, then rest: each in its turn, at times two side by side.

    ``rounds=None``: each once, two side by side wherever that is possible. Stops early where something is wrong.
    """
    async with town(database, seed, keep) as (place, session):
        in_turn = place.dice.sample(troubles, len(troubles))
        while in_turn and (rounds is None or place.findings.rounds < rounds) and not place.findings.wrong:
            happens = [in_turn.pop()]
            beside = next((one for one in in_turn if one.shares), None)
            if beside is not None and (rounds is None or place.dice.random() < 0.4):
                in_turn.remove(beside)
                happens.append(beside)
            await place.trouble_round(session, happens)
            if rounds is not None and not in_turn:
                in_turn = place.dice.sample(troubles, len(troubles))
    return place.findings


async def wait_until(
    is_so: Callable[[], bool], otherwise: str, seconds: float = 60, every: float = 0.01
) -> None:
    """Return when it is so: it happens in another process, so it is looked for again and again."""
    try:
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110
                await asyncio.sleep(every)
    except TimeoutError:
        raise AssertionError(otherwise) from None
