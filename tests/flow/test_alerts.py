"""The watch on a real store: each answer enters once, in order, with the value that stood; an alarm is told once."""

from __future__ import annotations

import asyncio
import random

import pytest

from bot.adapters.charts import Charts
from bot.adapters.clock import TravelClock
from bot.domain.alerts import Place, Rule, Watch, advance
from bot.domain.figures_json import to_json
from bot.store import alerts, timers
from bot.store.opening import OpenStore
from tests.flow.alarm_bench import ALERTS_CHAT, EN, FIVE, HOUR, MINUTE, Bench, dropped, usual
from tests.flow.answer_rows import SERIES, Row


@pytest.fixture
def bench(store: OpenStore, clock: TravelClock) -> Bench:
    """On both engines."""
    return Bench(store, clock)


@pytest.fixture
def lite(sqlite_store: OpenStore, clock: TravelClock) -> Bench:
    """On SQLite alone."""
    return Bench(sqlite_store, clock)


async def test_an_answer_enters_when_its_grace_is_over_with_the_value_that_stands_then(bench: Bench) -> None:
    now = bench.clock.now()
    await bench.answer(
        Row(now - 10 * MINUTE, 5, taps=[(0, 1), (60, 4), (300, 5)]),
        Row(now - 5 * MINUTE, 2),
        Row(now - 1 * MINUTE, 3, taps=[(0, 3)]),
    )
    await bench.look()
    assert (await bench.watch()).collected == (0, 1, 0, 1, 0)
    due = await bench.store.read(timers.next_due)
    assert due == now + 1 * MINUTE, "the third one is waited for"
    bench.clock.move(1 * MINUTE)
    await bench.look()
    await bench.look()
    assert (await bench.watch()).collected == (0, 1, 1, 1, 0)


async def test_a_tap_never_puts_the_look_off(bench: Bench) -> None:
    now = bench.clock.now()
    await bench.answer(*(Row(now + place * MINUTE, 5) for place in range(5)))
    assert await bench.store.read(timers.next_due) == now + 2 * MINUTE


async def test_answers_asked_for_by_hand_and_those_of_another_series_do_not_enter(bench: Bench) -> None:
    now = bench.clock.now()
    other = "support/emoji5/question/2"
    await bench.answer(Row(now - HOUR, 1, trigger="manual"), Row(now - HOUR, 2, series=other))
    await bench.look()
    assert sum((await bench.watch()).collected) == 0
    await bench.look(other)
    assert await bench.store.read(alerts.watched_series) == [SERIES, other]


async def test_an_alarm_is_told_once_with_its_figures(bench: Bench) -> None:
    since = await dropped(bench, team="Billing")
    [raised] = await bench.alarms()
    assert raised.alarm.rule is Rule.CUSUM
    assert raised.alarm.first.at == since
    await bench.tell()
    await bench.tell()
    await bench.look()
    [letter] = await bench.letters()
    assert (letter["method"], letter["chat"]) == ("sendMessage", ALERTS_CHAT)
    assert letter["text"].startswith("📉 <b>It has become harder to get help</b>\nSince ")
    assert "baseline of 200 answers" in letter["text"]
    [raised] = await bench.alarms()
    assert raised.figures is not None
    assert raised.figures.now.n == sum(raised.alarm.counts) == 7


async def test_the_same_drop_raises_no_second_alarm_until_it_has_gathered_again(bench: Bench) -> None:
    await dropped(bench)
    assert len(await bench.alarms()) == 1
    assert 0 < (await bench.watch()).s < 4


@pytest.mark.parametrize("seed", range(3))
async def test_neither_restarts_nor_batches_change_what_is_remembered(lite: Bench, seed: int) -> None:
    dice = random.Random(seed)
    scores = [*usual(230, f"{seed}"), *dice.choices((1, 2, 3, 4, 5), k=60), *usual(60, f"late {seed}")]
    begin = lite.clock.now()
    await lite.scores(scores, begin)
    expected, raised = Watch.begin(FIVE), []
    end = begin + (len(scores) + 1) * HOUR
    answers = await lite.store.read(
        lambda tx: alerts.answers_after(tx, SERIES, FIVE, Place(begin - HOUR, 0), end, 1000)
    )
    assert len(answers) == len(scores)
    for answer in answers:
        expected, alarm = advance(expected, answer, FIVE, 4.0)
        raised += [alarm] if alarm else []
    assert raised
    fresh = lite
    while fresh.clock.now() < end:
        fresh.clock.move(dice.choice((1, 3, 20, 70)) * HOUR)
        fresh = Bench(lite.store, lite.clock)  # a restart
        await fresh.look()
    assert to_json(await fresh.watch()) == to_json(expected)
    assert [each.alarm for each in await fresh.alarms()] == raised


async def test_two_copies_that_look_at_the_same_time_enter_each_answer_once(bench: Bench) -> None:
    await bench.scores(usual(120), bench.clock.now() - 130 * HOUR)
    copies = [Bench(bench.store, bench.clock) for _ in range(4)]
    await bench.look()
    await asyncio.gather(*(copy.look() for copy in copies))
    assert sum((await bench.watch()).collected) == 120


async def test_two_copies_that_tell_the_same_alarm_tell_it_once(bench: Bench) -> None:
    await dropped(bench)
    copies = [Bench(bench.store, bench.clock) for _ in range(3)]
    await asyncio.gather(*(copy.tell() for copy in copies))
    assert len(await bench.letters()) == 1


async def test_what_is_found_a_day_too_late_is_written_down_and_not_told(lite: Bench) -> None:
    begin = lite.clock.now() - 240 * HOUR
    await lite.scores([5, 4] * 100, begin)
    await lite.scores([1] * 8, begin + 200 * HOUR)
    await lite.look()
    [raised] = await lite.alarms()
    await lite.tell()
    assert (raised.told_at, await lite.letters()) == (None, [])


async def test_answers_older_than_the_last_that_entered_are_passed_over(lite: Bench) -> None:
    await lite.scores([5] * 20, lite.clock.now() - 30 * HOUR)
    await lite.look()
    await lite.scores([1] * 20, lite.clock.now() - 3000 * HOUR)  # imported later
    await lite.look()
    assert (await lite.watch()).collected == (0, 0, 0, 0, 20)


async def test_switched_off_nothing_enters_and_switched_on_again_it_all_does(
    sqlite_store: OpenStore, clock: TravelClock
) -> None:
    off = Bench(sqlite_store, clock, sensitivity="off")
    await off.scores([5] * 20, clock.now() - 30 * HOUR)
    await off.look()
    assert await sqlite_store.read(alerts.watched_series) == []
    await Bench(sqlite_store, clock).look()
    assert sum((await off.watch()).collected) == 20


async def test_without_a_chat_for_alerts_nobody_is_told(sqlite_store: OpenStore, clock: TravelClock) -> None:
    nowhere = Bench(sqlite_store, clock, chat_id=None)
    await dropped(nowhere)
    await nowhere.tell()
    assert await nowhere.letters() == []


async def test_what_a_customer_erased_is_not_remembered_by_the_simple_rule(lite: Bench) -> None:
    now = lite.clock.now()
    await lite.scores([1, 1, 1], now - 5 * HOUR)
    await lite.look()
    await lite.store.write(lambda tx: tx.run("DELETE FROM invitation WHERE id=1"))
    await lite.answer(Row(now - 10 * MINUTE, 1))
    await lite.look()
    assert await lite.alarms() == []


async def test_the_picture_goes_with_the_text(sqlite_store: OpenStore, clock: TravelClock) -> None:
    painted = Bench(sqlite_store, clock, painter=Charts(EN, 24))
    await dropped(painted)
    await painted.tell()
    [letter] = await painted.letters()
    assert letter["method"] == "sendPhoto"
    assert letter["caption"].startswith("📉")
    row = await sqlite_store.read(lambda tx: tx.one("SELECT file FROM outbox"))
    assert row is not None
    assert bytes(row["file"]).startswith(b"\x89PNG")


async def test_a_series_of_an_unknown_scale_stops_nothing(lite: Bench) -> None:
    await lite.look("support/no_such_scale/question/1")
    await lite.look("nonsense")
    assert await lite.store.read(alerts.watched_series) == []
