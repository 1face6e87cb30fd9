"""Who was forgotten, by keyed hash: so that a database that was restored from a backup forgets them again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.store import holdings, outbox
from bot.store.engine import Tx, from_ms, to_ms


async def add(tx: Tx, digest: str, at: datetime) -> None:
    """This customer asked to be forgotten at ``at``."""
    await tx.run(
        "INSERT INTO erasure(hash, at) VALUES(:digest, :at)"
        " ON CONFLICT(hash) DO UPDATE SET at=CASE WHEN erasure.at > :at THEN erasure.at ELSE :at END",
        digest=digest,
        at=to_ms(at),
    )


async def all_erasures(tx: Tx) -> dict[str, datetime]:
    """Every erasure: hash, and when it was last asked for."""
    return {row["hash"]: from_ms(row["at"]) for row in await tx.all("SELECT hash, at FROM erasure")}


async def again(
    tx: Tx, unheard: Mapping[str, datetime], digest_of: Callable[[str], str], now: datetime
) -> int:
    """Erase the customers whose erasure this database has not heard of, and note it; how many it still knew.

    What is in such a database is older than the erasure, so all of it goes, deliveries that wait included.
    """
    known = 0
    for row in await tx.all("SELECT customer_key FROM respondent"):
        key = row["customer_key"]
        if digest_of(key) in unheard:
            known += 1
            await tx.run("DELETE FROM delivery WHERE lane=:key", key=key)
            await outbox.forget_customer(tx, key)
            await holdings.erase(tx, key, now)
    for digest, at in unheard.items():
        await add(tx, digest, at)
    return known
