"""The buttons below an alarm and below the list of what is watched: who pressed, and what begins anew."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.adapters.clock import TravelClock
from bot.flow.alerts import AnyAlertLetter
from bot.flow.letters import PostedLetter
from bot.store.opening import OpenStore
from bot.store.timers import Timer
from tests.flow.alarm_bench import ALERTS_CHAT, EN, HOUR, Bench, dropped


@pytest.fixture
def bench(store: OpenStore, clock: TravelClock) -> Bench:
    """On both engines."""
    return Bench(store, clock)


@pytest.fixture
def lite(sqlite_store: OpenStore, clock: TravelClock) -> Bench:
    """On SQLite alone."""
    return Bench(sqlite_store, clock)


async def test_seen_is_noted_once_and_edited_in(bench: Bench) -> None:
    await dropped(bench)
    await bench.tell()
    [letter] = await bench.letters()
    assert await bench.press("s", letter) == "Noted 👀"
    assert await bench.press("s", letter, "Ben") == "Olga was first."
    edit = (await bench.letters())[-1]
    assert (edit["method"], edit["message_id"]) == ("editMessageText", 77)
    assert "👀 Seen by \u2068Olga\u2069" in edit["text"]
    assert len(edit["reply_markup"]["inline_keyboard"][0]) == 1, "the other button stays"
    [raised] = await bench.alarms()
    assert (raised.seen_by, raised.message_id) == ("Olga", 77)


async def test_a_new_normal_is_asked_about_and_then_begins_with_the_drop(bench: Bench) -> None:
    await dropped(bench)
    await bench.tell()
    [letter] = await bench.letters()
    assert await bench.press("n", letter) == ""
    question = (await bench.letters())[-1]
    assert "9 so far" in question["text"]
    assert await bench.press("b", question) == "Nothing was changed."
    assert (await bench.watch()).baseline is not None
    assert await bench.press("y", question) == "This is the new normal 🧭"
    watch = await bench.watch()
    assert (watch.baseline, sum(watch.collected)) == (None, 9)
    edit = (await bench.letters())[-1]
    assert "a new baseline is being collected, 9 of 200 answers so far." in edit["text"]
    assert await bench.press("y", question, "Ben") == "Olga was first."
    assert sum((await bench.watch()).collected) == 9
    audited = await bench.store.read(lambda tx: tx.all("SELECT action, actor FROM audit"))
    assert [(row["action"], row["actor"]) for row in audited] == [("new_normal", "Olga")]


async def test_a_new_normal_with_two_hundred_answers_is_the_baseline_at_once(bench: Bench) -> None:
    since = await dropped(bench)
    await bench.tell()
    bench.clock.move(300 * HOUR)
    await bench.scores([2, 3, 4, 1, 3] * 50, since + 20 * HOUR)
    await bench.look()
    letter = (await bench.letters())[0]
    await bench.press("y", letter)
    watch = await bench.watch()
    assert watch.baseline is not None
    assert sum(watch.baseline) == 259
    assert watch.s == 0


async def test_a_forged_button_does_nothing(lite: Bench) -> None:
    await dropped(lite)
    await lite.tell()
    [letter] = await lite.letters()
    assert await lite.press("z", letter) == "no such button"
    assert len(await lite.letters()) == 1


async def list_of(bench: Bench) -> dict[str, Any]:
    """/alerts; its message."""
    order = json.dumps({"chat": -1, "thread": None, "words": []})
    await bench.list.ordered(Timer(1, "alert_list", order, bench.clock.now(), 1, ""), bench.clock.now())
    return (await bench.letters())[-1]


async def test_the_list_says_how_things_stand(bench: Bench) -> None:
    assert "No answers have come yet" in (await list_of(bench))["text"]
    await bench.scores([5] * 30, bench.clock.now() - 40 * HOUR)
    await bench.look()
    message = await list_of(bench)
    assert "Baseline: 30 of 200 answers collected." in message["text"]
    assert "reply_markup" not in message
    await dropped(bench)


async def test_a_baseline_is_renewed_without_the_stretches_of_alarms(bench: Bench) -> None:
    await dropped(bench)
    message = await list_of(bench)
    assert "Last alerts:" in message["text"]
    assert await bench.press("w", message, chat=-1) == ""
    question = (await bench.letters())[-1]
    assert "from the last 202 answers" in question["text"]
    await bench.press("y", question, chat=-1)
    watch = await bench.watch()
    assert watch.baseline == (2, 20, 20, 60, 100), "seven of the nine bad ones raised the alarm"
    assert watch.s == 0
    edit = (await bench.letters())[-1]
    assert "Baseline renewed by \u2068Olga\u2069" in edit["text"]
    assert "reply_markup" not in edit


async def test_what_is_the_new_normal_counts_in_the_next_baseline_and_what_was_before_does_not(
    bench: Bench,
) -> None:
    since = await dropped(bench)
    await bench.tell()
    await bench.press("y", (await bench.letters())[0])
    bench.clock.move(300 * HOUR)
    await bench.scores([3, 4, 4, 3, 3] * 45, since + 20 * HOUR)
    await bench.look()
    question = await list_of(bench)
    await bench.press("w", question, chat=-1)
    assert "from the last 234 answers" in (await bench.letters())[-1]["text"]


async def test_a_repeat_is_not_sent_once_somebody_has_pressed_a_button(lite: Bench) -> None:
    await dropped(lite)
    await lite.tell()
    [letter] = await lite.letters()
    kind = AnyAlertLetter(EN)
    posted = PostedLetter(
        1, "alert", "sendMessage", {}, None, ALERTS_CHAT, None, None, letter["subject"], 1, lite.clock.now()
    )
    now = lite.clock.now()
    assert await lite.store.write(lambda tx: kind.claim(tx, posted, now))
    await lite.press("s", letter)
    assert not await lite.store.write(lambda tx: kind.claim(tx, posted, now))


async def test_where_an_alarm_stands_is_remembered_when_it_is_sent(lite: Bench) -> None:
    await dropped(lite)
    await lite.tell()
    [letter] = await lite.letters()
    posted = PostedLetter(
        1, "alert", "sendMessage", {}, None, ALERTS_CHAT, None, None, letter["subject"], 1, lite.clock.now()
    )
    await lite.store.write(
        lambda tx: AnyAlertLetter(EN).sent(tx, posted, {"message_id": 42}, lite.clock.now())
    )
    [raised] = await lite.alarms()
    assert raised.message_id == 42
