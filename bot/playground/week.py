"""A made-up week, lived through the real pipe: people write, staff answer and close, questions come, some are tapped.

Every person's dice are their own, thrown by seed and conversation, so the same seed is the same week whatever
the order in which things happen to arrive.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.clock import TravelClock, dice
from bot.playground.botapi import World
from bot.playground.cast import AGENTS, CUSTOMERS, FORUM, VISITORS, Customer
from bot.playground.small_talk import SmallTalk, talk_of
from bot.playground.travel import Traveller

_SHARE_BY_HELPDESK = 0.2
_SHARE_ANSWERING = 0.62
_SHARE_COMMENTING = 0.45
_SHARE_GIVING_REASONS = 0.75
_SHARE_CHANGING = 0.06
_SHARE_WRITING_ON = 0.05
_SHARE_STOPPING = 0.02
_DAYS, _DAYS_BETWEEN = 7, 3
_OFFICE_OPENS, _OFFICE_MINUTES = 8, 10 * 60
_TEAMS = ("orders", "billing")
_REASONS = ("wait", "repeat", "transfer", "unclear", "unresolved", "process")

Action = Callable[[], Awaitable[None]]
Helpdesk = Callable[..., Awaitable[Any]]


@dataclass(order=True)
class _Due:
    at: datetime
    order: int
    act: Action = field(compare=False)


class Week:
    """One simulated week on a stage. ``helpdesk`` posts a signed webhook for a customer."""

    def __init__(
        self, world: World, clock: TravelClock, traveller: Traveller, helpdesk: Helpdesk, seed: int
    ) -> None:
        self._world = world
        self._clock = clock
        self._traveller = traveller
        self._helpdesk = helpdesk
        self._seed = seed
        self._agenda: list[_Due] = []
        self._numbers = itertools.count()
        self._talks: dict[int, list[_Conversation]] = {}
        self._count = 0
        self._seen: set[tuple[int, int]] = set()

    async def run(self) -> int:
        """Live the week; how many conversations it had."""
        begin = self._clock.now()
        end = begin + timedelta(days=_DAYS)
        self._invite(begin)
        follower = self._world.subscribe()
        self._clock.set_running(False)
        try:
            await self._traveller.settle()
            while self._clock.now() < end:
                target = min(self._agenda[0].at, end) if self._agenda else end
                await self._traveller.step(max(target, self._clock.now()))
                self._react(follower)
                while self._agenda and self._agenda[0].at <= self._clock.now():
                    await heapq.heappop(self._agenda).act()
                    await self._traveller.settle()
                    self._react(follower)
        finally:
            self._world.unsubscribe(follower)
            self._clock.set_running(True)
        return self._count

    def at(self, instant: datetime, act: Action) -> None:
        """Put something on the agenda."""
        heapq.heappush(self._agenda, _Due(instant, next(self._numbers), act))

    def _invite(self, begin: datetime) -> None:
        """Everybody has two conversations, some three, each three days after the one before it."""
        chance = dice(f"week:{self._seed}")
        number = 0
        for place, customer in enumerate((*CUSTOMERS, *VISITORS)):
            for day in range(place % _DAYS_BETWEEN, _DAYS, _DAYS_BETWEEN):
                start = self._office_hour(begin + timedelta(days=day), chance.randrange(_OFFICE_MINUTES))
                conversation = _Conversation(self, customer, number, self._seed)
                number += 1
                self.at(start, conversation.begin)
                self._talks.setdefault(customer.id, []).append(conversation)
        self._count = number

    def _office_hour(self, day: datetime, minute: int) -> datetime:
        """A moment of the working day of ``day``, or of the next one where that is over already."""
        morning = day.replace(hour=_OFFICE_OPENS, minute=0, second=0, microsecond=0)
        moment = morning + timedelta(minutes=minute)
        return moment if moment > day else moment + timedelta(days=1)

    def _react(self, follower: Any) -> None:
        """Whoever was asked a question just now may answer it in a while."""
        while not follower.empty():
            event = follower.get_nowait()
            if event["type"] != "message":
                continue
            message, chat_id = event["message"], event["chat_id"]
            talks = self._talks.get(chat_id)
            place = (chat_id, message["message_id"])
            if talks is None or place in self._seen or not _verb(message, "v"):
                continue
            self._seen.add(place)
            current = next((talk for talk in reversed(talks) if talk.is_over), talks[0])
            current.was_asked(message["message_id"])

    # what a conversation needs of the stage
    @property
    def world(self) -> World:
        """Where it happens."""
        return self._world

    def now(self) -> datetime:
        """The present instant."""
        return self._clock.now()

    async def end_in_helpdesk(self, person_id: int, **facts: Any) -> None:
        """A conversation elsewhere has ended."""
        await self._helpdesk(person_id, **facts)


class _Conversation:
    def __init__(self, week: Week, customer: Customer, number: int, seed: int) -> None:
        self._week = week
        self._customer = customer
        self._chance = dice(f"{seed}:{number}")
        self._talk: SmallTalk = talk_of(customer.language)
        self._topic, self._hardness = self._chance.choice(self._talk.topics)
        self._agent = self._chance.choice(AGENTS)
        self.is_over = False

    async def begin(self) -> None:
        week, person = self._week, self._customer.id
        if not week.world.messages(person):
            week.world.start(person)
        if self._chance.random() < _SHARE_BY_HELPDESK:
            await self._elsewhere()
            return
        week.world.say(person, person, self._topic)
        at = week.now()
        for _ in range(self._chance.randrange(1, 3)):
            at += timedelta(seconds=60 * self._chance.lognormvariate(1.2 + self._hardness, 0.7))
            week.at(at, self._say_by_staff(self._chance.choice(self._talk.answers)))
            at += timedelta(seconds=self._chance.randrange(30, 400))
            week.at(at, self._say_by_customer(self._chance.choice(self._talk.follow_ups)))
        at += timedelta(seconds=60 * self._chance.lognormvariate(1.0 + self._hardness, 0.7))
        week.at(at, self._say_by_staff(self._talk.answers[-1]))
        if self._chance.random() < 0.5:
            at += timedelta(seconds=self._chance.randrange(20, 120))
            week.at(at, self._say_by_customer(self._chance.choice(self._talk.thanks)))
        week.at(at + timedelta(seconds=self._chance.randrange(30, 600)), self._close)

    async def _elsewhere(self) -> None:
        self.is_over = True
        await self._week.end_in_helpdesk(
            self._customer.id,
            team=self._chance.choice(_TEAMS),
            resolved_by="human",
            first_response_seconds=self._chance.randrange(30, 2400),
            customer_messages=self._chance.randrange(2, 7),
            agent_messages=self._chance.randrange(1, 6),
        )

    def _say_by_customer(self, text: str) -> Action:
        async def act() -> None:
            self._week.world.say(self._customer.id, self._customer.id, text)

        return act

    def _thread_id(self) -> int | None:
        name = f"{self._customer.first_name} {self._customer.last_name}".strip()
        topics = self._week.world.topics(FORUM)
        return next((t["thread_id"] for t in topics if t["name"].startswith(name)), None)

    def _say_by_staff(self, text: str) -> Action:
        async def act() -> None:
            thread_id = self._thread_id()
            if thread_id is not None:
                self._week.world.say(self._agent, FORUM, text, thread_id=thread_id)

        return act

    async def _close(self) -> None:
        self.is_over = True
        thread_id = self._thread_id()
        topics = {t["thread_id"]: t for t in self._week.world.topics(FORUM)}
        if thread_id is not None and not topics[thread_id]["is_closed"]:
            self._week.world.close_topic(self._agent, FORUM, thread_id)

    def was_asked(self, message_id: int) -> None:
        chance, week = self._chance, self._week
        if chance.random() < _SHARE_WRITING_ON:
            week.at(
                week.now() + timedelta(minutes=chance.randrange(1, 30)),
                self._say_by_customer(chance.choice(self._talk.follow_ups)),
            )
            return
        if chance.random() > _SHARE_ANSWERING:
            return
        at = week.now() + timedelta(seconds=40 * chance.lognormvariate(1.5, 1.4))
        week.at(at, lambda: self._answer(message_id))

    async def _answer(self, message_id: int) -> None:
        chance, week = self._chance, self._week
        pull = 1 + 4 * self._hardness
        score = chance.choices((1, 2, 3, 4, 5), [0.05 * pull, 0.08 * pull, 0.12 * pull, 0.35, 0.40])[0]
        if not self._tap(message_id, f"v{score}"):
            return
        if chance.random() < _SHARE_STOPPING:
            week.at(week.now() + timedelta(seconds=9), self._press_later(message_id, "x"))
        if chance.random() < _SHARE_CHANGING:
            other = min(5, score + 1)
            week.at(week.now() + timedelta(seconds=15), self._press_later(message_id, f"v{other}"))
        if score <= 2 and chance.random() < _SHARE_GIVING_REASONS:
            for place, reason in enumerate(chance.sample(_REASONS, chance.randrange(1, 3))):
                after = timedelta(seconds=6 + 4 * place)
                week.at(week.now() + after, self._press_later(message_id, f"r{reason}"))
        if chance.random() < _SHARE_COMMENTING:
            week.at(week.now() + timedelta(seconds=25), self._press_later(message_id, "c"))
            lines = self._talk.hard_comments if score <= 3 else self._talk.easy_comments
            text = chance.choice(lines)
            week.at(week.now() + timedelta(seconds=60), self._say_by_customer(text))

    def _press_later(self, message_id: int, verb: str) -> Action:
        async def act() -> None:
            self._tap(message_id, verb)

        return act

    def _tap(self, message_id: int, verb: str) -> bool:
        """Press the button of the question as it looks now, if it is still there."""
        person = self._customer.id
        shown = next((m for m in self._week.world.messages(person) if m["message_id"] == message_id), None)
        data = _verb(shown, verb) if shown else None
        if data is None:
            return False
        self._week.world.press(person, person, message_id, data)
        return True


def _verb(message: dict[str, Any], verb: str) -> str | None:
    """The data of the first button of a question that means ``verb`` (``v4``), or starts with it (``v``)."""
    for row in message.get("reply_markup", {}).get("inline_keyboard", []):
        for button in row:
            kind, _, rest = button.get("callback_data", "").partition(":")
            if kind == "s1" and rest.partition(":")[2].startswith(verb):
                return str(button["callback_data"])
    return None
