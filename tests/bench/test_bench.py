"""The benchmark runs and counts right, with tiny numbers. How fast anything is, is nobody's promise here."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.bench import life, run, taps
from tests.bench.taps import AIOGRAM, OURS, PTB, RAW

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")


async def test_every_bot_answers_every_tap_once() -> None:
    told: list[str] = []
    figures = await taps.measure(taps.Plan(rounds=1, backlog=20, steady=5, per_second=50), None, told.append)
    known = {one.name: one for one in figures}
    assert list(known) == [OURS, RAW, PTB, AIOGRAM]
    for one in figures:
        assert (one.lost, one.doubled) == (0, 0)
        assert one.why_not or len(one.per_second) == 1
    assert bool(known[AIOGRAM].why_not) == (importlib.util.find_spec("aiogram") is None)
    shown = run.page(figures, [("what", "how")], "facts")
    assert all(name in shown for name in known)
    assert b"<svg" in run.picture(figures, "facts")[:200]


async def test_a_part_that_fails_costs_no_other_part_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*_: object) -> list[life.Row]:
        raise RuntimeError("the bot that was measured has ended")

    async def one_round(bot: taps.Bot, plan: taps.Plan, figures: taps.Figures, folder: Path) -> None:
        await (breaks() if bot.name == PTB else plays(bot, plan, figures, folder))

    plays = taps._one_round
    monkeypatch.setattr(taps, "_one_round", one_round)
    told: list[str] = []
    figures = await taps.measure(taps.Plan(rounds=1, backlog=5, steady=2), None, told.append)
    known = {one.name: one for one in figures}
    assert (known[PTB].failed_rounds, known[OURS].failed_rounds, known[RAW].failed_rounds) == (1, 0, 0)
    for part in ("_asks", "_burst", "_start_and_rest", "_pending"):
        monkeypatch.setattr(life, part, breaks)
    rows = dict(await life.measure(life.QUICK, told.append))
    assert "0 lost" in rows["webhooks, each stored before its 202"]
    assert "FAILED" in rows["200 taps at once"]
    shown = run.page(figures, list(rows.items()), "facts")
    assert f"1 rounds of {PTB} FAILED" in shown
    assert "p99 from tap to toast" in shown


async def test_the_other_measurements_lose_nothing() -> None:
    plan = life.Plan(asks_seconds=2, webhooks=20, burst=120, pending=1000, idle_seconds=0.1)
    rows = dict(await life.measure(plan, lambda line: None))
    assert "in 60 asks" in rows["asking, budget 30/s, refused beyond 30/s"]
    assert "0 lost" in rows["webhooks, each stored before its 202"]
    assert "0 answers lost, 0 doubled, 0 calls missing, 0 calls twice" in rows["120 taps at once"]
