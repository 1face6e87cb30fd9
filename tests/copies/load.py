"""How several copies do under load: ``python -m tests.copies.load [--url postgresql://…] [--seconds 5]``.

Everything (stand-in, copies, PostgreSQL, whoever taps) shares this machine, so the figures are about ratios.
The database is emptied: it gets a schema of its own, dropped afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import uuid
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import psycopg

from bot.playground import cast
from bot.playground.botapi import World
from tests.copies.town import Copy, town
from tests.stage import button, said

_AT_ONCE = 16
_PER_SECOND = 20
_PEOPLE = {
    one.id: f"{one.first_name} {one.last_name}" for one in cast.VISITORS if one.language.startswith("en")
}


@dataclass(frozen=True)
class Figures:
    """What one number of copies did. Times in milliseconds, from the tap on."""

    copies: int
    taps_per_second: float
    acknowledged: tuple[float, float]
    edited: tuple[float, float]
    taken_over: float | None

    def row(self) -> str:
        """As a line of a table."""
        over = "" if self.taken_over is None else f"{self.taken_over:.1f} s"
        shown = [f"{middle:.0f} / {late:.0f} ms" for middle, late in (self.acknowledged, self.edited)]
        return f"| {self.copies} | {self.taps_per_second:.0f} | {' | '.join(shown)} | {over} |"


async def measure(url: str, copies: int, seconds: float) -> Figures:
    """One run: questions for everybody, taps as fast as they go, taps as they come, and the leader killed."""
    with tempfile.TemporaryDirectory() as folder:
        async with town(url, Path(folder), copies) as (world, running):
            await _ask_everybody(world)
            rate, acknowledged = await _tap_hard(world, running, seconds)
            await asyncio.sleep(1)
            edited = await _tap_steadily(world, seconds)
            taken_over = await _kill_the_leader(running) if copies > 1 else None
    return Figures(copies, rate, acknowledged, edited, taken_over)


async def _ask_everybody(world: World) -> None:
    for person in _PEOPLE:
        world.start(person)
        world.say(person, person, "hello")
    await _until(lambda: len(world.topics(cast.FORUM)) == len(_PEOPLE))
    for topic in world.topics(cast.FORUM):
        world.say(cast.AGENTS[0], cast.FORUM, "answer", thread_id=topic["thread_id"])
        world.close_topic(cast.AGENTS[0], cast.FORUM, topic["thread_id"])
    await _until(lambda: all("How easy" in said(world.messages(person)[-1]) for person in _PEOPLE))


async def _tap_hard(world: World, copies: list[Copy], seconds: float) -> tuple[float, tuple[float, float]]:
    """Raw updates straight to the copies, as many at once as a webhook has connections to each."""
    path, headers = (
        urlsplit(world.webhook.url).path,
        {"X-Telegram-Bot-Api-Secret-Token": world.webhook.secret},
    )
    numbers, took, loop = count(10**9), list[float](), asyncio.get_running_loop()
    ends_at = loop.time() + seconds

    async def one_after_the_other(session: aiohttp.ClientSession, persons: list[int]) -> None:
        while loop.time() < ends_at:
            number = next(numbers)
            update = _tap(world, persons[number % len(persons)], number)
            began = loop.time()
            url = f"http://127.0.0.1:{copies[number % len(copies)].port}{path}"
            async with session.post(url, json=update, headers=headers) as answer:
                assert answer.status == 200
                await answer.read()
            took.append((loop.time() - began) * 1000)

    people = list(_PEOPLE)
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(one_after_the_other(session, people[n::_AT_ONCE]) for n in range(_AT_ONCE)))
    return len(took) / seconds, _middle_and_late(took)


def _tap(world: World, person: int, number: int) -> dict[str, Any]:
    question = world.messages(person)[-1]
    return {
        "update_id": number,
        "callback_query": {
            "id": str(number),
            "from": {"id": person, "is_bot": False, "first_name": "A"},
            "message": question,
            "chat_instance": "1",
            "data": button(question, f"v{number % 5 + 1}"),
        },
    }


async def _tap_steadily(world: World, seconds: float) -> tuple[float, float]:
    """Through the stand-in and the balancer: until the customer sees the choice marked."""
    loop, took, waiting = asyncio.get_running_loop(), list[float](), list[asyncio.Task[None]]()
    people = list(_PEOPLE)

    async def tap(person: int) -> None:
        question = world.messages(person)[-1]
        shown = said(question)
        verb = "v1" if "now: 5 😄" in shown else "v5"
        began = loop.time()
        world.press(person, person, question["message_id"], button(question, verb))
        await _until(lambda: said(world.messages(person)[-1]) != shown)
        took.append((loop.time() - began) * 1000)

    for number in range(int(seconds * _PER_SECOND)):
        waiting.append(asyncio.create_task(tap(people[number % len(people)])))
        await asyncio.sleep(1 / _PER_SECOND)
    await asyncio.gather(*waiting)
    return _middle_and_late(took)


async def _kill_the_leader(copies: list[Copy]) -> float:
    loop = asyncio.get_running_loop()
    leader = next(copy for copy in copies if copy.is_leader)
    await leader.kill()
    began = loop.time()
    await _until(lambda: any(copy.is_leader for copy in copies))
    return loop.time() - began


def _middle_and_late(took: list[float]) -> tuple[float, float]:
    return statistics.median(took), statistics.quantiles(took, n=100)[98]


async def _until(is_so: Any) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(0.002)


async def main() -> None:
    """Measure one, two and three copies, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="postgresql://127.0.0.1:5432/test")
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    print(
        "| copies | taps/s | acknowledged, p50 / p99 | edited, p50 / p99 | next leads after |\n|---|---|---|---|---|"
    )
    for copies in (1, 2, 3):
        schema = f"ces_load_{uuid.uuid4().hex}"
        async with await psycopg.AsyncConnection.connect(given.url, autocommit=True) as admin:
            await admin.execute(f"CREATE SCHEMA {schema}".encode())
            try:
                url = f"{given.url}?options={quote(f'-c search_path={schema}')}"
                print((await measure(url, copies, given.seconds)).row(), flush=True)
            finally:
                await admin.execute(f"DROP SCHEMA {schema} CASCADE".encode())


if __name__ == "__main__":
    asyncio.run(main())
