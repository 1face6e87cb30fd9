"""Whatever happens in whatever order: random lives of one customer's questions, on both engines.

What must always hold is checked after every step; at the end everything has come to rest. A failing life is repeated
by its seed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.domain.invitation import MOVES, State
from bot.domain.summary import Ledger, Window
from bot.store import counting
from tests.signing import ended, reopened, signed
from tests.stage import EMMA, FORUM, OLGA, Stage, stage

SHORT = {
    "delay": timedelta(seconds=4),
    "deadline": timedelta(seconds=40),
    "edit_for": timedelta(seconds=25),
    "comment_for": timedelta(seconds=12),
    "cooldown": timedelta(0),
}
FAILURES = {"letter.reaction_failed", "press.failed", "delivery.failed", "timer.failed", "update.no_lane"}


def reachable() -> dict[State, set[State]]:
    """Where any number of legal moves may lead from each state."""
    found = {state: {state, *row.values()} for state, row in MOVES.items()}
    for _ in State:
        found = {state: set().union(*(found[after] for after in afters)) for state, afters in found.items()}
    return found


REACHABLE = reachable()


class Life:
    """Random acts, and what must hold after each."""

    def __init__(self, s: Stage, seed: int, steps: int) -> None:
        self.s = s
        self.steps = steps
        self.dice = random.Random(seed)
        self.presses: Counter[str] = Counter()  # score presses by token
        self.hooks = 0
        self.seen: dict[int, Any] = {}

    async def run(self) -> None:
        """Live, look, and come to rest."""
        await self.s.say(EMMA, "Hello")
        for _ in range(self.steps):
            for _ in range(self.dice.choice((1, 1, 2, 3))):  # several things at the same instant
                await self.act()
            await self.s.settle()
            await self.look()
        if self.s.world.chats[EMMA].is_blocked:
            self.s.world.unblock(EMMA)
        self.s.world.faults.clear()
        for _ in range(12):  # an alert whose fate is unknown is repeated after ten minutes
            self.s.clock.move(timedelta(minutes=1))
            await self.s.settle()
        await self.look()
        await self.rest()

    async def act(self) -> None:
        """One of the things that may happen."""
        acts: list[tuple[int, Callable[[], Any]]] = [
            (6, self.end),
            (3, self.write),
            (2, self.reopen),
            (8, self.wait),
            (10, self.tap),
            (5, self.press),
            (2, self.comment),
            (1, self.edit),
            (3, self.trouble),
            (1, self.block),
            (2, self.helpdesk),
            (1, self.restart),
        ]
        [one] = self.dice.choices([act for _, act in acts], [weight for weight, _ in acts])
        made = one()
        if made is not None:
            await made

    def end(self) -> None:
        """Staff answer and close the topic."""
        for topic in self.s.world.topics(FORUM):
            if not topic["is_closed"]:
                self.s.world.say(OLGA, FORUM, "Done", thread_id=topic["thread_id"])
                self.s.world.close_topic(OLGA, FORUM, topic["thread_id"])

    def write(self) -> None:
        """The customer writes more than a thank-you, which may also be taken as the comment."""
        if not self.s.world.chats[EMMA].is_blocked:
            self.s.world.say(EMMA, EMMA, f"It broke again {self.dice.random()}")

    def reopen(self) -> None:
        """Staff reopen the topic."""
        for topic in self.s.world.topics(FORUM):
            if topic["is_closed"]:
                self.s.world.reopen_topic(OLGA, FORUM, topic["thread_id"])

    async def wait(self) -> None:
        """Time passes."""
        await self.s.move(timedelta(seconds=self.dice.choice((1, 5, 5, 13, 26, 41))))

    async def tap(self) -> None:
        """The customer taps a score on any question there ever was."""
        token = await self.token()
        if token is not None:
            self.presses[token] += 1
            self.send(f"s1:{token}:v{self.dice.randint(1, 5)}")

    async def press(self) -> None:
        """Or any other button of it."""
        token = await self.token()
        if token is not None:
            self.send(
                f"s1:{token}:{self.dice.choice(('rwait', 'rbot', 'c', 'c', 'k', 'x', 'u', 'u', 'v9', 'rno'))}"
            )

    def send(self, data: str) -> None:
        """A pressed button reaches the bot, sometimes twice."""
        if self.dice.random() < 0.2:
            self.s.world.faults.duplicate_updates()
        self.s.world.press(EMMA, EMMA, 1, data, forged=True)

    async def token(self) -> str | None:
        """Of the newest question, mostly."""
        rows = await self.s.rows("SELECT token FROM invitation ORDER BY id")
        if not rows:
            return None
        return str((rows[-1] if self.dice.random() < 0.7 else self.dice.choice(rows))["token"])

    def comment(self) -> None:
        """A bare word."""
        if not self.s.world.chats[EMMA].is_blocked:
            self.s.world.say(EMMA, EMMA, "thanks")

    def edit(self) -> None:
        """The customer edits what they wrote last."""
        own = [one for one in self.s.messages(EMMA) if one["from"]["id"] == EMMA]
        self.s.world.edit(EMMA, EMMA, own[-1]["message_id"], f"edited {self.dice.random()}")

    def trouble(self) -> None:
        """The next message is refused for now, for good, or nobody knows."""
        faults = self.s.world.faults
        match self.dice.randint(1, 4):
            case 1:
                faults.fail("sendMessage", 429, "Too Many Requests: retry after 3", retry_after=3)
            case 2:
                faults.fail("sendMessage", 400, "Bad Request: no")
            case 3:
                faults.drop_before("sendMessage")
            case _:
                faults.drop_after("sendMessage")

    def block(self) -> None:
        """The customer blocks the bot, or comes back."""
        if self.s.world.chats[EMMA].is_blocked:
            self.s.world.unblock(EMMA)
        else:
            self.s.world.block(EMMA)

    async def helpdesk(self) -> None:
        """A helpdesk says that its own conversation with the customer ended, or goes on."""
        self.hooks += 1
        now = self.s.clock.now() - timedelta(seconds=self.dice.choice((0, 0, 7)))
        body = ended(EMMA, now) if self.dice.random() < 0.7 else reopened(now)
        await self.s.hook(body, signed(body, id=f"evt_{self.hooks}"))

    async def restart(self) -> None:
        """The bot is stopped and started."""
        await self.s.stop_bot()
        await self.s.start_bot()

    async def look(self) -> None:
        """What must hold at every moment."""
        events = await self.s.rows("SELECT * FROM response_event ORDER BY id")
        rows = {row["id"]: row for row in await self.s.rows("SELECT * FROM invitation ORDER BY id")}
        taps = Counter(
            rows[one["invitation_id"]]["token"] for one in events if one["kind"] in ("tap", "late_tap")
        )
        assert taps == +self.presses, "every press of a score is in the history, once"
        asked = self.asked()
        for number, row in rows.items():
            before = self.seen.get(number)
            if before is not None:
                assert State(row["state"]) in REACHABLE[State(before["state"])], "only legal moves"
                assert before["answered_at"] in (None, row["answered_at"]), "the first tap dates the answer"
            counted = [one for one in events if one["invitation_id"] == number and one["kind"] == "tap"]
            assert (row["score"] is None) == (not counted)
            assert (row["score"] is None) == (row["state"] != State.ANSWERED)
            if counted:
                assert str(row["score"]) == counted[-1]["value"], "the last tap in the edit window counts"
                assert row["answered_at"] == counted[0]["at"]
                assert all(one["at"] < row["edit_until"] for one in counted)
            assert asked[row["token"]] <= 1, "nobody is asked twice about one episode"
            assert row["sent_at"] is None or row["ended_at"] <= row["sent_at"]
        self.seen = rows
        await self.balance(len(rows))

    def asked(self) -> Counter[str]:
        """Questions that arrived in the customer's chat, by token."""
        found: Counter[str] = Counter()
        for event in self.s.world.feed():
            if event["type"] != "message" or event["chat_id"] != EMMA:
                continue
            for row in event["message"].get("reply_markup", {}).get("inline_keyboard", []):
                for one in row:
                    _, token, verb = one["callback_data"].split(":")
                    found[token] += verb == "v1"
        return found

    async def balance(self, episodes: int) -> None:
        """The ledger adds up in every window."""
        now = self.s.clock.now() + timedelta(seconds=1)
        for span in (timedelta(seconds=20), timedelta(minutes=2), timedelta(days=1)):
            window = Window.ending(now, span)
            read = partial(counting.window_counts, window=window, as_of=now, main_series="")
            counts = await self.s.app.store.read(read)
            assert Ledger.of(counts.episodes, counts.outcomes).balances
        assert counts.episodes == episodes
        assert counts.answered_matured <= counts.asked_matured

    async def rest(self) -> None:
        """Once everything is over nothing waits, and no button is left that would do something."""
        waiting = await self.s.rows(
            "SELECT id FROM invitation WHERE state IN ('scheduled', 'sending', 'sent')"
        )
        assert waiting == []
        assert (
            await self.s.rows(
                "SELECT id FROM invitation WHERE prompt_opened_at > 0 AND prompt_closed_at IS NULL"
            )
            == []
        )
        assert await self.s.rows("SELECT id FROM outbox WHERE state IN ('waiting', 'sending')") == []
        kinds = {row["kind"] for row in await self.s.rows("SELECT kind FROM timer")}
        assert kinds.isdisjoint({"ask", "expire", "edit_close", "comment_close", "hard_answer", "remind"})
        assert await self.s.rows("SELECT id FROM delivery WHERE done_at IS NULL OR error IS NOT NULL") == []


async def live(url: str, seed: int, steps: int) -> None:
    """One random life on a database."""
    with capture_logs() as logged:
        async with stage(database={"url": url}, privacy={"pepper": SecretStr("ab" * 32)}, survey=SHORT) as s:
            await Life(s, seed, steps).run()
    assert [line for line in logged if line["event"] in FAILURES] == []


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_happens_every_move_is_legal_and_the_ledger_balances(
    sqlite_url: str, seed: int
) -> None:
    await live(sqlite_url, seed, 40)


@pytest.mark.postgres
async def test_on_postgresql_too(postgres_url: str) -> None:
    await live(postgres_url, 5, 15)
