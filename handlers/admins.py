"""What admins say and press, handed to whoever does it. Rights were looked at before (``handlers.staff``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.buttons import ButtonData
from bot.domain.messages import Message
from bot.domain.texts import CatalogueBook, Texts
from bot.flow.administration import TRIGGERS, Administration
from bot.flow.audit_menu import AUDIT_MENU, AuditMenu
from bot.flow.pause_menu import PAUSE_MENU, PauseMenu
from bot.flow.ports import Tokens
from bot.flow.preview_menu import PREVIEW, PREVIEW_MENU, PreviewMenu
from bot.flow.rulebook import Rulebook
from bot.flow.settings_menu import SETTINGS_MENU, SettingsMenu
from bot.flow.staff_menus import Redraw, StaffMenu
from bot.flow.trigger_menu import TRIGGER_MENU, TriggerMenu
from bot.store.engine import Tx
from bot.store.staff_buttons import StaffButton
from handlers.commands import Command


class Admins:
    """``/triggers /trigger /pause /resume /settings /set /audit /preview /ask`` and the menus that answer them."""

    def __init__(
        self,
        *,
        administration: Administration,
        rulebook: Rulebook,
        tokens: Tokens,
        catalogues: CatalogueBook,
        languages: Sequence[str],
        texts: Texts,
        zone: ZoneInfo,
        settings_shown: tuple[tuple[str, str], ...],
        tells_staff: bool,
    ) -> None:
        """``texts`` are the staff's, ``catalogues`` and ``languages`` the customers'."""
        self._administration = administration
        self._triggers = TriggerMenu(rulebook, administration, tokens, texts, zone)
        self._pauses = PauseMenu(tokens, texts, zone)
        self._settings = SettingsMenu(rulebook, tokens, texts, zone, settings_shown)
        self._audit = AuditMenu(tokens, texts, zone)
        self._preview = PreviewMenu(rulebook, catalogues, languages, tokens, texts, tells_staff=tells_staff)
        self._menus: Mapping[str, StaffMenu] = {
            TRIGGERS: administration,
            TRIGGER_MENU: self._triggers,
            PAUSE_MENU: self._pauses,
            SETTINGS_MENU: self._settings,
            AUDIT_MENU: self._audit,
            PREVIEW_MENU: self._preview,
            PREVIEW: self._preview,
        }

    async def obey(
        self, tx: Tx, command: Command, chat_id: int, thread_id: int | None, who: str, now: datetime
    ) -> Message:
        """Do what an admin's command says; the answer."""
        name, words = command.name, command.words
        if name == "triggers":
            return await self._administration.triggers(tx, chat_id, now)
        if name == "trigger":
            return await self._trigger(tx, words, chat_id, who, now)
        if name == "pause":
            return await self._pauses.pause(tx, words, chat_id, who, now)
        if name == "resume":
            return await self._pauses.resume(tx, who, now)
        if name == "ask":
            return await self._administration.ask(tx, chat_id, thread_id, who, now)
        if name == "set":
            return await self._settings.set(tx, words, chat_id, now)
        if name == "audit":
            return await self._audit.open(tx, words, chat_id, now)
        if name == "preview":
            return await self._preview.open(tx, chat_id, now)
        return await self._settings.open(tx, chat_id, now)

    async def _trigger(self, tx: Tx, words: list[str], chat_id: int, who: str, now: datetime) -> Message:
        if len(words) < 2:
            menu = await self._triggers.open(tx, words[0] if words else None, chat_id, now)
            if menu is not None:
                return menu
        return await self._administration.trigger(tx, words, who, now)

    async def pressed(
        self, tx: Tx, row: StaffButton, button: ButtonData, who: str, now: datetime
    ) -> Redraw | None:
        """An admin's press; ``None``: the row is no menu's, or the menu has no such button."""
        menu = self._menus.get(row.action)
        return None if menu is None else await menu.pressed(tx, row, button, who, now)

    def knows(self, row: StaffButton) -> bool:
        """Whether the row is one of these menus'."""
        return row.action in self._menus
