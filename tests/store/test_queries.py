"""The query modules, on both engines."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.adapters.clock import TravelClock
from bot.store import outbox, respondents, timers
from bot.store.engine import Tx
from bot.store.opening import OpenStore

MINUTE = timedelta(minutes=1)


async def test_a_customer_who_wrote_is_known_and_reachable(store: OpenStore, clock: TravelClock) -> None:
    now = clock.now()
    await store.write(lambda tx: respondents.seen(tx, "k1", 7001, "en", now))
    await store.write(lambda tx: respondents.set_unreachable(tx, "k1", now))
    await store.write(lambda tx: respondents.seen(tx, "k1", 7001, None, now))
    known = await store.read(lambda tx: respondents.by_key(tx, "k1"))
    assert known == respondents.Respondent("k1", 7001, "en", None, None)


async def test_an_opt_out_outlives_the_next_message_and_can_be_undone(
    store: OpenStore, clock: TravelClock
) -> None:
    now = clock.now()
    await store.write(lambda tx: respondents.seen(tx, "k1", 7001, "en", now))
    await store.write(lambda tx: respondents.set_opted_out(tx, "k1", now))
    await store.write(lambda tx: respondents.seen(tx, "k1", 7001, "en", now + MINUTE))
    known = await store.read(lambda tx: respondents.by_key(tx, "k1"))
    assert known is not None
    assert known.opted_out_at == now
    await store.write(lambda tx: respondents.set_opted_out(tx, "k1", None))
    known = await store.read(lambda tx: respondents.by_key(tx, "k1"))
    assert known is not None
    assert known.opted_out_at is None


async def test_four_claimers_never_get_the_same_timer(store: OpenStore, clock: TravelClock) -> None:
    now = clock.now()

    async def set_up(tx: Tx) -> None:
        for number in range(200):
            await timers.start(tx, "ask", number, now - timedelta(seconds=number))

    await store.write(set_up)

    async def claim_all(lease: str) -> list[str]:
        subjects: list[str] = []
        while claimed := await store.write(lambda tx: timers.claim(tx, now, now + MINUTE, lease, 7)):
            subjects += [timer.subject for timer in claimed]
        return subjects

    claimed = await asyncio.gather(*(claim_all(f"lease-{number}") for number in range(4)))
    subjects = [subject for own in claimed for subject in own]
    assert sorted(subjects, key=int) == [str(number) for number in range(200)]


async def test_timers_come_in_the_order_in_which_they_are_due(store: OpenStore, clock: TravelClock) -> None:
    now = clock.now()

    async def set_up(tx: Tx) -> None:
        for subject, minutes in (("late", 1), ("early", 3), ("not yet", -1)):
            await timers.start(tx, "ask", subject, now - minutes * MINUTE)

    await store.write(set_up)
    claimed = await store.write(lambda tx: timers.claim(tx, now, now + MINUTE, "a", 10))
    assert [timer.subject for timer in claimed] == ["early", "late"]
    assert await store.read(timers.next_due) == now + MINUTE


async def test_a_stale_lease_completes_nothing(store: OpenStore, clock: TravelClock) -> None:
    now = clock.now()
    await store.write(lambda tx: timers.start(tx, "ask", 1, now))
    [slow] = await store.write(lambda tx: timers.claim(tx, now, now + MINUTE, "slow", 10))
    assert await store.write(lambda tx: timers.claim(tx, now, now + MINUTE, "quick", 10)) == []
    later = now + MINUTE
    [quick] = await store.write(lambda tx: timers.claim(tx, later, later + MINUTE, "quick", 10))
    assert quick.attempts == 2
    assert not await store.write(lambda tx: timers.complete(tx, slow))
    assert await store.write(lambda tx: timers.complete(tx, quick))
    assert await store.read(timers.next_due) is None


async def test_a_timer_set_anew_while_claimed_is_not_completed(store: OpenStore, clock: TravelClock) -> None:
    now = clock.now()
    await store.write(lambda tx: timers.start(tx, "ask", 1, now))
    [claimed] = await store.write(lambda tx: timers.claim(tx, now, now + MINUTE, "a", 10))
    await store.write(lambda tx: timers.start(tx, "ask", 1, now + 5 * MINUTE))
    assert not await store.write(lambda tx: timers.complete(tx, claimed))
    assert await store.read(timers.next_due) == now + 5 * MINUTE


async def test_a_timer_given_back_is_due_when_it_was_said(store: OpenStore, clock: TravelClock) -> None:
    now = clock.now()
    await store.write(lambda tx: timers.start(tx, "ask", 1, now))
    [claimed] = await store.write(lambda tx: timers.claim(tx, now, now + MINUTE, "a", 10))
    await store.write(lambda tx: timers.retry(tx, claimed, now + 2 * MINUTE, "flood"))
    assert await store.write(lambda tx: timers.claim(tx, now + MINUTE, now + 9 * MINUTE, "b", 10)) == []
    assert (
        len(await store.write(lambda tx: timers.claim(tx, now + 2 * MINUTE, now + 9 * MINUTE, "b", 10))) == 1
    )


async def test_of_waiting_letters_with_one_coalesce_key_the_newest_stays(
    store: OpenStore, clock: TravelClock
) -> None:
    now = clock.now()

    async def post(text: str, key: str | None, to: outbox.ToChat | outbox.ToCustomer) -> int:
        letter = outbox.Letter("edit", "editMessageText", {"text": text}, to, coalesce_key=key)
        return await store.write(lambda tx: outbox.post(tx, letter, now))

    await post("old", "edit:1", outbox.ToCustomer("k1"))
    newest = await post("new", "edit:1", outbox.ToCustomer("k1"))
    other = await post("other", None, outbox.ToChat(-100, 7))
    rows = await store.read(lambda tx: tx.all("SELECT id, lane, payload FROM outbox ORDER BY id"))
    assert [(row["id"], row["lane"], row["payload"]) for row in rows] == [
        (newest, "c:k1", '{"text":"new"}'),
        (other, "s:-100:7", '{"text":"other","message_thread_id":7}'),
    ]
