"""A parent that has loaded the bot once and gives birth to processes of it: a life starts in a tenth of a second.

Each child is ``python3 -m bot run --config …`` in everything but the imports, which it inherits. Run as
``python -m tests.faults.nursery``; one command a line on stdin, one answer a line on stdout:
``start <settings file> <log file> <clock file>`` → the child's pid; ``wait <pid>`` → how it ended, as ``waitpid`` says
it. A child's wall clock is the machine's, shifted as the clock file says.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import os
import signal
import sys
import traceback
from pathlib import Path

from tests.faults.shifting import Shift

ROOT = Path(__file__).parents[2]
_LOADED = ("bot.app", "bot.commands.cli", "bot.store.sqlite", "bot.store.postgres")


class Nursery:
    """The test's side of it."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Nursery:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.nursery"),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._process.kill()
        await self._process.wait()

    async def start(self, settings: Path, log: Path, clock: Path) -> int:
        """A new bot; its process id."""
        return await self._ask(f"start {settings} {log} {clock}")

    async def wait(self, child: int) -> int:
        """Wait for a child to end: its exit code, or minus the signal that killed it."""
        return os.waitstatus_to_exitcode(await self._ask(f"wait {child}"))

    async def _ask(self, line: str) -> int:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{line}\n".encode())
        return int(await stdout.readline())


def main() -> None:
    """Give birth until stdin ends."""
    for name in _LOADED:
        with contextlib.suppress(ModuleNotFoundError):  # PostgreSQL's driver is an extra
            importlib.import_module(name)
    gc.freeze()  # what all children share is never copied for the collector's sake
    children: set[int] = set()
    for line in sys.stdin:
        verb, *words = line.split()
        if verb == "start":
            child = os.fork()
            if child == 0:
                _live(*words)
            children.add(child)
            print(child, flush=True)
        else:
            child = int(words[0])
            print(os.waitpid(child, 0)[1], flush=True)
            children.discard(child)
    for child in children:
        os.kill(child, signal.SIGKILL)


def _live(settings: str, log: str, clock: str) -> None:
    from bot.__main__ import main as bot
    from bot.adapters.clock import SystemClock

    shift = Shift(Path(clock))
    SystemClock.now = lambda self: shift.now()  # type: ignore[method-assign]
    nothing = os.open(os.devnull, os.O_RDWR)
    told = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number, target in enumerate((nothing, nothing, told)):
        os.dup2(target, number)
    sys.argv = ["bot", "run", "--config", settings]
    code = 1
    try:
        bot()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)  # the parent's own clean-up is not the child's


if __name__ == "__main__":
    main()
