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


@dataclass
class Figures:
    """One bot's rounds. ``why_not``: it could not be measured."""

    name: str
    why_not: str = ""
    per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    toast_p50: list[float] = field(default_factory=list)
    toast_p99: list[float] = field(default_factory=list)
    edit_p50: list[float] = field(default_factory=list)
    edit_p99: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0


@dataclass(frozen=True)
class Bot:
    """Somebody to measure: ``command(folder, port of the stand-in)``."""

    name: str
    command: Callable[[Path, int], Sequence[str]]


async def measure(plan: Plan, aiogram_python: str | None, say: Callable[[str], None]) -> list[Figures]:
    """Every bot in every round, one after the other: forwards, backwards, forwards …"""
    with tempfile.TemporaryDirectory() as folder:
        seeded = Path(folder) / "seeded.db"
        await ours.seed(seeded, plan.taps)
        bots = [
            Bot(OURS, lambda at, port: _ours(at, port, seeded)),
            _rival(RAW, "raw", sys.executable),
            _rival(PTB, "ptb", sys.executable),
        ]
        figures = {bot.name: Figures(bot.name) for bot in bots}
        python = aiogram_python or sys.executable
        if has_aiogram(python):
            bots.append(_rival(AIOGRAM, "aiogram", python))
            figures[AIOGRAM] = Figures(AIOGRAM)
        else:
            figures[AIOGRAM] = Figures(AIOGRAM, why_not="not installed here")
        for number in range(plan.rounds):
            for bot in bots if number % 2 == 0 else reversed(bots):
                await _one_round(bot, plan, figures[bot.name], Path(folder))
                say(f"round {number + 1} of {plan.rounds}: {_told(figures[bot.name])}")
    return list(figures.values())


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
    return [*ours.COMMAND, "--config", str(ours.settings(folder, port, machine.free_port()))]


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
        figures.rss_mb.append(process.rss_mb())
    figures.per_second.append(plan.backlog / burst["seconds"])
    figures.cpu_ms.append(cpu * 1000 / plan.backlog)
    for name in ("toast", "edit"):
        took = sorted(steady[f"{name}_ms"]) or [0.0]
        getattr(figures, f"{name}_p50").append(statistics.median(took))
        getattr(figures, f"{name}_p99").append(took[min(len(took) - 1, len(took) * 99 // 100)])
    figures.lost += burst["lost"] + steady["lost"]
    figures.doubled += burst["doubled"] + steady["doubled"]


def _told(figures: Figures) -> str:
    return (
        f"{figures.name}: {figures.per_second[-1]:.0f} taps/s, {figures.cpu_ms[-1]:.2f} ms CPU,"
        f" p99 {figures.toast_p99[-1]:.1f}/{figures.edit_p99[-1]:.1f} ms"
    )
