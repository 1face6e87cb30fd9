"""Taps, side by side: this bot, which stores them, and three that do not, in interleaved rounds."""

from __future__ import annotations

import asyncio
import importlib.util
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import machine, ours
from tests.bench.machine import Process, StandIn
from tests.ports import free_port

OURS, RAW, PTB, AIOGRAM = (
    "this bot (durable)",
    "raw aiohttp",
    "python-telegram-bot, stock",
    "aiogram 3",
)
_WARM_UP = 60


@dataclass(frozen=True)
class Plan:
    """How much is measured. ``backlog`` taps at once, then ``steady`` at ``per_second``, in each of ``rounds``."""

    rounds: int = 5
    backlog: int = 800
    steady: int = 300
    per_second: int = 30

    @property
    def taps(self) -> int:
        """Taps of one round of one bot, warm-up included."""
        return _WARM_UP + self.backlog + self.steady


QUICK = Plan(rounds=1, backlog=60, steady=15)
"""Only to see that everything runs: the figures mean nothing."""


@dataclass
class Figures:
    """One bot's rounds. ``why_not``: it could not be measured. ``flush``: of the disk alone, in this bot's rounds."""

    name: str
    why_not: str = ""
    per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    toast_p50: list[float] = field(default_factory=list)
    toast_p99: list[float] = field(default_factory=list)
    edit_p50: list[float] = field(default_factory=list)
    edit_p99: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)
    flush_p50: list[float] = field(default_factory=list)
    flush_p99: list[float] = field(default_factory=list)
    failed_rounds: int = 0
    lost: int = 0
    doubled: int = 0


@dataclass(frozen=True)
class Bot:
    """Somebody to measure: ``command(folder, port of the stand-in)``."""

    name: str
    command: Callable[[Path, int], Sequence[str]]


async def measure(
    plan: Plan,
    aiogram_python: str | None,
    say: Callable[[str], None],
    so_far: list[Figures] | None = None,
) -> list[Figures]:
    """Every bot in every round, one after the other: forwards, backwards, forwards …

    A round that fails is told and left out. ``so_far`` holds the figures at any time, should this be interrupted.
    """
    with tempfile.TemporaryDirectory() as folder:
        seeded = Path(folder) / "seeded.db"
        await ours.seed(seeded, plan.taps)
        bots = [
            Bot(OURS, lambda at, port: _ours(at, port, seeded)),
            _rival(RAW, "raw", sys.executable),
            _rival(PTB, "ptb", sys.executable),
        ]
        python = aiogram_python or sys.executable
        if has_aiogram(python):
            bots.append(_rival(AIOGRAM, "aiogram", python))
        figures = {bot.name: Figures(bot.name) for bot in bots}
        if AIOGRAM not in figures:
            figures[AIOGRAM] = Figures(AIOGRAM, why_not="not installed here")
        all_figures = [] if so_far is None else so_far
        all_figures.extend(figures.values())
        for number in range(plan.rounds):
            for bot in bots if number % 2 == 0 else reversed(bots):
                of_bot = figures[bot.name]
                try:
                    await _one_round(bot, plan, of_bot, Path(folder))
                    told = _told(of_bot)
                except Exception as error:
                    of_bot.failed_rounds += 1
                    told = f"{bot.name}: FAILED, {type(error).__name__}: {error}"
                say(f"round {number + 1} of {plan.rounds}: {told}")
    return all_figures


def has_aiogram(python: str) -> bool:
    """Whether this interpreter finds aiogram."""
    if python == sys.executable:
        return importlib.util.find_spec("aiogram") is not None
    return subprocess.run([python, "-c", "import aiogram"], check=False, capture_output=True).returncode == 0


def _rival(name: str, mode: str, python: str) -> Bot:
    script = str(Path(__file__).with_name("rivals.py"))
    return Bot(name, lambda folder, port: [python, script, mode, str(port)])


def _ours(folder: Path, port: int, seeded: Path) -> list[str]:
    shutil.copy(seeded, folder / "ces.db")
    return [*ours.COMMAND, "--config", str(ours.settings(folder, port, free_port()))]


@asynccontextmanager
async def playing(bot: Bot, folder: Path) -> AsyncIterator[tuple[StandIn, Process]]:
    """A stand-in on the last core and the bot on the first, in a folder of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        cores = machine.cores()
        async with machine.stand_in(cores[-1] if len(cores) > 1 else None) as api:
            command = bot.command(Path(own), api.port)
            core = cores[0] if len(cores) > 1 else None
            async with machine.running(command, Path(own) / "log", core, ours.environment()) as process:
                api.serves = process
                yield api, process


async def _one_round(bot: Bot, plan: Plan, figures: Figures, folder: Path) -> None:
    async with playing(bot, folder) as (api, process):
        await api.order("backlog", first=0, count=_WARM_UP)
        cpu = process.cpu_seconds()
        burst = await api.order("backlog", first=_WARM_UP, count=plan.backlog)
        cpu = process.cpu_seconds() - cpu
        await asyncio.sleep(0.5)
        steady = await api.order(
            "steady", first=_WARM_UP + plan.backlog, count=plan.steady, per_second=plan.per_second
        )
        memory = process.rss_mb()
        if bot.name == OURS:
            flushed = sorted(await machine.flushes(folder, plan.steady, plan.per_second))
            figures.flush_p50.append(statistics.median(flushed))
            figures.flush_p99.append(_p99(flushed))
    figures.rss_mb.append(memory)
    figures.per_second.append(plan.backlog / burst["seconds"])
    figures.cpu_ms.append(cpu * 1000 / plan.backlog)
    for name in ("toast", "edit"):
        took = sorted(steady[f"{name}_ms"]) or [0.0]
        getattr(figures, f"{name}_p50").append(statistics.median(took))
        getattr(figures, f"{name}_p99").append(_p99(took))
    figures.lost += burst["lost"] + steady["lost"]
    figures.doubled += burst["doubled"] + steady["doubled"]


def _p99(ordered: Sequence[float]) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def _told(figures: Figures) -> str:
    return (
        f"{figures.name}: {figures.per_second[-1]:.0f} taps/s, {figures.cpu_ms[-1]:.2f} ms CPU,"
        f" p99 {figures.toast_p99[-1]:.1f}/{figures.edit_p99[-1]:.1f} ms"
    )
