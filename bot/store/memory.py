"""Small durable facts by name."""

from __future__ import annotations

from bot.store.engine import Tx

MOVED = "moved:"  # moved:<old chat id> = the new one


async def remember(tx: Tx, name: str, value: str) -> None:
    """Set a fact."""
    await tx.run(
        "INSERT INTO bot_memory(name, value) VALUES(:name, :value) ON CONFLICT(name) DO UPDATE SET value=:value",
        name=name,
        value=value,
    )


async def recall(tx: Tx, name: str) -> str | None:
    """A fact, if it was ever set."""
    row = await tx.one("SELECT value FROM bot_memory WHERE name=:name", name=name)
    return None if row is None else str(row["value"])


async def with_prefix(tx: Tx, prefix: str) -> dict[str, str]:
    """Every fact whose name starts with ``prefix``, by the rest of its name."""
    rows = await tx.all(
        "SELECT name, value FROM bot_memory WHERE substr(name, 1, :length)=:prefix",
        length=len(prefix),
        prefix=prefix,
    )
    return {row["name"].removeprefix(prefix): row["value"] for row in rows}


async def drop(tx: Tx, name: str) -> bool:
    """Forget a fact; whether there was one."""
    return await tx.run("DELETE FROM bot_memory WHERE name=:name", name=name) > 0
