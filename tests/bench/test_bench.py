"""The benchmark runs and counts right, with tiny numbers. How fast anything is, is nobody's promise here."""

from __future__ import annotations

import importlib.util
import sys

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


async def test_the_other_measurements_lose_nothing() -> None:
    plan = life.Plan(asks_seconds=2, webhooks=20, burst=120, pending=1000, idle_seconds=0.1)
    rows = dict(await life.measure(plan, lambda line: None))
    assert "in 60 asks" in rows["asking, budget 30/s, refused beyond 30/s"]
    assert "0 lost" in rows["webhooks, each stored before its 202"]
    assert "0 answers lost, 0 doubled, 0 calls missing, 0 calls twice" in rows["120 taps at once"]
