"""``/settings``: what admins may change by chat, from an overview to a confirmed change that can be undone."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.buttons import ButtonData
from bot.domain.messages import Button, Message, isolate, quote
from bot.domain.overrides import SETTINGS, NotAValue, OutOfBounds, Setting, Value, setting_named
from bot.domain.setting_text import about_text, bounds_text, meaning_text, name_text, value_text
from bot.domain.texts import Texts
from bot.flow.ports import Tokens
from bot.flow.rulebook import Rulebook
from bot.flow.staff_menus import Redraw, choice, in_rows
from bot.store import audit, overrides, staff_buttons, switches
from bot.store.engine import Tx, from_ms, to_ms
from bot.store.staff_buttons import StaffButton

SETTINGS_MENU = "settings"
UNDO_FOR = timedelta(minutes=10)
_FILE = "file"  # in the place of a value: what the settings file says
_PAGE_LIMIT = 3500  # of a message's 4096 characters
_MARK = "✏️"


class SettingsMenu:
    """Verbs: ``o`` overview, ``a`` all settings (page), ``s`` choose, ``p`` propose, ``y`` yes, ``u`` undo.

    A value travels in the button as ``name_value`` or ``name_value_was``: whoever confirms is told if it is not any
    more what they saw. Settings are read in the transaction of the press.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        tokens: Tokens,
        texts: Texts,
        zone: ZoneInfo,
        shown: tuple[tuple[str, str], ...],
    ) -> None:
        """``shown``: key and value of every setting of the file, secrets hidden."""
        self._rulebook = rulebook
        self._tokens = tokens
        self._texts = texts
        self._zone = zone
        self._shown = shown

    async def open(self, tx: Tx, chat_id: int, now: datetime) -> Message:
        """``/settings``."""
        return await self._overview(tx, await self._new(tx, chat_id, now))

    async def set(self, tx: Tx, words: list[str], chat_id: int, now: datetime) -> Message:
        """``/set cooldown 10d``: the same confirmation; anything else is answered with what would be right."""
        token = await self._new(tx, chat_id, now)
        words = " ".join(words).replace("=", " ").split()
        setting, written = setting_named(words)
        if setting is None:
            note = self._texts("admin.set.usage", names=", ".join(SETTINGS))
            return await self._overview(tx, token, note)
        if written.lower() == _FILE:
            return await self._proposal(tx, token, setting, None)
        try:
            value = setting.parse_safe(written) if written else None
        except NotAValue:
            written = written[:40]
            note = self._texts("admin.set.no_value", written=quote(written), example=self._example(setting))
            return await self._choices(tx, token, setting, note)
        except OutOfBounds:
            note = self._texts("admin.set.out_of_bounds", bounds=bounds_text(setting, self._texts))
            return await self._choices(tx, token, setting, note)
        if not written:
            return await self._choices(tx, token, setting)
        return await self._proposal(tx, token, setting, setting.written(value))

    async def pressed(
        self, tx: Tx, row: StaffButton, button: ButtonData, who: str, now: datetime
    ) -> Redraw | None:
        """One press of one of these buttons (``StaffMenu``)."""
        token, verb = button.token, button.verb
        if verb == "o":
            return Redraw(message=await self._overview(tx, token))
        if verb == "a":
            return Redraw(message=await self._all(tx, token, button.value))
        if verb == "u":
            return await self._undo(tx, row, token, who, now)
        name, _, rest = button.value.partition("_")
        setting = SETTINGS.get(name)
        if setting is None:
            return None
        if verb == "s":
            return Redraw(message=await self._choices(tx, token, setting))
        wanted, _, was = rest.partition("_")
        try:
            written = None if wanted == _FILE else setting.written(setting.parse_safe(wanted))
        except (NotAValue, OutOfBounds):
            return None
        if verb == "p":
            return Redraw(message=await self._proposal(tx, token, setting, written))
        if verb == "y":
            return await self._change(tx, token, setting, written, was, who, now)
        return None

    async def _new(self, tx: Tx, chat_id: int, now: datetime) -> str:
        token = self._tokens.new()
        await staff_buttons.add(tx, token, StaffButton(chat_id, SETTINGS_MENU, ""), now)
        return token

    async def _overview(self, tx: Tx, token: str, note: str = "") -> Message:
        rows = await overrides.all_overrides(tx)
        rules = await self._rulebook.rules(tx)
        lines = [self._texts("admin.settings.menu")]
        for setting in SETTINGS.values():
            value, file = setting.of(rules), setting.of(self._rulebook.file_rules)
            name, said = name_text(setting, self._texts), value_text(setting, value, self._texts)
            if value == file:
                lines.append(self._texts("admin.settings.line", name=name, value=said))
                continue
            row = rows[setting.key]
            changed = self._texts(
                "admin.settings.changed",
                name=name,
                value=said,
                file=value_text(setting, file, self._texts),
                who=isolate(quote(row.changed_by)),
                when=self._texts.moment(row.changed_at, self._zone),
            )
            lines.append(f"{_MARK} {changed}")
        lines += self._own_numbers()
        buttons = [choice(name_text(one, self._texts), token, "s", one.name) for one in SETTINGS.values()]
        everything = choice(self._texts("admin.button.all_settings"), token, "a", "0")
        return Message(_under(note, "\n".join(lines)), (*in_rows(buttons, 2), (everything,)))

    def _own_numbers(self) -> list[str]:
        """Triggers that a change here does not reach, because the file gives them numbers of their own."""
        lines = []
        for trigger in self._rulebook.file.triggers:
            own = [
                f"{name_text(one, self._texts)} {value_text(one, one.of(trigger.rules), self._texts)}"
                for one in SETTINGS.values()
                if one.name in trigger.own
            ]
            if own:
                lines.append(self._texts("admin.settings.own", trigger=trigger.name, numbers=" · ".join(own)))
        return lines

    async def _all(self, tx: Tx, token: str, page: str) -> Message:
        changed = await overrides.all_overrides(tx)
        pages = [self._texts("admin.settings.title")]
        for key, value in self._shown:
            line = f"<code>{quote(key)}</code> = {quote(value)}"
            if key in changed:
                line += f" {_MARK} {quote(changed[key].value)}"
            if len(pages[-1]) + len(line) > _PAGE_LIMIT:
                pages.append(line)
            else:
                pages[-1] += f"\n{line}"
        number = min(int(page), len(pages) - 1) if page.isdigit() else 0
        turning = [
            choice(self._texts(key), token, "a", str(target))
            for key, target in (("admin.button.previous", number - 1), ("admin.button.next", number + 1))
            if 0 <= target < len(pages)
        ]
        rows: tuple[tuple[Button, ...], ...] = (tuple(turning),) if turning else ()
        return Message(pages[number], (*rows, (self._back(token),)))

    async def _choices(self, tx: Tx, token: str, setting: Setting, note: str = "") -> Message:
        present, file = await self._present(tx, setting), setting.of(self._rulebook.file_rules)
        text = self._texts(
            "admin.settings.choose",
            name=name_text(setting, self._texts),
            about=about_text(setting, self._texts),
            value=value_text(setting, present, self._texts),
            file=value_text(setting, file, self._texts),
            bounds=bounds_text(setting, self._texts),
            example=self._example(setting),
        )
        offered = [setting.parse(written) for written in setting.offered]
        buttons = [
            choice(
                value_text(setting, value, self._texts),
                token,
                "p",
                f"{setting.name}_{setting.code(value)}",
                is_chosen=value == present,
            )
            for value in offered
        ]
        rows = in_rows(buttons, 2 if setting.kind == "hours" else 3)
        if present != file:
            label = self._texts("admin.button.reset", value=value_text(setting, file, self._texts))
            rows = (*rows, (choice(label, token, "p", f"{setting.name}_{_FILE}"),))
        return Message(_under(note, text), (*rows, (self._back(token),)))

    async def _proposal(
        self, tx: Tx, token: str, setting: Setting, written: str | None, note: str = ""
    ) -> Message:
        """From what to what, and what it means. ``written`` ``None``: back to the file."""
        present = await self._present(tx, setting)
        file = setting.of(self._rulebook.file_rules)
        value = file if written is None else setting.parse(written)
        if value == present:
            already = self._texts("admin.set.is_so", value=value_text(setting, value, self._texts))
            return await self._choices(tx, token, setting, already)
        text = self._texts("admin.settings.confirm", step=self._step(setting, present, value))
        wanted = _FILE if written is None else setting.code(value)
        yes = f"{setting.name}_{wanted}_{setting.code(present)}"
        buttons = (
            choice(self._texts("admin.button.change"), token, "y", yes),
            choice(self._texts("admin.button.cancel"), token, "s", setting.name),
        )
        meaning = meaning_text(setting, value, self._texts)
        return Message(_under(note, f"{text}\n\n{meaning}"), (buttons,))

    async def _change(
        self, tx: Tx, token: str, setting: Setting, written: str | None, was: str, who: str, now: datetime
    ) -> Redraw:
        present = await self._present(tx, setting)
        before = (await overrides.all_overrides(tx)).get(setting.key)
        file = setting.of(self._rulebook.file_rules)
        value = file if written is None else setting.parse(written)
        if value == present:  # the same button twice
            return Redraw(message=await self._proposal(tx, token, setting, written))
        stored = None if value == file else setting.written(value)
        earlier = before.value if before else None
        if setting.code(present) != was or not await overrides.put(
            tx, setting.key, stored, who, now, expected=earlier
        ):
            meanwhile = self._texts("admin.set.meanwhile")
            return Redraw(message=await self._proposal(tx, token, setting, written, meanwhile))
        line = await self._record(
            tx, setting, "setting" if stored else "setting_reset", present, value, who, now
        )
        undo = {"name": setting.name, "value": earlier, "line": line, "until": to_ms(now + UNDO_FOR)}
        await staff_buttons.change(tx, token, json.dumps(undo))
        text = self._texts(
            "admin.settings.done", step=self._step(setting, present, value), who=isolate(quote(who))
        )
        row = (
            choice(self._texts("admin.button.undo", time=self._texts.duration(UNDO_FOR)), token, "u"),
            self._back(token),
        )
        return Redraw(
            self._texts("admin.set.done"),
            Message(f"{text}\n\n{meaning_text(setting, value, self._texts)}", (row,)),
        )

    async def _undo(self, tx: Tx, row: StaffButton, token: str, who: str, now: datetime) -> Redraw:
        undo = json.loads(row.subject or "{}")
        setting = SETTINGS.get(undo.get("name", ""))
        if setting is None or now > from_ms(undo["until"]):
            return Redraw(self._texts("admin.set.too_late"), await self._overview(tx, token))
        await staff_buttons.change(tx, token, "")
        present = await self._present(tx, setting)
        stored = (await overrides.all_overrides(tx)).get(setting.key)
        is_last = await audit.last_about(tx, setting.key) == undo["line"]
        if not is_last or not await overrides.put(
            tx, setting.key, undo["value"], who, now, expected=stored.value if stored else None
        ):
            note = self._texts("admin.set.not_undone", name=name_text(setting, self._texts))
            return Redraw(message=await self._overview(tx, token, note))
        value = await self._present(tx, setting)
        await self._record(tx, setting, "setting_undone", present, value, who, now)
        text = self._texts(
            "admin.settings.undone", step=self._step(setting, present, value), who=isolate(quote(who))
        )
        return Redraw(self._texts("admin.set.undone"), Message(text, ((self._back(token),),)))

    async def _present(self, tx: Tx, setting: Setting) -> Value:
        return setting.of(await self._rulebook.rules(tx))

    async def _record(
        self, tx: Tx, setting: Setting, action: str, was: Value, value: Value, who: str, now: datetime
    ) -> int:
        detail = f"{setting.written(was)} → {setting.written(value)}"
        return await switches.record(tx, who, action, setting.key, now, detail)

    def _step(self, setting: Setting, was: Value, value: Value) -> str:
        said = (value_text(setting, one, self._texts) for one in (was, value))
        return self._texts(
            "admin.settings.step", name=name_text(setting, self._texts), was=next(said), value=next(said)
        )

    def _example(self, setting: Setting) -> str:
        return f"/set {setting.name} {setting.example}"

    def _back(self, token: str) -> Button:
        return choice(self._texts("admin.button.settings"), token, "o")


def _under(note: str, text: str) -> str:
    return f"{note}\n\n{text}" if note else text
