"""What systemd is told, over a real datagram socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.adapters.clock import TravelClock
from bot.adapters.systemd import Systemd
from tests.settling import until


@pytest.fixture
def heard() -> Iterator[socket.socket]:
    """An abstract socket, as systemd uses in containers: a name that begins with a zero byte."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0ces-test-notify")
        listening.setblocking(False)
        yield listening


def test_an_abstract_socket_is_told(heard: socket.socket) -> None:
    systemd = Systemd({"NOTIFY_SOCKET": "@ces-test-notify"})
    systemd.ready()
    systemd.stopping()
    assert [heard.recv(100), heard.recv(100)] == [b"READY=1", b"STOPPING=1"]


async def test_the_watchdog_is_fed_three_times_per_span_and_only_while_the_bot_lives(
    heard: socket.socket, clock: TravelClock
) -> None:
    is_alive = True
    systemd = Systemd({"NOTIFY_SOCKET": "@ces-test-notify", "WATCHDOG_USEC": "60000000"})
    with capture_logs() as logs:
        feeding = asyncio.create_task(systemd.watch(clock, lambda: is_alive))
        for _ in range(3):
            await until(lambda: clock.next_due() is not None and not clock.busy())
            due = clock.next_due()
            assert due is not None
            assert (due - clock.now()).total_seconds() == 20
            clock.move_to(due)
        await until(lambda: not clock.busy() and clock.next_due() is not None)
        is_alive = False
        due = clock.next_due()
        assert due is not None
        clock.move_to(due)
        await until(lambda: bool(logs))
    feeding.cancel()
    assert [heard.recv(100) for _ in range(4)] == [b"WATCHDOG=1"] * 4
    with pytest.raises(BlockingIOError):
        heard.recv(100)
    assert logs[0]["event"] == "watchdog.withheld"


async def test_without_systemd_nothing_is_said(clock: TravelClock) -> None:
    systemd = Systemd({})
    systemd.ready()
    await systemd.watch(clock, lambda: True)


def test_a_systemd_that_does_not_listen_is_no_reason_to_stop(tmp_path: Path) -> None:
    with capture_logs() as logs:
        Systemd({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
    assert [line["event"] for line in logs] == ["systemd.not_told"]
