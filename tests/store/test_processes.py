"""SQLite with real processes: killed, started twice, left without closing."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Child = subprocess.Popen[str]


@pytest.fixture
def child(sqlite_url: str) -> Iterator[Callable[[str], Child]]:
    """Start a process of ``writing_child.py`` on the test's database."""
    children: list[Child] = []

    def start(what: str) -> Child:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.store.writing_child", sqlite_url, what],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        children.append(process)
        return process

    yield start
    for process in children:
        process.kill()
        process.communicate()


def stored(tmp_path: Path) -> set[str]:
    with sqlite3.connect(tmp_path / "ces.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = {name for (name,) in connection.execute("SELECT name FROM bot_memory")}
    connection.close()
    return names


def test_kill_9_loses_nothing_that_was_acknowledged(child: Callable[[str], Child], tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    for lines in (40, 300, 150):
        process = child("write")
        assert process.stdout is not None
        for _ in range(lines):
            acknowledged.add(process.stdout.readline().strip())
        process.send_signal(signal.SIGKILL)
        acknowledged.update(line.strip() for line in process.stdout if line.endswith("\n"))
        process.wait()
    assert "" not in acknowledged
    assert len(acknowledged) >= 490
    assert acknowledged <= stored(tmp_path)


def test_a_second_process_is_refused_until_the_first_one_ends_however_it_ends(
    child: Callable[[str], Child],
) -> None:
    first = child("hold")
    assert first.stdout is not None
    assert first.stdout.readline() == "open\n"
    second = child("hold")
    out, err = second.communicate(timeout=30)
    assert out == ""
    assert f"is in use by process {first.pid}" in err
    first.send_signal(signal.SIGKILL)
    first.wait()
    third = child("hold")
    out, _ = third.communicate(timeout=30)
    assert (out, third.returncode) == ("open\n", 0)


def test_processes_that_start_together_leave_one_and_a_whole_schema(child: Callable[[str], Child]) -> None:
    racing = [child("hold") for _ in range(4)]
    winners = []
    for process in racing:
        assert process.stdout is not None
        if process.stdout.readline() == "open\n":
            winners.append(process)
    assert len(winners) == 1
    for process in racing:
        _, err = process.communicate(timeout=30)
        assert process.returncode == (0 if process in winners else 1), err
        assert process in winners or f"in use by process {winners[0].pid}" in err


@pytest.mark.parametrize("what", ["forget", "forget_reading"])
def test_a_store_left_open_by_an_error_does_not_hang_the_process(
    child: Callable[[str], Child], what: str
) -> None:
    child("hold").communicate(timeout=30)
    _, err = child(what).communicate(timeout=30)
    assert "RuntimeError: left open on purpose" in err
