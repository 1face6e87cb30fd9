"""A topic's life, and what the pipe hears of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.clock import TravelClock
from bot.flow.desk_topics import facts_of, title_of
from bot.store import desk, outbox, respondents
from bot.store.engine import Tx
from bot.store.opening import OpenStore
from tests.flow.desk_bench import BOT, EMMA, FORUM, IVAN, OLGA, STAFF, Bench, bench_on, refusal


@pytest.fixture
async def bench(store: OpenStore, clock: TravelClock) -> AsyncIterator[Bench]:
    async with bench_on(store, clock) as desk:
        yield desk


async def test_closing_the_topic_ends_the_episode_with_its_facts(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.later(90)
    await bench.staff("// looking")
    await bench.staff("Hi")
    await bench.later(30)
    await bench.customer("It works")
    await bench.staff("Great", person=IVAN)
    await bench.later(60)
    await bench.close(person=OLGA)
    (event,) = bench.ledger.ends
    assert (event.source, event.conversation_id) == ("telegram_topic", bench.key)
    assert event.ended_at == bench.clock.now()
    assert event.customer.telegram_id == EMMA
    assert event.agent == bench.pseudonyms.key(IVAN)
    assert event.closed_by == bench.pseudonyms.key(OLGA)
    assert event.language == "en-GB"
    facts = event.facts
    assert (facts.first_response_seconds, facts.resolution_seconds) == (90, 180)
    assert (facts.customer_messages, facts.agent_messages) == (2, 2)
    assert (facts.transfers, facts.reopen_count, facts.resolved_by) == (1, 0, "human")


async def test_the_same_closing_heard_twice_ends_one_episode(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.close()
    await bench.close()
    assert len(bench.ledger.ends) == 1
    assert bench.ledger.ends[0].facts.resolved_by == "nobody"
    assert bench.ledger.ends[0].agent is None


async def test_done_closes_in_the_name_of_who_said_it(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.staff("Hi", person=IVAN)
    await bench.done(person=OLGA)
    assert bench.telegram.made("closeForumTopic") == [
        {"chat_id": FORUM, "message_thread_id": await bench.thread()}
    ]
    (event,) = bench.ledger.ends
    assert event.closed_by == bench.pseudonyms.key(OLGA)
    assert event.agent == bench.pseudonyms.key(IVAN)
    await bench.done(person=OLGA)
    assert len(bench.telegram.made("closeForumTopic")) == 1


async def test_a_topic_that_cannot_be_closed_is_said_and_goes_on(bench: Bench) -> None:
    await bench.customer("Hello")
    bench.telegram.refuses["closeForumTopic"] = [refusal("no_rights", "Bad Request: not enough rights")]

    async def say_done(tx: Tx) -> None:
        await bench.desk.done(tx, FORUM, (await bench.topic()).thread_id or 0, "olga", bench.clock.now())

    await bench.write(say_done)
    assert "could not be closed" in bench.telegram.said(FORUM)[-1]
    assert (await bench.topic()).closed_by is None
    assert bench.ledger.ends == []


async def test_the_next_message_reopens_and_begins_a_new_episode(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.staff("Hi")
    await bench.close()
    bench.ledger.resumed.clear()
    await bench.customer("One more thing")
    assert len(bench.telegram.made("reopenForumTopic")) == 1
    assert bench.ledger.resumed == [bench.key]
    await bench.close()
    first, second = bench.ledger.ends
    assert second.ended_at > first.ended_at
    assert (second.facts.customer_messages, second.facts.agent_messages) == (1, 0)
    assert (second.facts.reopen_count, second.facts.resolved_by) == (1, "nobody")


@pytest.mark.parametrize("fields", [{"text": "thanks!"}, {"text": "👍"}, {"sticker": {"file_id": "s"}}])
async def test_a_bare_thanks_while_the_question_waits_is_relayed_and_changes_nothing(
    bench: Bench, fields: dict[str, Any]
) -> None:
    await bench.customer("Hello")
    await bench.close()
    bench.ledger.resumed.clear()
    bench.ledger.is_waiting = True
    await bench.customer(**fields)
    assert len(bench.telegram.made("copyMessage")) == 2
    assert bench.telegram.made("reopenForumTopic") == []
    assert bench.ledger.resumed == []
    assert not (await bench.topic()).is_open


async def test_a_bare_thanks_after_the_question_was_sent_reopens_like_any_message(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.close()
    await bench.customer("thanks!")
    assert len(bench.telegram.made("reopenForumTopic")) == 1
    assert (await bench.topic()).is_open


async def test_staff_reopening_takes_the_question_back_and_the_bots_own_does_not_count(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.close()
    bench.ledger.resumed.clear()
    await bench.staff(person=BOT, forum_topic_reopened={})
    assert bench.ledger.resumed == []
    await bench.staff(person=OLGA, forum_topic_reopened={})
    assert bench.ledger.resumed == [bench.key]
    assert (await bench.topic()).is_open


async def test_a_closing_that_is_heard_after_a_later_message_does_not_swallow_it(bench: Bench) -> None:
    await bench.customer("Hello")
    closed_at = int(bench.clock.now().timestamp())
    await bench.later(120)
    await bench.customer("Wait, one more")
    bench.ledger.resumed.clear()
    await bench.close(date=closed_at + 60)
    assert len(bench.ledger.ends) == 1
    assert bench.ledger.resumed == [bench.key]
    assert (await bench.topic()).is_open
    assert len(bench.telegram.made("reopenForumTopic")) == 1


async def test_two_endings_within_one_second_are_two_instants(bench: Bench) -> None:
    await bench.customer("Hello")
    for _ in range(3):
        await bench.close()
        await bench.staff(forum_topic_reopened={})
    instants = [event.ended_at for event in bench.ledger.ends]
    assert len(set(instants)) == 3
    assert instants == sorted(instants)


async def test_a_deleted_topic_is_replaced_and_nothing_is_lost(bench: Bench) -> None:
    await bench.customer("Hello")
    old = await bench.thread()
    bench.telegram.refuses["copyMessage"] = [refusal("no_topic", "Bad Request: message thread not found")]
    await bench.customer("Still there?")
    assert await bench.thread() != old
    assert len(bench.telegram.made("createForumTopic")) == 2
    last = bench.telegram.made("copyMessage")[-1]
    assert last["message_thread_id"] == await bench.thread()
    assert bench.texts("staff.desk.topic_again") in bench.telegram.said(FORUM)


async def test_while_the_forum_cannot_be_used_messages_wait_and_staff_hear_once(bench: Bench) -> None:
    bench.telegram.refuses["createForumTopic"] = [refusal("no_rights", "Bad Request: not enough rights")] * 3
    await bench.customer("Hello")
    await bench.customer("Anybody?")
    await bench.later(400)
    assert len(bench.telegram.said(STAFF)) == 1
    assert "not enough rights" in bench.telegram.said(STAFF)[0]
    assert bench.telegram.made("copyMessage") == []
    await bench.later(900)
    assert bench.telegram.said(STAFF)[-1] == bench.texts("staff.desk.forum_back")
    (copied,) = bench.telegram.made("copyMessages")
    assert len(copied["message_ids"]) == 2


async def test_messages_wait_in_order_when_the_bot_is_thrown_out_and_go_when_it_is_back(bench: Bench) -> None:
    await bench.customer("Hello")
    bench.telegram.refuses["copyMessage"] = [refusal("no_chat", "Forbidden: bot was kicked")]
    first = await bench.customer("One")
    second = await bench.customer("Two")
    assert len(bench.telegram.made("copyMessage")) == 2
    await bench.member("administrator", FORUM, "supergroup", can_manage_topics=True)
    assert bench.telegram.made("copyMessages")[-1]["message_ids"] == [first, second]


@pytest.mark.parametrize(
    ("status", "rights", "word"),
    [("left", {}, "add it again"), ("member", {}, "make it one"), ("administrator", {}, "manage topics")],
)
async def test_lost_rights_are_told_in_the_staff_chat_once(
    bench: Bench, status: str, rights: dict[str, bool], word: str
) -> None:
    await bench.member(status, FORUM, "supergroup", **rights)
    await bench.member(status, FORUM, "supergroup", **rights)
    assert len(bench.telegram.said(STAFF)) == 1
    assert word in bench.telegram.said(STAFF)[0]
    await bench.member("left", -100999, "supergroup")
    assert len(bench.telegram.said(STAFF)) == 1


async def test_a_blocked_bot_is_said_under_the_answer_and_the_question_is_cancelled(bench: Bench) -> None:
    await bench.customer("Hello")
    bench.telegram.refuses["copyMessage"] = [refusal("bot_blocked", "Forbidden: bot was blocked by the user")]
    answer = await bench.staff("Hi")
    notice = bench.telegram.made("sendMessage")[-1]
    assert notice["text"] == bench.texts("staff.desk.blocked")
    assert notice["reply_parameters"]["message_id"] == answer
    assert bench.ledger.lost == [bench.key]
    assert (await bench.respondent()).unreachable_at is not None


async def test_blocking_and_coming_back_are_said_in_the_topic_once(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.member("kicked")
    await bench.member("kicked")
    assert bench.telegram.said(FORUM)[1:] == [bench.texts("staff.desk.has_blocked")]
    assert (await bench.respondent()).unreachable_at is not None
    await bench.member("member")
    await bench.member("member")
    assert bench.telegram.said(FORUM)[2:] == [bench.texts("staff.desk.is_back")]
    assert (await bench.respondent()).unreachable_at is None


async def test_a_group_that_becomes_a_supergroup_is_followed(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.staff(migrate_to_chat_id=-1009)
    assert bench.chats.support_forum == -1009
    await bench.customer("Still here?")
    assert bench.telegram.made("copyMessage")[-1]["chat_id"] == -1009


async def test_another_forum_in_the_settings_gets_a_topic_of_its_own(
    store: OpenStore, clock: TravelClock
) -> None:
    async with bench_on(store, clock) as bench:
        await bench.customer("Hello")
    async with bench_on(store, TravelClock(clock.now()), forum=-1010) as bench:
        await bench.customer("Hello again")
        assert bench.telegram.made("createForumTopic")[0]["chat_id"] == -1010
        assert bench.telegram.made("copyMessage")[0]["chat_id"] == -1010


async def test_without_a_forum_the_customer_is_told_at_most_once_a_day(
    store: OpenStore, clock: TravelClock
) -> None:
    async with bench_on(store, clock, forum=None) as bench:
        await bench.customer("Hello")
        await bench.later(3600)
        await bench.customer("Hello?")
        assert bench.telegram.said(EMMA) == [bench.texts("customer.relay.no_desk")]
        await bench.later(24 * 3600)
        await bench.customer("Hello??")
        assert len(bench.telegram.said(EMMA)) == 2
        assert bench.telegram.made("createForumTopic") == []


async def test_forgetting_deletes_the_topic_and_every_trace_of_the_relay(
    bench: Bench, store: OpenStore
) -> None:
    await bench.customer("Hello")
    thread = await bench.thread()
    await bench.staff("Hi")
    await bench.customer(location={"latitude": 1.0, "longitude": 2.0, "live_period": 600})

    await bench.write(lambda tx: bench.desk.forget(tx, bench.key, bench.clock.now()))
    assert bench.telegram.made("deleteForumTopic") == [{"chat_id": FORUM, "message_thread_id": thread}]
    assert bench.telegram.said(FORUM)[-1] == bench.texts("staff.desk.forgotten_deleted")
    assert "message_thread_id" not in bench.telegram.made("sendMessage")[-1]

    async def traces(tx: Tx) -> list[int]:
        counts = []
        for table in (
            f"desk_topic WHERE customer_key='{bench.key}'",
            f"message_link WHERE customer_key='{bench.key}'",
            f"outbox WHERE topic_of='{bench.key}'",
            "bot_memory WHERE substr(name, 1, 4)='live'",
            "timer",
        ):
            row = await tx.one(f"SELECT count(*) AS n FROM {table}")
            assert row is not None
            counts.append(row["n"])
        return counts

    assert await store.read(traces) == [0, 0, 0, 0, 0]
    await bench.customer("Hello, stranger")
    assert len(bench.telegram.made("createForumTopic")) == 2


async def test_a_topic_that_the_bot_may_not_delete_loses_its_name_and_is_closed(bench: Bench) -> None:
    await bench.customer("Hello")
    thread = await bench.thread()
    bench.telegram.refuses["deleteForumTopic"] = [refusal("no_rights")]
    await bench.write(lambda tx: bench.desk.forget(tx, bench.key, bench.clock.now()))
    renamed = {
        "name": bench.texts("staff.desk.forgotten_title"),
        "chat_id": FORUM,
        "message_thread_id": thread,
    }
    assert bench.telegram.made("editForumTopic") == [renamed]
    assert bench.telegram.said(FORUM)[-1] == bench.texts("staff.desk.forgotten_kept")
    assert bench.telegram.made("closeForumTopic")[-1]["message_thread_id"] == thread


async def test_a_topic_created_for_somebody_who_was_forgotten_meanwhile_is_deleted(bench: Bench) -> None:
    async def forget_while_it_is_created() -> None:
        await bench.store.write(lambda tx: bench.desk.forget(tx, bench.key, bench.clock.now()))

    bench.telegram.meanwhile["createForumTopic"] = forget_while_it_is_created
    await bench.customer("Hello")
    assert len(bench.telegram.made("createForumTopic")) == 1
    assert bench.telegram.made("deleteForumTopic") == [{"chat_id": FORUM, "message_thread_id": 101}]
    assert bench.telegram.made("copyMessage") == []


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Emma", "Emma"),
        ("  Em\nma  ", "Em ma"),
        ("", "Customer"),
        ("\u3164", "Customer"),
        ("x" * 200, "x" * 128),
        ("🙂" * 100, "🙂" * 64),
    ],
)
def test_a_title_fits_telegram_and_is_never_empty(name: str, title: str) -> None:
    assert title_of(name, "Customer") == title


@dataclass
class Model:
    """The facts of an episode, counted the plain way."""

    opened: datetime
    customers: list[datetime] = field(default_factory=list)
    agents: list[tuple[datetime, str]] = field(default_factory=list)

    def expected(self, at: datetime) -> tuple[int | None, int, int, int, int]:
        response = None
        if self.customers:
            after = [when for when, _ in self.agents if when >= self.customers[0]]
            # an answer counts from the moment the customer had written
            response = next((int((w - self.customers[0]).total_seconds()) for w in after), None)
        known = [who for _, who in self.agents if who]
        transfers = sum(a != b for a, b in pairwise(known))
        began = self.customers[0] if self.customers else self.opened
        return response, int((at - began).total_seconds()), len(self.customers), len(self.agents), transfers


STEPS = st.lists(
    st.tuples(st.integers(1, 600), st.sampled_from(["c", "olga", "ivan", "", "close", "reopen"])), max_size=12
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
async def test_the_facts_of_an_episode_are_what_a_plain_count_says(
    store: OpenStore, clock: TravelClock, steps: list[tuple[int, str]]
) -> None:
    now = clock.now()

    async def play(tx: Tx) -> None:
        at = now
        await tx.run("DELETE FROM desk_topic")
        await respondents.seen(tx, "k", 1, None, at)
        await desk.add_topic(tx, "k", FORUM, "K", at)
        model, is_open, reopened = Model(at), True, 0
        for gap, step in steps:
            at += timedelta(seconds=gap)
            if step == "c":
                await desk.customer_wrote(tx, "k", at, 3)
                model.customers += [at] if is_open else []
            elif step == "close":
                assert await desk.close(tx, "k", at, None) is is_open
                is_open = False
            elif step == "reopen":
                assert await desk.reopen(tx, "k", at) is not is_open
                if not is_open:
                    model, is_open, reopened = Model(at), True, reopened + 1
            else:
                await desk.agent_wrote(tx, "k", at, 3, step)
                model.agents += [(at, step)] if is_open else []
        topic = await desk.topic_of(tx, "k")
        assert topic is not None
        facts = facts_of(topic, at)
        assert (
            facts.first_response_seconds,
            facts.resolution_seconds,
            facts.customer_messages,
            facts.agent_messages,
            facts.transfers,
        ) == model.expected(at)
        assert facts.reopen_count == reopened
        assert topic.characters == 3 * (len(model.customers) + len(model.agents))

    await store.write(play)


def test_the_outbox_still_knows_the_kinds_that_the_desk_reacts_to() -> None:
    assert {"topic", "relay", "notice"} <= set(outbox.PRIORITY)
