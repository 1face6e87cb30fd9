"""Writes the dump of the present schema, with a lived-in bot's rows: ``python -m tests.store.schemas.make``.

To be run once when a schema is released (its number is the newest migration's) and never again for that number; until
then whenever that migration changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bot.store import migrate
from tests.stage import CHANNEL, EMMA, FORUM, LIN, NOAH, Stage, stage

FOLDER = Path(__file__).parent


async def lived_in(s: Stage) -> None:
    """Customers who were asked, answered, commented, wrote again, opted out; staff who looked; what waits."""
    question = await s.asked()
    await s.press(EMMA, question, "v2")
    await s.press(EMMA, s.last(EMMA), "rwait")
    await s.press(EMMA, s.last(EMMA), "c")
    await s.say(EMMA, "Nobody called back.")
    await s.after("5m")
    noah = await s.asked(NOAH, "Noah Weber")
    await s.press(NOAH, noah, "v5")
    await s.asked(LIN, "林晓")
    await s.close_in_helpdesk(105, team="billing", tags=["refund"])
    await s.close_in_helpdesk(1)
    await s.say(900, "/pause 2h")
    await s.say(900, "/resume")
    await s.after("1d")
    await s.conversation(EMMA, "Emma Clarke", text="One more thing.")


async def written() -> Path:
    """The file that holds the newest schema's dump."""
    path = FOLDER / f"{len(migrate.shipped())}.sql"
    async with stage(summary={"schedule": "0 9 * * *", "live": True}) as s:
        await lived_in(s)
        assert s.messages(CHANNEL)
        assert s.messages(FORUM)
        database = s.settings.sqlite_path()
        assert database is not None
        with contextlib.closing(sqlite3.connect(database)) as connection:
            path.write_text("\n".join(_dump(connection)) + "\n", "utf-8")
    return path


def _dump(connection: sqlite3.Connection) -> Iterator[str]:
    """The database as SQL; pictures, which make it large and prove nothing, are left out."""
    number = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute("UPDATE outbox SET file=NULL")
    yield from connection.iterdump()
    yield f"PRAGMA user_version={number};"


if __name__ == "__main__":
    print(asyncio.run(written()))
