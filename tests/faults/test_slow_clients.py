"""Clients that take their time, or hold connections open, at the bot's port: bounded, and others are served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from handlers import webhooks
from tests.signing import ended, signed
from tests.stage import EMMA, Stage, button, stage

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEAD = b"POST /hooks/generic HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n"


@pytest.fixture
async def clients() -> AsyncIterator[list[Client]]:
    clients: list[Client] = []
    yield clients
    for _, writer in clients:
        writer.transport.abort()


async def connect(s: Stage, clients: list[Client], sent: bytes = b"") -> Client:
    reader, writer = await asyncio.open_connection("127.0.0.1", s.app.http_port)
    clients.append((reader, writer))
    writer.write(sent)
    await writer.drain()
    return reader, writer


async def trickle(client: Client, what: bytes) -> bytes:
    """Send a byte at a time until the other side has had enough; what it says."""
    reader, writer = client
    answer = asyncio.create_task(reader.read())
    for byte in what:
        if answer.done():
            break
        writer.write(bytes([byte]))
        await asyncio.wait([answer], timeout=0.02)
    else:
        pytest.fail("it was patient to the end")
    try:
        return await answer
    except ConnectionError:
        return b""


async def is_served(s: Stage, number: int) -> None:
    """Somebody who means well is served at once."""
    body = ended(EMMA, s.clock.now(), conversation=f"c{number}")
    async with asyncio.timeout(60):
        assert (await s.hook(body, signed(body, id=f"evt_{number}")))[0] == 202


async def test_a_body_that_trickles_is_cut_off_and_others_are_served_meanwhile(
    clients: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "BODY_SECONDS", 0.3)
    async with stage() as s:
        slow = [await connect(s, clients, HEAD + b"\r\n") for _ in range(50)]
        trickling = asyncio.gather(*(trickle(one, b"{" * 99) for one in slow))
        await is_served(s, 1)
        said = await trickling  # who was still sending when the port hung up may miss the answer to that
        assert any(said)
        assert all(one.startswith(b"HTTP/1.1 408 ") for one in said if one)
        await s.after("5s")
        assert button(s.last(EMMA), "v4")


async def test_who_leaves_in_the_middle_of_a_body_is_no_error_in_the_log(
    clients: list[Client], caplog: pytest.LogCaptureFixture
) -> None:
    async with stage() as s:
        for _ in range(5):
            _, writer = await connect(s, clients, HEAD + b"\r\n{")
            await is_served(s, len(clients))
            writer.transport.abort()
        await is_served(s, 0)
    assert [record for record in caplog.records if record.name.startswith("aiohttp")] == []


async def test_a_head_that_trickles_is_cut_off_too(
    clients: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_HEAD_SECONDS", 0.3)
    async with stage() as s:
        slow = [await connect(s, clients) for _ in range(50)]
        trickling = asyncio.gather(*(trickle(one, HEAD + b"X-Slow: " + b"y" * 1000) for one in slow))
        await is_served(s, 1)
        assert set(await trickling) == {b""}


async def test_whoever_comes_when_all_places_are_taken_gets_the_oldest_ones_place(
    clients: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST_CONNECTIONS", 20)
    async with stage() as s:
        holding = [await connect(s, clients, HEAD) for _ in range(60)]
        await is_served(s, 1)
        async with asyncio.timeout(60):
            assert {await reader.read() for reader, _ in holding[:20]} == {b""}
        async with aiohttp.ClientSession() as session:
            for _ in range(3):
                async with session.get(f"http://127.0.0.1:{s.app.http_port}/healthz") as answer:
                    assert answer.status == 200
