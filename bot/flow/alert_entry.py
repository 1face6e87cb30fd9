"""The one thing that a tap does for the watch: it says that an answer will enter."""

from __future__ import annotations

from datetime import datetime

from bot.store import timers
from bot.store.alerts import GRACE
from bot.store.engine import Tx

WATCH = "alerts"  # the timer of a series: a step of ``bot.flow.alerts``


async def will_enter(tx: Tx, series: str, now: datetime) -> None:
    """A first tap came: its answer enters the watch once its grace is over, together with any before it."""
    await timers.start_unless_set(tx, WATCH, series, now + GRACE)
