"""What lies on this machine: the settings' file, the database, the pepper."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from bot.adapters.clock import backoff
from bot.commands.check.findings import Finding, fine, unwise, wrong
from bot.config import Settings, find_pepper
from bot.domain.errors import CesError, ConfigError, SchemaBehind
from bot.flow.chats import ChatBook
from bot.store.opening import open_store


def settings_findings(settings: Settings) -> Iterator[Finding]:
    """Where the settings came from, and what they hold that most teams would regret."""
    where = str(settings.file) if settings.file else "no file, only the environment and the defaults"
    yield fine(f"Read without a mistake: {where}.")
    for warning in settings.warnings():
        yield unwise(warning)


async def database_findings(settings: Settings, chats: ChatBook) -> list[Finding]:
    """Open the database for reading, beside a running bot too. ``chats`` learns which chats have moved."""
    path = settings.sqlite_path()
    if path is not None and (missing := _unmade(path)):
        return [missing]
    try:
        async with await open_store(settings.database.url, pause=backoff, read_only=True) as store:
            await store.read(chats.load)
            schema = store.upgrade.after
    except SchemaBehind as error:
        if path is None and error.version == 0:
            return [fine("The database on PostgreSQL is empty; its tables will be made at the first start.")]
        return [
            wrong(
                f"The database has schema {error.version}: an older version of the bot made it.",
                f"Run: python3 -m bot migrate{config_option(settings)}",
            )
        ]
    except CesError as error:
        fix = "" if path else "Look at database.url, and whether the server runs and lets this user in."
        return [wrong(f"The database cannot be opened: {str(error).rstrip('.')}.", fix)]
    where = "The database on PostgreSQL" if path is None else str(path)
    found = [fine(f"{where} opens (schema {schema}).")]
    if path is not None and not os.access(path, os.W_OK):
        found.append(
            wrong(f"{path} cannot be written by this user.", f"Give it to the bot's user: chown … {path}")
        )
    return found


def _unmade(path: Path) -> Finding | None:
    """What stands instead of a database file; ``None``: the file is there."""
    if path.exists():
        return None
    if not path.parent.is_dir():
        return wrong(
            f"There is no folder {path.parent} for the database.",
            f"Make it (mkdir -p {path.parent}), or change database.url.",
        )
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return wrong(
            f"This user cannot make the database in {path.parent}.",
            "Give that folder to the bot's user, or change database.url.",
        )
    return fine(f"{path} will be made at the first start.")


def pepper_findings(settings: Settings) -> Iterator[Finding]:
    """Whether the key of the pseudonyms is there. Nothing is made."""
    try:
        pepper = find_pepper(settings)
    except ConfigError as error:
        yield wrong(str(error))
        return
    path = settings.pepper_path()
    if pepper is None:
        yield fine(f"{path} will be made at the first start; keep a copy of it, apart from the database.")
    elif settings.privacy.pepper.get_secret_value():
        yield fine("The pepper comes from the settings themselves (privacy.pepper).")
    else:
        yield fine(f"The pepper is in {path}; keep a copy of it, apart from the database.")


def config_option(settings: Settings) -> str:
    """`` --config FILE`` as the next command needs it, or ''."""
    return f" --config {shlex.quote(str(settings.file))}" if settings.file else ""
