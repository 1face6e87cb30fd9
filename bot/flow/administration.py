"""What admins switch by chat: the triggers; and asking by hand."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.buttons import ButtonData
from bot.domain.messages import Message, isolate, quote
from bot.domain.survey import MANUAL, Trigger
from bot.domain.texts import Texts
from bot.flow.desk import Desk
from bot.flow.intake import Intake
from bot.flow.pause_menu import paused_line
from bot.flow.ports import Tokens
from bot.flow.rulebook import Rulebook
from bot.flow.staff_menus import Redraw, choice
from bot.store import staff_buttons, switches
from bot.store.desk import topic_at
from bot.store.engine import Tx
from bot.store.staff_buttons import StaffButton
from bot.store.switches import Switch

TRIGGERS = "triggers"


class Administration:
    """Each function changes what it says and returns the message that answers the admin."""

    def __init__(
        self,
        rulebook: Rulebook,
        intake: Intake,
        desk: Desk,
        tokens: Tokens,
        texts: Texts,
        zone: ZoneInfo,
    ) -> None:
        self._rulebook = rulebook
        self._intake = intake
        self._desk = desk
        self._tokens = tokens
        self._texts = texts
        self._zone = zone

    async def triggers(self, tx: Tx, chat_id: int, now: datetime) -> Message:
        """Every trigger with its switch: who switched it, and when."""
        token = self._tokens.new()
        await staff_buttons.add(tx, token, StaffButton(chat_id, TRIGGERS, ""), now)
        return await self._triggers(tx, token, now)

    async def _triggers(self, tx: Tx, token: str, now: datetime) -> Message:
        touched = await switches.all_switches(tx)
        lines = [self._texts("admin.triggers.title")]
        if switches.is_paused(touched, now):
            lines.append(paused_line(touched[switches.PAUSE], self._texts, self._zone))
        rows = []
        for trigger in self._rulebook.file.triggers:
            line, is_on = self._state_line(trigger, touched.get(trigger.name))
            lines.append(line)
            label = self._texts(
                "admin.triggers.turn_off" if is_on else "admin.triggers.turn_on", name=trigger.name
            )
            rows.append((choice(label, token, "f" if is_on else "n", trigger.name),))
        return Message("\n".join(lines), tuple(rows))

    async def state_line(self, tx: Tx, trigger: Trigger) -> tuple[str, bool]:
        """How a trigger's switch stands and who set it, as a line; and whether it is on."""
        return self._state_line(trigger, (await switches.all_switches(tx)).get(trigger.name))

    def _state_line(self, trigger: Trigger, switch: Switch | None) -> tuple[str, bool]:
        is_on = switch.is_on if switch else trigger.is_on
        by = (
            self._texts(
                "admin.triggers.switched",
                who=isolate(quote(switch.changed_by)),
                when=self._texts.moment(switch.changed_at, self._zone),
            )
            if switch
            else self._texts("admin.triggers.as_file")
        )
        line = self._texts(
            "admin.triggers.line",
            mark="🟢" if is_on else "⚪️",
            name=trigger.name,
            kind=trigger.kind,
            state=self._texts("admin.triggers.on" if is_on else "admin.triggers.off"),
            by=by,
        )
        return line, is_on

    async def switch(self, tx: Tx, name: str, is_on: bool, who: str, now: datetime) -> str | None:
        """Switch one trigger; the text that says so, or ``None``: there is no trigger of this name."""
        trigger = next((one for one in self._rulebook.file.triggers if one.name == name), None)
        if trigger is None:
            return None
        await switches.turn(tx, name, is_on, who, now)
        return self._texts("admin.trigger.turned_on" if is_on else "admin.trigger.turned_off", name=name)

    async def pressed(
        self, tx: Tx, row: StaffButton, button: ButtonData, who: str, now: datetime
    ) -> Redraw | None:
        """A pressed inline switch of the list (``StaffMenu``): ``n`` on, ``f`` off."""
        if button.verb not in ("n", "f"):
            return None
        said = await self.switch(tx, button.value, button.verb == "n", who, now)
        return Redraw(said or self._texts("admin.refused.gone"), await self._triggers(tx, button.token, now))

    async def trigger(self, tx: Tx, words: list[str], who: str, now: datetime) -> Message:
        """``/trigger <name> on|off``; anything else is answered with what would be right."""
        names = ", ".join(trigger.name for trigger in self._rulebook.file.triggers)
        if len(words) != 2 or words[1].lower() not in ("on", "off"):
            return Message(self._texts("admin.trigger.usage", names=names))
        said = await self.switch(tx, words[0], words[1].lower() == "on", who, now)
        if said is None:
            return Message(self._texts("admin.trigger.unknown", name=quote(words[0]), names=names))
        return Message(said)

    async def ask(
        self, tx: Tx, forum_chat_id: int, thread_id: int | None, who: str, now: datetime
    ) -> Message:
        """``/ask`` in a customer's topic: obeys opt-out, block and cooldown, once per episode.

        The audit names the admin and not the customer.
        """
        topic = None if thread_id is None else await topic_at(tx, forum_chat_id, thread_id)
        if topic is None:
            return Message(self._texts("admin.ask.usage"))
        event = await self._desk.event_now(tx, topic, now)
        verdict = await self._intake.ask_by_hand(tx, event, now)
        if verdict is None:
            return Message(self._texts("admin.ask.again"))
        if verdict.ask_at is None:
            await switches.record(tx, who, "not_asked", MANUAL, now, verdict.skip)
            return Message(
                self._texts("admin.ask.refused", reason=self._texts(f"staff.outcome.{verdict.skip}"))
            )
        await switches.record(tx, who, "asked", MANUAL, now)
        return Message(self._texts("admin.ask.done", when=self._texts.moment(verdict.ask_at, self._zone)))
