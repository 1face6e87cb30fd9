"""A small world on a socket: Ann (11) and Ben (12) are customers, Eve (1) runs the forum, the group and the channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from telegram import Bot, Update

from bot.adapters.clock import TravelClock
from bot.playground.botapi import Server, World

ANN, BEN, EVE = 11, 12, 1
FORUM, GROUP, CHANNEL = -1001000000001, -1001000000002, -1001000000003


class RawApi:
    """The Bot API over plain HTTP, as JSON bodies; every answer whole."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        self.session = session
        self.url = url
        self.token = token

    async def __call__(self, method: str, **params: Any) -> dict[str, Any]:
        """One call; the whole body of the answer."""
        async with self.session.post(f"{self.url}/bot{self.token}/{method}", json=params) as response:
            body: dict[str, Any] = await response.json()
            assert response.status == (200 if body["ok"] else body["error_code"])
            return body

    async def refusal(self, method: str, **params: Any) -> str:
        """The description of a call that must fail."""
        body = await self(method, **params)
        assert not body["ok"], body
        description: str = body["description"]
        return description

    async def updates(self, offset: int = 0, **params: Any) -> list[dict[str, Any]]:
        """One getUpdates without waiting."""
        found: list[dict[str, Any]] = (await self("getUpdates", offset=offset, **params))["result"]
        return found


async def updates_of(bot: Bot) -> list[Update]:
    """What is pending, read by the real library, and confirmed."""
    found = list(await bot.get_updates())
    if found:
        await bot.get_updates(offset=found[-1].update_id + 1)
    return found


@pytest.fixture
def world(clock: TravelClock) -> World:
    """Ann has pressed Start, Ben has not; the bot may do everything everywhere."""
    world = World(clock)
    world.add_person(ANN, "Ann", language_code="en")
    world.add_person(BEN, "Ben", last_name="Bo", username="ben", language_code="zh-hans")
    world.add_person(EVE, "Eve")
    world.add_forum(FORUM, "Support", admins={EVE: None})
    world.add_group(GROUP, "Team", admins={EVE: None}, members=[BEN])
    world.add_channel(CHANNEL, "Numbers", admins={EVE: None})
    world.start(ANN)
    world.updates.forget_all()
    return world


@pytest.fixture
async def server(world: World) -> AsyncIterator[Server]:
    """The world's server, stopped afterwards."""
    server = Server(world)
    yield server
    await server.stop()


@pytest.fixture
async def address(server: Server) -> str:
    """Where the server listens."""
    return await server.start()


@pytest.fixture
async def api(world: World, address: str) -> AsyncIterator[RawApi]:
    """The Bot API over plain HTTP."""
    async with aiohttp.ClientSession() as session:
        yield RawApi(session, address, world.token)


@pytest.fixture
async def bot(world: World, address: str) -> AsyncIterator[Bot]:
    """The real python-telegram-bot against the stand-in."""
    async with Bot(world.token, base_url=f"{address}/bot", base_file_url=f"{address}/file/bot") as bot:
        world.calls.clear()
        yield bot
