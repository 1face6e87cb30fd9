"""Comments: what is one, what is a support message, and how the prompt ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.stage import CHANNEL, EMMA, FORUM, OLGA, Stage, button, buttons, said, stage


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """The stage."""
    async with stage() as on:
        yield on


async def answer(s: Stage, number: int = 1) -> Any:
    """The row of one episode."""
    return await s.row("SELECT * FROM invitation WHERE id=:id", id=number)


async def history(s: Stage) -> list[tuple[str, str]]:
    """Every tap, reason and comment, in the order in which they came."""
    return [(row["kind"], row["value"]) for row in await s.rows("SELECT * FROM response_event ORDER BY id")]


async def with_prompt(s: Stage, score: str = "v4") -> Any:
    """A question answered, and its prompt open; the question."""
    question = await s.asked()
    await s.press(EMMA, question, score)
    assert await s.press(EMMA, question, "c") == "You can write your comment now."
    return question


def in_topic(s: Stage) -> list[str]:
    """What staff read in the customer's topic."""
    return s.texts(FORUM, s.topic_of("Emma Clarke"))


@pytest.mark.parametrize(
    ("score", "prompt", "thanks"),
    [
        ("v1", "Sorry it was hard work. What made it difficult?", "We have passed this to the team"),
        ("v3", "What would have made it easier?", "this helps us make things easier"),
        ("v5", "Glad it was easy. What helped most?", "We will share this with the team"),
    ],
)
async def test_the_prompt_and_the_thank_you_are_worded_for_the_answer(
    s: Stage, score: str, prompt: str, thanks: str
) -> None:
    await with_prompt(s, score)
    assert prompt in said(s.last(EMMA))
    await s.say(EMMA, "Because of the queue")
    assert thanks in s.texts(EMMA)[-2]
    row = await answer(s)
    assert (row["comment"], row["state"]) == ("Because of the queue", "answered")
    assert "Because of the queue" not in in_topic(s)


async def test_without_anybody_to_tell_the_thank_you_promises_nothing() -> None:
    async with stage(alerts={"hard_answers": False}, summary={"live": False}) as s:
        await with_prompt(s, "v1")
        await s.say(EMMA, "Because of the queue")
        assert s.texts(EMMA)[-2] == "Thank you, this helps us make things easier."
        await s.after("5m")
        assert s.texts(CHANNEL) == []


async def test_a_comment_neither_reopens_nor_asks_again(s: Stage) -> None:
    await with_prompt(s)
    await s.say(EMMA, "All fine")
    await s.after("1h")
    assert [one["is_closed"] for one in s.world.topics(FORUM)] == [True]
    assert len(await s.rows("SELECT id FROM invitation")) == 1


async def test_a_reply_to_the_prompt_is_the_comment_too(s: Stage) -> None:
    await with_prompt(s)
    prompt = s.last(EMMA)
    await s.say(EMMA, "As a reply", reply_to=prompt["message_id"])
    assert (await answer(s))["comment"] == "As a reply"


async def test_a_reply_to_something_else_is_a_support_message(s: Stage) -> None:
    await with_prompt(s)
    other = next(one for one in s.messages(EMMA) if said(one) == "Let me look.")
    await s.say(EMMA, "Did you look?", reply_to=other["message_id"])
    assert (await answer(s))["comment"] is None
    assert in_topic(s)[-1] == "Did you look?"


async def test_after_skip_a_text_is_a_support_message(s: Stage) -> None:
    await with_prompt(s)
    assert await s.press(EMMA, s.last(EMMA), "k") == "All right 👍"
    assert said(s.last(EMMA)) == "Thank you! We will share this with the team."
    await s.say(EMMA, "By the way, a new problem")
    assert (await answer(s))["comment"] is None
    assert in_topic(s)[-1] == "By the way, a new problem"


@pytest.mark.parametrize(("wait", "is_comment"), [(14 * 60 + 50, True), (15 * 60, False)])
async def test_a_quarter_of_an_hour_after_the_prompt_a_text_is_a_support_message(
    s: Stage, wait: int, is_comment: bool
) -> None:
    await with_prompt(s)
    opened_at = (await answer(s))["prompt_opened_at"] / 1000
    await s.move(timedelta(seconds=opened_at + wait - s.clock.now().timestamp()))
    await s.say(EMMA, "Something")
    assert ((await answer(s))["comment"] == "Something") == is_comment
    assert (in_topic(s)[-1] == "Something") != is_comment
    assert not any("Please reply to this message" in text for text in s.texts(EMMA))


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "document"])
async def test_what_is_not_text_goes_to_support_while_the_prompt_stands(s: Stage, kind: str) -> None:
    await with_prompt(s)
    before = len(s.world.messages(FORUM))
    s.world.send(EMMA, EMMA, kind)
    await s.settle()
    assert len(s.world.messages(FORUM)) > before
    row = await answer(s)
    assert (row["comment"], row["prompt_closed_at"]) == (None, None)
    await s.say(EMMA, "The words come after the picture")
    assert (await answer(s))["comment"] == "The words come after the picture"


async def test_an_edited_comment_is_the_new_comment_and_stays_out_of_the_forum(s: Stage) -> None:
    await with_prompt(s)
    written = await s.say(EMMA, "Too slwo")
    s.world.edit(EMMA, EMMA, written["message_id"], "Too slow")
    await s.settle()
    assert (await answer(s))["comment"] == "Too slow"
    assert await history(s) == [("tap", "4"), ("comment", "Too slwo"), ("edit", "Too slow")]
    assert not any("Too sl" in text for text in in_topic(s))


async def test_only_the_first_text_is_the_comment(s: Stage) -> None:
    await with_prompt(s)
    await s.say(EMMA, "First")
    await s.say(EMMA, "Second")
    assert (await answer(s))["comment"] == "First"
    assert in_topic(s)[-1] == "Second"
    assert "💬 Add a comment" not in buttons(s.world.message(EMMA, (await answer(s))["message_id"]))


async def test_one_prompt_at_a_time(s: Stage) -> None:
    question = await with_prompt(s)
    data = button(question, "v1")[:-2] + "c"
    await s.press(EMMA, question, data, forged=True)
    assert sum("Please reply to this message" in text for text in s.texts(EMMA)) == 1


async def test_who_skipped_may_comment_after_all(s: Stage) -> None:
    question = await with_prompt(s)
    await s.press(EMMA, s.last(EMMA), "k")
    await s.press(EMMA, question, "c")
    await s.say(EMMA, "On second thought")
    assert (await answer(s))["comment"] == "On second thought"
    assert not any("Please reply to this message" in text for text in s.texts(EMMA))


async def test_with_two_prompts_open_a_reply_chooses_and_a_plain_text_goes_to_the_newer(s: Stage) -> None:
    await with_prompt(s)
    older = s.last(EMMA)
    await s.say(EMMA, "One more question", reply_to=s.messages(EMMA)[0]["message_id"])  # to support
    await s.say(OLGA, "Sure", FORUM, s.topic_of("Emma Clarke"))
    await s.close(s.topic_of("Emma Clarke"))
    await s.after("5s")
    question = s.last(EMMA)
    await s.press(EMMA, question, "v5")
    await s.press(EMMA, question, "c")
    await s.say(EMMA, "About the newer")
    await s.say(EMMA, "About the older", reply_to=older["message_id"])
    assert (await answer(s, 2))["comment"] == "About the newer"
    assert (await answer(s, 1))["comment"] == "About the older"


async def test_commands_work_while_the_prompt_stands_and_are_no_comment(s: Stage) -> None:
    await with_prompt(s)
    await s.say(EMMA, "/privacy")
    assert (await answer(s))["comment"] is None
    await s.say(EMMA, "Now the comment")
    assert (await answer(s))["comment"] == "Now the comment"


async def test_the_comment_of_a_customer_who_writes_before_the_prompt_arrives_is_taken(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v4")
    s.world.faults.fail("sendMessage", 429, "Too Many Requests: retry after 3", retry_after=3)
    s.world.press(EMMA, EMMA, question["message_id"], button(s.last(EMMA), "c"))
    await s.settle()
    await s.say(EMMA, "I am quick")
    await s.after("5s")
    assert (await answer(s))["comment"] == "I am quick"
    assert s.texts(EMMA)[-1] == "Thank you! We will share this with the team."


async def test_a_long_comment_is_kept_whole(s: Stage) -> None:
    await with_prompt(s)
    await s.say(EMMA, "ü" * 4096)
    assert (await answer(s))["comment"] == "ü" * 4096
