"""Who may say what: every command of staff and admins in one table, and how a command is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Audience = Literal["anyone", "staff", "admin"]
Place = Literal["private", "forum", "staff_chat", "other"]


@dataclass(frozen=True)
class CommandRule:
    """One command: whose it is, where it works, and whether an anonymous admin of that chat may use it."""

    name: str
    audience: Audience
    places: frozenset[Place]
    for_anonymous: bool = False


_EVERYWHERE: frozenset[Place] = frozenset({"private", "forum", "staff_chat", "other"})
_HOUSE: frozenset[Place] = frozenset({"private", "forum", "staff_chat"})

STAFF_COMMANDS: dict[str, CommandRule] = {
    rule.name: rule
    for rule in (
        CommandRule("ces", "staff", _HOUSE, for_anonymous=True),
        CommandRule("done", "staff", frozenset({"forum"}), for_anonymous=True),
        CommandRule("why", "staff", _HOUSE, for_anonymous=True),
        CommandRule("alerts", "staff", _HOUSE, for_anonymous=True),
        CommandRule("answered", "staff", _HOUSE, for_anonymous=True),
        CommandRule("triggers", "admin", _HOUSE),
        CommandRule("trigger", "admin", _HOUSE),
        CommandRule("pause", "admin", _HOUSE),
        CommandRule("resume", "admin", _HOUSE),
        CommandRule("ask", "admin", frozenset({"forum"})),
        CommandRule("settings", "admin", _HOUSE),
        CommandRule("set", "admin", _HOUSE),
        CommandRule("audit", "admin", _HOUSE),
        CommandRule("simulate", "admin", _HOUSE),
        CommandRule("preview", "admin", _HOUSE),
        CommandRule("export", "admin", frozenset({"private", "staff_chat"})),
        CommandRule("id", "anyone", _EVERYWHERE, for_anonymous=True),
    )
}


@dataclass(frozen=True)
class Command:
    """A command as somebody wrote it: its name without slash and bot name, and the words after it."""

    name: str
    words: list[str]


def read_command(message: dict[str, Any], bot_username: str) -> Command | None:
    """The command that a message starts with, if it is for this bot (``/ces`` or ``/ces@this_bot``).

    What somebody forwards are somebody else's words, and no order.
    """
    if "forward_origin" in message:
        return None
    entities = message.get("entities") or []
    first = next((e for e in entities if e.get("type") == "bot_command" and e.get("offset") == 0), None)
    text = message.get("text")
    if first is None or not isinstance(text, str):
        return None
    written = text.encode("utf-16-le")[2 : 2 * int(first["length"])].decode(
        "utf-16-le"
    )  # entities count UTF-16
    name, _, addressed = written.partition("@")
    if addressed and addressed.lower() != bot_username.lower():
        return None
    rest = text.encode("utf-16-le")[2 * int(first["length"]) :].decode("utf-16-le")
    return Command(name.lower(), rest.split())
