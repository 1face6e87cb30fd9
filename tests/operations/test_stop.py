"""SIGTERM to the real process while everybody is at it: gone within ten seconds, and nothing lost or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.operations.process import CUSTOMERS, FORUM, Town, living

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def town(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[Town]:
    town = Town(tmp_path, unused_tcp_port)
    await town.open()
    yield town
    await town.close()


async def test_stopped_again_and_again_under_load_it_loses_nothing_and_doubles_nothing(town: Town) -> None:
    took = []
    await town.start()
    async with living(town.tap(), town.chat()):
        closing = asyncio.create_task(town.close_conversations(1))
        for pause in (0.4, 0.9, 1.7):
            await asyncio.sleep(pause)
            took.append(await town.stop())
            await town.start()
        await closing
    await town.reach(lambda: all(town.questions(person) for person in CUSTOMERS))
    async with living(town.tap()):
        await town.reach(lambda: len(town.presses) == len(CUSTOMERS) and town.world.is_settled)
    await town.reach(lambda: all(_shows_the_answer(town, person) for person in CUSTOMERS))
    await town.reach(lambda: _toasted(town) == set(town.presses.values()))
    await town.reach(lambda: not town.rows("SELECT id FROM outbox WHERE state IN ('waiting','sending')"))
    took.append(await town.stop())
    assert max(took) < 10, took

    known = {
        row["conversation_id"].rpartition("/")[2]
        for row in town.rows("SELECT conversation_id FROM invitation")
    }
    assert set(town.acknowledged) <= known
    assert {person: town.questions(person) for person in CUSTOMERS} == dict.fromkeys(CUSTOMERS, 1)
    answered = town.rows("SELECT score FROM invitation WHERE state='answered'")
    assert [row["score"] for row in answered] == [4] * len(CUSTOMERS)
    taps = town.rows("SELECT count(*) AS n FROM response_event WHERE kind='tap'")[0]["n"]
    assert taps == len(CUSTOMERS) == len(town.presses)
    toasts = [call for call in town.world.calls if call.method == "answerCallbackQuery"]
    assert Counter(call.params["callback_query_id"] for call in toasts) == Counter(town.presses.values())

    said = [text for person in CUSTOMERS for text in _lines(town, person)]
    relayed = Counter(_lines(town, FORUM))
    assert said
    assert Counter(said) == relayed
    assert town.rows("SELECT kind FROM outbox WHERE state IN ('waiting','sending','unknown')") == []
    assert [line for line in town.events() if line["level"] in ("error", "critical")] == []
    assert town.world.violations == []


async def test_a_call_that_hangs_does_not_hold_the_stop_up(town: Town) -> None:
    await town.start()
    await town.reach(lambda: all(len(town.world.messages(person)) > 1 for person in CUSTOMERS))  # greeted
    town.world.faults.delay("sendMessage", 60, times=100)
    town.world.faults.delay("copyMessage", 60, times=100)
    await town.close_conversations(1)
    town.world.say(CUSTOMERS[0], CUSTOMERS[0], "hello?")
    await town.reach(lambda: sum(town.questions(person) for person in CUSTOMERS) >= 20)
    assert await town.stop() < 10
    town.world.faults.clear()
    on_the_wire = town.rows("SELECT state FROM invitation WHERE state='sending'")
    assert len(on_the_wire) >= 20
    await town.start()
    await town.reach(lambda: all(town.questions(person) for person in CUSTOMERS))
    await town.stop()
    assert {town.questions(person) for person in CUSTOMERS} == {1}, "never asked twice"


async def test_systemd_hears_that_it_is_ready_lives_and_stops(town: Town, tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        systemd.setblocking(False)
        town.environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "600000"}
        await town.start()
        heard: list[str] = []

        def lives() -> bool:
            with contextlib.suppress(BlockingIOError):
                while True:
                    heard.append(systemd.recv(100).decode())
            return heard.count("WATCHDOG=1") >= 4

        await town.reach(lives)
        await town.stop()
        lives()
    assert heard[0] == "READY=1"
    assert heard[-1] == "STOPPING=1"


def _shows_the_answer(town: Town, person: int) -> bool:
    return any(
        "4 🙂" in str(message.get("text", "")) and "now" in message["text"]
        for message in town.world.messages(person)
    )


def _toasted(town: Town) -> set[str]:
    return {
        str(call.params["callback_query_id"])
        for call in town.world.calls
        if call.method == "answerCallbackQuery"
    }


def _lines(town: Town, chat: int) -> list[str]:
    texts = (str(message.get("text", "")) for message in town.world.messages(chat))
    return [text for text in texts if re.fullmatch(r"line \d+ of \d+", text)]
