"""Migrations: numbered SQL files, one text for both engines, cut into the statements that are still due.

A file is named ``NNNN_name.sql`` and is never changed once released. ``{int} {pk} {blob} {tail}`` stand for what
the engines call differently; ``/*pg: … */`` holds what only PostgreSQL runs. Triggers (``;`` inside a statement)
are not supported. Changes are additive, so that replicas of the version before still run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from bot.domain.errors import SchemaBehind, StoreError

Dialect = Literal["sqlite", "postgres"]

_MACROS: dict[Dialect, dict[str, str]] = {
    "sqlite": {"{int}": "INTEGER", "{pk}": "INTEGER PRIMARY KEY", "{blob}": "BLOB", "{tail}": " STRICT"},
    "postgres": {
        "{int}": "BIGINT",
        "{pk}": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        "{blob}": "BYTEA",
        "{tail}": "",
    },
}
_FILE_NAME = re.compile(r"(\d{4})_(\w+)\.sql")
_POSTGRES_ONLY = re.compile(r"/\*pg: (.*?)\*/", re.DOTALL)
_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)|(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<end>;)|(?P<code>.)""",
    re.DOTALL,
)


@dataclass(frozen=True)
class Migration:
    """One numbered step of the schema."""

    number: int
    name: str
    text: str

    def statements(self, dialect: Dialect) -> list[str]:
        """The statements of this step for one engine, without comments."""
        text = self.text
        if dialect == "postgres":
            text = for_postgres(text)
        for macro, words in _MACROS[dialect].items():
            text = text.replace(macro, words)
        return list(_split(text))


@dataclass(frozen=True)
class Upgrade:
    """What opening did to the schema: the step it was at (0: nothing there), and the step it is at now.

    ``copy``: the file that holds the database as it was before (SQLite, when there was one).
    """

    before: int
    after: int
    copy: str | None = None


def for_postgres(sql: str) -> str:
    """The same text with ``/*pg: … */`` taken out of its comment."""
    return _POSTGRES_ONLY.sub(r"\1", sql)


def shipped() -> tuple[Migration, ...]:
    """The steps that came with this version, in order, numbered from 1 without a gap."""
    found = []
    for entry in resources.files("bot.store").joinpath("migrations").iterdir():
        if match := _FILE_NAME.fullmatch(entry.name):
            found.append(Migration(int(match[1]), match[2], entry.read_text(encoding="utf-8")))
    found.sort(key=lambda migration: migration.number)
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise StoreError("bot/store/migrations is not numbered 0001, 0002, … without a gap")
    return tuple(found)


def due(migrations: Sequence[Migration], version: int) -> Sequence[Migration]:
    """The steps after ``version``. Raises StoreError when the database is newer than this program."""
    newest = len(migrations)
    if version > newest:
        raise StoreError(
            f"the database has schema {version}, this version of the bot knows only {newest}:"
            " run the newer version, or restore the copy that was made before the upgrade"
        )
    return migrations[version:]


def must_be_current(migrations: Sequence[Migration], version: int) -> None:
    """Raises SchemaBehind below the newest step, StoreError above it (for whoever may not change the schema)."""
    if due(migrations, version):
        raise SchemaBehind(
            f"the database has schema {version}, this version of the bot needs {len(migrations)}: run `migrate` first",
            version,
        )


def _split(text: str) -> Iterator[str]:
    statement: list[str] = []
    for token in _TOKEN.finditer(text + "\n;"):
        if token.lastgroup == "end":
            if words := "".join(statement).strip():
                yield words
            statement = []
        elif token.lastgroup == "comment":
            statement.append(" ")
        else:
            statement.append(token[0])
