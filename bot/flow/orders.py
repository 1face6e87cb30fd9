"""What staff order by command and what takes a while: a job does it, and answers where it was asked for.

The order is the subject of a timer: where to answer (a chat and its topic, or a person by pseudonym) and the words
after the command. Whoever asks privately has to be a member of the staff chat.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.texts import Texts
from bot.flow.membership import Membership
from bot.store import respondents, timers
from bot.store.engine import Store, Tx
from bot.store.outbox import Letter, ToChat, ToCustomer, post
from bot.store.timers import Timer


@dataclass(frozen=True)
class Order:
    """An order that may be carried out: where the answer goes, and the words after the command."""

    to: ToChat
    words: tuple[str, ...]


async def place(tx: Tx, kind: str, to: ToChat | ToCustomer, words: Sequence[str], now: datetime) -> None:
    """Set the timer ``kind`` that carries the order out at once; the same order twice at a time is one."""
    if isinstance(to, ToCustomer):
        order: dict[str, Any] = {"person": to.customer_key}
    else:
        order = {"chat": to.chat_id, "thread": to.thread_id}
    await timers.start(tx, kind, json.dumps({**order, "words": list(words)}, sort_keys=True), now)


class Orders:
    """Reads orders, and looks at the rights of whoever gave them."""

    def __init__(self, store: Store, membership: Membership, texts: Texts) -> None:
        self._store = store
        self._membership = membership
        self._texts = texts

    async def read(self, timer: Timer, now: datetime) -> Order | None:
        """The order; ``None``: it came from nobody of the staff, who is told so, or from somebody erased meanwhile.

        Raises ChannelError where Telegram did not say who is staff: the timer comes again.
        """
        order = json.loads(timer.subject)
        words = tuple(order["words"])
        if "person" not in order:
            return Order(ToChat(order["chat"], order["thread"]), words)
        key = order["person"]
        person = await self._store.read(lambda tx: respondents.by_key(tx, key))
        if person is None or person.chat_id is None:
            return None
        if await self._membership.is_staff(person.chat_id):
            return Order(ToChat(person.chat_id), words)
        refusal = {"text": self._texts("admin.refused.staff_only")}
        letter = Letter("reply", "sendMessage", refusal, ToCustomer(key))
        await self._store.write(lambda tx: post(tx, letter, now))
        return None
