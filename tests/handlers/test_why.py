"""/why and /simulate through the whole bot: who may ask, where, about what, and what they read."""

from __future__ import annotations

from datetime import timedelta

from tests.stage import ADA, BEN, EMMA, FORUM, LIN, OLGA, TEAM, Message, Stage, button, buttons, said, stage

TWO_WEEKS = {"cooldown": timedelta(days=14)}
USAGE = "Send /why in a customer's topic"


async def why(s: Stage, words: str = "", *, topic: int | None = None, reply_to: int | None = None) -> Message:
    """Olga sends /why in the forum; the answer."""
    how = {} if reply_to is None else {"reply_to": reply_to}
    await s.say(OLGA, f"/why {words}".strip(), FORUM, topic, **how)
    return s.last(FORUM, topic)


async def twice_talked(s: Stage) -> int:
    """Emma is asked and answers; a day later she writes again and is left in peace. Her topic."""
    topic = await s.conversation()
    await s.after("5s")
    await s.press(EMMA, s.last(EMMA), "v5")
    await s.after("1d")
    await s.conversation(text="Another thing.")
    return topic


async def test_in_a_topic_staff_read_why_and_turn_the_pages() -> None:
    async with stage(survey=TWO_WEEKS) as s:
        topic = await twice_talked(s)
        told = await why(s, topic=topic)
        assert said(told).startswith("Ending 2 of 2 · ")
        assert "🔕 Not asked: asked not long ago." in said(told)
        assert "❌ last asked Nov 25, 2026 10:00, left in peace until Dec 9, 2026 10:00" in said(told)
        assert s.key(EMMA) not in said(told), "a pseudonym tells staff nothing"
        assert buttons(told) == ["◀ Earlier ending"]

        await s.press(BEN, told, "p1")
        told = s.world.message(FORUM, told["message_id"])
        assert said(told).startswith("Ending 1 of 2 · ")
        assert "✅ Asked Nov 25, 2026 10:00, answered Nov 25, 2026 10:00." in said(told)
        assert "Looked at again when it was due" in said(told)
        assert buttons(told) == ["Later ending ▶"]


async def test_a_reply_asks_about_the_ending_that_its_message_led_to() -> None:
    async with stage(survey=TWO_WEEKS) as s:
        topic = await twice_talked(s)
        shown = s.messages(FORUM, topic)
        first, second = (
            next(one for one in shown if said(one) == text)
            for text in ("My invoice is wrong.", "Another thing.")
        )
        asked, skipped = (next(one for one in shown if said(one).startswith(mark)) for mark in ("📨", "🔕"))
        for message, number in ((first, 1), (second, 2), (asked, 1), (skipped, 2)):
            told = await why(s, topic=topic, reply_to=message["message_id"])
            assert said(told).startswith(f"Ending {number} of 2"), said(message)


async def test_whoever_paused_is_named() -> None:
    async with stage() as s:
        await s.say(ADA, "/pause 2h")
        topic = await s.conversation()
        told = said(await why(s, topic=topic))
        assert "❌ asking is paused" in told
        assert "paused asking until Nov 25, 2026 12:00" in told


async def test_a_conversation_of_a_helpdesk_is_found_by_its_id_or_what_follows_the_slash() -> None:
    async with stage(chats={"staff": TEAM}) as s:
        await s.say(EMMA, "/start")
        await s.close_in_helpdesk(EMMA, team="billing", tags=["vip", "<b>"])
        await s.settle()
        for words in (f"{EMMA}-1", f"play-helpdesk/{EMMA}-1"):
            await s.say(BEN if words.startswith("play") else OLGA, f"/why {words}", FORUM)
            told = said(s.last(FORUM))
            assert f"play-helpdesk/{EMMA}-1" in told
            assert "team \u2068billing\u2069" in told
            assert "tags \u2068<b>\u2069, \u2068vip\u2069" in told
        await s.say(ADA, f"/why {EMMA}-1")
        assert said(s.last(ADA)).startswith("Ending 1 of 1")
        assert buttons(s.last(ADA)) == []


async def test_what_cannot_be_found_is_answered_with_what_would_be_right() -> None:
    async with stage() as s:
        assert said(await why(s)).startswith(USAGE)
        assert said(await why(s, "42 43")).startswith(USAGE)
        assert "No conversation \u2068%\u2069 has ended here so far." in said(await why(s, "%"))
        await s.say(EMMA, "Hello?")
        told = said(await why(s, topic=s.topic_of("Emma Clarke")))
        assert told == "This conversation has not ended yet, so nothing was decided."


async def test_a_reply_to_a_hard_answer_tells_of_its_conversation() -> None:
    async with stage(chats={"staff": TEAM}) as s:
        question = await s.asked()
        await s.press(EMMA, question, "v1")
        await s.after("2m")
        alert = s.last(TEAM)
        assert "hard answer" in said(alert)
        await s.say(OLGA, "/why", TEAM, reply_to=alert["message_id"])
        assert said(s.last(TEAM)).startswith("Ending 1 of 1")


async def test_nobody_else_is_told() -> None:
    async with stage() as s:
        for person in (EMMA, LIN):
            for command in ("/why 42", "/simulate 30d", "/simulate"):
                await s.say(person, command)
                assert said(s.last(person)) == "This command is for the bot's admins."
        await s.say(OLGA, "/simulate 30d", FORUM)
        assert said(s.last(FORUM)) == "This command is for the bot's admins."


async def test_a_page_of_another_chat_or_of_a_story_that_is_gone_is_outdated() -> None:
    async with stage(survey=TWO_WEEKS) as s:
        topic = await twice_talked(s)
        told = await why(s, topic=topic)
        data = button(told, "p1")
        other = await s.say(ADA, "/settings")
        assert other
        assert await s.press(ADA, s.last(ADA), data, forged=True) != ""
        for forged in ("p3", "p0", "q1"):
            assert await s.press(OLGA, told, data.rsplit(":", 1)[0] + ":" + forged, forged=True) != ""
        assert said(s.world.message(FORUM, told["message_id"])).startswith("Ending 2 of 2")


async def test_nothing_is_left_to_tell_of_whoever_was_forgotten() -> None:
    async with stage(survey=TWO_WEEKS) as s:
        topic = await twice_talked(s)
        told = await why(s, topic=topic)
        await s.say(EMMA, "/forget_me")
        await s.press(EMMA, s.last(EMMA), "y")
        for row in await s.rows("SELECT * FROM staff_button"):
            assert s.key(EMMA) not in row["subject"]
        assert told["message_id"] not in [one["message_id"] for one in s.messages(FORUM, topic)]


async def test_an_admin_rehearses_and_reads_what_would_have_been() -> None:
    async with stage(survey=TWO_WEEKS) as s:
        await twice_talked(s)
        await s.after("3d")
        before = s.messages(EMMA)
        await s.say(ADA, "/simulate 30d cooldown=12h")
        told = s.texts(ADA)[-1]
        assert "🧪 Rehearsal: the last 30 days" in told
        assert "cooldown 14d → 12h" in told
        assert "2 conversations ended" in told
        assert "Asked: 1 → 2 (+1)" in told
        assert "asked not long ago: 1 → 0" in told
        assert "Answers: 1 → about 2" in told
        assert s.messages(EMMA) == before, "nothing was sent"

        await s.say(ADA, "/simulate 30d cooldwn=12h")
        assert "Did you mean cooldown=10d?" in s.texts(ADA)[-1]


async def test_in_chinese_too() -> None:
    async with stage(language="zh-Hans", survey=TWO_WEEKS) as s:
        topic = await twice_talked(s)
        assert "🔕 未询问：近期已询问过。" in said(await why(s, topic=topic))
        await s.after("10m")
        await s.say(ADA, "/simulate 30d cooldown=12h")
        assert "询问：1 → 2（+1）" in s.texts(ADA)[-1]
