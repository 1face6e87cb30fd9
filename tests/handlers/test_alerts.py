"""A drop through the real bot and the stand-in: one alert, its buttons; and what /alerts and /answered say."""

from __future__ import annotations

from datetime import timedelta

from bot.store.engine import Tx
from tests.flow.answer_rows import Row, write
from tests.logging_restored import logging_restored  # noqa: F401 - a fixture that is always on
from tests.stage import ADA, CHANNEL, EMMA, OLGA, STRANGER, TEAM, Stage, buttons, said, stage

HOUR = timedelta(hours=1)


async def a_usual_past(s: Stage) -> None:
    """210 answers as usual, the last one an hour ago; two thirds of the questions were not answered."""
    now = s.clock.now()

    async def op(tx: Tx) -> None:
        for place in range(210):
            at = now - (220 - place) * HOUR
            facts = (("first_response_seconds", 60 + place), ("transfers", place % 2))
            await write(tx, Row(at, (2, 3, 4, 4, 4, 5, 5, 5, 5, 5)[place % 10], facts=facts), place)
        for place in range(400):
            at = now - (400 - place) * HOUR
            facts = (("first_response_seconds", 600 + place), ("transfers", place % 2))
            await write(tx, Row(at, None, facts=facts), 1000 + place)

    await s.app.store.write(op)


async def hard_answers(s: Stage, n: int) -> None:
    """So many conversations in a helpdesk that end in a hard answer."""
    for _ in range(n):
        await s.close_in_helpdesk(EMMA, team="Billing", language="en")
        await s.after("5s")
        await s.press(EMMA, s.last(EMMA), "v1")


def alerts_in(s: Stage, chat: int) -> list[str]:
    return [text for text in s.texts(chat) if text.startswith("📉")]


async def test_a_seeded_drop_raises_exactly_one_alert_and_its_buttons_work() -> None:
    async with stage(alerts={"hard_answers": False}) as s:
        await a_usual_past(s)
        await hard_answers(s, 9)
        assert alerts_in(s, CHANNEL) == []
        await s.after("3m")
        await s.after("1d")
        [text] = alerts_in(s, CHANNEL)
        assert "📉 It has become harder to get help\nSince Nov 25, 2026 10:00: " in text
        assert "baseline of 200 answers" in text
        alert = next(message for message in s.messages(CHANNEL) if said(message) == text)
        assert alert["photo"]
        assert buttons(alert) == ["👀 Seen", "🧭 New normal"]

        assert await s.press(OLGA, alert, "s") == "Noted 👀"
        alert = s.world.message(CHANNEL, alert["message_id"])
        assert "👀 Seen by \u2068Olga" in said(alert)
        assert buttons(alert) == ["🧭 New normal"]

        await s.press(OLGA, alert, "n")
        alert = s.world.message(CHANNEL, alert["message_id"])
        assert "Is this the new normal?" in said(alert)
        assert await s.press(OLGA, alert, "y") == "This is the new normal 🧭"
        alert = s.world.message(CHANNEL, alert["message_id"])
        assert "a new baseline is being collected, 9 of 200 answers so far." in said(alert)
        assert buttons(alert) == []
        assert len(alerts_in(s, CHANNEL)) == 1

        await s.stop_bot()
        await s.start_bot()
        await s.after("1h")
        assert len(alerts_in(s, CHANNEL)) == 1


async def test_an_alert_stands_where_alerts_go_and_in_the_language_of_the_staff() -> None:
    async with stage(language="zh-Hans", chats={"alerts": TEAM}) as s:
        await a_usual_past(s)
        await hard_answers(s, 8)
        await s.after("3m")
        [text] = alerts_in(s, TEAM)
        assert text.startswith("📉 客户获得帮助变得更困难了\n自 2026年11月25日 10:00 起：")
        assert alerts_in(s, CHANNEL) == []


async def test_the_list_is_for_staff_and_so_is_renewing_the_baseline() -> None:
    async with stage(chats={"alerts": TEAM}) as s:
        await a_usual_past(s)
        await hard_answers(s, 1)
        await s.after("3m")
        await s.say(EMMA, "/alerts")
        assert said(s.last(EMMA)) == "This command is for members of the staff chat."
        await s.say(OLGA, "/alerts", TEAM)
        listed = s.last(TEAM)
        assert "Baseline: 4.2 in 200 answers, fixed on Nov 24, 2026" in said(listed)
        assert "With 211 answers in the last 4 weeks" in said(listed)
        await s.press(OLGA, listed, "w")
        listed = s.world.message(TEAM, listed["message_id"])
        assert "from the last 211 answers" in said(listed)
        assert await s.press(OLGA, listed, "y") == "Baseline renewed 🔄"
        listed = s.world.message(TEAM, listed["message_id"])
        assert "answers are now held against a baseline of 211." in said(listed)

        await s.say(ADA, "/alerts")  # privately, as a channel carries no commands
        assert "Baseline: 4.2 in 211 answers" in said(s.last(ADA))


async def test_who_answered_is_told_to_staff_alone() -> None:
    async with stage(summary={"target": 4.0}) as s:
        await a_usual_past(s)
        await s.say(ADA, "/answered 30d")
        text = said(s.last(ADA))
        assert "🙋 Who answered, and who did not\nQuestions of the last 30 days" in text
        assert "174 of 574" in text
        assert "To push the score below 4.00 (your target), the " in text
        assert "• first response: 2 minutes / 13 minutes (d " in text
        assert "• transfers: 0.5 / 0.5 (P 0.50)" in text
        await s.say(ADA, "/answered for ever")
        assert said(s.last(ADA)).startswith("Write /answered, or /answered with a span")
        await s.say(EMMA, "/answered")
        assert said(s.last(EMMA)) == "This command is for members of the staff chat."


async def test_a_stranger_who_forges_the_button_gets_nothing() -> None:
    async with stage(alerts={"hard_answers": False}) as s:
        await a_usual_past(s)
        await hard_answers(s, 8)
        await s.after("3m")
        alert = next(message for message in s.messages(CHANNEL) if said(message).startswith("📉"))
        data = alert["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        await s.say(STRANGER, "/start")
        await s.press(STRANGER, s.last(STRANGER), data, forged=True)
        assert "Seen by" not in said(s.world.message(CHANNEL, alert["message_id"]))
