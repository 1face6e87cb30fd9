"""What /why and /simulate read, on both engines."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.adapters.clock import TravelClock
from bot.domain.events import ConversationEnded, CustomerRef, Facts
from bot.domain.past import Switching
from bot.domain.policy import Standing
from bot.domain.story import Change
from bot.domain.survey import Rules, Trigger
from bot.store import rehearsals, reopenings, stories, switches
from bot.store.opening import OpenStore
from bot.store.stories import Conversation
from bot.store.switches import PAUSE
from tests.flow.pipe_bench import SOURCE, Pipe, pipe_on

EMMA = 101
RULES = Rules(cooldown=timedelta(days=1), needs_human=False)


def ended(talk: str, at: datetime, **how: object) -> ConversationEnded:
    given = {"facts": Facts(customer_messages=3), **how}
    return ConversationEnded(SOURCE, talk, at, CustomerRef(telegram_id=EMMA), **given)  # type: ignore[arg-type]  # by name


async def lived(pipe: Pipe) -> None:
    """Three endings of two conversations; a pause in the middle."""
    await pipe.meet(EMMA)
    now = pipe.clock.now()
    await pipe.end(ended("acme/4_2", now, tags=("vip", "a"), language="de", is_group=False))
    await pipe.until(now + timedelta(minutes=6))
    await pipe.switch(PAUSE, True, now + timedelta(hours=2))
    await pipe.end(ended("acme/4x2", now + timedelta(minutes=6), is_spam=True))
    await pipe.until(now + timedelta(hours=3))
    await pipe.end(ended("acme/4_2", now + timedelta(hours=3), last_message_at=now))


async def test_a_conversation_is_found_by_its_whole_id_or_by_what_follows_the_slash(
    store: OpenStore, clock: TravelClock
) -> None:
    async with pipe_on(store, clock, Trigger("only", rules=RULES)) as pipe:
        await lived(pipe)

    async def ids(word: str) -> list[str]:
        found = await store.read(lambda tx: stories.named(tx, word, 5))
        return [each.conversation_id for each in found]

    assert await ids("acme/4_2") == ["acme/4_2"]
    assert await ids("4_2") == ["acme/4_2"], "what stands for any letter in SQL is a letter here"
    assert await ids("4x2") == ["acme/4x2"]
    assert await ids("%") == await ids("2") == await ids("!") == []


async def test_a_chapter_holds_both_decisions_and_what_was_switched_meanwhile(
    store: OpenStore, clock: TravelClock
) -> None:
    start = clock.now()
    async with pipe_on(store, clock, Trigger("only", rules=RULES)) as pipe:
        await lived(pipe)
    talk = Conversation(SOURCE, "acme/4_2")
    first, second = await store.read(lambda tx: stories.endings(tx, talk))
    told = await store.read(lambda tx: stories.chapter(tx, first, 1, clock.now()))
    assert (told.number, told.ended_at, told.heard_at, told.tags, told.language) == (
        1,
        start,
        start,
        ("a", "vip"),
        "de",
    )
    assert told.sent_at == told.checked_at == start + timedelta(minutes=5)
    assert told.resumed_at == start + timedelta(hours=3)
    assert len(told.checks) > len(told.checks_then) > 0
    assert told.changes == ()
    [spam] = await store.read(lambda tx: stories.endings(tx, Conversation(SOURCE, "acme/4x2")))
    told = await store.read(lambda tx: stories.chapter(tx, spam, 1, clock.now()))
    pause = Change(
        start + timedelta(minutes=6), "Ada", "switch_on", PAUSE, (start + timedelta(hours=2)).isoformat()
    )
    assert (told.reason, told.changes) == ("paused", (pause,))
    told = await store.read(lambda tx: stories.chapter(tx, second, 2, clock.now()))
    # the first was taken back unanswered, so it does not count as an ask
    assert (told.state, told.reason, told.resumed_at) == ("scheduled", None, None)


async def test_an_ending_is_read_back_as_it_was_decided(store: OpenStore, clock: TravelClock) -> None:
    start = clock.now()
    async with pipe_on(store, clock, Trigger("only", rules=RULES)) as pipe:
        await lived(pipe)
        sample = pipe.pseudonyms.sample
        key = pipe.pseudonyms.key(EMMA)
    found = []
    last_id = 0
    while page := await store.read(
        lambda tx, after=last_id: rehearsals.past_after(  # type: ignore[misc]  # a default binds early
            tx, after, from_at=start, asked_from=start, limit=2, sample=sample
        )
    ):
        assert len(page) <= 2
        found += page
        last_id = page[-1].id
    first, second, third = found
    event = ended("acme/4_2", start, tags=("a", "vip"), language="de")
    assert first.event == ConversationEnded(**{**vars(event), "customer": CustomerRef()})
    assert first.sample == sample(event.episode_key)
    assert (first.customer_key, first.standing) == (key, Standing(has_address=True, language="de"))
    assert (second.event.is_spam, second.reason) == (True, "paused")
    assert third.event.last_message_at == start
    assert await store.read(lambda tx: rehearsals.count_since(tx, start)) == 3
    switchings = await store.read(rehearsals.switchings)
    assert switchings == [Switching(start + timedelta(minutes=6), PAUSE, True, start + timedelta(hours=2))]


async def test_a_pause_is_written_down_with_its_end(store: OpenStore, clock: TravelClock) -> None:
    now = clock.now()
    until = now + timedelta(hours=1)
    await store.write(lambda tx: switches.turn(tx, PAUSE, True, "Ada", now, until))
    await store.write(lambda tx: switches.turn(tx, PAUSE, False, "Ada", now))
    assert [each.until for each in await store.read(rehearsals.switchings)] == [until, None]


async def test_a_reopening_is_remembered_for_a_week_and_the_latest_counts(
    store: OpenStore, clock: TravelClock
) -> None:
    now, later = clock.now(), clock.now() + timedelta(minutes=1)
    for at in (now, later, now):
        await store.write(lambda tx, at=at: reopenings.remember(tx, SOURCE, "acme/1", at, later))  # type: ignore[misc]  # a default binds early
    assert await store.read(lambda tx: reopenings.last(tx, SOURCE, "acme/1")) == later
    week_later = later + timedelta(days=7, seconds=1)
    await store.write(lambda tx: reopenings.remember(tx, SOURCE, "acme/2", week_later, week_later))
    assert await store.read(lambda tx: reopenings.last(tx, SOURCE, "acme/1")) is None
