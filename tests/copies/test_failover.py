"""The database goes away under load and comes back: a delay, and nothing lost or doubled.

Where the lead goes to another copy while a line of the relay is on its way, that line may come twice (docs/sending.md:
rather doubled than lost). A question never does: the ledger then says that nobody knows whether it came.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta

import psycopg
import pytest

from bot.playground import cast
from bot.store.engine import Row
from tests.copies.stage import Copies, copies
from tests.copies.tcp_proxy import TcpProxy
from tests.copies.urls import through
from tests.stage import FORUM, OLGA, button, said

pytestmark = pytest.mark.postgres

CROWD = {one.id: f"{one.first_name} {one.last_name}".strip() for one in cast.VISITORS[:6]}
QUICK = {"delay": timedelta(seconds=0.5)}


async def work_through(s: Copies, trouble: Callable[[], Awaitable[None]]) -> None:
    """Everybody writes, is answered, is asked and taps, with trouble at each step; then everything is audited."""
    for part in range(3):
        for person in CROWD:
            s.world.say(person, person, f"says {part}")
    await trouble()
    await s.until(lambda: all(heard(s, name) == said_in_order("says") for name in CROWD.values()))
    for part in range(3):
        for name in CROWD.values():
            s.world.say(OLGA, FORUM, f"hears {part}", thread_id=s.topic_of(name))
    await trouble()
    await s.until(lambda: all(answered(s, person) == said_in_order("hears") for person in CROWD))
    for name in CROWD.values():
        s.world.close_topic(OLGA, FORUM, s.topic_of(name))
    await trouble()
    letters = await s.until_rows(all_over, "SELECT state FROM outbox WHERE kind='question'")
    asked = [person for person in CROWD if questions(s, person)]
    assert len(asked) >= sum(letter["state"] == "sent" for letter in letters)
    for person in asked:
        question = s.last(person)
        for verb in ("v1", "v4"):
            s.world.press(person, person, question["message_id"], button(question, verb))
    await trouble()
    await s.until(lambda: all("now: 4 🙂" in said(s.last(person)) for person in asked))
    await s.until(lambda: s.world.is_settled and all(app.loops.are_idle for app in s.apps))
    for person, name in CROWD.items():
        assert heard(s, name) == said_in_order("says")
        assert answered(s, person) == said_in_order("hears")
        assert questions(s, person) <= 1
    taps = await s.rows("SELECT value FROM response_event WHERE kind='tap'")
    assert len(taps) == 2 * len(asked)
    assert await s.rows("SELECT id, error FROM delivery WHERE done_at IS NULL OR error IS NOT NULL") == []
    failed = await s.rows("SELECT id, kind, last_error FROM outbox WHERE state IN ('failed', 'sending')")
    assert [(row["kind"], row["last_error"]) for row in failed] == []


def all_over(letters: list[Row]) -> bool:
    """Everybody's question was sent, or may have been when the lead changed hands."""
    return len(letters) == len(CROWD) and all(letter["state"] in ("sent", "unknown") for letter in letters)


def said_in_order(what: str) -> list[str]:
    return [f"{what} {part}" for part in range(3)]


def heard(s: Copies, name: str) -> list[str]:
    """What the customer of this name says in the forum."""
    there = [one["thread_id"] for one in s.world.topics(FORUM) if one["name"] == name]
    return once([text for text in s.texts(FORUM, there[0]) if "says" in text]) if there else []


def answered(s: Copies, person: int) -> list[str]:
    return once([text for text in s.texts(person) if "hears" in text])


def once(texts: list[str]) -> list[str]:
    """Each line as it came first."""
    return list(dict.fromkeys(texts))


def questions(s: Copies, person: int) -> int:
    """How often this customer was asked."""
    calls = (call for call in s.world.calls if call.error is None and call.method == "sendMessage")
    return sum(call.params["chat_id"] == person and "How easy" in call.params["text"] for call in calls)


async def test_when_the_server_ends_every_connection_nothing_is_lost_or_doubled(
    postgres_url: str, postgres_server: str
) -> None:
    async with await psycopg.AsyncConnection.connect(postgres_server, autocommit=True) as admin:

        async def end_them_all() -> None:
            for _ in range(3):
                await asyncio.sleep(0.05)
                await admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name=%s", [name]
                )

        name = uuid.uuid4().hex  # other tests may be running on this server
        url = f"{postgres_url}&application_name={name}"
        async with copies(url, count=2, is_running=True, survey=QUICK) as s:
            await work_through(s, end_them_all)


async def test_a_server_that_is_gone_for_a_while_costs_that_while_and_nothing_else(postgres_url: str) -> None:
    turn = 0
    async with TcpProxy(*through(postgres_url).target) as proxy:

        async def restart() -> None:
            nonlocal turn
            turn += 1
            if turn % 2:  # half the steps go through undisturbed, as they may
                await asyncio.sleep(0.05)
                proxy.cut()
                await asyncio.sleep(0.6)
                proxy.mend()

        url = through(postgres_url).by(proxy.port)
        async with copies(url, count=2, is_running=True, survey=QUICK) as s:
            await work_through(s, restart)
