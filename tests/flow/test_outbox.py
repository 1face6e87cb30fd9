"""The sender: every letter once, in order, within its budgets; one failing chat never stops the rest."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.flow.budgets import Budgets
from bot.flow.letters import PostedLetter
from bot.store.engine import Tx
from bot.store.outbox import Letter, ToBot, ToChat, ToCustomer, ToTopic
from tests.flow.sending_bench import ANN, BEN, FORUM, STAFF, Bench, Witness, copy, text
from tests.scripted_api import Reply, refusal, result
from tests.settling import settle, until


async def test_a_posted_letter_is_sent_once_and_its_words_are_dropped(bench: Bench) -> None:
    bench.kinds["question"] = witness = Witness()
    async with bench.sending():
        [letter] = await bench.post(text("question", "Was it easy?", ToCustomer(ANN)))
        await bench.go()
        await bench.go(timedelta(hours=1))
    assert bench.api.calls == [("sendMessage", {"chat_id": 7, "text": "Was it easy?"})]
    assert witness.events == [("claim", "Was it easy?"), ("sent", {"message_id": 1001})]
    row = await bench.row(letter)
    assert (row["state"], row["payload"], row["message_id"]) == ("sent", None, 1001)


async def test_letters_go_where_they_are_addressed(bench: Bench) -> None:
    await bench.store.write(
        lambda tx: tx.run("UPDATE respondent SET last_thread_id=5 WHERE customer_key='ann'")
    )
    async with bench.sending():
        await bench.post(
            text("reply", "private", ToCustomer(ANN)),
            text("relay", "topic", ToTopic(BEN)),
            text("summary", "staff", ToChat(STAFF)),
            text("alert", "general", ToChat(STAFF, 3)),
            Letter("menu", "setMyCommands", {"commands": [], "scope": {"type": "default"}}, ToBot()),
            Letter("edit", "editMessageText", {"message_id": 4, "text": "x"}, ToTopic(BEN)),
        )
        await bench.go()
    places = {p["text"]: (p["chat_id"], p.get("message_thread_id")) for p in bench.api.heard("sendMessage")}
    assert places == {
        "private": (7, 5),
        "topic": (FORUM, 80),
        "staff": (STAFF, None),
        "general": (STAFF, 3),
    }
    assert bench.api.heard("setMyCommands") == [{"commands": [], "scope": {"type": "default"}}]
    assert bench.api.heard("editMessageText") == [{"chat_id": FORUM, "message_id": 4, "text": "x"}]


async def test_a_picture_travels_as_a_file_and_is_dropped_once_sent(bench: Bench) -> None:
    async with bench.sending():
        [letter] = await bench.post(
            Letter(
                "summary",
                "sendPhoto",
                {"caption": "week"},
                ToChat(STAFF),
                file=b"\x89PNG",
                file_field="photo",
                file_name="week.png",
            )
        )
        await bench.go()
    assert bench.api.files == {"photo": b"\x89PNG"}
    assert bench.api.calls == [("sendPhoto", {"caption": "week", "chat_id": STAFF})]
    assert (await bench.row(letter))["file"] is None


async def test_letters_of_one_lane_go_one_after_the_other(quick: Bench) -> None:
    quick.api.gate.clear()
    async with quick.sending():
        await quick.post(*(text("reply", f"{n}", ToCustomer(ANN)) for n in range(3)))
        await quick.post(text("reply", "other", ToCustomer(BEN)))
        await until(lambda: len(quick.api.calls) == 2)
        assert sorted(quick.texts()) == ["0", "other"]
        quick.api.gate.set()
        await quick.go()
    assert [said for said in quick.texts() if said != "other"] == ["0", "1", "2"]
    assert await quick.states() == ["sent"] * 4


async def test_a_failing_letter_holds_its_lane_and_no_other(quick: Bench) -> None:
    quick.api.script["sendMessage"].append(refusal(500, "Internal Server Error"))
    async with quick.sending(most_in_flight=1):
        await quick.post(*(text("reply", f"{n}", ToCustomer(ANN)) for n in range(2)))
        await quick.post(text("reply", "other", ToCustomer(BEN)))
        await quick.go()
        assert quick.texts() == ["0", "other"]
        await quick.go(timedelta(seconds=1))
    assert quick.texts() == ["0", "other", "0", "1"]


async def test_the_more_urgent_goes_first(quick: Bench) -> None:
    await quick.post(
        text("summary", "summary", ToChat(STAFF)),
        text("question", "question", ToCustomer(ANN)),
        text("relay", "relay", ToTopic(ANN)),
        text("prompt", "prompt", ToCustomer(BEN)),
    )
    async with quick.sending(most_in_flight=1):
        await quick.go()
    assert quick.texts() == ["prompt", "relay", "question", "summary"]


async def test_no_more_than_32_calls_are_in_flight(quick: Bench) -> None:
    quick.budgets = Budgets(per_second=1000)
    quick.api.gate.clear()
    await quick.post(*(text("alert", f"{n}", ToChat(-n)) for n in range(1, 50)))
    async with quick.sending():
        await until(lambda: len(quick.api.calls) == 32)
        quick.api.gate.set()
        await quick.go()
    assert quick.api.peak == 32
    assert await quick.states() == ["sent"] * 49


async def test_a_private_chat_gets_three_at_once_then_one_a_second(quick: Bench) -> None:
    await quick.post(*(text("reply", f"{n}", ToCustomer(ANN)) for n in range(5)))
    async with quick.sending():
        await quick.go()
        assert len(quick.texts()) == 3
        assert quick.clock.next_due() == quick.clock.now() + timedelta(seconds=1)
        await quick.go(timedelta(seconds=1))
        assert len(quick.texts()) == 4
        await quick.go(timedelta(seconds=1))
    assert quick.texts() == ["0", "1", "2", "3", "4"]


async def test_all_topics_of_a_forum_share_eighteen_a_minute_and_closing_one_is_free(quick: Bench) -> None:
    await quick.post(*(text("relay", f"{n}", ToTopic(ANN if n % 2 else BEN)) for n in range(20)))
    async with quick.sending():
        await quick.go()
        assert len(quick.texts()) == 18
        await quick.post(text("reply", "private", ToCustomer(ANN)))
        await quick.go()
        assert quick.texts()[-1] == "private"
        await quick.go(timedelta(minutes=1))
    assert len(quick.texts()) == 21


async def test_no_more_than_the_overall_budget_in_a_second(quick: Bench) -> None:
    await quick.post(*(text("alert", f"{n}", ToChat(-n)) for n in range(1, 61)))
    async with quick.sending():
        await quick.go()
        assert len(quick.texts()) == 25
        await quick.passes(timedelta(seconds=0.999))
        assert len(quick.texts()) == 25
        await quick.passes(timedelta(seconds=0.999))
        assert len(quick.texts()) == 50
        await quick.passes(timedelta(seconds=1))
    assert len(quick.texts()) == 60


async def test_after_a_whole_budget_at_once_letters_come_evenly(quick: Bench) -> None:
    await quick.post(*(text("alert", f"{n}", ToChat(-n)) for n in range(1, 61)))
    async with quick.sending():
        await quick.passes(timedelta(seconds=1.5))
        assert 35 <= len(quick.texts()) <= 40
        await quick.post(text("prompt", "urgent", ToCustomer(ANN)))
        await quick.passes(timedelta(seconds=0.04))
        assert "urgent" in quick.texts()


async def test_a_letter_that_is_not_due_waits(quick: Bench) -> None:
    later = quick.clock.now() + timedelta(minutes=3)
    async with quick.sending():
        await quick.post(text("alert", "later", ToChat(STAFF), not_before=later))
        await quick.go()
        assert quick.texts() == []
        assert quick.clock.next_due() == later
        await quick.go(timedelta(minutes=3))
    assert quick.texts() == ["later"]


async def test_of_several_edits_of_one_message_the_newest_is_sent(quick: Bench) -> None:
    await quick.post(*(text("edit", f"{n}", ToCustomer(ANN), coalesce_key="m4") for n in range(3)))
    async with quick.sending():
        await quick.go()
    assert quick.texts() == ["2"]


async def test_a_failed_edit_is_dropped_when_a_newer_one_waits(quick: Bench) -> None:
    quick.api.script["sendMessage"].append(refusal(500, "Internal Server Error"))
    quick.api.gate.clear()
    async with quick.sending():
        await quick.post(text("edit", "old", ToCustomer(ANN), coalesce_key="m4"))
        await until(lambda: len(quick.api.calls) == 1)
        await quick.post(text("edit", "new", ToCustomer(ANN), coalesce_key="m4"))
        quick.api.gate.set()
        await quick.go()
        await quick.go(timedelta(minutes=1))
    assert quick.texts() == ["old", "new"]


async def test_what_is_no_longer_wanted_is_dropped_unsent(quick: Bench) -> None:
    quick.kinds["question"] = witness = Witness()
    witness.wanted = False
    await quick.post(text("question", "no more", ToCustomer(ANN)), text("reply", "next", ToCustomer(ANN)))
    async with quick.sending():
        await quick.go()
    assert quick.texts() == ["next"]
    assert await quick.states() == ["sent"]


async def test_after_its_time_a_letter_is_refused_unsent(quick: Bench) -> None:
    quick.kinds["alert"] = witness = Witness()
    soon = quick.clock.now() + timedelta(minutes=5)
    await quick.post(text("alert", "stale", ToChat(STAFF), give_up_at=soon))
    quick.clock.move(timedelta(minutes=6))
    async with quick.sending():
        await quick.go()
    assert quick.texts() == []
    assert witness.events == [("refused", "too_late")]
    assert await quick.states() == ["failed"]


async def test_a_customer_without_a_chat_is_refused_unsent(quick: Bench) -> None:
    quick.kinds["question"] = quick.kinds["relay"] = witness = Witness()
    await quick.post(text("question", "?", ToCustomer("nobody")), text("relay", "!", ToTopic("nobody")))
    async with quick.sending():
        await quick.go()
    assert quick.api.calls == []
    assert sorted(witness.events) == [("refused", "no_chat"), ("refused", "no_topic")]


async def test_a_burst_of_copies_is_one_call_and_each_gets_its_own_result(bench: Bench) -> None:
    bench.kinds["relay"] = witness = Witness()
    await bench.post(*(copy(n) for n in range(1, 6)), copy(3, BEN))
    async with bench.sending():
        await bench.go()
    assert bench.api.heard("copyMessages") == [
        {"from_chat_id": 7, "message_ids": [1, 2, 3, 4, 5], "chat_id": FORUM, "message_thread_id": 70}
    ]
    assert len(bench.api.heard("copyMessage")) == 1
    results = [detail["message_id"] for what, detail in witness.events if what == "sent"]
    assert len(set(results)) == 6
    assert await bench.states() == ["sent"] * 6


async def test_what_became_of_a_bundle_is_written_down_together_and_a_bug_costs_only_its_own_reaction(
    quick: Bench,
) -> None:
    class Fussy(Witness):
        async def sent(self, tx: Tx, letter: PostedLetter, result: Any, now: datetime) -> None:
            if letter.subject == "2":
                raise RuntimeError("a bug that the second copy meets")
            await super().sent(tx, letter, result, now)

    quick.kinds["relay"] = witness = Fussy()
    await quick.post(*(copy(n) for n in range(1, 4)))
    async with quick.sending():
        await quick.go()
        await quick.go(timedelta(hours=1))
    assert [len(p["message_ids"]) for p in quick.api.heard("copyMessages")] == [3]
    assert await quick.states() == ["sent"] * 3
    assert witness.told()[-2:] == ["sent", "sent"]


async def test_a_burst_is_cut_where_something_else_comes_between(quick: Bench) -> None:
    await quick.post(
        copy(1), copy(2), copy(3, reply_to=9), copy(4), text("relay", "words", ToTopic(ANN)), copy(5)
    )
    async with quick.sending():
        await quick.go()
    order = [p.get("message_ids") or p.get("message_id") or p["text"] for _, p in quick.api.calls]
    assert order == [[1, 2], 3, 4, "words", 5]


async def test_each_copy_of_a_bundle_spends_the_forums_budget(quick: Bench) -> None:
    await quick.post(*(copy(n) for n in range(1, 26)), *(copy(n, BEN) for n in range(1, 11)))
    async with quick.sending():
        await quick.go()
        assert _copied(quick) == 18
        await quick.go(timedelta(seconds=59))
        assert _copied(quick) == 18
        await quick.go(timedelta(seconds=1))
    assert _copied(quick) == 35
    assert await quick.states() == ["sent"] * 35


def _copied(bench: Bench) -> int:
    bundles = sum(len(p["message_ids"]) for p in bench.api.heard("copyMessages"))
    return bundles + len(bench.api.heard("copyMessage"))


async def test_a_hundred_copies_travel_together_at_most(quick: Bench) -> None:
    quick.budgets = Budgets(per_second=1000, per_group_minute=1000)
    await quick.post(*(copy(n) for n in range(1, 131)))
    async with quick.sending():
        await quick.go()
    assert [len(p["message_ids"]) for p in quick.api.heard("copyMessages")] == [100, 30]


async def test_copies_that_are_skipped_make_all_go_singly(quick: Bench) -> None:
    quick.kinds["relay"] = witness = Witness()
    quick.api.script["copyMessages"].append(_two_of_three())
    quick.api.script["copyMessage"].extend([_one(), refusal(400, "Bad Request: message to copy not found")])
    await quick.post(copy(1), copy(2), copy(3))
    async with quick.sending():
        await quick.go()
    assert quick.api.heard("deleteMessages") == [{"chat_id": FORUM, "message_ids": [51, 52]}]
    assert [p["message_id"] for p in quick.api.heard("copyMessage")] == [1, 2, 3]
    assert await quick.states() == ["sent", "failed", "sent"]
    assert witness.told() == ["postponed"] * 3 + ["sent", "refused", "sent"]


def _two_of_three() -> Reply:
    return result([{"message_id": 51}, {"message_id": 52}])


def _one() -> Reply:
    return result({"message_id": 61})


async def test_a_bug_in_one_kind_stops_neither_the_loop_nor_the_mark(quick: Bench) -> None:
    quick.kinds["question"] = witness = Witness(repeats=False)
    witness.breaks_on = "sent"
    async with quick.sending():
        await quick.post(text("question", "once", ToCustomer(ANN)), text("reply", "next", ToCustomer(ANN)))
        await quick.go()
        await quick.go(timedelta(hours=2))
    assert quick.texts() == ["once", "next"]
    assert await quick.states() == ["sent", "sent"]


async def test_a_letter_that_cannot_be_claimed_is_pushed_ahead_and_given_up(quick: Bench) -> None:
    quick.kinds["question"] = witness = Witness()
    witness.breaks_on = "claim"
    async with quick.sending():
        broken, _ = await quick.post(
            text("question", "broken", ToCustomer(ANN)), text("reply", "other", ToCustomer(BEN))
        )
        await quick.go()
        assert quick.texts() == ["other"]
        for _ in range(12):
            await quick.go(timedelta(minutes=1))
        await quick.post(text("reply", "next", ToCustomer(ANN)))
        await quick.go()
    assert quick.texts() == ["other", "next"]
    assert await quick.states() == ["failed", "sent", "sent"]
    assert (await quick.row(broken))["attempts"] == 10


async def test_stopping_lets_the_calls_in_flight_end_and_starts_no_more(quick: Bench) -> None:
    quick.api.gate.clear()
    async with quick.sending() as sender:
        await quick.post(text("question", "one", ToCustomer(ANN)), text("reply", "two", ToCustomer(ANN)))
        await until(lambda: len(quick.api.calls) == 1)
        assert not sender.is_idle
        quick.api.gate.set()
        await sender.stop()
        assert sender.is_idle
    assert await quick.states() == ["sent", "waiting"]


async def test_while_a_call_is_in_flight_the_clock_takes_nobody_for_idle(quick: Bench) -> None:
    quick.api.gate.clear()
    async with quick.sending():
        await quick.go()
        assert quick.clock.busy() == []
        await quick.post(text("reply", "slow", ToCustomer(ANN)))
        await until(lambda: len(quick.api.calls) == 1)
        await until(lambda: quick.clock.busy() == ["outbox calls"])
        quick.api.gate.set()
        await settle(quick.clock)


async def test_sends_share_their_connections(quick: Bench) -> None:
    async with quick.sending():
        for number in range(10):
            await quick.post(text("alert", f"{number}", ToChat(-number - 1)))
            await quick.go()
    assert len(quick.api.connections) == 1
