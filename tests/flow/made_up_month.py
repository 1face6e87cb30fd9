"""A made-up month, the same for the same seed: endings, reopenings, taps, opt-outs, switches. Whoever asks differently
lives the same month: what people do depends on nothing but the episode."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from bot.domain.events import ConversationEnded, CustomerRef, Facts
from bot.store.switches import PAUSE
from tests.flow.pipe_bench import SOURCE, Pipe

DAYS = 30
CUSTOMERS = 14
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
Act = Callable[[], Awaitable[None]]


@dataclass(order=True)
class _Due:
    at: datetime
    order: int
    act: Act = field(compare=False)


class Month:
    """Lives it on a pipe. ``answers``: the share of questions that are answered at all."""

    def __init__(self, pipe: Pipe, seed: str, *, answers: float = 0.6, switching: bool = True) -> None:
        self._pipe = pipe
        self._seed = seed
        self._answers = answers
        self._switching = switching
        self._agenda: list[_Due] = []
        self._order = itertools.count()
        self._seen: set[str] = set()
        self.begin = pipe.clock.now()

    async def live(self) -> None:
        """From beginning to end."""
        await self._pipe.meet(*range(1, CUSTOMERS + 1))
        self._plan()
        end = self.begin + DAYS * _DAY
        while self._pipe.clock.now() < end:
            due = self._pipe.clock.next_due()
            stops = (due, self._agenda[0].at if self._agenda else None, end)
            await self._pipe.until(max(min(filter(None, stops)), self._pipe.clock.now()))
            await self._react()
            while self._agenda and self._agenda[0].at <= self._pipe.clock.now():
                await heapq.heappop(self._agenda).act()
                await self._react()

    def _at(self, instant: datetime, act: Act) -> None:
        heapq.heappush(self._agenda, _Due(instant, next(self._order), act))

    def _plan(self) -> None:
        chance = random.Random(self._seed)
        for number in range(CUSTOMERS * 8):
            person = chance.randrange(1, CUSTOMERS + 1)
            at = self.begin + timedelta(seconds=chance.randrange(60, int(DAYS * _DAY.total_seconds()) - 7200))
            self._conversation(person, f"acme/{number}", at, chance)
        for person in chance.sample(range(1, CUSTOMERS + 1), 2):
            at = self.begin + chance.random() * DAYS * _DAY
            self._at(at, partial(self._pipe.opt_out, person))
        if self._switching:
            paused_at = self.begin + chance.randrange(3, 20) * _DAY
            until = paused_at + timedelta(hours=30)
            self._at(paused_at, lambda: self._pipe.switch(PAUSE, True, until))
            off_at = self.begin + chance.randrange(3, 20) * _DAY + timedelta(hours=7)
            self._at(off_at, lambda: self._pipe.switch("vip", False))
            self._at(off_at + 2 * _DAY, lambda: self._pipe.switch("vip", True))

    def _conversation(self, person: int, name: str, at: datetime, chance: random.Random) -> None:
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            event = ConversationEnded(
                source=SOURCE,
                conversation_id=name,
                ended_at=at,
                customer=CustomerRef(telegram_id=person if chance.random() < 0.95 else 10_000),
                kind=chance.choices(("support_ended", "purchase"), (19, 1))[0],
                team=chance.choice(("billing", "orders")),
                tags=tuple(chance.sample(("vip", "refund", "spam-ish"), chance.randrange(0, 2))),
                language=chance.choice((None, "en", "zh-CN", "ja", "de")),
                closed_by=chance.choices(("agent", "customer", "timeout"), (8, 3, 1))[0],
                last_message_at=at - chance.choice((0.1, 0.5, 1, 6, 8)) * chance.random() * _DAY,
                time_zone=chance.choice((None, None, "Asia/Tokyo")),
                is_spam=chance.random() < 0.03,
                is_group=chance.random() < 0.03,
                facts=Facts(
                    customer_messages=chance.choice((None, 1, 2, 3, 5)),
                    agent_messages=chance.choice((None, 0, 1, 4)),
                    characters=chance.choice((None, 100, 250, 900)),
                ),
            )
            heard_at = at + chance.choice((0, 0, 0, 1, 90, 60 * 26)) * _MINUTE
            self._at(heard_at, partial(self._pipe.end, event))
            if chance.random() < 0.3:
                on_at = heard_at + chance.choice((2, 20, 600, 60 * 24 * 4)) * _MINUTE
                self._at(on_at, partial(self._pipe.goes_on, name))
            at = heard_at + (1 + chance.random()) * 90 * _MINUTE

    async def _react(self) -> None:
        """Whoever was asked answers, in a while, or does not: the episode decides, not the moment of asking."""
        for row in await self._pipe.rows("SELECT * FROM invitation WHERE state='sent'"):
            if row["token"] in self._seen:
                continue
            self._seen.add(row["token"])
            dice = random.Random(f"{self._seed}/{row['conversation_id']}/{row['ended_at']}")
            if dice.random() < self._answers:
                at = self._pipe.clock.now() + dice.choice((1, 9, 200, 60 * 20, 60 * 60)) * _MINUTE
                who = next(
                    p for p in range(CUSTOMERS + 1) if self._pipe.pseudonyms.key(p) == row["customer_key"]
                )
                score = dice.randrange(1, 6)
                self._at(at, partial(self._pipe.tap, who, row["token"], score))
