"""The rows of invitations: decided once, moved only as the table allows, every press logged once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.domain.errors import IllegalMove
from bot.domain.events import ConversationEnded, CustomerRef, Facts
from bot.domain.invitation import Move, State
from bot.domain.policy import Verdict
from bot.domain.survey import Trigger
from bot.store import invitations, respondents
from bot.store.engine import Tx
from bot.store.invitations import Invitation
from bot.store.opening import OpenStore

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = "k" * 32
EVENT = ConversationEnded(
    "generic",
    "42",
    NOW,
    CustomerRef(),
    agent="7",
    team="tier-1",
    tags=("vip", "billing", "vip"),
    language="zh-Hans",
    closed_by="agent",
    facts=Facts(first_response_seconds=3, resolved_by="human", customer_messages=2),
)
INVITED, SKIPPED = Verdict(None, NOW + HOUR, ()), Verdict("cooldown", None, ())


async def add(tx: Tx, *, number: int = 1, verdict: Verdict = INVITED, key: str | None = KEY) -> int:
    """One decision about an ending of the conversation; its id."""
    if key is not None:
        await respondents.seen(tx, key, 7, "en", NOW)
    row = await invitations.add(
        tx,
        EVENT,
        Trigger("support"),
        verdict,
        token=f"{number:022}",
        episode=number,
        customer_key=key,
        now=NOW,
    )
    assert row is not None
    return row


async def fetched(tx: Tx, invitation_id: int) -> Invitation:
    """The invitation of this id."""
    found = await invitations.by_id(tx, invitation_id)
    assert found is not None
    return found


async def test_a_decision_comes_back_as_it_was_written(store: OpenStore) -> None:
    async def op(tx: Tx) -> None:
        one = await fetched(tx, await add(tx))
        assert (one.state, one.reason, one.ask_at) == (State.SCHEDULED, None, NOW + HOUR)
        assert (one.series, one.scale_name) == ("support/emoji5/question/1", "emoji5")
        assert one.facts == EVENT.facts
        assert await invitations.tags_of(tx, one.id) == ["billing", "vip"]
        assert one == await invitations.by_token(tx, one.token)
        again = invitations.event_of(one)
        assert (again.ended_at, again.kind, again.facts) == (EVENT.ended_at, EVENT.kind, EVENT.facts)

    await store.write(op)


async def test_a_skip_is_closed_from_the_start(store: OpenStore) -> None:
    one = await store.write(partial(add, verdict=SKIPPED, key=None))
    row = await store.read(lambda tx: tx.one("SELECT state, reason, closed_at, ask_at FROM invitation"))
    assert one is not None
    assert row is not None
    assert (row["state"], row["reason"], row["ask_at"]) == ("skipped", "cooldown", None)
    assert row["closed_at"] is not None


async def test_one_episode_is_decided_once_even_by_two_at_once(store: OpenStore) -> None:
    async def decide(number: int) -> int | None:
        async def op(tx: Tx) -> int | None:
            return await invitations.add(
                tx, EVENT, None, SKIPPED, token=f"{number:022}", episode=1, customer_key=None, now=NOW
            )

        return await store.write(op)

    made = await asyncio.gather(*(decide(number) for number in range(8)))
    assert sum(one is not None for one in made) == 1


async def test_an_illegal_move_changes_nothing(store: OpenStore) -> None:
    invitation_id = await store.write(add)

    async def op(tx: Tx) -> None:
        one = await fetched(tx, invitation_id)
        await invitations.move(tx, one, Move.TAPPED, score=5, answered_at=NOW)

    with pytest.raises(IllegalMove):
        await store.write(op)
    one = await store.write(partial(fetched, invitation_id=invitation_id))
    assert (one.state, one.score) == (State.SCHEDULED, None)


async def test_a_move_sets_its_columns_and_instants_come_back(store: OpenStore) -> None:
    async def op(tx: Tx) -> None:
        one = await fetched(tx, await add(tx))
        assert await invitations.move(tx, one, Move.CLAIMED) == State.SENDING
        one = await fetched(tx, one.id)
        await invitations.move(tx, one, Move.ACCEPTED, message_id=9, sent_at=NOW, expires_at=NOW + 48 * HOUR)
        one = await fetched(tx, one.id)
        assert (one.state, one.message_id, one.sent_at, one.expires_at) == (
            State.SENT,
            9,
            NOW,
            NOW + 48 * HOUR,
        )

    await store.write(op)


async def test_an_update_is_logged_once_and_imports_have_none(store: OpenStore) -> None:
    async def op(tx: Tx) -> None:
        one = await add(tx)
        assert await invitations.log_event(tx, one, "tap", "4", NOW, 77)
        assert not await invitations.log_event(tx, one, "tap", "5", NOW, 77)
        assert await invitations.log_event(tx, one, "tap", "5", NOW, None)
        assert await invitations.log_event(tx, one, "tap", "5", NOW, None)
        rows = await tx.all("SELECT value FROM response_event ORDER BY id")
        assert [row["value"] for row in rows] == ["4", "5", "5"]

    await store.write(op)


async def test_reasons_toggle(store: OpenStore) -> None:
    async def op(tx: Tx) -> None:
        one = await add(tx)
        assert await invitations.toggle_reason(tx, one, "wait")
        assert await invitations.toggle_reason(tx, one, "bot")
        assert not await invitations.toggle_reason(tx, one, "wait")
        assert await invitations.reasons_of(tx, one) == {"bot"}
        await invitations.clear_reasons(tx, one)
        assert await invitations.reasons_of(tx, one) == frozenset()

    await store.write(op)


async def test_asks_are_what_went_or_is_going_and_never_the_one_in_question(store: OpenStore) -> None:
    async def op(tx: Tx) -> None:
        scheduled, sending, sent, withdrawn = [await add(tx, number=number) for number in range(1, 5)]
        await invitations.move(tx, await fetched(tx, sending), Move.CLAIMED)
        for one, at in ((sent, NOW - HOUR), (withdrawn, NOW - 2 * HOUR)):
            await invitations.move(tx, await fetched(tx, one), Move.CLAIMED)
            await invitations.move(tx, await fetched(tx, one), Move.ACCEPTED, sent_at=at, message_id=1)
        await invitations.move(tx, await fetched(tx, withdrawn), Move.WITHDRAWN, reason="reopened")
        asks = await invitations.asks_of(tx, KEY, sent, NOW)
        assert sorted((ask.at, ask.was_withdrawn) for ask in asks) == [(NOW - 2 * HOUR, True), (NOW, False)]
        assert await invitations.asks_of(tx, "nobody", 0, NOW) == ()
        assert [one.id for one in await invitations.scheduled_of(tx, KEY)] == [scheduled]

    await store.write(op)


async def test_a_prompt_takes_words_until_its_time_is_over_and_a_reply_chooses(store: OpenStore) -> None:
    async def op(tx: Tx) -> None:
        older, newer = await add(tx, number=1), await add(tx, number=2)
        for one, minute in ((older, 0), (newer, 5)):
            opened_at = NOW + timedelta(minutes=minute)
            await invitations.change(
                tx,
                one,
                prompt_opened_at=opened_at,
                prompt_until=opened_at + timedelta(minutes=15),
                prompt_message_id=100 + one,
            )

        async def waiting(minute: int, replied_to: int | None = None) -> int | None:
            found = await invitations.waiting_for_comment(
                tx, KEY, NOW + timedelta(minutes=minute), replied_to
            )
            return None if found is None else found.id

        assert await waiting(6) == newer
        assert await waiting(6, 100 + older) == older
        assert await waiting(6, 999) is None
        assert await waiting(20) is None
        await invitations.change(tx, newer, prompt_closed_at=NOW)
        assert await waiting(6) == older
        assert await waiting(15) is None

    await store.write(op)


@pytest.mark.parametrize("score", [0, 11])
async def test_the_database_itself_refuses_what_is_on_no_scale(store: OpenStore, score: int) -> None:
    invitation_id = await store.write(add)
    with pytest.raises(Exception, match=r"(?i)check"):
        await store.write(lambda tx: invitations.change(tx, invitation_id, score=score, answered_at=NOW))


async def test_a_score_and_its_time_come_together(store: OpenStore) -> None:
    invitation_id = await store.write(add)
    with pytest.raises(Exception, match=r"(?i)check"):
        await store.write(lambda tx: invitations.change(tx, invitation_id, score=3))
