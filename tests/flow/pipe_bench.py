"""The asking pipe on a real store: intake, timers, sender, taps. The channel takes everything; time stands still."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from bot.adapters.catalogues import Catalogues
from bot.adapters.clock import RandomTokens, TravelClock
from bot.domain.buttons import ButtonData
from bot.domain.events import ConversationEnded
from bot.domain.survey import Rules, Trigger, TriggerBook
from bot.flow.answers import Answers
from bot.flow.budgets import Budgets
from bot.flow.dispatch import Dispatch, QuestionLetter
from bot.flow.intake import Intake
from bot.flow.letters import LetterKind
from bot.flow.notices import TopicNotices
from bot.flow.outbox import Sender
from bot.flow.ports import Upload
from bot.flow.press import Press
from bot.flow.question import QuestionBoard
from bot.flow.ringing import RingingStore
from bot.flow.rulebook import Rulebook
from bot.flow.standing import Standings
from bot.flow.timers import TimerLoop, TimerStep
from bot.store import respondents, switches
from bot.store.engine import Op, Row, Store, T, Tx, from_ms
from bot.store.respondents import Pseudonyms
from tests.settling import settle

SOURCE = "generic"
PEPPER = b"the same pepper in every test of the pipe"
_UPDATE = itertools.count(1)


class Telegram:
    """The channel: takes everything."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)

    async def call(self, method: str, payload: Mapping[str, Any], upload: Upload | None = None) -> Any:
        return {"message_id": next(self._ids)} if method == "sendMessage" else True


class Pipe:
    """From the ending to the tap. Every act lets everything settle before it returns."""

    def __init__(self, store: Store, clock: TravelClock, triggers: Iterable[Trigger]) -> None:
        self.clock = clock
        self.plain_store = store
        self.pseudonyms = Pseudonyms(PEPPER)
        triggers = tuple(triggers)
        self.rulebook = Rulebook(TriggerBook(triggers), triggers[0].rules if triggers else Rules())
        catalogues = _catalogues()
        texts = catalogues.of("en")
        tokens = RandomTokens()
        board = QuestionBoard(self.rulebook, catalogues, is_modern=False, tells_staff=False)
        notices = TopicNotices(texts, is_on=False)
        standings = Standings()
        self.intake = Intake(self.rulebook, self.pseudonyms, tokens, board, notices, standings)
        dispatch = Dispatch(board, notices, standings)
        self.answers = Answers(board, self.pseudonyms, catalogues, tells_staff=False)
        self.store = RingingStore(store)
        kinds: dict[str, LetterKind] = {"question": QuestionLetter(dispatch, board, notices)}
        kinds |= {"edit": LetterKind(), "delete": LetterKind()}
        budgets = Budgets(per_second=1000, per_group_minute=1000)
        self.sender = Sender(self.store, clock, Telegram(), kinds, budgets, tokens)
        steps: dict[str, TimerStep] = defaultdict(lambda: _nothing)
        steps |= {
            "ask": dispatch.ask,
            "expire": dispatch.expire,
            "edit_close": self.answers.edit_closed,
        }
        self.kinds, self.steps = kinds, steps
        self.timers = TimerLoop(self.store, clock, tokens, steps, {})
        self.store.wakes(self.sender.ring)
        self.store.wakes(self.timers.ring)

    async def write(self, op: Op[T]) -> T:
        """Run ``op`` and let everything settle."""
        result = await self.store.write(op)
        await settle(self.clock)
        return result

    async def rows(self, sql: str, **parameters: Any) -> list[Row]:
        """What a query finds."""
        return await self.plain_store.read(lambda tx: tx.all(sql, **parameters))

    async def until(self, instant: datetime) -> None:
        """Let time pass, from due time to due time."""
        await settle(self.clock)
        while (due := self.clock.next_due()) is not None and due <= instant:
            self.clock.move_to(max(due, self.clock.now() + timedelta(milliseconds=1)))
            await settle(self.clock)
        self.clock.move_to(instant)
        await settle(self.clock)

    async def meet(self, *people: int, language: str = "en") -> None:
        """These people have written to the bot before."""

        async def op(tx: Tx) -> None:
            for person in people:
                key = self.pseudonyms.key(person)
                await respondents.seen(tx, key, person, language, self.clock.now())

        await self.write(op)

    async def end(self, event: ConversationEnded) -> None:
        """A conversation has ended."""
        await self.write(lambda tx: self.intake.ended(tx, event, self.clock.now()))

    async def goes_on(self, conversation_id: str, at: datetime | None = None) -> None:
        """A conversation goes on."""
        now = self.clock.now()
        await self.write(lambda tx: self.intake.goes_on(tx, SOURCE, conversation_id, now, at))

    async def switch(self, name: str, is_on: bool, until: datetime | None = None) -> None:
        """An admin switches a trigger, or the pause."""
        now = self.clock.now()
        await self.write(lambda tx: switches.turn(tx, name, is_on, "Ada", now, until))

    async def opt_out(self, person: int, *, is_out: bool = True) -> None:
        """The customer does not want to be asked (any more)."""
        key, at = self.pseudonyms.key(person), self.clock.now() if is_out else None
        await self.write(lambda tx: respondents.set_opted_out(tx, key, at))

    async def tap(self, person: int, token: str, score: int) -> None:
        """The customer presses a number."""
        data = ButtonData("s1", token, "v", str(score))
        press = Press(next(_UPDATE), "q", person, person, 1, "", "en", "Emma", "private", None)
        await self.write(lambda tx: self.answers.pressed(tx, press, data, self.clock.now()))

    async def asked(self) -> list[tuple[str, datetime]]:
        """(customer key, when) of every question that went, oldest first."""
        rows = await self.rows(
            "SELECT customer_key, sent_at FROM invitation WHERE sent_at IS NOT NULL ORDER BY sent_at, id"
        )
        return [(row["customer_key"], from_ms(row["sent_at"])) for row in rows]


@cache
def _catalogues() -> Catalogues:
    return Catalogues.load()


async def _nothing(tx: Tx, subject: str, now: datetime) -> None:
    """A timer of a step that is not on this bench."""


@asynccontextmanager
async def pipe_on(store: Store, clock: TravelClock, *triggers: Trigger) -> AsyncIterator[Pipe]:
    """A pipe with its loops running."""
    known = len(clock.alarms)
    pipe = Pipe(store, clock, triggers)
    loops = [asyncio.create_task(pipe.sender.run()), asyncio.create_task(pipe.timers.run())]
    try:
        await settle(clock)
        yield pipe
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        del clock.alarms[known:]  # the alarms of loops that have ended would look busy for ever
