"""A parent that has loaded the bot once and gives birth to processes of it: a life starts in a tenth of a second.

Each child is ``python3 -m bot run --config …`` in everything but the imports, which it inherits. Run as
``python -m tests.faults.nursery``; one command a line on stdin, one answer a line on stdout:
``start <settings file> <log file>`` → the child's pid; ``wait`` → how it ended, as ``waitpid`` says it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import os
import signal
import sys
from pathlib import Path

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

    async def start(self, settings: Path, log: Path) -> int:
        """A new bot; its process id."""
        return await self._ask(f"start {settings} {log}")

    async def wait(self) -> int:
        """Wait for the last child to end: its exit code, or minus the signal that killed it."""
        return os.waitstatus_to_exitcode(await self._ask("wait"))

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
    child = 0
    for line in sys.stdin:
        verb, *words = line.split()
        if verb == "start":
            child = os.fork()
            if child == 0:
                _live(*words)
            print(child, flush=True)
        else:
            print(os.waitpid(child, 0)[1], flush=True)
    with contextlib.suppress(ProcessLookupError):
        if child:
            os.kill(child, signal.SIGKILL)


def _live(settings: str, log: str) -> None:
    from bot.__main__ import main as bot

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
    finally:
        sys.stderr.flush()
        os._exit(code)  # the parent's own clean-up is not the child's


if __name__ == "__main__":
    main()
