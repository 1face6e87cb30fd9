"""Respondents: the only home of a customer's raw Telegram id."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from bot.store.engine import Row, Tx, from_ms, to_ms


class Pseudonyms:
    """Turns a raw Telegram id into the key that everything but ``respondent`` carries."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper

    def key(self, telegram_id: int) -> str:
        """HMAC-SHA256(pepper, id), 32 hex digits: the same customer always gets the same key."""
        return hmac.new(self._pepper, str(telegram_id).encode(), hashlib.sha256).hexdigest()[:32]

    def erasure(self, customer_key: str) -> str:
        """What the list of erasures calls this customer: 32 hex digits that lead nowhere without the pepper."""
        return hmac.new(self._pepper, b"erased:" + customer_key.encode(), hashlib.sha256).hexdigest()[:32]

    def path(self, purpose: str) -> str:
        """A path segment that nobody can guess and that every copy of the bot computes alike."""
        return hmac.new(self._pepper, b"path:" + purpose.encode(), hashlib.sha256).hexdigest()[:32]

    def sample(self, episode_key: str) -> float:
        """A number in [0, 1) that nobody can re-roll: the same episode always gets the same one."""
        digest = hmac.new(self._pepper, b"sample:" + episode_key.encode(), hashlib.sha256).digest()
        return int.from_bytes(digest[:7], "big") / 2**56


@dataclass(frozen=True)
class Respondent:
    """The customer we may ask."""

    customer_key: str
    chat_id: int | None
    language: str | None
    opted_out_at: datetime | None
    unreachable_at: datetime | None


def _respondent(row: Row) -> Respondent:
    opted_out, unreachable = row["opted_out_at"], row["unreachable_at"]
    return Respondent(
        row["customer_key"],
        row["chat_id"],
        row["language"],
        None if opted_out is None else from_ms(opted_out),
        None if unreachable is None else from_ms(unreachable),
    )


async def seen(
    tx: Tx, customer_key: str, chat_id: int, language: str | None, now: datetime, thread_id: int | None = None
) -> None:
    """The customer wrote, tapped or pressed Start: remember where and in which language; they are reachable again."""
    await tx.run(
        "INSERT INTO respondent(customer_key, chat_id, language, last_thread_id, seen_at)"
        " VALUES(:customer_key, :chat_id, :language, :thread_id, :now)"
        " ON CONFLICT(customer_key) DO UPDATE SET chat_id=:chat_id, language=coalesce(:language, respondent.language),"
        " last_thread_id=:thread_id, unreachable_at=NULL, seen_at=:now",
        customer_key=customer_key,
        chat_id=chat_id,
        language=language,
        thread_id=thread_id,
        now=to_ms(now),
    )


async def by_key(tx: Tx, customer_key: str) -> Respondent | None:
    """The respondent of this key."""
    row = await tx.one("SELECT * FROM respondent WHERE customer_key=:customer_key", customer_key=customer_key)
    return None if row is None else _respondent(row)


async def set_opted_out(tx: Tx, customer_key: str, at: datetime | None) -> None:
    """Do not ask this customer any more (``at``), or ask again (``None``)."""
    await tx.run(
        "UPDATE respondent SET opted_out_at=:at WHERE customer_key=:customer_key",
        at=None if at is None else to_ms(at),
        customer_key=customer_key,
    )


async def set_unreachable(tx: Tx, customer_key: str, at: datetime | None) -> None:
    """The bot is blocked or the account is gone (``at``), or the customer is back (``None``)."""
    await tx.run(
        "UPDATE respondent SET unreachable_at=:at WHERE customer_key=:customer_key",
        at=None if at is None else to_ms(at),
        customer_key=customer_key,
    )


async def forget_thread(tx: Tx, customer_key: str) -> None:
    """The thread of the private chat in which the customer wrote is gone: write to the chat itself."""
    await tx.run(
        "UPDATE respondent SET last_thread_id=NULL WHERE customer_key=:customer_key",
        customer_key=customer_key,
    )
