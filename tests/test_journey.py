"""The whole pipe on one page: what a newcomer reads first.

The real bot with a real SQLite file talks real HTTP to the stand-in for the Bot API, which checks every call against
the published schema. Nobody waits: the clock goes from due time to due time.
"""

from __future__ import annotations

import io

from bot.adapters import logs
from bot.playground.settings import HOOK_SECRET, TOKEN
from tests.logging_restored import logging_restored  # noqa: F401 - a fixture that is always on
from tests.stage import ADA, CHANNEL, EMMA, FORUM, OLGA, Stage, button, buttons, said, stage

LONG = (
    "The invoice of last month has my old address on it, and the new one is nowhere to be found in my account. "
    * 3
)


async def test_from_the_first_message_to_the_summary() -> None:
    async with stage() as s:
        # A customer writes to the bot; staff see it in a topic of their own and answer there.
        await s.say(EMMA, "My invoice is wrong.")
        topic = s.topic_of("Emma Clarke")
        assert s.texts(FORUM, topic)[-1] == "My invoice is wrong."
        await s.say(OLGA, "Let me look.", FORUM, topic)
        await s.say(OLGA, "// she was charged twice", FORUM, topic)
        assert s.texts(EMMA)[-1] == "Let me look."  # what starts with // stays in the topic

        # Closing the topic ends the conversation. After the delay the customer is asked, once.
        await s.close(topic)
        assert s.texts(EMMA)[-1] == "Let me look."
        await s.after("5s")
        question = s.last(EMMA)
        assert said(question).startswith("How easy or difficult was it to get the help you needed?")
        assert buttons(question) == ["1 😫", "2 🙁", "3 😐", "4 🙂", "5 😄", "Don't ask me again"]
        assert s.texts(FORUM, topic)[-1] == "📨 The customer was asked how easy it was."

        # One tap is the answer: a toast at once, then the same message shows the choice and offers reasons.
        assert await s.press(EMMA, question, "v1") == "Thank you 🙏"
        question = s.last(EMMA)
        assert "Your answer is now: 1 😫 Very difficult" in said(question)
        assert buttons(question)[0] == "● 1 😫"
        assert await s.press(EMMA, question, "rwait") == "Noted ✅"

        # A comment, if they like: one prompt, which their words turn into the thank-you.
        await s.press(EMMA, question, "c")
        assert said(s.last(EMMA)).startswith("Your answer: 1 😫 Very difficult\n\nSorry it was hard work.")
        await s.say(EMMA, "Three days for <b>nothing</b>. Call +49 170 1234567!")
        assert s.texts(EMMA)[-2] == "Thank you. We have passed this to the team so it can be put right."
        assert s.texts(FORUM, topic)[-1].startswith("📨")  # the comment is no support message

        # Two minutes after a hard answer staff hear of it, with what is private masked.
        await s.after("2m")
        alert = s.texts(CHANNEL)[-1]
        assert alert.startswith("😫 A hard answer: 1 of 5 (higher = easier)\n")
        assert "“Three days for <b>nothing</b>. Call " in alert
        assert "1234567" not in alert

        # The rolling summary, on demand and every morning: words and a picture.
        await s.say(ADA, "/ces")
        summary = s.last(ADA)
        assert summary["photo"]
        assert "1 answer so far. A score is shown from 5." in said(summary)
        assert "1 conversation ended = 1 answered" in said(summary)
        await s.after("1d")
        assert "photo" in s.last(CHANNEL)

        # A day after the tap the answer is final: the buttons go.
        question = s.world.message(EMMA, question["message_id"])
        assert buttons(question) == []
        assert said(question).endswith("Your answer: 1 😫 Very difficult. Thank you!")


async def talk(s: Stage) -> int:
    """A conversation that is long enough to be asked about; its thread."""
    await s.say(EMMA, LONG)
    await s.say(EMMA, "Can you help?")
    topic = s.topic_of("Emma Clarke")
    await s.say(OLGA, "Let me look.", FORUM, topic)
    await s.close(topic)
    return topic


async def test_in_production_a_customer_is_asked_after_five_minutes_and_not_again_within_the_cooldown() -> (
    None
):
    async with stage(is_production=True) as s:
        topic = await talk(s)
        await s.after("4m")
        assert s.texts(EMMA)[-1] == "Let me look."
        await s.after("1m")
        await s.press(EMMA, s.last(EMMA), "v5")

        await s.after("13d")
        await talk(s)
        await s.after("1h")
        assert s.texts(EMMA)[-1] == "Let me look."
        assert s.texts(FORUM, topic)[-1] == "🔕 Not asked: asked not long ago."

        await s.after("1d")
        await talk(s)
        await s.after("5m")
        assert button(s.last(EMMA), "v5")
        outcomes = [
            (row["state"], row["reason"]) for row in await s.rows("SELECT * FROM invitation ORDER BY id")
        ]
        assert outcomes == [("answered", None), ("skipped", "cooldown"), ("sent", None)]


async def test_no_log_line_holds_the_token_a_secret_or_what_a_customer_said() -> None:
    written = io.StringIO()
    logs.configure("json", "debug", stream=written)  # the patterns must do it, without knowing the secrets
    async with stage() as s:
        question = await s.asked()
        await s.press(EMMA, question, "v1")
        await s.press(EMMA, question, "c")
        await s.say(EMMA, "Nobody understood my marmalade.")
        await s.after("2m")
        await s.close_in_helpdesk(EMMA)
        s.world.faults.fail("sendMessage", 500, "Internal Server Error")
        s.world.faults.drop_after("sendMessage")
        await s.say(EMMA, "My second invoice is wrong too.")
        await s.say(EMMA, "/my_data")
        await s.say(ADA, "/ces")
        await s.after("1d")
    lines = written.getvalue()
    assert lines.count("\n") > 50
    for secret in (
        TOKEN,
        TOKEN.partition(":")[2],
        HOOK_SECRET,
        "marmalade",
        "invoice",
        "Let me look",
        "Emma",
    ):
        assert secret not in lines
