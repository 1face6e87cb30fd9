"""The command menus: per scope and per language (Bot API: setMyCommands)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.domain.controls import menu
from bot.domain.texts import CatalogueBook, Texts
from bot.flow.chats import ChatBook
from bot.store.engine import Tx
from bot.store.outbox import Letter, ToBot, post

FORUM_MENU = ("done", "ces", "ask", "why", "id")
STAFF_MENU = ("ces", "why", "alerts", "answered", "triggers", "pause", "resume", "settings", "id")
ADMIN_MENU = (
    "ces",
    "alerts",
    "answered",
    "triggers",
    "trigger",
    "pause",
    "resume",
    "settings",
    "preview",
    "audit",
    "export",
    "why",
    "simulate",
    "id",
)


class Menus:
    """Sets what people see when they tap "/"."""

    def __init__(
        self,
        catalogues: CatalogueBook,
        languages: Iterable[str],
        chats: ChatBook,
        staff_texts: Texts,
        default_language: str,
    ) -> None:
        self._catalogues = catalogues
        self._languages = tuple(languages)
        self._chats = chats
        self._staff_texts = staff_texts
        self._default_language = default_language

    async def set_all(self, tx: Tx, now: datetime) -> None:
        """Every menu, once at start: customers in each language, the forum, the staff chat."""
        private = {"type": "all_private_chats"}
        await self._set(tx, private, menu(self._catalogues.of(self._default_language)), None, now)
        seen = set()
        for language in self._languages:
            code = language.split("-")[0]  # Bot API: two letters (ISO 639-1)
            if code not in seen:
                seen.add(code)
                await self._set(tx, private, menu(self._catalogues.of(language)), code, now)
        for chat_id, names in (
            (self._chats.support_forum, FORUM_MENU),
            (self._chats.staff, STAFF_MENU),
        ):
            if chat_id is not None:
                await self._set(tx, {"type": "chat", "chat_id": chat_id}, self._commands(names), None, now)

    async def set_for_admin(self, tx: Tx, person_id: int, now: datetime) -> None:
        """The private chat of one admin."""
        commands = (*self._commands(ADMIN_MENU), *menu(self._staff_texts))
        await self._set(tx, {"type": "chat", "chat_id": person_id}, commands, None, now)

    def _commands(self, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
        return tuple((name, self._staff_texts(f"command.{name}")) for name in names)

    async def _set(
        self,
        tx: Tx,
        scope: dict[str, Any],
        commands: Iterable[tuple[str, str]],
        language_code: str | None,
        now: datetime,
    ) -> None:
        parameters: dict[str, Any] = {
            "commands": [{"command": name, "description": text} for name, text in commands],
            "scope": scope,
        }
        if language_code:
            parameters["language_code"] = language_code
        key = f"menu:{scope.get('chat_id', scope['type'])}:{language_code or ''}"
        await post(tx, Letter("menu", "setMyCommands", parameters, ToBot(), coalesce_key=key), now)
