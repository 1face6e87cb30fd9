"""A made-up year, lived by the real steps a day per transaction: what changes later is written later."""

from __future__ import annotations

import heapq
import itertools
import random
from datetime import datetime, timedelta
from typing import Any

from bot.domain.buttons import ButtonData
from bot.domain.events import ConversationEnded, CustomerRef, Facts
from bot.domain.survey import Rules, Trigger
from bot.flow.letters import PostedLetter
from bot.flow.press import Press
from bot.store import holdings, respondents
from bot.store.engine import Store, Tx, from_ms
from tests.flow.pipe_bench import SOURCE, Pipe

DAY = timedelta(days=1)
CUSTOMERS = 300
EPISODES_A_DAY = 3
TRIGGERS = (
    Trigger("vip", tags=("vip",), rules=Rules(cooldown=DAY)),
    Trigger("all", rules=Rules(cooldown=7 * DAY)),
)


class Year:
    """Episodes, questions, taps, changed taps, withdrawals, late tellings. ``steps`` are those of the pipe."""

    def __init__(self, pipe: Pipe, seed: str, begin: datetime) -> None:
        self._pipe = pipe
        self._chance = random.Random(seed)
        self._agenda: list[tuple[datetime, int, str, Any]] = []
        self._order = itertools.count()
        self._messages = itertools.count(1)
        self.begin = begin

    async def prepare(self, store: Store) -> None:
        """Everybody has written once."""

        async def op(tx: Tx) -> None:
            for person in range(1, CUSTOMERS + 1):
                key = self._pipe.pseudonyms.key(person)
                await respondents.seen(tx, key, person, "en", self.begin)

        await store.write(op)

    def plan(self, days: int) -> None:
        """What happens by itself; answers follow from questions."""
        for number in range(days * EPISODES_A_DAY):
            chance = self._chance
            at = self.begin + timedelta(seconds=chance.randrange(days * 86_400))
            person = chance.randrange(1, CUSTOMERS + 1)
            event = ConversationEnded(
                source=SOURCE,
                conversation_id=f"year/{number}",
                ended_at=at,
                customer=CustomerRef(telegram_id=person),
                team=chance.choice(("billing", "orders", "shipping")),
                tags=("vip",) if chance.random() < 0.2 else (),
                language="en",
                is_spam=chance.random() < 0.02,
                facts=Facts(customer_messages=4, agent_messages=3, characters=900),
            )
            heard_at = at + chance.choice((0, 0, 0, 90, 60 * 20)) * timedelta(minutes=1)
            self._at(heard_at, "end", event)
            if chance.random() < 0.15:
                self._at(heard_at + chance.choice((2, 40, 3000)) * timedelta(minutes=1), "goes_on", event)

    def _at(self, at: datetime, what: str, about: Any) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), what, about))

    async def live(self, tx: Tx, until: datetime) -> None:
        """Everything that is due before an instant, in order."""
        while True:
            row = await tx.one("SELECT * FROM timer ORDER BY due_at, id LIMIT 1")
            due = from_ms(row["due_at"]) if row is not None else until
            own = self._agenda[0][0] if self._agenda else until
            if min(due, own) >= until:
                return
            if due <= own and row is not None:
                await tx.run("DELETE FROM timer WHERE id=:id", id=row["id"])
                await self._pipe.steps[row["kind"]](tx, row["subject"], due)
                await self._send(tx, due)
            else:
                at, _, what, about = heapq.heappop(self._agenda)
                await self._act(tx, what, about, at)

    async def _act(self, tx: Tx, what: str, about: Any, at: datetime) -> None:
        if what == "end":
            await self._pipe.intake.ended(tx, about, at)
        elif what == "goes_on":
            await self._pipe.intake.goes_on(tx, SOURCE, about.conversation_id, at, None)
        elif what == "forget":
            await holdings.erase(tx, self._pipe.pseudonyms.key(about), at)
        else:
            person, token, score = about
            data = ButtonData("s1", token, "v", str(score))
            number = next(self._messages)
            press = Press(number, f"q{number}", person, person, 1, "", "en", "Emma", "private", None)
            await self._pipe.answers.pressed(tx, press, data, at)
        await self._send(tx, at)

    async def _send(self, tx: Tx, at: datetime) -> None:
        """Every question arrives at once; nothing else is looked at."""
        for row in await tx.all("SELECT * FROM outbox WHERE state='waiting' AND kind='question' ORDER BY id"):
            kind = self._pipe.kinds["question"]
            key, invitation_id = row["customer_key"], row["invitation_id"]
            letter = PostedLetter(
                row["id"],
                "question",
                row["method"],
                {},
                key,
                None,
                None,
                invitation_id,
                row["subject"],
                1,
                at,
            )
            if await kind.claim(tx, letter, at):
                await kind.sent(tx, letter, {"message_id": next(self._messages)}, at)
                await self._react(tx, invitation_id, at)
        await tx.run("DELETE FROM outbox")

    async def _react(self, tx: Tx, invitation_id: int, at: datetime) -> None:
        row = await tx.one("SELECT token, customer_key FROM invitation WHERE id=:id", id=invitation_id)
        assert row is not None
        chance = self._chance
        if chance.random() > 0.5:
            return
        person = next(
            one for one in range(1, CUSTOMERS + 1) if self._pipe.pseudonyms.key(one) == row["customer_key"]
        )
        first = at + chance.choice((1, 9, 200, 60 * 20, 60 * 60)) * timedelta(minutes=1)
        self._at(first, "tap", (person, row["token"], chance.choices((1, 2, 3, 4, 5), (2, 3, 3, 7, 9))[0]))
        if chance.random() < 0.4:
            again = first + chance.choice((1, 120, 60 * 10, 60 * 23)) * timedelta(minutes=1)
            self._at(again, "tap", (person, row["token"], chance.randrange(1, 6)))

    def forget(self, person: int, at: datetime) -> None:
        """Somebody will ask to be forgotten."""
        self._at(at, "forget", person)
