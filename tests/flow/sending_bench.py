"""A sender on a real store, talking real HTTP to a scripted Bot API, on a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.clock import RandomTokens, TravelClock
from bot.adapters.telegram.channel import TelegramChannel, build_bot
from bot.domain.errors import ChannelError
from bot.flow.budgets import Budgets
from bot.flow.letters import LetterKind, PostedLetter
from bot.flow.outbox import Sender
from bot.flow.ringing import RingingStore
from bot.store import outbox, respondents
from bot.store.engine import Store, Tx
from bot.store.leadership import Leadership
from bot.store.outbox import Letter, ToChat, ToCustomer, ToTopic
from tests.scripted_api import TOKEN, ScriptedApi
from tests.settling import settle

STAFF, FORUM = -200, -100500
ANN, BEN = "ann", "ben"
CHATS = {ANN: 7, BEN: 8}
THREADS = {ANN: 70, BEN: 80}


class Witness(LetterKind):
    """A kind that remembers what it was told, in the order it was told."""

    def __init__(self, *, repeats: bool = True) -> None:
        self.repeats_when_unknown = repeats
        self.events: list[tuple[str, Any]] = []
        self.wanted = True
        self.breaks_on: str | None = None

    def _saw(self, what: str, detail: Any) -> None:
        self.events.append((what, detail))
        if self.breaks_on == what:
            raise RuntimeError(f"a bug in {what}")

    async def claim(self, tx: Tx, letter: PostedLetter, now: datetime) -> bool:
        self._saw("claim", letter.subject)
        return self.wanted

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        self._saw("sent", result)

    async def postponed(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        self._saw("postponed", error.reason)

    async def refused(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        self._saw("refused", error.reason)

    async def repeated(self, tx: Tx, letter: PostedLetter, now: datetime) -> Mapping[str, Any]:
        self._saw("repeated", letter.subject)
        return letter.payload | {"text": f"(again) {letter.payload['text']}"}

    async def lost(self, tx: Tx, letter: PostedLetter, now: datetime) -> None:
        self._saw("lost", letter.subject)

    def told(self) -> list[str]:
        """What happened, without the claims."""
        return [what for what, _ in self.events if what != "claim"]


@dataclass
class Bench:
    """Post letters, let them go, look at what was heard."""

    store: Store
    clock: TravelClock
    api: ScriptedApi
    kinds: dict[str, LetterKind] = field(default_factory=dict)
    budgets: Budgets = field(default_factory=Budgets)
    moves: list[tuple[int, int]] = field(default_factory=list)

    async def people(self) -> None:
        """Ann and Ben wrote to the bot and have a topic each."""

        async def op(tx: Tx) -> None:
            for key, chat_id in CHATS.items():
                await respondents.seen(tx, key, chat_id, "en", self.clock.now())
                await tx.run(
                    "INSERT INTO desk_topic(customer_key, forum_chat_id, thread_id, title, is_open, opened_at)"
                    " VALUES(:key, :forum, :thread, 'T', 1, 0)",
                    key=key,
                    forum=FORUM,
                    thread=THREADS[key],
                )

        await self.store.write(op)

    async def post(self, *letters: Letter) -> list[int]:
        """Post letters in one transaction."""

        async def op(tx: Tx) -> list[int]:
            return [await outbox.post(tx, letter, self.clock.now()) for letter in letters]

        return await self.store.write(op)

    async def states(self) -> list[str]:
        """The state of every letter, oldest first."""
        rows = await self.store.read(lambda tx: tx.all("SELECT state FROM outbox ORDER BY id"))
        return [row["state"] for row in rows]

    async def row(self, letter_id: int) -> dict[str, Any]:
        """One letter's row."""
        row = await self.store.read(lambda tx: tx.one("SELECT * FROM outbox WHERE id=:id", id=letter_id))
        assert row is not None
        return {
            name: row[name] for name in ("state", "payload", "file", "message_id", "last_error", "attempts")
        }

    @asynccontextmanager
    async def sending(
        self,
        most_in_flight: int = 32,
        leadership: Leadership | None = None,
        grace: timedelta = timedelta(),
    ) -> AsyncIterator[Sender]:
        """A sender that runs, rung after every commit."""
        ringing = RingingStore(self.store)
        bot = build_bot(TOKEN, self.api.url)
        await bot.open()
        sender = Sender(
            ringing,
            self.clock,
            TelegramChannel(bot),
            self.kinds,
            self.budgets,
            RandomTokens(),
            on_chat_moved=lambda old, new: self.moves.append((old, new)),
            most_in_flight=most_in_flight,
            leadership=leadership,
            grace=grace,
        )
        ringing.wakes(sender.ring)
        self.store, plain = ringing, self.store
        known = len(self.clock.alarms)
        task = asyncio.create_task(sender.run())
        try:
            yield sender
        finally:
            self.api.gate.set()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await bot.shutdown()
            del self.clock.alarms[known - 2 :]  # a dead sender's alarms would look busy for ever
            self.store = plain

    async def go(self, after: timedelta = timedelta()) -> None:
        """Move the clock and let everything that is due happen."""
        self.clock.move(after)
        await settle(self.clock)

    async def passes(self, span: timedelta) -> None:
        """Let time pass, from due time to due time."""
        end = self.clock.now() + span
        await settle(self.clock)
        while (due := self.clock.next_due()) is not None and due <= end:
            self.clock.move_to(due)
            await settle(self.clock)
        self.clock.move_to(end)
        await settle(self.clock)

    def texts(self) -> list[str]:
        """The texts of every sendMessage, in the order in which they were heard."""
        return [parameters["text"] for parameters in self.api.heard("sendMessage")]


def text(kind: Any, text: str, to: ToCustomer | ToTopic | ToChat, **more: Any) -> Letter:
    """A letter that says something."""
    return Letter(kind, "sendMessage", {"text": text}, to, subject=text, **more)


def copy(message_id: int, key: str = ANN, *, reply_to: int | None = None) -> Letter:
    """A customer's message on its way to their topic."""
    payload: dict[str, Any] = {"from_chat_id": CHATS[key], "message_id": message_id}
    if reply_to is not None:
        payload["reply_parameters"] = {"message_id": reply_to}
    return Letter("relay", "copyMessage", payload, ToTopic(key), subject=str(message_id))
