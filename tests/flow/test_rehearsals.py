"""``/simulate`` agrees with the pipe: a month is lived for real, rehearsed by other rules, and lived by those."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.adapters.catalogues import Catalogues
from bot.adapters.clock import TravelClock, backoff
from bot.domain.quiet import QuietHours
from bot.domain.rehearsal import Rehearsed
from bot.domain.rehearsal_request import Request, read_request
from bot.domain.survey import Rules, Trigger
from bot.flow.rehearsals import SIMULATE, Rehearsals
from bot.store import timers
from bot.store.engine import Tx
from bot.store.opening import open_store
from bot.store.outbox import ToChat, ToCustomer
from tests.flow.made_up_month import DAYS, Month
from tests.flow.pipe_bench import SOURCE, Pipe, pipe_on

BEGIN = datetime(2026, 10, 10, 9, tzinfo=UTC)  # the clocks of Berlin go back in this month
BERLIN = ZoneInfo("Europe/Berlin")
GENEROUS = Rules(cooldown=timedelta(0), too_old=timedelta(0), needs_human=False, zone=BERLIN)
CAREFUL = replace(
    GENEROUS,
    cooldown=timedelta(days=7),
    sampling=60.0,
    quiet=QuietHours(time(21), time(9)),
    minimum_messages=2,
    minimum_characters=250,
    yearly_cap=3,
    too_old=timedelta(hours=24),
)
CAREFUL_WORDS = (
    "cooldown=7d sampling=60% quiet=21:00-09:00 minimum_messages=2 minimum_characters=250"
    " yearly_cap=3 too_old=24h"
)
GENEROUS_WORDS = (
    "cooldown=0s sampling=100 quiet=off minimum_messages=0 minimum_characters=0 yearly_cap=0 too_old=0s"
)


def triggers(rules: Rules) -> tuple[Trigger, ...]:
    return (
        Trigger("vip", tags=("vip",), rules=replace(rules, blocked_tags=("refund",))),
        Trigger("billing", sources=(SOURCE,), teams=("billing",), rules=rules),
        Trigger("rest", rules=rules),
    )


class Lived:
    """A month on a database of its own."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe
        texts = Catalogues.load().of("en")
        self.rehearsals = Rehearsals(pipe.store, pipe.rulebook, pipe.pseudonyms.sample, texts, BERLIN)

    async def simulate(self, words: str = "", span: str = f"{DAYS}d") -> Rehearsed:
        """What ``/simulate`` shows."""
        request = read_request([span, *words.split()])
        assert isinstance(request, Request), request
        return await self.rehearsals.rehearse(request, self.pipe.clock.now())


@contextlib.asynccontextmanager
async def month(folder: Path, name: str, seed: str, rules: Rules) -> AsyncIterator[Lived]:
    """The month of this seed, lived by these rules."""
    async with (
        await open_store(f"sqlite:///{folder / name}.db", pause=backoff) as store,
        pipe_on(store, TravelClock(BEGIN), *triggers(rules)) as pipe,
    ):
        await Month(pipe, seed).live()
        yield Lived(pipe)


@pytest.mark.parametrize("seed", ["one", "two"])
async def test_a_rehearsal_says_what_the_pipe_does_with_the_same_month(tmp_path: Path, seed: str) -> None:
    async with month(tmp_path, "generous", seed, GENEROUS) as lived:
        stricter = await lived.simulate(CAREFUL_WORDS)
    async with month(tmp_path, "careful", seed, CAREFUL) as lived:
        own = await lived.simulate()
        last_days = await lived.simulate(span="9d")
        milder = await lived.simulate(GENEROUS_WORDS)

    assert own.would == own.happened
    assert own.answers_kept == own.answers > 0
    reasons = {"cooldown", "paused", "reopened", "too_old", "sampled_out", "too_short", "opted_out"}
    assert reasons <= set(own.happened.not_asked)

    assert last_days.would == last_days.happened, "what was asked before counts as an ask"
    assert 0 < last_days.would.episodes < own.would.episodes

    assert stricter.would == own.happened
    assert stricter.answers_kept == own.answers
    assert stricter.happened.asked > 2 * stricter.would.asked > 0

    assert milder.would.asked == stricter.happened.asked
    assert milder.would.not_asked == stricter.happened.not_asked
    assert milder.expected_between is not None
    assert stricter.answers in milder.expected_between, "what would have been answered nobody can know"


async def test_a_rehearsal_changes_nothing_and_answers_once(tmp_path: Path) -> None:
    async with month(tmp_path, "lived", "four", CAREFUL) as lived:
        pipe = lived.pipe
        before = await pipe.rows("SELECT * FROM invitation ORDER BY id")
        words = ["30d", "cooldown=7d", "sampling=50%"]
        answer = await pipe.store.write(
            lambda tx: lived.rehearsals.order(tx, words, ToChat(-5, 7), pipe.clock.now())
        )
        assert answer.text.startswith("🧪 Rehearsing")
        [row] = await pipe.rows("SELECT * FROM timer WHERE kind=:kind", kind=SIMULATE)
        [timer] = await pipe.store.write(lambda tx: claimed(tx, pipe.clock.now(), row["subject"]))
        await lived.rehearsals.ordered(timer, pipe.clock.now())
        letters = await pipe.rows("SELECT * FROM outbox WHERE kind='reply'")
        assert [(each["chat_id"], each["customer_key"]) for each in letters] == [(-5, None)]
        after = await pipe.rows("SELECT * FROM invitation ORDER BY id")
        assert [dict(each) for each in after] == [dict(each) for each in before]  # type: ignore[call-overload]  # rows of SQLite are mappings
        told = await lived.rehearsals.told(words, pipe.clock.now())
        assert "cooldown 7d → <b>7d</b>, sampling 60% → <b>50%</b>" in told
        assert "Not asked" in told


async def claimed(tx: Tx, now: datetime, subject: str) -> list[timers.Timer]:
    due = await timers.claim(tx, now, now + timedelta(seconds=60), "lease", 50)
    return [timer for timer in due if timer.subject == subject]


async def test_what_cannot_be_understood_is_answered_with_what_would_be_right(tmp_path: Path) -> None:
    async with (
        await open_store(f"sqlite:///{tmp_path / 'ces.db'}", pause=backoff) as store,
        pipe_on(store, TravelClock(BEGIN), *triggers(CAREFUL)) as pipe,
    ):
        rehearsals = Lived(pipe).rehearsals
        answer = await pipe.store.write(
            lambda tx: rehearsals.order(tx, ["cooldwn=7d"], ToCustomer("ada"), pipe.clock.now())
        )
        assert "Did you mean <code>cooldown=10d</code>?" in answer.text
        assert await pipe.rows("SELECT * FROM timer WHERE kind=:kind", kind=SIMULATE) == []
        assert "No conversation ended" in await rehearsals.told(["30d"], pipe.clock.now())


async def test_a_trigger_that_has_a_number_of_its_own_keeps_it_and_the_answer_says_so(tmp_path: Path) -> None:
    own = Trigger("vip", rules=CAREFUL, own=frozenset({"cooldown"}))
    async with (
        await open_store(f"sqlite:///{tmp_path / 'ces.db'}", pause=backoff) as store,
        pipe_on(store, TravelClock(BEGIN), own) as pipe,
    ):
        told = await Lived(pipe).rehearsals.told(["30d", "cooldown=1d"], pipe.clock.now())
        assert "keep them: vip." in told
