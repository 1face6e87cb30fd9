"""What the relay asks of letters that already wait in the outbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store.engine import Tx, to_ms
from bot.store.outbox import ToCustomer, ToTopic


@dataclass(frozen=True)
class WaitingLetter:
    """A letter that nobody has claimed yet."""

    id: int
    payload: dict[str, Any]
    subject: str


async def waiting(tx: Tx, coalesce_key: str) -> WaitingLetter | None:
    """The waiting letter of this ``coalesce_key``."""
    row = await tx.one(
        "SELECT id, payload, subject FROM outbox WHERE coalesce_key=:key AND state='waiting'",
        key=coalesce_key,
    )
    return None if row is None else WaitingLetter(row["id"], json.loads(row["payload"]), row["subject"] or "")


async def rewrite(tx: Tx, letter: WaitingLetter, not_before: datetime) -> None:
    """Give a waiting letter another payload and subject, and let it wait until ``not_before``."""
    await tx.run(
        "UPDATE outbox SET payload=:payload, subject=:subject, not_before=:at WHERE id=:id AND state='waiting'",
        payload=_json(letter.payload),
        subject=letter.subject,
        at=to_ms(not_before),
        id=letter.id,
    )


async def topic_is_on_its_way(tx: Tx, customer_key: str) -> bool:
    """Whether a letter that creates this customer's topic waits or is being sent."""
    row = await tx.one(
        "SELECT id FROM outbox WHERE state IN ('waiting','sending') AND kind='topic' AND topic_of=:key LIMIT 1",
        key=customer_key,
    )
    return row is not None


async def hasten(tx: Tx, now: datetime) -> None:
    """The forum can be used again: what waits for it goes now."""
    await tx.run(
        "UPDATE outbox SET not_before=:now WHERE state='waiting' AND topic_of IS NOT NULL AND not_before>:now",
        now=to_ms(now),
    )


async def remove_relayed(tx: Tx, customer_key: str) -> None:
    """Drop what was, or is to be, relayed for this customer, with the words in it; not what is on the wire."""
    await tx.run("DELETE FROM outbox WHERE topic_of=:key AND state<>'sending'", key=customer_key)
    await tx.run(
        "DELETE FROM outbox WHERE customer_key=:key AND kind='relay' AND state<>'sending'", key=customer_key
    )


async def keep(tx: Tx, letter_id: int, payload: Mapping[str, Any], until: datetime) -> None:
    """A refused letter is not given up: it waits, at its place in the lane, until ``until``."""
    await tx.run(
        "UPDATE outbox SET state='waiting', payload=:payload, not_before=:until, finished_at=NULL WHERE id=:id",
        payload=_json(payload),
        until=to_ms(until),
        id=letter_id,
    )


async def release_albums(tx: Tx, to: ToCustomer | ToTopic, now: datetime) -> None:
    """Something else follows in this lane, so the album that gathers there is whole: it goes now, and first."""
    lane = f"t:{to.customer_key}" if isinstance(to, ToTopic) else f"c:{to.customer_key}"
    await tx.run(
        "UPDATE outbox SET not_before=:now WHERE lane=:lane AND state='waiting' AND kind='relay'"
        " AND method='copyMessages' AND not_before > :now",
        lane=lane,
        now=to_ms(now),
    )


def _json(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
