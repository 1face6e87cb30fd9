"""Trouble that lasts for hours, and clocks that are set, on a clock that can be moved: a delay, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.playground.travel import Traveller
from tests.stage import EMMA, FORUM, LIN, NOAH, Stage, button, said, stage

HOUR = timedelta(hours=1)


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    budgets = {"per_second": 25, "per_chat_second": 1.0, "per_group_minute": 18}
    async with stage(summary={"live": False}, sending=budgets) as on:
        yield on


def questions(s: Stage) -> Counter[int]:
    """How often each customer was asked, as Telegram saw it."""
    return Counter(
        int(call.params["chat_id"])
        for call in s.world.calls
        if call.method == "sendMessage" and not call.error and ":v4" in str(call.params.get("reply_markup"))
    )


async def away(s: Stage, span: timedelta) -> None:
    """Time passes in which updates wait at Telegram: nobody can settle them."""
    at_rest = Traveller(s.clock, lambda: not s.world.in_flight and s.app.loops.are_idle)
    await at_rest.by(span)


async def test_an_hour_of_5xx_costs_an_hour_and_nothing_else(s: Stage) -> None:
    question = await s.asked()
    topic = await s.conversation(LIN, "林晓")
    await s.after("5s")
    await s.conversation(NOAH, "Noah Weber")  # to be asked in five seconds
    s.world.faults.fail("*", 502, "Bad Gateway", times=1_000_000)
    before = len(s.world.calls)
    for number in range(5):
        s.world.say(LIN, LIN, f"still there? {number}")
        await away(s, timedelta(minutes=11))
    await away(s, timedelta(minutes=4))
    query = s.world.press(EMMA, EMMA, question["message_id"], button(question, "v4"))  # lives for 150 s
    await away(s, timedelta(minutes=1))
    calls = Counter(call.method for call in s.world.calls[before:])
    assert calls["getUpdates"] < 200, "it asks twice a minute at most, after the first minutes"
    assert calls["sendMessage"] < 100, "a letter is tried once a minute"
    s.world.faults.clear()
    await away(s, timedelta(minutes=1))
    await s.after("1m")
    assert s.toast(query)
    assert [row["score"] for row in await s.rows("SELECT score FROM invitation WHERE score IS NOT NULL")] == [
        4
    ]
    assert [text for text in s.texts(FORUM, topic) if "still" in text] == [
        f"still there? {n}" for n in range(5)
    ]
    assert questions(s) == {EMMA: 1, LIN: 1, NOAH: 1}
    assert await s.rows("SELECT kind, state, last_error FROM outbox WHERE state<>'sent'") == []


async def test_in_an_hour_of_429_telegram_is_asked_as_often_as_it_says(s: Stage) -> None:
    await s.conversation()
    for method in ("sendMessage", "copyMessage"):
        s.world.faults.fail(method, 429, "Too Many Requests: retry after 40", retry_after=40, times=1_000_000)
    before = len(s.world.calls)
    s.world.say(LIN, LIN, "hello?")
    await s.after("1h")
    refused = Counter(
        call.params["chat_id"] for call in s.world.calls[before:] if call.error and "Too Many" in call.error
    )
    assert set(refused) == {EMMA, FORUM}
    assert max(refused.values()) <= 3600 / 40 + 1
    s.world.faults.clear()
    await s.after("1m")
    assert questions(s) == {EMMA: 1}
    assert "hello?" in s.texts(FORUM, s.topic_of("林晓"))


@pytest.mark.parametrize("hours", [2, -2])
async def test_a_clock_that_is_set_asks_nobody_twice_and_the_bot_goes_on(s: Stage, hours: int) -> None:
    question = await s.asked()
    await s.conversation(NOAH, "Noah Weber")
    for number in range(30):  # the forum's budget is spent
        s.world.say(LIN, LIN, f"line {number}")
    await s.after("1s")
    for chat in (EMMA, FORUM):  # until when that is, is soon anybody's guess
        s.app.loops.sender._budgets.hold(chat, s.clock.now(), s.clock.now() + timedelta(seconds=30))
    if hours > 0:
        s.clock.move(hours * HOUR)
    else:
        s.clock._base += hours * HOUR  # as no clock of ours ever does, and machines do
        s.clock.set_running(False)
    s.world.say(LIN, LIN, "line 30")
    await s.after("2m")
    lines = [text for text in s.texts(FORUM, s.topic_of("林晓")) if text.startswith("line ")]
    assert lines == [f"line {number}" for number in range(31)]
    assert await s.press(EMMA, question, "v4")
    await s.after("1m")
    assert "now: 4 🙂" in said(s.world.message(EMMA, question["message_id"]))
    if hours < 0:
        await s.after("2h")  # what was set for an instant waits for it
    assert questions(s) == {EMMA: 1, NOAH: 1}
