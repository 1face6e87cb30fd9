"""Senders on a bench, for the tests of the outbox (``tests/flow/sending_bench.py``)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.adapters.clock import TravelClock
from bot.store.engine import Store
from bot.store.opening import OpenStore
from tests.flow.sending_bench import Bench
from tests.scripted_api import ScriptedApi


@pytest.fixture
async def bench(store: OpenStore, clock: TravelClock) -> AsyncIterator[Bench]:
    """A bench on either engine."""
    async with _bench(store, clock) as made:
        yield made


@pytest.fixture
async def quick(sqlite_store: OpenStore, clock: TravelClock) -> AsyncIterator[Bench]:
    """A bench on SQLite, for promises that have nothing to gain from the second engine."""
    async with _bench(sqlite_store, clock) as made:
        yield made


@asynccontextmanager
async def _bench(store: Store, clock: TravelClock) -> AsyncIterator[Bench]:
    async with ScriptedApi() as api:
        made = Bench(store, clock, api)
        await made.people()
        yield made
