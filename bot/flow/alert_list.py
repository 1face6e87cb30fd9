"""``/alerts``: how things stand with the watch, and renewing its baseline."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

from bot.domain.alert_figures import VOLUME_SPAN, false_alarms
from bot.domain.alert_text import Reaction, WatchView, renew_question, renewed, watch_list
from bot.domain.alerts import BASELINE_FROM, BASELINE_UPTO, THRESHOLDS, Place, Watch, frozen
from bot.domain.buttons import ButtonData
from bot.domain.messages import Message
from bot.domain.scales import Scale
from bot.domain.summary import scale_of
from bot.domain.texts import Texts
from bot.flow.alerts import AlertSettings, reaction
from bot.flow.chats import ChatBook
from bot.flow.orders import Orders
from bot.flow.ports import Tokens
from bot.flow.press import Press, Toast
from bot.flow.render import payload
from bot.store import alerts, staff_buttons, switches
from bot.store.engine import Store, Tx, from_ms
from bot.store.outbox import Letter, ToChat, post
from bot.store.staff_buttons import StaffButton
from bot.store.timers import Timer

ALERT_LIST = "alert_list"  # the timer
BASELINE = "baseline"  # what the buttons of the list are about
_LATEST = 3


class AlertList:
    """The job ``alert_list``, and the buttons below what it posts."""

    def __init__(
        self,
        store: Store,
        orders: Orders,
        chats: ChatBook,
        tokens: Tokens,
        texts: Texts,
        settings: AlertSettings,
    ) -> None:
        self._store = store
        self._chats = chats
        self._orders = orders
        self._tokens = tokens
        self._texts = texts
        self._settings = settings

    async def ordered(self, timer: Timer, now: datetime) -> None:
        """Post the list where it was asked for."""
        order = await self._orders.read(timer, now)
        if order is None:
            return
        chat_id = order.to.chat_id
        # where a press would be refused there is no button (handlers.staff)
        may_renew = self._chats.is_house(chat_id) or chat_id in self._chats.admins
        bare = await self._store.read(lambda tx: self._views(tx, now))
        views = [await self._with_expectation(view) for view in bare]
        views = views if may_renew else [replace(view, token="") for view in views]
        tokens = {view.series: view.token for view in views if view.token}
        message = watch_list(views, self._settings.sensitivity, self._texts, self._settings.zone)
        if not views:
            message = Message(f"{message.text}\n\n{self._texts('staff.alerts.nothing')}")

        async def op(tx: Tx) -> None:
            for series, token in tokens.items():
                await staff_buttons.add(tx, token, StaffButton(chat_id, BASELINE, series), now)
            await post(tx, Letter("reply", "sendMessage", payload(message), order.to), now)

        await self._store.write(op)

    async def _views(self, tx: Tx, now: datetime) -> list[WatchView]:
        views = []
        for series in await alerts.watched_series(tx):
            scale = scale_of(series)
            watch, entered = await alerts.watch_of(tx, series, scale)
            latest = [
                (raised.figures, raised.alarm.last.at, reaction(raised.seen_by, raised.seen_at))
                for raised in await alerts.latest(tx, series, _LATEST)
            ]
            views.append(
                WatchView(
                    series=series,
                    scale=scale,
                    watch=watch,
                    expected=None,
                    recent_answers=await alerts.count_since(tx, series, now - VOLUME_SPAN, now),
                    latest=latest,
                    token=self._tokens.new(),
                    renewable=sum(await _newest(tx, series, scale, watch, entered)),
                )
            )
        return views

    async def _with_expectation(self, view: WatchView) -> WatchView:
        """A rare answer makes for long sums: off the event loop."""
        if self._settings.sensitivity == "off":
            return view
        threshold = THRESHOLDS[self._settings.sensitivity]
        expected = await asyncio.to_thread(false_alarms, view.watch, threshold, view.recent_answers)
        return replace(view, expected=expected)

    async def pressed(
        self, tx: Tx, press: Press, button: ButtonData, row: StaffButton, now: datetime
    ) -> Toast | None:
        """``w`` asks, ``y`` renews the baseline, ``b`` leaves it; ``None``: there is no such button."""
        series = row.subject
        scale = scale_of(series)
        watch, entered = await alerts.watch_of(tx, series, scale, is_to_change=True)
        counts = await _newest(tx, series, scale, watch, entered)
        n, said = sum(counts), ""
        if button.verb == "b" or n < BASELINE_FROM:
            message = Message(self._texts("staff.alerts.kept"))
        elif button.verb == "w":
            message = renew_question(series, n, button.token, self._texts)
        elif button.verb == "y":
            who = press.name or "?"
            await alerts.keep(tx, series, frozen(watch, counts, now), entered)
            await switches.record(tx, who, "baseline_renewed", series, now, str(n))
            await staff_buttons.drop(tx, button.token)
            message = renewed(series, n, Reaction(who, now), self._texts, self._settings.zone)
            said = self._texts("staff.alert.toast.renewed")
        else:
            return None
        edit = {"message_id": press.message_id, **payload(message)}
        key = f"baseline:{row.chat_id}:{press.message_id}"
        await post(tx, Letter("edit", "editMessageText", edit, ToChat(row.chat_id), coalesce_key=key), now)
        return Toast(press.callback_query_id, said)


async def _newest(tx: Tx, series: str, scale: Scale, watch: Watch, entered: Place) -> tuple[int, ...]:
    """What a renewed baseline would be made of: the newest answers of the present normal, alarms left out."""
    begin = watch.normal_from
    after = Place(from_ms(0), 0) if begin is None else Place(begin.at, begin.id - 1)
    answers = await alerts.newest(tx, series, scale, after, entered, BASELINE_UPTO, but_alarms=True)
    options = [answer.option for answer in answers]
    return tuple(options.count(option) for option in range(len(scale.values)))
