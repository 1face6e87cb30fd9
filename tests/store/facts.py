"""The simplest thing to store, for tests that are about storing and not about what is stored."""

from __future__ import annotations

from bot.store.engine import Op, Store, Tx


def remember(name: str, value: str = "") -> Op[None]:
    """An op that adds one row; the same name twice breaks a constraint."""

    async def op(tx: Tx) -> None:
        await tx.run("INSERT INTO bot_memory(name, value) VALUES(:name, :value)", name=name, value=value)

    return op


async def names_in(tx: Tx) -> set[str]:
    """Every name that a transaction can see."""
    return {row["name"] for row in await tx.all("SELECT name FROM bot_memory")}


async def names(store: Store) -> set[str]:
    """Every name that is stored."""
    return await store.read(names_in)
