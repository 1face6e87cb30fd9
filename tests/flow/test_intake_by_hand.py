"""An admin asks by hand: once per episode, and never whom the rules protect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.stage import ADA, EMMA, FORUM, OLGA, Stage, buttons, stage


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """The stage."""
    async with stage() as on:
        yield on


WILL_ASK = "📨 The customer will be asked"


async def endings(s: Stage) -> list[tuple[int, str, str | None]]:
    """Episode, state and reason of every decision, oldest first."""
    rows = await s.rows("SELECT episode, state, reason FROM invitation ORDER BY id")
    return [(row["episode"], row["state"], row["reason"]) for row in rows]


def is_asked(s: Stage, person: int = EMMA) -> bool:
    """Whether a question stands in the customer's chat."""
    return any("1 😫" in " ".join(buttons(one)) for one in s.messages(person))


async def ask(s: Stage, topic: int, person: int = ADA) -> str:
    """An admin's /ask in a topic; the answer."""
    before = len(s.texts(FORUM, topic))
    await s.say(person, "/ask", FORUM, topic)
    return s.texts(FORUM, topic)[before + 1]


async def open_topic(s: Stage) -> int:
    """A conversation that goes on."""
    await s.say(EMMA, "Hello")
    topic = s.topic_of("Emma Clarke")
    await s.say(OLGA, "Hi", FORUM, topic)
    return topic


async def test_an_admin_asks_by_hand_in_a_topic_after_the_usual_delay(s: Stage) -> None:
    topic = await open_topic(s)
    assert (await ask(s, topic)).startswith(WILL_ASK)
    await s.after("5s")
    assert is_asked(s)
    assert (await s.row("SELECT trigger_name FROM invitation"))["trigger_name"] == "manual"


async def test_asking_by_hand_twice_asks_once(s: Stage) -> None:
    topic = await open_topic(s)
    await ask(s, topic)
    again = "This conversation was asked about already, or will be in a moment."
    assert await ask(s, topic) == again
    await s.after("1m")
    assert await ask(s, topic) == again
    await s.press(EMMA, s.last(EMMA), "v4")
    assert await ask(s, topic) == again


async def test_what_was_asked_by_hand_is_not_asked_again_when_it_ends(s: Stage) -> None:
    topic = await open_topic(s)
    await ask(s, topic)
    await s.after("5s")
    question = s.last(EMMA)
    await s.close(topic)
    await s.after("1m")
    assert await endings(s) == [(1, "sent", None)]
    assert await s.press(EMMA, question, "v4") == "Thank you 🙏"
    await s.say(EMMA, "Another thing")  # a new episode
    await s.say(OLGA, "Yes?", FORUM, topic)
    await s.close(topic)
    await s.after("5s")
    assert await endings(s) == [(1, "answered", None), (2, "sent", None)]


async def test_a_skipped_ending_can_be_asked_about_by_hand(s: Stage) -> None:
    await s.say(EMMA, "Hello")
    topic = s.topic_of("Emma Clarke")
    await s.close(topic)
    assert (await ask(s, topic)).startswith(WILL_ASK)
    await s.after("5s")
    assert is_asked(s)
    assert await endings(s) == [(1, "skipped", "no_human_reply"), (2, "sent", None)]


async def test_an_ending_that_was_asked_about_is_not_asked_about_by_hand(s: Stage) -> None:
    question = await s.asked()
    topic = s.topic_of("Emma Clarke")
    for _ in range(2):
        assert (await ask(s, topic)).startswith("This conversation was asked about already")
        await s.press(EMMA, question, "v5")


@pytest.mark.parametrize(
    ("obstacle", "reason"),
    [
        ("/survey_off", "customer does not want to be asked"),
        ("block", "customer blocked the bot"),
        ("cooldown", "asked not long ago"),
    ],
)
async def test_asking_by_hand_obeys_opt_out_block_and_cooldown(obstacle: str, reason: str) -> None:
    async with stage(survey={"cooldown": timedelta(days=14)}) as s:
        if obstacle == "cooldown":
            await s.press(EMMA, await s.asked(), "v5")
        topic = await open_topic(s)
        if obstacle == "block":
            s.world.block(EMMA)
            await s.settle()
        elif obstacle == "/survey_off":
            await s.say(EMMA, obstacle)
        assert await ask(s, topic) == f"🔕 Not asked: {reason}."


@pytest.mark.parametrize("order", ["/pause", "/trigger telegram_topic off"])
async def test_asking_by_hand_works_while_asking_is_paused_or_switched_off(s: Stage, order: str) -> None:
    topic = await open_topic(s)
    await s.say(ADA, order)
    assert (await ask(s, topic)).startswith(WILL_ASK)
    await s.after("5s")
    assert is_asked(s)


async def test_asking_by_hand_needs_a_topic_and_an_admin(s: Stage) -> None:
    topic = await open_topic(s)
    assert await ask(s, topic, OLGA) == "This command is for the bot's admins."
    await s.say(ADA, "/ask", FORUM)
    assert s.texts(FORUM)[-1] == "Send /ask inside the topic of the customer who is to be asked."
    await s.say(ADA, "/ask", FORUM, s.world.create_topic(ADA, FORUM, "Internal"))
    assert s.texts(FORUM)[-1] == "Send /ask inside the topic of the customer who is to be asked."
    assert await endings(s) == []


async def test_the_customer_who_writes_after_being_asked_by_hand_takes_the_question_back(s: Stage) -> None:
    topic = await open_topic(s)
    await ask(s, topic)
    await s.say(EMMA, "One more thing")
    assert await endings(s) == [(1, "cancelled", "reopened")]
    await s.close(topic)
    await s.after("5s")
    assert (await endings(s))[-1] == (2, "sent", None)
