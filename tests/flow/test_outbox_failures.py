"""What becomes of a letter that Telegram does not take (telegram.md 4 and 5), and after a crash."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.errors import ChannelError
from bot.flow.letters import LetterKind, PostedLetter
from bot.store import heads, memory, outbox, respondents, sending
from bot.store.engine import Tx
from bot.store.outbox import Letter, ToChat, ToCustomer, ToTopic
from tests.flow.sending_bench import ANN, BEN, FORUM, STAFF, Bench, Witness, copy, text
from tests.scripted_api import DROPPED, refusal
from tests.settling import until


def too_many(seconds: int) -> Any:
    return refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


async def test_too_many_postpones_that_chat_and_no_other(bench: Bench) -> None:
    bench.kinds["question"] = witness = Witness(repeats=False)
    bench.api.script["sendMessage"].append(too_many(30))
    async with bench.sending(most_in_flight=1):
        await bench.post(text("question", "ann", ToCustomer(ANN)))
        await bench.go()
        await bench.post(text("reply", "ben", ToCustomer(BEN)), text("reply", "ann 2", ToCustomer(ANN)))
        await bench.go(timedelta(seconds=29))
        assert bench.texts() == ["ann", "ben"]
        await bench.go(timedelta(seconds=1))
    assert bench.texts() == ["ann", "ben", "ann", "ann 2"]
    assert witness.events == [
        ("claim", "ann"),
        ("postponed", "too_many"),
        ("claim", "ann"),
        ("sent", {"message_id": 1002}),
    ]


async def test_too_many_from_two_chats_at_once_postpones_everybody(quick: Bench) -> None:
    quick.api.script["sendMessage"].extend([too_many(10), too_many(20)])
    async with quick.sending():
        await quick.post(text("reply", "ann", ToCustomer(ANN)), text("reply", "ben", ToCustomer(BEN)))
        await quick.go()
        await quick.post(text("alert", "staff", ToChat(STAFF)))
        await quick.go()
        assert len(quick.texts()) == 2
        await quick.go(timedelta(seconds=20))
    assert sorted(quick.texts()[2:]) == ["ann", "ben", "staff"]


async def test_a_blocked_bot_is_final_and_the_customer_counts_as_unreachable(bench: Bench) -> None:
    bench.kinds["question"] = witness = Witness()
    bench.api.script["sendMessage"].append(refusal(403, "Forbidden: bot was blocked by the user"))
    async with bench.sending():
        [letter] = await bench.post(text("question", "?", ToCustomer(ANN)))
        await bench.go()
        await bench.go(timedelta(days=1))
    assert witness.told() == ["refused"]
    assert len(bench.texts()) == 1
    row = await bench.row(letter)
    assert (row["state"], row["payload"]) == ("failed", None)
    assert row["last_error"].startswith("bot_blocked: ")
    ann = await bench.store.read(lambda tx: respondents.by_key(tx, ANN))
    assert ann is not None
    assert ann.unreachable_at is not None


async def test_a_rejected_letter_is_never_tried_again(quick: Bench) -> None:
    quick.kinds["reply"] = witness = Witness()
    quick.api.script["sendMessage"].append(refusal(400, "Bad Request: can't parse entities"))
    async with quick.sending():
        await quick.post(text("reply", "<b", ToCustomer(ANN)))
        await quick.go()
        await quick.go(timedelta(days=1))
    assert (len(quick.texts()), witness.told()) == (1, ["refused"])


@pytest.mark.parametrize("said", ["message is not modified", "message to edit not found"])
async def test_an_edit_with_nothing_left_to_do_counts_as_done(quick: Bench, said: str) -> None:
    quick.kinds["edit"] = witness = Witness()
    quick.api.script["editMessageText"].append(refusal(400, f"Bad Request: {said}"))
    async with quick.sending():
        await quick.post(Letter("edit", "editMessageText", {"message_id": 4, "text": "x"}, ToCustomer(ANN)))
        await quick.go()
    assert witness.events[1:] == [("sent", True)]
    assert await quick.states() == ["sent"]


async def test_a_server_error_is_tried_again_with_growing_pauses(quick: Bench) -> None:
    quick.api.script["sendMessage"].extend([refusal(502, "Bad Gateway")] * 4)
    pauses = []
    async with quick.sending():
        await quick.post(text("reply", "at last", ToCustomer(ANN)))
        await quick.go()
        while await quick.states() == ["waiting"]:
            due = quick.clock.next_due()
            assert due is not None
            pauses.append((due - quick.clock.now()).total_seconds())
            await quick.go(due - quick.clock.now())
    assert pauses == [1, 2, 4, 8]
    assert len(quick.texts()) == 5


async def test_a_letter_that_never_gets_through_is_given_up_after_a_day(quick: Bench) -> None:
    quick.kinds["reply"] = witness = Witness()
    quick.api.script["sendMessage"].extend([refusal(502, "Bad Gateway")] * 40)
    async with quick.sending():
        await quick.post(text("reply", "never", ToCustomer(ANN)))
        await quick.go()
        for _ in range(30):
            await quick.go(timedelta(hours=1))
    assert witness.events[-1] == ("refused", "too_late")
    assert await quick.states() == ["failed"]
    assert len(quick.texts()) < 40


async def test_a_question_without_an_answer_is_never_asked_twice(bench: Bench) -> None:
    bench.kinds["question"] = witness = Witness(repeats=False)
    bench.api.script["sendMessage"].append(DROPPED)
    async with bench.sending():
        await bench.post(text("question", "once?", ToCustomer(ANN)), text("reply", "next", ToCustomer(ANN)))
        await bench.go()
        await bench.go(timedelta(days=2))
    assert bench.texts() == ["once?", "next"]
    assert witness.told() == ["lost"]
    assert await bench.states() == ["unknown", "sent"]


async def test_a_relayed_message_without_an_answer_is_sent_again(bench: Bench) -> None:
    bench.kinds["relay"] = witness = Witness()
    bench.api.script["copyMessage"].append(DROPPED)
    async with bench.sending():
        await bench.post(copy(1))
        await bench.go()
        await bench.go(timedelta(seconds=1))
    assert len(bench.api.heard("copyMessage")) == 2
    assert witness.told() == ["sent"]


async def test_a_line_without_answers_is_not_doubled_for_ever(quick: Bench) -> None:
    quick.kinds["relay"] = witness = Witness()
    quick.api.script["copyMessage"].extend([DROPPED] * 9)
    async with quick.sending():
        await quick.post(copy(1))
        for _ in range(20):
            await quick.go(timedelta(minutes=1))
    assert len(quick.api.heard("copyMessage")) == 5
    assert witness.told() == ["lost"]


async def test_a_summary_without_an_answer_is_posted_again_after_ten_minutes_and_says_so(
    bench: Bench,
) -> None:
    bench.kinds["summary"] = witness = Witness()
    bench.api.script["sendMessage"].append(DROPPED)
    async with bench.sending():
        await bench.post(text("summary", "4.2", ToChat(STAFF)))
        await bench.go()
        await bench.post(text("reply", "meanwhile", ToChat(STAFF)))
        await bench.go(timedelta(minutes=9))
        assert bench.texts() == ["4.2", "meanwhile"]
        await bench.go(timedelta(minutes=1))
    assert bench.texts() == ["4.2", "meanwhile", "(again) 4.2"]
    assert witness.told() == ["repeated", "sent"]
    assert await bench.states() == ["unknown", "sent", "sent"]


async def test_a_summary_without_answers_is_not_posted_again_for_ever(quick: Bench) -> None:
    quick.kinds["summary"] = witness = Witness()
    quick.api.script["sendMessage"].extend([DROPPED] * 9)
    async with quick.sending():
        await quick.post(text("summary", "4.2", ToChat(STAFF)))
        for _ in range(12):
            await quick.go(timedelta(minutes=10))
    assert len(quick.texts()) == 5
    assert witness.told() == ["repeated"] * 4 + ["lost"]
    assert await quick.states() == ["unknown"] * 5


async def test_nothing_listening_is_surely_not_sent_so_even_a_question_is_tried_again(quick: Bench) -> None:
    quick.kinds["question"] = witness = Witness(repeats=False)
    url, quick.api.url = quick.api.url, "http://127.0.0.1:1"
    async with quick.sending():
        await quick.post(text("question", "?", ToCustomer(ANN)))
        await quick.go()
    quick.api.url = url
    quick.clock.move(timedelta(seconds=1))
    async with quick.sending():
        await quick.go()
    assert witness.told() == ["postponed", "sent"]


async def test_a_sender_killed_between_claim_and_mark_never_asks_twice(bench: Bench) -> None:
    bench.kinds["question"] = question = Witness(repeats=False)
    bench.kinds["relay"] = relay = Witness()
    await bench.post(text("question", "once?", ToCustomer(ANN)), copy(1, BEN))
    await _claim_and_die(bench)
    async with bench.sending():
        await bench.go()
        await bench.go(timedelta(minutes=1))
    assert bench.texts() == []
    assert question.told() == ["lost"]
    assert len(bench.api.heard("copyMessage")) == 1
    assert relay.told() == ["sent"]


async def _claim_and_die(bench: Bench) -> None:
    async def op(tx: Tx) -> None:
        await sending.take_over(tx, "an earlier life")
        for head in await heads.heads(tx, bench.clock.now(), 100):
            assert await sending.claim(tx, head.id, "an earlier life", bench.clock.now())

    await bench.store.write(op)


async def test_a_sender_that_is_cancelled_lets_a_question_on_the_wire_arrive(quick: Bench) -> None:
    quick.kinds["question"] = witness = Witness(repeats=False)
    quick.api.gate.clear()
    async with quick.sending():
        await quick.post(text("question", "?", ToCustomer(ANN)))
        await until(lambda: len(quick.api.calls) == 1)
    assert witness.told() == ["sent"]
    assert await quick.states() == ["sent"]


async def test_a_group_that_moved_is_rewritten_everywhere_and_written_to_once_more(bench: Bench) -> None:
    said = "Bad Request: group chat was upgraded to a supergroup chat"
    bench.api.script["sendMessage"].append(refusal(400, said, migrate_to_chat_id=-100777))
    await bench.store.write(
        lambda tx: tx.run(
            "INSERT INTO report(schedule, chat_id, to_at, as_of, figures) VALUES('daily', :chat, 1, 1, '{}')",
            chat=STAFF,
        )
    )
    async with bench.sending():
        await bench.post(
            text("summary", "first", ToChat(STAFF)),
            text("summary", "second", ToChat(STAFF)),
            Letter("relay", "copyMessage", {"from_chat_id": STAFF, "message_id": 3}, ToCustomer(ANN)),
        )
        await bench.go()
    assert [(p["text"], p["chat_id"]) for p in bench.api.heard("sendMessage")] == [
        ("first", STAFF),
        ("first", -100777),
        ("second", -100777),
    ]
    assert bench.moves == [(STAFF, -100777)]
    report = await bench.store.read(lambda tx: tx.one("SELECT chat_id FROM report"))
    moves = await bench.store.read(lambda tx: memory.with_prefix(tx, memory.MOVED))
    assert report is not None
    assert report["chat_id"] == -100777
    assert moves == {str(STAFF): "-100777"}


class Desk(LetterKind):
    """A kind that makes a deleted topic anew, as the relay does."""

    def __init__(self) -> None:
        self.refusals: list[str] = []

    async def postponed(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        if error.reason == "no_topic":
            await tx.run("UPDATE desk_topic SET thread_id=NULL WHERE customer_key=:key", key=letter.topic_of)
            topic = ToTopic(str(letter.topic_of))
            await outbox.post(tx, Letter("topic", "createForumTopic", {"name": "T"}, topic), now)

    async def refused(self, tx: Tx, letter: PostedLetter, error: ChannelError, now: datetime) -> None:
        self.refusals.append(error.reason)

    async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
        if letter.kind == "topic":
            await tx.run(
                "UPDATE desk_topic SET thread_id=:thread WHERE customer_key=:key",
                thread=result["message_thread_id"],
                key=letter.topic_of,
            )


async def test_a_deleted_topic_is_made_anew_and_nothing_is_lost_or_out_of_order(bench: Bench) -> None:
    bench.kinds["relay"] = bench.kinds["topic"] = desk = Desk()
    bench.api.script["sendMessage"].append(refusal(400, "Bad Request: message thread not found"))
    async with bench.sending():
        await bench.post(*(text("relay", f"{n}", ToTopic(ANN)) for n in range(3)))
        await bench.go()
    assert bench.texts() == ["0", "0", "1", "2"]
    assert bench.api.heard("createForumTopic") == [{"name": "T", "chat_id": FORUM}]
    threads = [p["message_thread_id"] for p in bench.api.heard("sendMessage")]
    assert threads[0] == 70
    assert len(set(threads[1:])) == 1
    assert threads[1] != 70
    assert desk.refusals == []
    assert await bench.states() == ["sent"] * 4


async def test_a_topic_that_is_not_there_yet_holds_its_letters_back(bench: Bench) -> None:
    bench.kinds["topic"] = Desk()
    await bench.store.write(
        lambda tx: tx.run("UPDATE desk_topic SET thread_id=NULL WHERE customer_key=:key", key=ANN)
    )
    async with bench.sending():
        await bench.post(text("relay", "first words", ToTopic(ANN)), text("relay", "ben", ToTopic(BEN)))
        await bench.go()
        assert bench.texts() == ["ben"]
        await bench.post(Letter("topic", "createForumTopic", {"name": "T"}, ToTopic(ANN)))
        await bench.go()
    assert bench.texts() == ["ben", "first words"]


async def test_a_lost_topic_that_nobody_makes_anew_refuses_the_letter(quick: Bench) -> None:
    quick.kinds["notice"] = witness = Witness()
    quick.api.script["sendMessage"].append(refusal(400, "Bad Request: message thread not found"))
    async with quick.sending():
        await quick.post(text("notice", "asked", ToTopic(ANN)))
        await quick.go()
    assert witness.events[1:] == [("postponed", "no_topic"), ("refused", "no_topic")]


async def test_a_customers_lost_thread_is_forgotten_and_the_chat_written_to(quick: Bench) -> None:
    await quick.store.write(
        lambda tx: tx.run("UPDATE respondent SET last_thread_id=5 WHERE customer_key=:key", key=ANN)
    )
    quick.api.script["sendMessage"].append(refusal(400, "Bad Request: message thread not found"))
    async with quick.sending():
        await quick.post(text("question", "?", ToCustomer(ANN)))
        await quick.go()
    assert [p.get("message_thread_id") for p in quick.api.heard("sendMessage")] == [5, None]
    assert await quick.states() == ["sent"]


async def test_a_refused_token_holds_everything_and_loses_nothing(quick: Bench) -> None:
    quick.api.script["sendMessage"].append(refusal(401, "Unauthorized"))
    async with quick.sending(most_in_flight=1):
        await quick.post(text("reply", "ann", ToCustomer(ANN)), text("reply", "ben", ToCustomer(BEN)))
        await quick.go()
        assert quick.texts() == ["ann"]
        await quick.go(timedelta(seconds=30))
    assert sorted(quick.texts()[1:]) == ["ann", "ben"]


async def test_a_bundle_that_meets_too_many_stays_a_bundle(quick: Bench) -> None:
    quick.api.script["copyMessages"].append(too_many(5))
    async with quick.sending():
        await quick.post(copy(1), copy(2))
        await quick.go()
        await quick.go(timedelta(seconds=5))
    assert len(quick.api.heard("copyMessages")) == 2
    assert quick.api.heard("copyMessage") == []
    assert await quick.states() == ["sent", "sent"]


async def test_no_letter_overtakes_one_of_its_lane_that_waits_for_another_try(quick: Bench) -> None:
    await quick.post(copy(1), copy(2))
    later = int((quick.clock.now() + timedelta(seconds=9)).timestamp() * 1000)
    await quick.store.write(
        lambda tx: tx.run("UPDATE outbox SET not_before=:later WHERE id=2", later=later)  # as after a crash
    )
    await quick.post(copy(3))
    async with quick.sending():
        await quick.go()
        assert [p["message_id"] for p in quick.api.heard("copyMessage")] == [1]
        await quick.go(timedelta(seconds=9))
    assert [p["message_ids"] for p in quick.api.heard("copyMessages")] == [[2, 3]]
