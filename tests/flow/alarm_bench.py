"""A bench for the watch on a real store: answers come, timers are run by hand, the outbox is read."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from bot.adapters.catalogues import Catalogues
from bot.adapters.clock import RandomTokens, TravelClock
from bot.domain.alert_chart import AlarmChart
from bot.domain.alerts import Sensitivity, Watch
from bot.domain.buttons import ButtonData
from bot.domain.errors import ChartError
from bot.domain.scales import SCALES
from bot.domain.texts import Texts
from bot.flow.alert_entry import WATCH, will_enter
from bot.flow.alert_list import AlertList
from bot.flow.alerts import DROP, TELL, Alerts, AlertSettings
from bot.flow.chats import ChatBook
from bot.flow.membership import Membership
from bot.flow.orders import Orders
from bot.flow.ports import AlarmPainter, Picture, Upload
from bot.flow.press import Press
from bot.store import alerts, staff_buttons, timers
from bot.store.alerts import RaisedAlarm
from bot.store.engine import Store, Tx
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
