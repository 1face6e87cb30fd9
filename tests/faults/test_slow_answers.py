"""An answer of Telegram's that comes byte by byte is waited for no longer than any other."""

from __future__ import annotations

import asyncio

import pytest

from bot.adapters.clock import TravelClock
from bot.adapters.telegram import request
from bot.adapters.telegram.channel import PlainBot, TelegramChannel
from bot.domain.errors import ChannelError
from bot.playground.botapi import Server, World

ANN = 101


async def test_an_answer_that_trickles_is_given_up_in_time_and_may_have_had_its_effect(
    clock: TravelClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_CONNECT_SECONDS", "_WRITE_SECONDS", "_POOL_SECONDS"):
        monkeypatch.setattr(request, name, 0.2)
    world = World(clock)
    world.add_person(ANN, "Ann")
    world.start(ANN)
    server = Server(world)
    address = await server.start()
    bot = PlainBot(world.token, base_url=f"{address}/bot", request=request.AiohttpRequest(read=0.2))
    await bot.open()
    channel = TelegramChannel(bot)
    try:
        world.faults.trickle("sendMessage", seconds=0.1)
        assert (await channel.call("sendMessage", {"chat_id": ANN, "text": "slowly"}))["text"] == "slowly"
        world.faults.trickle("sendMessage", seconds=60)
        async with asyncio.timeout(30):
            with pytest.raises(ChannelError) as raised:
                await channel.call("sendMessage", {"chat_id": ANN, "text": "too slowly"})
        assert raised.value.is_unknown
        assert world.messages(ANN)[-1]["text"] == "too slowly"
    finally:
        await bot.shutdown()
        await server.stop()
