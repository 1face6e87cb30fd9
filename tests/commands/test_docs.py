"""docs/settings.md and docs/commands.md against the program: nothing missing, nothing that is not there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bot.commands.cli import cli
from bot.config import Settings, TriggerSettings
from bot.domain.controls import CUSTOMER_COMMANDS
from handlers.commands import STAFF_COMMANDS

DOCS = Path(__file__).parents[2] / "docs"
REQUIRED, NONE = "required", "none"


def described() -> dict[str, str]:
    """Key → default as docs/settings.md writes them."""
    rows = re.findall(r"(?m)^\| `([a-z_.]+)` \| (`[^|]+`|\w+) \|", (DOCS / "settings.md").read_text("utf-8"))
    assert len({key for key, _ in rows}) == len(rows), "a key is described twice"
    return {key: default.strip("`") for key, default in rows}


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, type[BaseModel], FieldInfo]]:
    """Dotted key, its section's class and its field, of every setting; triggers are one section."""
    for name, field in model.model_fields.items():
        inner = TriggerSettings if name == "triggers" else field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from fields(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", model, field


SETTINGS = {key: (model, field) for key, model, field in fields(Settings)}


def test_every_setting_is_described_and_no_other() -> None:
    assert sorted(described()) == sorted(SETTINGS)


@pytest.mark.parametrize("key", SETTINGS)
def test_the_default_that_is_described_is_the_one_in_force(key: str) -> None:
    model, field = SETTINGS[key]
    said = described()[key]
    if field.is_required():
        assert said == REQUIRED
        return
    name = key.rpartition(".")[2]
    required: dict[str, Any] = {"name": "x"} if model is TriggerSettings else {}
    in_force = getattr(model(**required), name)
    if said == NONE:
        bare = in_force.get_secret_value() if isinstance(in_force, SecretStr) else in_force
        assert bare in (None, "")
    else:
        given = tomllib.loads(f"value = {said}")["value"]
        assert getattr(model(**required, **{name: given}), name) == in_force


def test_every_command_of_the_terminal_is_described_with_its_options() -> None:
    page = (DOCS / "commands.md").read_text("utf-8")
    group = typer.main.get_group(cli)
    assert re.findall(r"(?m)^\| `python3 -m bot (\w+)` \|", page) != []
    assert set(re.findall(r"(?m)^\| `python3 -m bot (\w+)` \|", page)) == set(group.commands)
    options = {
        option
        for command in group.commands.values()
        for parameter in command.params
        for option in parameter.opts
    }
    assert sorted(option for option in options if option.startswith("--") and f"`{option}" not in page) == []


def test_every_command_of_the_chats_is_described() -> None:
    page = (DOCS / "commands.md").read_text("utf-8")
    rows = re.findall(r"(?m)^\| `/(\w+)` \|", page)
    assert sorted(rows) == sorted([*CUSTOMER_COMMANDS, *STAFF_COMMANDS])
