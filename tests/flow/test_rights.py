"""The customer's own controls: seeing all that is held, having it erased everywhere, and saying no."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.signing import compact, ended, recorded, signed
from tests.stage import ADA, CHANNEL, EMMA, FORUM, NOAH, OLGA, TEAM, Stage, button, said, stage

ZEB = 7_000_123_456  # an id, a name and words that occur nowhere else
NAME = "Zebulon <b>& Quux"
WORDS = "My xylophone <i>& the marmalade"


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """A stage that shows scores from one answer on, so that summaries quote."""
    async with stage(summary={"minimum_answers": 1}) as on:
        on.world.add_person(ZEB, "Zebulon", last_name="<b>& Quux", language_code="en")
        on.world.start(ZEB)
        await on.settle()
        yield on


async def whole_life(s: Stage) -> None:
    """All that can happen to a customer, so that every table that may mention them does."""
    question = await s.asked(ZEB, NAME)
    await s.press(ZEB, question, "v1")
    await s.press(ZEB, question, "rwait")
    await s.press(ZEB, question, "c")
    comment = await s.say(ZEB, WORDS)
    s.world.edit(ZEB, ZEB, comment["message_id"], WORDS + "!")
    await s.after("2m")  # staff hear of it
    await s.say(ADA, "/ces", FORUM)
    await s.say(ZEB, "One more thing")
    s.world.send(ZEB, ZEB, "location", live_period=600)
    await s.say(ZEB, "/ces")
    await s.say(ZEB, "/id")
    await s.say(ZEB, "/forget_me")  # one confirmation that is never pressed
    body = ended(ZEB, s.clock.now(), tags=["billing"])
    await s.hook(body, signed(body))


async def everything_stored(s: Stage) -> dict[str, list[str]]:
    """Every value of every table as text."""
    tables = await s.rows("SELECT name FROM sqlite_master WHERE type='table'")
    found = {}
    for table in (row["name"] for row in tables):
        rows = await s.rows(f"SELECT * FROM {table}")
        columns = [row["name"] for row in await s.rows(f"PRAGMA table_info({table})")]
        found[table] = [str(row[name]) for row in rows for name in columns]
    return found


async def mentions(s: Stage, *needles: object) -> dict[str, list[str]]:
    """Where any of these is stored."""
    wanted = [str(needle) for needle in needles]
    stored = await everything_stored(s)
    found = {
        table: [value for value in values if any(one in value for one in wanted)]
        for table, values in stored.items()
    }
    return {table: values for table, values in found.items() if values}


def shown_to_staff(s: Stage) -> str:
    """All that staff can read in all their chats."""
    return "\n".join(text for chat in (CHANNEL, FORUM) for text in s.texts(chat))


async def held(s: Stage, person: int = ZEB) -> Any:
    """What /my_data sends."""
    await s.say(person, "/my_data")
    document = next(one["document"] for one in reversed(s.messages(person)) if "document" in one)
    name, content = s.world.file(document["file_id"])
    assert name == "my_data.json"
    return json.loads(content)


async def forget(s: Stage, person: int = ZEB, answer: str = "y") -> None:
    """/forget_me, confirmed."""
    await s.say(person, "/forget_me")
    await s.press(person, s.last(person), answer)
    await s.settle()


async def test_my_data_holds_the_answer_in_every_detail(s: Stage) -> None:
    await whole_life(s)
    data = await held(s)
    assert data["pseudonym"] == s.key(ZEB)
    assert data["customer"]["chat_id"] == ZEB
    assert data["support_topic"]["title"] == NAME
    assert data["messages_passed_on"] >= 2
    first, second = data["conversations"]
    assert (first["score"], first["comment"], first["reasons"]) == (1, WORDS + "!", ["wait"])
    assert [event["kind"] for event in first["history"]] == ["tap", "reason", "comment", "edit"]
    assert {rule["rule"] for rule in first["decision"]} >= {"cooldown", "opted_out"}
    assert (second["source"], second["tags"]) == ("generic", ["billing"])
    assert data["shown_to_staff"] >= 1


# Where /my_data tells of each table that can mention a customer.
TOLD_UNDER = {
    "respondent": "customer",
    "invitation": "conversations",
    "desk_topic": "support_topic",
    "message_link": "messages_passed_on",
    "outbox": "bookkeeping",
    "delivery": "bookkeeping",
    "staff_button": "bookkeeping",
    "timer": "support_topic",  # when a live location ends: of a message that was passed on
    "bot_memory": "support_topic",  # where it was last
}


async def test_my_data_tells_of_every_table_that_mentions_the_customer(s: Stage) -> None:
    await whole_life(s)
    mentioned = set(await mentions(s, s.key(ZEB), ZEB, "xylophone", "Zebulon"))
    assert mentioned - {"response_event"} <= set(TOLD_UNDER)  # the history is told with its conversation
    data = await held(s)
    assert all(data[TOLD_UNDER[table]] for table in mentioned - {"response_event"})
    assert all(count > 0 for count in data["bookkeeping"].values())


async def test_after_being_forgotten_nothing_is_stored_anywhere(s: Stage) -> None:
    await whole_life(s)
    await forget(s)
    assert await mentions(s, s.key(ZEB), ZEB, "xylophone", "marmalade", "Zebulon", "Quux") == {}
    assert said(s.last(ZEB)).startswith("Everything we held about you has been erased.")
    audit = await s.row("SELECT actor, action, detail FROM audit WHERE action='erased'")
    assert (audit["actor"], audit["detail"]) == ("customer", "2 episodes")


async def test_after_being_forgotten_staff_can_read_nothing_of_it_any_more(s: Stage) -> None:
    await whole_life(s)
    assert "xylophone" in shown_to_staff(s)
    await forget(s)
    for trace in ("xylophone", "marmalade", "Zebulon", "Quux", "One more thing"):
        assert trace not in shown_to_staff(s)
    assert not any(one["name"] == NAME for one in s.world.topics(FORUM))
    assert "🧹 A customer asked to be forgotten; their topic was deleted." in s.texts(FORUM)


async def test_a_summary_loses_the_quote_and_keeps_its_figures_and_the_words_of_others(s: Stage) -> None:
    for person, name, words in ((ZEB, NAME, WORDS), (NOAH, "Noah Weber", "The queue is long.")):
        question = await s.asked(person, name)
        await s.press(person, question, "v2")
        await s.press(person, question, "c")
        await s.say(person, words)
    await s.say(ADA, "/ces")
    before = said(s.last(ADA))
    assert "xylophone" in before
    await forget(s)
    after = said(s.last(ADA))
    assert "xylophone" not in after
    assert "The queue is long." in after
    assert [line for line in before.splitlines() if "of 5" in line] == [
        line for line in after.splitlines() if "of 5" in line
    ]


async def test_a_line_about_a_hard_answer_that_is_too_old_to_delete_is_emptied() -> None:
    async with stage(chats={"alerts": TEAM}) as s:
        s.world.appoint(
            TEAM, s.world.bot_id, (), by=ADA
        )  # a plain member may delete its own for 48 hours only
        question = await s.asked()
        await s.press(EMMA, question, "v1")
        await s.press(EMMA, question, "c")
        await s.say(EMMA, WORDS)
        await s.after("49h")
        assert "xylophone" in s.texts(TEAM)[-1]
        await forget(s, EMMA)
        assert s.texts(TEAM)[-1] == "Erased."


async def test_a_summary_that_still_waits_to_be_sent_loses_the_words_too(s: Stage) -> None:
    question = await s.asked(ZEB, NAME)
    await s.press(ZEB, question, "v5")
    await s.press(ZEB, question, "c")
    await s.say(ZEB, WORDS)
    s.world.faults.fail("sendPhoto", 429, "Too Many Requests: retry after 60", retry_after=60)
    await s.say(ADA, "/ces")
    assert "outbox" in await mentions(s, "xylophone")
    await forget(s)
    assert await mentions(s, "xylophone", s.key(ZEB), ZEB) == {}
    await s.after("2m")
    assert any("photo" in one for one in s.messages(ADA))
    assert not any("xylophone" in text for text in s.texts(ADA))


async def test_what_could_not_be_read_is_forgotten_with_its_customer(s: Stage) -> None:
    key = s.key(ZEB)

    async def op(tx: Any) -> None:
        for number, lane in enumerate((key, "update:7")):
            await tx.run(
                "INSERT INTO delivery(source, key, lane, body, received_at, done_at, error)"
                " VALUES('telegram', :key, :lane, :body, 0, 0, 'KeyError: Zebulon')",
                key=f"odd{number}",
                lane=lane,
                body=json.dumps({"from": {"id": ZEB, "first_name": "Zebulon"}}),
            )

    await s.app.store.write(op)
    await forget(s)
    assert await mentions(s, key, ZEB, "Zebulon") == {}


async def test_only_the_wish_not_to_be_asked_outlives_being_forgotten(s: Stage) -> None:
    await s.say(ZEB, "/survey_off")
    await whole_life_of_an_opted_out(s)
    await forget(s)
    left = await mentions(s, s.key(ZEB), ZEB, "Zebulon")
    assert list(left) == ["respondent"]
    row = await s.row("SELECT * FROM respondent WHERE customer_key=:key", key=s.key(ZEB))
    assert row["opted_out_at"] is not None
    assert (row["chat_id"], row["language"]) == (None, None)
    await s.conversation(ZEB, NAME)  # they write again, and are still not asked
    await s.after("1m")
    assert [row["reason"] for row in await s.rows("SELECT reason FROM invitation")] == ["opted_out"]


async def whole_life_of_an_opted_out(s: Stage) -> None:
    """A conversation that nobody is asked about."""
    await s.conversation(ZEB, NAME)
    await s.after("1m")


async def test_no_erases_nothing_and_the_buttons_are_spent(s: Stage) -> None:
    await whole_life(s)
    await s.say(ZEB, "/forget_me")
    asked = s.last(ZEB)
    yes = button(asked, "y")
    await s.press(ZEB, asked, "n")
    assert said(s.last(ZEB)) == "All right, nothing was erased."
    assert await s.press(ZEB, asked, yes, forged=True) == "This button is out of date."
    assert (await held(s))["conversations"]


async def test_nobody_erases_somebody_else(s: Stage) -> None:
    await whole_life(s)
    await s.say(ZEB, "/forget_me")
    asked = s.last(ZEB)
    assert await s.press(EMMA, s.last(EMMA), button(asked, "y"), forged=True) == "This button is out of date."
    assert (await held(s))["conversations"]


async def test_being_forgotten_twice_is_as_good_as_once(s: Stage) -> None:
    await whole_life(s)
    await forget(s)
    await forget(s)
    assert await mentions(s, s.key(ZEB), ZEB, "Zebulon") == {}


async def test_an_unanswered_question_goes_with_its_customer_and_nobody_is_asked_later(s: Stage) -> None:
    question = await s.asked(ZEB, NAME)
    await forget(s)
    assert question["message_id"] not in [one["message_id"] for one in s.messages(ZEB)]
    await s.after("3d")
    assert await mentions(s, s.key(ZEB), ZEB) == {}


async def test_who_writes_again_after_being_forgotten_begins_anew(s: Stage) -> None:
    await whole_life(s)
    await forget(s)
    question = await s.asked(ZEB, NAME)
    await s.press(ZEB, question, "v4")
    [conversation] = (await held(s))["conversations"]
    assert conversation["episode"] == 1


async def test_a_button_of_a_forgotten_question_is_out_of_date(s: Stage) -> None:
    question = await s.asked(ZEB, NAME)
    data = button(question, "v3")
    await forget(s)
    assert await s.press(ZEB, s.last(ZEB), data, forged=True) == "This button is out of date."
    assert await s.rows("SELECT id FROM response_event") == []


async def test_addresses_are_gone_from_the_outbox_once_the_last_word_is_said(s: Stage) -> None:
    await whole_life(s)
    await forget(s)
    assert await s.rows("SELECT id FROM outbox WHERE chat_id=:id", id=ZEB) == []
    assert await s.rows("SELECT id FROM outbox WHERE payload IS NOT NULL") == []


async def test_a_member_of_staff_who_is_forgotten_leaves_no_summary_row_behind(s: Stage) -> None:
    await s.say(OLGA, "/start")
    await s.say(OLGA, "/ces")
    await forget(s, OLGA)
    assert await mentions(s, s.key(OLGA)) == {}
    assert await s.rows("SELECT id FROM report WHERE chat_id=:id", id=OLGA) == []


async def test_a_delivery_that_is_unmapped_keeps_no_body(s: Stage) -> None:
    odd = recorded("ended_unknown_kind")
    odd["data"]["customer"] |= {"telegram_user_id": ZEB, "name": "Zebulon"}
    body = compact(odd)
    await s.hook(body, signed(body))
    assert "Zebulon" not in str(await everything_stored(s))
