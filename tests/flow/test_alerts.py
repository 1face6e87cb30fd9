"""The watch on a real store: each answer enters once, in order, with the value that stood; an alarm is told once."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from bot.adapters.catalogues import Catalogues
from bot.adapters.charts import Charts
from bot.adapters.clock import RandomTokens, TravelClock
from bot.domain.alert_chart import AlarmChart
from bot.domain.alerts import Place, Rule, Sensitivity, Watch, advance
from bot.domain.buttons import ButtonData
from bot.domain.errors import ChartError
from bot.domain.figures_json import to_json
from bot.domain.scales import SCALES
from bot.domain.texts import Texts
from bot.flow.alert_entry import WATCH, will_enter
from bot.flow.alert_list import AlertList
from bot.flow.alerts import DROP, TELL, Alerts, AlertSettings, AnyAlertLetter
from bot.flow.chats import ChatBook
from bot.flow.letters import PostedLetter
from bot.flow.membership import Membership
from bot.flow.orders import Orders
from bot.flow.ports import AlarmPainter, Picture, Upload
from bot.flow.press import Press
from bot.store import alerts, staff_buttons, timers
from bot.store.alerts import RaisedAlarm
from bot.store.engine import Store, Tx
from bot.store.opening import OpenStore
from bot.store.timers import Timer
from tests.flow.answer_rows import SERIES, Row, write

FIVE = SCALES["emoji5"]
EN = Catalogues.load().of("en")
ALERTS_CHAT = -500
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class NoPainter:
    """typst is not there."""

    async def render_alarm(
        self, chart: AlarmChart, texts: Texts, theme: Literal["light", "dark"] = "light"
    ) -> Picture:
        raise ChartError("no typst")


class NoChannel:
    """Nothing of this calls the Bot API."""

    async def call(self, method: str, payload: Any, upload: Upload | None = None) -> Any:
        raise AssertionError(method)


class Bench:
    """Answers come, timers are run by hand, the outbox is read."""

    def __init__(
        self,
        store: Store,
        clock: TravelClock,
        *,
        sensitivity: Sensitivity = "normal",
        chat_id: int | None = ALERTS_CHAT,
        painter: AlarmPainter | None = None,
    ) -> None:
        self.store, self.clock = store, clock
        self.number = 0
        tokens = RandomTokens()
        settings = AlertSettings(sensitivity, ZoneInfo("UTC"), "light", (SERIES,))
        self.alerts = Alerts(store, painter or NoPainter(), lambda: chat_id, tokens, EN, settings)
        chats = ChatBook(
            staff=-1, support_forum=None, alerts=None, admins=frozenset(), tells_hard_answers=True
        )
        orders = Orders(store, Membership(NoChannel(), chats), EN)
        self.list = AlertList(store, orders, chats, tokens, EN, settings)

    async def answer(self, *rows: Row) -> None:
        """These answers are in the database."""

        async def op(tx: Tx) -> None:
            for row in rows:
                self.number += 1
                await write(tx, row, self.number)
                await will_enter(tx, row.series, row.at)

        await self.store.write(op)

    async def scores(self, scores: Sequence[int], first_at: datetime, **more: Any) -> None:
        """One answer an hour."""
        rows = [Row(first_at + place * HOUR, score, **more) for place, score in enumerate(scores)]
        await self.answer(*rows)

    async def look(self, series: str = SERIES) -> None:
        """The step, as its timer would run it."""
        now = self.clock.now()

        async def op(tx: Tx) -> None:
            await timers.stop(tx, series, WATCH)
            await self.alerts.look(tx, series, now)

        await self.store.write(op)

    async def tell(self) -> None:
        """Every alarm that waits is told."""
        rows = await self.store.read(
            lambda tx: tx.all("SELECT id, subject FROM timer WHERE kind=:kind ORDER BY id", kind=TELL)
        )
        for row in rows:
            timer = Timer(row["id"], TELL, row["subject"], self.clock.now(), 1, "")
            await self.alerts.tell(timer, self.clock.now())

    async def watch(self) -> Watch:
        """How things stand."""
        watch, _ = await self.store.read(lambda tx: alerts.watch_of(tx, SERIES, FIVE))
        return watch

    async def alarms(self) -> list[RaisedAlarm]:
        """Every alarm, oldest first."""
        found = await self.store.read(lambda tx: alerts.latest(tx, SERIES, 100))
        return found[::-1]

    async def letters(self) -> list[dict[str, Any]]:
        """What waits to be sent."""
        rows = await self.store.read(lambda tx: tx.all("SELECT * FROM outbox ORDER BY id"))
        return [
            {
                "method": row["method"],
                "chat": row["chat_id"],
                "subject": row["subject"],
                **json.loads(row["payload"]),
            }
            for row in rows
        ]

    async def press(
        self, verb: str, letter: dict[str, Any], who: str = "Olga", chat: int = ALERTS_CHAT
    ) -> str:
        """Somebody presses a button of this letter."""
        data = letter["reply_markup"]["inline_keyboard"][0][0]["callback_data"].split(":")[1]
        press = Press(1, "q", 7, chat, 77, "", None, who, "channel", None)

        async def op(tx: Tx) -> str:
            row = await staff_buttons.by_token(tx, data)
            assert row is not None
            whose = self.alerts if row.action == DROP else self.list
            toast = await whose.pressed(tx, press, ButtonData("a1", data, verb), row, self.clock.now())
            return "no such button" if toast is None else toast.text

        return await self.store.write(op)


@pytest.fixture
def bench(store: OpenStore, clock: TravelClock) -> Bench:
    """On both engines."""
    return Bench(store, clock)


@pytest.fixture
def lite(sqlite_store: OpenStore, clock: TravelClock) -> Bench:
    """On SQLite alone."""
    return Bench(sqlite_store, clock)


def usual(n: int, seed: str = "usual") -> list[int]:
    """Scores of the good shape."""
    return random.Random(seed).choices((1, 2, 3, 4, 5), (0.03, 0.05, 0.10, 0.27, 0.55), k=n)


async def dropped(bench: Bench, **more: Any) -> datetime:
    """A baseline, then a drop; when the drop began."""
    begin = bench.clock.now() - 215 * HOUR
    await bench.scores([5, 4, 5, 3, 4, 5, 5, 4, 2, 5] * 20, begin)
    await bench.scores([1, 2, 1, 1, 1, 2, 1, 1, 1], begin + 202 * HOUR, **more)
    await bench.look()
    return begin + 202 * HOUR


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


async def test_a_series_of_an_unknown_scale_stops_nothing(lite: Bench) -> None:
    await lite.look("support/no_such_scale/question/1")
    await lite.look("nonsense")
    assert await lite.store.read(alerts.watched_series) == []
