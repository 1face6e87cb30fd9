"""``/trigger``: one trigger at a glance – what it lets through, its numbers, what it did today – and its switch."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.buttons import ButtonData
from bot.domain.invitation import State
from bot.domain.messages import Message, quote
from bot.domain.overrides import SETTINGS
from bot.domain.setting_text import name_text, value_text
from bot.domain.survey import Trigger
from bot.domain.texts import Texts
from bot.flow.administration import Administration
from bot.flow.ports import Tokens
from bot.flow.rulebook import Rulebook
from bot.flow.staff_menus import Redraw, choice
from bot.store import staff_buttons
from bot.store.decisions import Decided, decided_since
from bot.store.engine import Tx
from bot.store.staff_buttons import StaffButton

TRIGGER_MENU = "trigger"
_WAITING = frozenset({State.SCHEDULED, State.SENDING})
_NOT_ASKED = frozenset({State.SKIPPED, State.CANCELLED, State.UNDELIVERABLE})
_REASONS_SHOWN = 5


class TriggerMenu:
    """Verbs: ``l`` the list to choose from, ``t`` one trigger, ``n`` and ``f`` its switch."""

    def __init__(
        self,
        rulebook: Rulebook,
        administration: Administration,
        tokens: Tokens,
        texts: Texts,
        zone: ZoneInfo,
    ) -> None:
        self._rulebook = rulebook
        self._administration = administration
        self._tokens = tokens
        self._texts = texts
        self._zone = zone

    async def open(self, tx: Tx, name: str | None, chat_id: int, now: datetime) -> Message | None:
        """The menu of a trigger; without a name the only one's, or the list. ``None``: there is no such trigger."""
        names = self._names
        if name is None and len(names) == 1:
            name = names[0]
        if name is not None and name not in names:
            return None
        token = self._tokens.new()
        await staff_buttons.add(tx, token, StaffButton(chat_id, TRIGGER_MENU, ""), now)
        return self._list(token) if name is None else await self._drawn(tx, token, name, now)

    async def pressed(
        self, tx: Tx, row: StaffButton, button: ButtonData, who: str, now: datetime
    ) -> Redraw | None:
        """One press of one of these buttons (``StaffMenu``)."""
        token, name = button.token, button.value
        if button.verb == "l":
            return Redraw(message=self._list(token))
        if button.verb not in "tnf":
            return None
        if name not in self._names:
            return Redraw(self._texts("admin.refused.gone"), self._list(token))
        said = ""
        if button.verb != "t":
            said = await self._administration.switch(tx, name, button.verb == "n", who, now) or ""
        return Redraw(said, await self._drawn(tx, token, name, now))

    @property
    def _names(self) -> list[str]:
        return [trigger.name for trigger in self._rulebook.file.triggers]

    def _list(self, token: str) -> Message:
        rows = tuple((choice(name, token, "t", name),) for name in self._names)
        return Message(self._texts("admin.trigger.choose"), rows)

    async def _drawn(self, tx: Tx, token: str, name: str, now: datetime) -> Message:
        trigger = await self._rulebook.trigger(tx, name)
        assert trigger is not None
        line, is_on = await self._administration.state_line(tx, trigger)
        midnight = now.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
        today = await decided_since(tx, name, midnight)
        parts = (line, self._filters(trigger), self._numbers(trigger), self._today(today))
        label = self._texts(
            "admin.triggers.turn_off" if is_on else "admin.triggers.turn_on", name=trigger.name
        )
        rows = [(choice(label, token, "f" if is_on else "n", name),)]
        if len(self._names) > 1:
            rows.append((choice(self._texts("admin.button.triggers"), token, "l"),))
        return Message("\n\n".join(parts), tuple(rows))

    def _filters(self, trigger: Trigger) -> str:
        filters = (
            ("admin.trigger.filter.sources", trigger.sources),
            ("admin.trigger.filter.teams", trigger.teams),
            ("admin.trigger.filter.tags", trigger.tags),
            ("admin.trigger.filter.agents", trigger.agents),
            ("admin.trigger.filter.languages", trigger.languages),
            ("admin.trigger.filter.resolved_by", trigger.resolved_by),
        )
        lines = [
            self._texts(key, values=quote(", ".join(values[:10]) + (" …" if len(values) > 10 else "")))
            for key, values in filters
            if values
        ]
        lines = lines or [self._texts("admin.trigger.no_filter")]
        asks = self._texts(
            "admin.trigger.asks", scale=trigger.survey.scale_name, touchpoint=quote(trigger.touchpoint)
        )
        return "\n".join((*lines, asks))

    def _numbers(self, trigger: Trigger) -> str:
        lines = []
        for setting in SETTINGS.values():
            value = value_text(setting, setting.of(trigger.rules), self._texts)
            key = "admin.trigger.own_number" if setting.name in trigger.own else "admin.settings.line"
            lines.append(self._texts(key, name=name_text(setting, self._texts), value=value))
        return "\n".join(lines)

    def _today(self, today: list[Decided]) -> str:
        total = sum(one.count for one in today)
        lines = [self._texts.plural("admin.trigger.today", total)]
        waiting = sum(one.count for one in today if one.state in _WAITING)
        not_asked = [one for one in today if one.state in _NOT_ASKED]
        asked = total - waiting - sum(one.count for one in not_asked)
        lines += [
            self._texts(key, count=self._texts.number(count))
            for key, count in (("admin.trigger.asked", asked), ("admin.trigger.waiting", waiting))
            if count
        ]
        lines += [
            self._texts(
                "admin.trigger.not_asked",
                count=self._texts.number(one.count),
                reason=self._texts(f"staff.outcome.{one.reason}") if one.reason else "–",
            )
            for one in not_asked[:_REASONS_SHOWN]
        ]
        return "\n".join(lines)
