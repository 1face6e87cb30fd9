"""One sender at a time: what a sender does that does not lead, no longer leads, or follows another one."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.errors import StoreError
from bot.flow.budgets import Budgets
from bot.flow.outbox import Sender
from bot.store import heads, sending
from bot.store.engine import Op, Store, T, Tx
from bot.store.leadership import Undisputed
from bot.store.outbox import ToChat, ToCustomer
from tests.flow.sending_bench import ANN, BEN, STAFF, Bench, Witness, copy, text
from tests.settling import settle, until


class Elected(Undisputed):
    """A leadership that the test gives and takes."""

    term: int | None = None  # type: ignore[assignment]  # of a file it is always held


class Forgetful:
    """A store whose connection breaks after the commit of chosen writes: done, and nobody knows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.lets_through = self.breaks = 0

    async def write(self, op: Op[T]) -> T:
        result = await self._store.write(op)
        if self.lets_through:
            self.lets_through -= 1
        elif self.breaks:
            self.breaks -= 1
            raise StoreError("the connection broke behind COMMIT")
        return result

    async def read(self, op: Op[T]) -> T:
        return await self._store.read(op)


async def lead(sender: Sender, bench: Bench, leadership: Elected, term: int | None) -> None:
    leadership.term = term
    sender.ring()
    await settle(bench.clock)


def lead_on(sender: Sender, leadership: Elected, term: int) -> None:
    """It leads from now on; what it does is not waited for."""
    leadership.term = term
    sender.ring()


async def test_who_does_not_lead_sends_nothing_until_it_leads(bench: Bench) -> None:
    leadership = Elected()
    async with bench.sending(leadership=leadership) as sender:
        await bench.post(text("relay", "wait", ToCustomer(ANN)))
        await bench.go(timedelta(minutes=5))
        assert bench.texts() == []
        await lead(sender, bench, leadership, 1)
        assert bench.texts() == ["wait"]


async def test_a_question_claimed_by_who_loses_the_lead_at_that_moment_is_not_sent_and_not_lost(
    bench: Bench,
) -> None:
    leadership = Elected()

    class Loses(Witness):
        async def claim(self, *given: object) -> bool:
            if len(self.events) == 0:
                leadership.term = None
            return await super().claim(*given)  # type: ignore[arg-type]  # handed on as it came

    bench.kinds["question"] = witness = Loses(repeats=False)
    async with bench.sending(leadership=leadership) as sender:
        await lead(sender, bench, leadership, 1)
        await bench.post(text("question", "?", ToCustomer(ANN)))
        await settle(bench.clock)
        assert bench.texts() == []
        assert witness.told() == ["postponed"]
        assert await bench.states() == ["waiting"]
        await lead(sender, bench, leadership, 2)
        assert bench.texts() == ["?"]


async def test_once_another_sender_has_taken_over_a_late_one_claims_nothing(bench: Bench) -> None:
    leadership = Elected()
    async with bench.sending(leadership=leadership) as sender:
        await lead(sender, bench, leadership, 1)
        await bench.store.write(lambda tx: sending.take_over(tx, "another sender"))
        leadership.term = None  # it notices, but a letter is on its way to be claimed already
        await bench.post(text("relay", "mine?", ToCustomer(ANN)))
        claimed = await bench.store.write(lambda tx: sending.claim(tx, 1, "an old lease", bench.clock.now()))
        assert claimed is None
        await lead(sender, bench, leadership, 2)
        assert bench.texts() == ["mine?"]


async def test_who_leads_and_was_fenced_off_by_mistake_takes_over_again(bench: Bench) -> None:
    async with bench.sending():
        await settle(bench.clock)
        await bench.store.write(lambda tx: sending.take_over(tx, "a copy that only thought it led"))
        await bench.post(text("relay", "still mine", ToCustomer(ANN)))
        await settle(bench.clock)
        assert bench.texts() == ["still mine"]


async def test_the_next_sender_keeps_to_the_budgets_that_the_last_one_spent(bench: Bench) -> None:
    bench.budgets = Budgets(per_group_minute=3)
    async with bench.sending():
        await bench.post(*(text("notice", str(n), ToChat(STAFF, thread_id=n)) for n in range(1, 4)))
        await settle(bench.clock)
        assert len(bench.texts()) == 3
    bench.budgets = Budgets(per_group_minute=3)
    async with bench.sending():
        await bench.post(text("notice", "4", ToChat(STAFF)))
        await bench.go(timedelta(seconds=50))
        assert len(bench.texts()) == 3
        await bench.go(timedelta(seconds=11))
        assert bench.texts()[3:] == ["4"]


async def test_a_claim_whose_acknowledgement_was_lost_blocks_nothing_and_doubles_nothing(
    bench: Bench,
) -> None:
    bench.kinds["question"] = question = Witness(repeats=False)
    await bench.post(text("question", "?", ToCustomer(ANN)), copy(1, BEN))
    bench.store = store = Forgetful(bench.store)
    store.lets_through, store.breaks = 2, 2  # it takes over and takes stock; then two claims
    async with bench.sending():
        await until(lambda: store.breaks == 0)
        for _ in range(3):
            await bench.go(timedelta(seconds=2))
        assert bench.texts() == ["?"]
        assert question.told() == ["postponed", "sent"]
        assert len(bench.api.heard("copyMessage")) == 1


async def test_who_lost_the_lead_has_a_while_to_say_what_became_of_its_calls(bench: Bench) -> None:
    bench.kinds["question"] = witness = Witness(repeats=False)
    leadership = Elected()
    bench.api.gate.clear()
    async with bench.sending(leadership=leadership) as late:
        lead_on(late, leadership, 1)
        await bench.post(text("question", "?", ToCustomer(ANN)), copy(1, BEN))
        await until(lambda: len(bench.api.calls) == 2)
        leadership.term = None
        async with bench.sending(grace=timedelta(seconds=3)):
            bench.clock.move(timedelta(seconds=2))
            bench.api.gate.set()
            await settle(bench.clock)
            await bench.go(timedelta(seconds=2))
    assert witness.told() == ["sent"]
    assert await bench.states() == ["sent", "sent"]
    assert len(bench.api.heard("copyMessage")) == 1


async def test_after_that_while_its_calls_count_as_unknown(bench: Bench) -> None:
    bench.kinds["question"] = witness = Witness(repeats=False)
    await bench.post(text("question", "?", ToCustomer(ANN)), copy(1, BEN))

    async def op(tx: Tx) -> None:
        await sending.take_over(tx, "a dead sender")
        for head in await heads.heads(tx, bench.clock.now(), 100):
            await sending.claim(tx, head.id, "a dead sender", bench.clock.now())

    await bench.store.write(op)
    async with bench.sending(grace=timedelta(seconds=3)):
        await settle(bench.clock)
        await bench.go(timedelta(seconds=2))
        assert witness.told() == []
        await bench.go(timedelta(seconds=1))
        await bench.go(timedelta(seconds=2))
    assert witness.told() == ["lost"]
    assert bench.texts() == []
    assert len(bench.api.heard("copyMessage")) == 1


async def test_a_sender_that_stops_leading_lets_what_is_on_the_wire_arrive(bench: Bench) -> None:
    leadership = Elected()
    bench.kinds["question"] = witness = Witness(repeats=False)
    bench.api.gate.clear()
    async with bench.sending(leadership=leadership) as sender:
        lead_on(sender, leadership, 1)
        await bench.post(text("question", "?", ToCustomer(ANN)))
        await until(lambda: len(bench.api.calls) == 1)
        leadership.term = None
        bench.api.gate.set()
        await settle(bench.clock)
        assert witness.told() == ["sent"]
    assert await bench.states() == ["sent"]
