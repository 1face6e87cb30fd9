"""Watching for a drop: answers enter one by one, an alarm is told once, and staff say what it means.

An answer's first tap sets the timer ``alerts`` of its series; two minutes later a step lets it in. Nothing of this is
on the tap's path but that one row. The picture is painted by a job, outside of any transaction.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import structlog

from bot.domain.alert_chart import LEAD, SHOWN, AlarmChart, alarm_chart
from bot.domain.alert_figures import AlarmFigures, alarm_figures, explain
from bot.domain.alert_text import AlertView, Reaction, alert_message, normal_question
from bot.domain.alerts import THRESHOLDS, Rule, Sensitivity, advance, new_normal
from bot.domain.buttons import ButtonData
from bot.domain.errors import ChartError
from bot.domain.messages import Message
from bot.domain.summary import scale_of
from bot.domain.texts import Texts
from bot.flow.alert_entry import WATCH
from bot.flow.hard_answers import AlertLetter
from bot.flow.letters import PostedLetter
from bot.flow.ports import AlarmPainter, Picture, Tokens
from bot.flow.press import Press, Toast
from bot.flow.render import payload
from bot.store import alerts, staff_buttons, switches, timers
from bot.store.alerts import RaisedAlarm
from bot.store.engine import Store, Tx
from bot.store.outbox import Letter, ToChat, post
from bot.store.staff_buttons import StaffButton
from bot.store.timers import Timer

log = structlog.get_logger(__name__)

TELL = "alert_post"  # the timer of the job
DROP = "drop"  # what the buttons of an alarm's post are about
_AT_ONCE = 2000  # answers in one transaction: after an import there may be many
_TOO_OLD = timedelta(hours=24)  # an alarm that is found later is history, and no news


@dataclass(frozen=True)
class AlertSettings:
    """What the settings say about alerts on a drop. ``series``: those that are being asked.

    ``titles``: what staff read instead of a trigger's name.
    """

    sensitivity: Sensitivity
    zone: ZoneInfo
    theme: Literal["light", "dark"]
    series: tuple[str, ...]
    titles: Mapping[str, str] = field(default_factory=dict)


class Alerts:
    """The step ``alerts``, the job ``alert_post``, and the buttons below what it posts."""

    def __init__(
        self,
        store: Store,
        painter: AlarmPainter,
        alerts_chat: Callable[[], int | None],
        tokens: Tokens,
        texts: Texts,
        settings: AlertSettings,
    ) -> None:
        self._store = store
        self._painter = painter
        self._alerts_chat = alerts_chat
        self._tokens = tokens
        self._texts = texts
        self._settings = settings

    async def plan(self, tx: Tx, now: datetime) -> None:
        """At start: look whether answers wait, for instance imported ones."""
        for series in self._settings.series:
            await timers.start_unless_set(tx, WATCH, series, now)

    async def look(self, tx: Tx, subject: str, now: datetime) -> None:
        """Let every answer of a series in whose grace is over, in answer order; each once, whatever happens."""
        sensitivity = self._settings.sensitivity
        if sensitivity == "off":
            return
        try:
            scale = scale_of(subject)
        except (KeyError, IndexError):
            log.warning("alerts.unknown_scale", series=subject)
            return
        watch, entered = await alerts.watch_of(tx, subject, scale, is_to_change=True)
        for answer in await alerts.answers_after(tx, subject, scale, entered, now, _AT_ONCE):
            watch, alarm = advance(watch, answer, scale, THRESHOLDS[sensitivity])
            entered = answer.place
            alarm_id = None if alarm is None else await alerts.add(tx, subject, alarm, now)
            if alarm_id is not None:
                log.info("alerts.raised", series=subject, alarm=alarm_id)
                if now - entered.at < _TOO_OLD:
                    await timers.start(tx, TELL, alarm_id, now)
        await alerts.keep(tx, subject, watch, entered)
        next_at = await alerts.next_entry(tx, subject, entered)
        if next_at is not None:
            await timers.start(tx, WATCH, subject, max(now, next_at))

    async def tell(self, timer: Timer, now: datetime) -> None:
        """Post an alarm where alerts go: the text with its picture, or alone; once."""
        alarm_id, chat_id = int(timer.subject), self._alerts_chat()
        raised = await self._store.read(lambda tx: alerts.by_id(tx, alarm_id))
        if raised is None or raised.told_at is not None or chat_id is None:
            return
        figures, chart = await self._store.read(lambda tx: self._story(tx, raised))
        picture = await self._paint(chart)
        token = self._tokens.new()
        message = alert_message(self._view(raised, figures, token), self._texts, self._settings.zone)
        parameters = _parameters(message, has_picture=picture is not None)

        async def op(tx: Tx) -> None:
            is_ours = await alerts.claim(tx, alarm_id, figures, chat_id, now, has_picture=picture is not None)
            if is_ours:
                await staff_buttons.add(tx, token, StaffButton(chat_id, DROP, str(alarm_id)), now)
                await post(tx, _letter(alarm_id, chat_id, parameters, picture), now)

        await self._store.write(op)
        log.info("alerts.told", alarm=alarm_id)

    async def _story(self, tx: Tx, raised: RaisedAlarm) -> tuple[AlarmFigures, AlarmChart]:
        series, alarm = raised.series, raised.alarm
        scale = scale_of(series)
        watch, _ = await alerts.watch_of(tx, series, scale)
        answers = await alerts.labelled(tx, series, scale, alarm.first, alarm.last)
        figures = alarm_figures(
            series, scale, alarm, sum(watch.collected), explain(answers, scale, alarm.baseline)
        )
        since = await alerts.alarm_before(tx, series, alarm.last)
        drawn = await alerts.newest(
            tx, series, scale, since, alarm.last, max(SHOWN, sum(alarm.counts)) + LEAD
        )
        chart = alarm_chart(
            figures,
            [answer.option for answer in drawn if answer.place < alarm.first],
            [answer.option for answer in drawn if answer.place >= alarm.first],
            alarm.baseline,
            THRESHOLDS[self._settings.sensitivity] if alarm.rule is Rule.CUSUM else 0.0,
            self._settings.zone,
        )
        return figures, chart

    async def _paint(self, chart: AlarmChart) -> Picture | None:
        try:
            return await self._painter.render_alarm(chart, self._texts, self._settings.theme)
        except ChartError as error:
            log.warning("alerts.no_picture", error=str(error))
            return None

    def _view(self, raised: RaisedAlarm, figures: AlarmFigures, token: str) -> AlertView:
        return AlertView(
            figures,
            token,
            seen=reaction(raised.seen_by, raised.seen_at),
            normal=reaction(raised.normal_by, raised.normal_at),
            normal_n=raised.normal_n,
            names_series=len(set(self._settings.series)) > 1,
            titles=self._settings.titles,
        )

    async def pressed(
        self, tx: Tx, press: Press, button: ButtonData, row: StaffButton, now: datetime
    ) -> Toast | None:
        """A button of an alarm's post, pressed in its chat; ``None``: there is no such button.

        Whoever can press it is a member of the chat that alerts go to, and so of the staff.
        """
        raised = await alerts.by_id(tx, int(row.subject))
        if raised is None or raised.figures is None or press.message_id is None:
            return None
        if raised.message_id is None:  # it has arrived, whatever became of the answer to our call
            await alerts.stands_at(tx, raised.id, press.message_id)
        who = press.name or "?"
        if button.verb == "s":
            said = await self._seen(tx, raised, who, now)
        elif button.verb == "n" and raised.normal_at is None:
            view = replace(
                self._view(raised, raised.figures, button.token), normal_n=await self._normal_n(tx, raised)
            )
            question = normal_question(view, self._texts, self._settings.zone)
            await self._redraw(tx, raised, press.message_id, question, now)
            return Toast(press.callback_query_id)
        elif button.verb in ("y", "n"):
            said = await self._normal(tx, raised, who, now)
        elif button.verb == "b":
            said = self._texts("staff.alert.toast.kept")
        else:
            return None
        changed = await alerts.by_id(tx, raised.id) or raised
        view = self._view(changed, raised.figures, button.token)
        await self._redraw(
            tx, raised, press.message_id, alert_message(view, self._texts, self._settings.zone), now
        )
        return Toast(press.callback_query_id, said)

    async def _seen(self, tx: Tx, raised: RaisedAlarm, who: str, now: datetime) -> str:
        if await alerts.seen(tx, raised.id, who, now):
            return self._texts("staff.alert.toast.seen")
        return self._texts("staff.alert.toast.first", who=raised.seen_by or "?")

    async def _normal(self, tx: Tx, raised: RaisedAlarm, who: str, now: datetime) -> str:
        scale, since = scale_of(raised.series), raised.alarm.first
        watch, entered = await alerts.watch_of(tx, raised.series, scale, is_to_change=True)
        counts = await alerts.counts_since(tx, raised.series, scale, since, entered)
        if not await alerts.is_normal_now(tx, raised.id, who, sum(counts), now):
            return self._texts("staff.alert.toast.first", who=raised.normal_by or "?")
        await alerts.keep(tx, raised.series, new_normal(watch, since, counts, now), entered)
        await switches.record(tx, who, "new_normal", raised.series, now, str(sum(counts)))
        return self._texts("staff.alert.toast.normal")

    async def _normal_n(self, tx: Tx, raised: RaisedAlarm) -> int:
        scale = scale_of(raised.series)
        _, entered = await alerts.watch_of(tx, raised.series, scale)
        return sum(await alerts.counts_since(tx, raised.series, scale, raised.alarm.first, entered))

    async def _redraw(
        self, tx: Tx, raised: RaisedAlarm, message_id: int, message: Message, now: datetime
    ) -> None:
        assert raised.chat_id is not None
        method = "editMessageCaption" if raised.has_picture else "editMessageText"
        parameters = {"message_id": message_id, **_parameters(message, has_picture=raised.has_picture)}
        key = f"drop:{raised.id}"
        await post(tx, Letter("edit", method, parameters, ToChat(raised.chat_id), coalesce_key=key), now)


class AnyAlertLetter(AlertLetter):
    """A hard answer's line or a drop's post: each once, unless the outcome is unknown (telegram.md 4)."""

    async def claim(self, tx: Tx, letter: PostedLetter, now: datetime) -> bool:
        """A repeat is not wanted any more once somebody has pressed a button of the first."""
        alarm_id = _alarm_of(letter)
        if alarm_id is None:
            return await super().claim(tx, letter, now)
        raised = await alerts.by_id(tx, alarm_id)
        return raised is not None and raised.message_id is None

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        """Remember where it stands."""
        alarm_id = _alarm_of(letter)
        if alarm_id is None:
            await super().sent(tx, letter, result, now)
        else:
            await alerts.stands_at(tx, alarm_id, int(result["message_id"]))


def reaction(who: str | None, at: datetime | None) -> Reaction | None:
    """Who did it and when, as far as somebody did."""
    return None if who is None or at is None else Reaction(who, at)


def _letter(alarm_id: int, chat_id: int, parameters: dict[str, Any], picture: Picture | None) -> Letter:
    subject, to = json.dumps({DROP: alarm_id}), ToChat(chat_id)
    if picture is None:
        return Letter("alert", "sendMessage", parameters, to, subject=subject)
    return Letter(
        "alert",
        "sendPhoto",
        parameters,
        to,
        subject=subject,
        file=picture.content,
        file_field="photo",
        file_name="drop.png",
    )


def _alarm_of(letter: PostedLetter) -> int | None:
    return None if letter.subject is None else int(json.loads(letter.subject)[DROP])


def _parameters(message: Message, *, has_picture: bool) -> dict[str, Any]:
    parameters = payload(message)
    if has_picture:
        parameters["caption"] = parameters.pop("text")
        del parameters["link_preview_options"]
    return parameters
