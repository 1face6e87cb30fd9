"""What holds whatever happens in whatever order: one question per ending, the cooldown, a ledger that adds up."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.clock import TravelClock, backoff
from bot.domain.events import ConversationEnded, CustomerRef, Facts
from bot.domain.policy import Ask, counted_asks
from bot.domain.summary import Ledger, Window
from bot.domain.survey import Rules, Trigger
from bot.domain.views import Dimension
from bot.store import counting
from bot.store.engine import Row, Tx, from_ms
from bot.store.opening import open_store
from bot.store.slicing import ALL, Where, slice_of
from bot.store.switches import PAUSE
from tests.flow.pipe_bench import SOURCE, Pipe, pipe_on

START = datetime(2026, 11, 25, 10, tzinfo=UTC)
COOLDOWN = timedelta(days=2)
RULES = Rules(delay=timedelta(minutes=5), cooldown=COOLDOWN, deadline=timedelta(hours=24), needs_human=False)
EMMA, LIN = 101, 102
TAGS = ("vip", "refund")
TALKS = ("acme/1", "acme/2", "acme/3")
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def ended(talk: str, at: datetime, person: int = EMMA) -> ConversationEnded:
    number = int(talk.split("/")[1])
    return ConversationEnded(
        source=SOURCE,
        conversation_id=talk,
        ended_at=at,
        customer=CustomerRef(telegram_id=person),
        team=("", "billing", "orders")[number % 3],
        tags=TAGS[: number % 3],
        facts=Facts(customer_messages=3),
    )


async def outcomes(pipe: Pipe) -> set[tuple[str, datetime, str, str | None]]:
    rows = await pipe.rows("SELECT conversation_id, ended_at, state, reason FROM invitation")
    return {(r["conversation_id"], from_ms(r["ended_at"]), r["state"], r["reason"]) for r in rows}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("end"), st.sampled_from(TALKS), st.sampled_from((EMMA, LIN))),
        st.tuples(st.just("end_together"), st.sampled_from(TALKS), st.just(EMMA)),
        st.tuples(st.just("end_again"), st.sampled_from(TALKS), st.just(EMMA)),
        st.tuples(st.just("goes_on"), st.sampled_from(TALKS), st.just(EMMA)),
        st.tuples(st.just("tap"), st.sampled_from(TALKS), st.just(EMMA)),
        st.tuples(st.just("pause"), st.sampled_from(TALKS), st.sampled_from((0, 1))),
        st.tuples(st.just("opt"), st.sampled_from(TALKS), st.sampled_from((0, 1))),
        st.tuples(st.just("wait"), st.sampled_from(TALKS), st.sampled_from((0, 1, 6, 30, 60 * 25, 60 * 49))),
    ),
    min_size=10,
    max_size=40,
)


@SLOW
@given(steps=STEPS)
async def test_whatever_happens_the_cooldown_holds_and_the_ledger_adds_up(
    steps: list[tuple[str, str, int]],
) -> None:
    with TemporaryDirectory() as folder:
        async with (
            await open_store(f"sqlite:///{Path(folder) / 'ces.db'}", pause=backoff) as store,
            pipe_on(store, TravelClock(START), Trigger("only", rules=RULES)) as pipe,
        ):
            await pipe.meet(EMMA, LIN)
            heard: list[ConversationEnded] = []
            for verb, talk, number in steps:
                await step(pipe, heard, verb, talk, number)
                await holds(pipe, heard)


async def step(pipe: Pipe, heard: list[ConversationEnded], verb: str, talk: str, number: int) -> None:
    now = pipe.clock.now()
    if verb == "end":
        # each person has conversations of their own
        heard.append(ended(f"{talk}/{number}", now, number))
        await pipe.end(heard[-1])
    elif verb == "end_together":
        both = [ended(f"{each}/{EMMA}", now) for each in TALKS[:2]]
        heard.extend(both)

        async def op(tx: Tx) -> None:
            for event in both:
                await pipe.intake.ended(tx, event, now)

        await pipe.write(op)
    elif verb == "end_again" and heard:
        await pipe.end(heard[-1])
    elif verb == "goes_on":
        await pipe.goes_on(f"{talk}/{EMMA}")
    elif verb == "tap":
        for row in await pipe.rows(
            "SELECT token FROM invitation WHERE state='sent' AND conversation_id=:talk", talk=f"{talk}/{EMMA}"
        ):
            await pipe.tap(EMMA, row["token"], 4)
    elif verb == "pause":
        await pipe.switch(PAUSE, bool(number))
    elif verb == "opt":
        await pipe.opt_out(EMMA, is_out=bool(number))
    elif verb == "wait":
        await pipe.until(now + timedelta(minutes=number))


async def holds(pipe: Pipe, heard: list[ConversationEnded]) -> None:
    """The promises, looked at from outside."""
    rows = await pipe.rows("SELECT * FROM invitation ORDER BY id")
    endings = {(event.conversation_id, event.ended_at) for event in heard}
    assert {(row["conversation_id"], from_ms(row["ended_at"])) for row in rows} == endings
    assert len(rows) == len(endings), "the same event twice is one invitation"
    for person in (EMMA, LIN):
        asks = [
            Ask(from_ms(row["sent_at"]), was_withdrawn=row["state"] == "cancelled" and row["score"] is None)
            for row in rows
            if row["sent_at"] is not None and row["customer_key"] == pipe.pseudonyms.key(person)
        ]
        counted = sorted(ask.at for ask in counted_asks(asks))
        assert all(later - earlier >= COOLDOWN for earlier, later in itertools.pairwise(counted))
        every = sorted(ask.at for ask in asks)
        assert len(set(every)) == len(every), "two conversations that end together do not both ask"
    for span in (timedelta(hours=1), timedelta(days=1), timedelta(days=400)):
        await adds_up(pipe, rows, span)


async def adds_up(pipe: Pipe, rows: list[Row], span: timedelta) -> None:
    """The ledger of this window, whole and by every filter."""
    now = pipe.clock.now()
    window = Window.ending(now + timedelta(milliseconds=1), span)
    inside = [row for row in rows if window.from_at <= from_ms(row["ended_at"]) < window.to_at]
    filters: list[tuple[Where, int]] = [(ALL, len(inside))]
    columns: tuple[tuple[Dimension, str], ...] = (
        ("team", "team"),
        ("trigger", "trigger_name"),
        ("source", "source"),
    )
    for by, column in columns:
        names = Counter(row[column] for row in inside)
        filters += [(slice_of(by, name, window, UTC), count) for name, count in names.items()]
    for number, tag in enumerate(TAGS, 1):
        tagged = [row for row in inside if int(row["conversation_id"].split("/")[1]) % 3 >= number]
        filters.append((slice_of("tag", tag, window, UTC), len(tagged)))
    for where, episodes in filters:
        op = partial(counting.window_counts, window=window, as_of=now, main_series="none", where=where)
        counts = await pipe.plain_store.read(op)
        ledger = Ledger.of(counts.episodes, counts.outcomes)
        assert ledger.balances
        assert ledger.episodes == episodes


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
async def test_the_order_in_which_deliveries_arrive_does_not_matter(data: st.DataObject) -> None:
    """A helpdesk's deliveries of a while, heard before anything falls due, in any order, some of them twice."""
    acts: list[tuple[str, str, datetime]] = []
    for number, talk in enumerate(TALKS[: data.draw(st.integers(1, 3))]):
        at = START - timedelta(minutes=9 + number)
        for _ in range(data.draw(st.integers(1, 3))):
            at += timedelta(
                seconds=data.draw(st.integers(1, 100)), microseconds=data.draw(st.integers(0, 999_999))
            )
            acts.append(("ended", talk, at))
            if data.draw(st.booleans()):
                at += timedelta(seconds=data.draw(st.integers(1, 20)))
                acts.append(("reopened", talk, at))
    shuffled = data.draw(st.permutations(acts + data.draw(st.lists(st.sampled_from(acts), max_size=3))))
    assert await told(acts) == await told(shuffled)


async def told(acts: list[tuple[str, str, datetime]]) -> set[tuple[str, datetime, str, str | None]]:
    """What becomes of these endings, each of another customer's conversation, a day later."""
    rules = replace(RULES, delay=timedelta(minutes=20))
    with TemporaryDirectory() as folder:
        async with (
            await open_store(f"sqlite:///{Path(folder) / 'ces.db'}", pause=backoff) as store,
            pipe_on(store, TravelClock(START), Trigger("only", rules=rules)) as pipe,
        ):
            people = dict(zip(TALKS, (EMMA, LIN, EMMA), strict=True))
            await pipe.meet(EMMA, LIN)
            for kind, talk, at in acts:
                if kind == "ended":
                    await pipe.end(ended(talk, at, people[talk]))
                else:
                    await pipe.goes_on(talk, at)
            await pipe.until(START + timedelta(hours=12))
            return await outcomes(pipe)


async def test_two_conversations_that_end_in_the_same_second_ask_once(tmp_path: Path) -> None:
    async with (
        await open_store(f"sqlite:///{tmp_path / 'ces.db'}", pause=backoff) as store,
        pipe_on(store, TravelClock(START), Trigger("only", rules=RULES)) as pipe,
    ):
        await pipe.meet(EMMA)
        await pipe.end(ended("acme/1", START))
        await pipe.end(ended("acme/2", START))
        await pipe.until(START + timedelta(hours=1))
        assert sorted((state, reason or "") for _, _, state, reason in await outcomes(pipe)) == [
            ("cancelled", "cooldown"),
            ("sent", ""),
        ]
