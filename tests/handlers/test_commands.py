"""How a command is read, and the one table that says who may give it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.controls import CUSTOMER_COMMANDS
from bot.playground.botapi.content import found_entities
from handlers.commands import STAFF_COMMANDS, Command, read_command


def message(text: str) -> dict[str, Any]:
    """As Telegram gives it, entities found as Telegram finds them."""
    return {"text": text, "entities": found_entities(text)}


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/ces", Command("ces", [])),
        ("/CES", Command("ces", [])),
        ("/ces@this_bot", Command("ces", [])),
        ("/ces@This_Bot now", Command("ces", ["now"])),
        ("/trigger  generic\n off ", Command("trigger", ["generic", "off"])),
        ("/trigger 🙂 off", Command("trigger", ["🙂", "off"])),
        ("/ces@other_bot", None),
        ("ces", None),
        ("please /ces", None),
        ("🙂 /ces", None),
        ("//ces", None),
        ("/", None),
        ("", None),
    ],
)
def test_a_command_is_the_first_word_of_a_text_for_this_bot(text: str, command: Command | None) -> None:
    assert read_command(message(text), "this_bot") == command


def test_a_caption_is_no_command() -> None:
    entities = [{"type": "bot_command", "offset": 0, "length": 4}]
    assert read_command({"caption": "/ces", "caption_entities": entities, "photo": []}, "this_bot") is None


def test_before_the_bot_knows_its_name_an_addressed_command_is_not_its_own() -> None:
    assert read_command(message("/ces@this_bot"), "") is None
    assert read_command(message("/ces"), "") == Command("ces", [])


def test_staff_and_customers_share_no_command() -> None:
    assert not set(STAFF_COMMANDS) & set(CUSTOMER_COMMANDS)


def test_whatever_changes_something_is_for_admins_whom_we_can_name() -> None:
    harmless = {"ces", "done", "why", "id", "alerts", "answered"}
    for name, rule in STAFF_COMMANDS.items():
        if name not in harmless:
            assert rule.audience == "admin", name
            assert not rule.for_anonymous, name


def test_only_the_ids_can_be_asked_for_in_a_group_that_no_setting_names() -> None:
    assert [name for name, rule in STAFF_COMMANDS.items() if "other" in rule.places] == ["id"]
