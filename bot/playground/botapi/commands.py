"""Command menus: what setMyCommands put where, and which menu a person sees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.playground.botapi.chat import Chat

Scope = tuple[str, int | None, int | None]
Commands = list[dict[str, Any]]

DEFAULT_SCOPE: Scope = ("default", None, None)


def scope_of(given: Mapping[str, Any] | None) -> Scope:
    """A BotCommandScope as a key: type, chat, user."""
    if given is None:
        return DEFAULT_SCOPE
    return given["type"], given.get("chat_id"), given.get("user_id")


class CommandMenus:
    """The bot's commands by scope and language (empty: any language)."""

    def __init__(self) -> None:
        self._menus: dict[tuple[Scope, str], Commands] = {}

    def put(self, scope: Scope, language: str, commands: Commands) -> None:
        """Set a menu; an empty one deletes it, as Telegram does."""
        if commands:
            self._menus[scope, language] = commands
        else:
            self._menus.pop((scope, language), None)

    def get(self, scope: Scope, language: str) -> Commands:
        """Exactly what was put there; empty when nothing was."""
        return self._menus.get((scope, language), [])

    def shown_to(self, chat: Chat, person_id: int, language: str) -> Commands:
        """The first menu that exists, from the narrowest scope to the widest ("Determining list of commands")."""
        base = language.split("-")[0].lower()
        for scope in _scopes(chat, person_id):
            for wanted in (base, ""):
                if menu := self._menus.get((scope, wanted)):
                    return menu
        return []


def _scopes(chat: Chat, person_id: int) -> Iterator[Scope]:
    if chat.kind == "private":
        yield "chat", chat.id, None
        yield "all_private_chats", None, None
    else:
        member = chat.member(person_id)
        is_admin = member is not None and member.is_admin
        yield "chat_member", chat.id, person_id
        if is_admin:
            yield "chat_administrators", chat.id, None
        yield "chat", chat.id, None
        if is_admin:
            yield "all_chat_administrators", None, None
        yield "all_group_chats", None, None
    yield DEFAULT_SCOPE
