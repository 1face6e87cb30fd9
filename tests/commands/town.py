"""A small town for ``check``: a stand-in on a socket, a settings file, and the command run as people run it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from bot.adapters.clock import SystemClock
from bot.commands.cli import cli
from bot.playground.botapi import Server, World
from tests.settings_file import written

ADA, BEN, EVE = 900, 11, 12
FORUM, STAFF, TEAM = -1001000000001, -1001000000002, -1001000000003
Keys = Mapping[str, Mapping[str, Any]]


@dataclass
class Town:
    """Ada owns a forum, a channel and a group, where the bot may do everything; Ben and Eve are customers."""

    world: World
    url: str
    folder: Path

    def settings(self, **sections: Mapping[str, Any]) -> Path:
        """The file of a town that lacks nothing; ``chats={"staff": …}`` changes keys, ``None`` leaves one out."""
        values: dict[str, dict[str, Any]] = {
            "telegram": {"token": self.world.token, "api_url": self.url},
            "chats": {"staff": STAFF, "support_forum": FORUM, "admins": [ADA]},
            "http": {"port": 0},
        }
        for name, changed in sections.items():
            values.setdefault(name, {}).update(changed)
        lines = []
        for name, keys in values.items():
            lines.append(f"[{name}]")
            lines += [f"{key} = {_toml(value)}" for key, value in keys.items() if value is not None]
        path = written(self.folder, "\n".join(lines))
        path.chmod(0o600)
        return path

    async def check(self, **sections: Mapping[str, Any]) -> Result:
        """``python3 -m bot check``; whatever it does, it names no token and shows no stack trace."""
        ended = await invoke("check", "--config", str(self.settings(**sections)))
        assert self.world.token not in ended.output
        assert "Traceback" not in ended.output
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        assert self.world.violations == []
        return ended


async def invoke(*arguments: str) -> Result:
    """One command, in a thread, so that whoever it talks to can answer."""
    return await asyncio.to_thread(lambda: CliRunner().invoke(cli, list(arguments)))


async def built(folder: Path) -> tuple[Town, Server]:
    """A town and its server, which whoever asked must stop."""
    world = World(SystemClock())
    world.add_person(ADA, "Ada", last_name="King")
    world.add_person(BEN, "Ben")
    world.add_person(EVE, "Eve")
    world.add_forum(FORUM, "Support", admins={ADA: None})
    world.add_channel(STAFF, "Support team", admins={ADA: None})
    world.add_group(TEAM, "Team", admins={ADA: None})
    world.start(ADA)
    world.updates.forget_all()
    server = Server(world)
    return Town(world, await server.start(), folder), server


def _toml(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')
