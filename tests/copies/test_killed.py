"""Two processes of the real bot behind a balancer; the one that leads is killed in the middle of everything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.playground import cast
from bot.playground.botapi import World
from tests.copies.town import town
from tests.stage import button, said

pytestmark = pytest.mark.postgres

CROWD = {one.id: f"{one.first_name} {one.last_name}".strip() for one in cast.VISITORS[:4]}


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(0.01)


def relayed(world: World, name: str) -> list[int]:
    """The numbers that the customer of this name said, as the forum has them, doubled ones too."""
    threads = [topic["thread_id"] for topic in world.topics(cast.FORUM) if topic["name"] == name]
    shown = world.messages(cast.FORUM, threads[0]) if threads else []
    return [int(said(message)) for message in shown if said(message).isdecimal()]


def heard(world: World, name: str) -> list[int]:
    """The same, each as it came first: the one call that was on its way is made again (docs/sending.md)."""
    return list(dict.fromkeys(relayed(world, name)))


async def test_when_the_leading_copy_is_killed_another_one_goes_on_within_ten_seconds(
    postgres_url: str, tmp_path: Path
) -> None:
    async with town(postgres_url, tmp_path, count=2) as (world, copies):
        for person in CROWD:
            world.start(person)
            world.say(person, person, "0")
        await until(lambda: all(heard(world, name) == [0] for name in CROWD.values()))
        topics = {one["name"]: one["thread_id"] for one in world.topics(cast.FORUM)}
        for thread in topics.values():
            world.say(cast.AGENTS[0], cast.FORUM, "Let me look.", thread_id=thread)
        asked_before, asked_after = list(CROWD)[:2], list(CROWD)[2:]

        loop = asyncio.get_running_loop()
        leader = next(copy for copy in copies if copy.is_leader)
        for number in range(1, 21):
            for person in CROWD:
                world.say(person, person, str(number))
            if number == 10:
                for person in asked_before:  # their questions may be on the way when it dies
                    world.close_topic(cast.AGENTS[0], cast.FORUM, topics[CROWD[person]])
                await leader.kill()
                killed_at = loop.time()
            await asyncio.sleep(0.01)
        await until(lambda: any(copy.is_leader for copy in copies))
        assert loop.time() - killed_at < 10
        await until(lambda: all(heard(world, name)[-1] == 20 for name in CROWD.values()))
        for name in CROWD.values():
            assert heard(world, name) == list(range(21))
            assert all(relayed(world, name).count(number) <= 2 for number in range(21))

        for person in asked_after:
            world.close_topic(cast.AGENTS[0], cast.FORUM, topics[CROWD[person]])
        await until(lambda: all(asked(world, person) == 1 for person in asked_after))
        assert all(asked(world, person) <= 1 for person in asked_before), "a question is never sent twice"
        for person in asked_after:
            question = world.messages(person)[-1]
            world.press(person, person, question["message_id"], button(question, "v5"))
        await until(lambda: all("now: 5 😄" in said(world.messages(person)[-1]) for person in asked_after))


def asked(world: World, person: int) -> int:
    """How many questions stand, or stood, in a customer's chat."""
    calls = (call for call in world.calls if call.method == "sendMessage" and call.error is None)
    return sum(call.params["chat_id"] == person and "How easy" in call.params["text"] for call in calls)
