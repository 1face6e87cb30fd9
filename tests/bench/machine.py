"""Processes of the benchmark, and what the system says of them (Linux: /proc)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_LIMIT = 2**26
_LAST_WORDS = 2000  # characters of a log
_FLUSHED_BYTES = 10 * (4096 + 24)  # what the commit of one tap writes: ten pages and their headers
_ROOM = 100  # so many of them, over and over, in place: as in a write-ahead log that has been used before


def cores() -> list[int]:
    """The processor cores that this process may use; empty where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def words() -> str:
    """This machine, in words."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return (
        f"{model}, {len(cores()) or os.cpu_count()} cores, {platform.system()}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )


def load() -> float:
    """How many processes wanted a core during the last minute."""
    return os.getloadavg()[0]


async def flushes(folder: Path, count: int, per_second: int) -> list[float]:
    """Milliseconds that it takes to write what a tap's commit writes, and to have it on disk; at a steady pace."""
    took = []
    path = folder / "flushed"
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        os.write(file, bytes(_FLUSHED_BYTES * _ROOM))
        os.fsync(file)
        for number in range(count):
            began = time.perf_counter()
            os.pwrite(file, b"x" * _FLUSHED_BYTES, number % _ROOM * _FLUSHED_BYTES)
            os.fdatasync(file)
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(1 / per_second)
    finally:
        os.close(file)
        path.unlink()
    return took


class Process:
    """One child and what it used."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log
        self.pid = process.pid

    def last_words(self) -> str:
        """The end of what it wrote."""
        return self._log.read_text("utf-8", "replace")[-_LAST_WORDS:]

    def cpu_seconds(self) -> float:
        """Processor time of all its threads, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def rss_mb(self) -> float:
        """Memory that is resident, in MB (10⁶ bytes)."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        [kb] = [int(line.split()[1]) for line in lines if line.startswith("VmRSS")]
        return kb * 1024 / 1e6

    async def end(self) -> int:
        """Return when it has ended; its exit code."""
        return await self._process.wait()


@contextlib.asynccontextmanager
async def running(
    command: Sequence[str], log: Path, core: int | None = None, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Process]:
    """A child with its output in ``log``, on one core; ended when left."""
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=out,
            stderr=out,
            cwd=ROOT,
            env=None if environment is None else dict(environment),
        )
    pin(process.pid, core)
    try:
        yield Process(process, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(15):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def pin(pid: int, core: int | None) -> None:
    """Keep a process, and the threads that it will start, on one core."""
    if core is not None:
        os.sched_setaffinity(pid, {core})


class StandIn:
    """The stand-in of ``stand_in.py`` in its process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.port = port
        self.serves: Process | None = None  # who talks to it: nothing is waited for once that one has ended

    async def order(self, do: str, **how: Any) -> dict[str, Any]:
        """Tell it to do something; what it says when that is done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **how}).encode() + b"\n")
        await self._process.stdin.drain()
        said = asyncio.create_task(self._process.stdout.readline())
        ends = [] if self.serves is None else [asyncio.create_task(self.serves.end())]
        await asyncio.wait((said, *ends), return_when=asyncio.FIRST_COMPLETED)
        if not said.done():
            said.cancel()
            words = "" if self.serves is None else self.serves.last_words()
            raise RuntimeError(f"the bot that was measured has ended; its last words:\n{words}")
        for end in ends:
            end.cancel()
        answer: dict[str, Any] = json.loads(said.result())
        return answer


@contextlib.asynccontextmanager
async def stand_in(core: int | None) -> AsyncIterator[StandIn]:
    """A fresh stand-in, on one core."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.stand_in"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        limit=_LIMIT,
    )
    pin(process.pid, core)
    try:
        assert process.stdout is not None
        yield StandIn(process, int(await process.stdout.readline()))
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
