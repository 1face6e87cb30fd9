"""The live message, in a real channel of the stand-in: kept up to date, and mended whatever happens to it."""

from __future__ import annotations

from datetime import timedelta

from tests.stage import ADA, CHANNEL, EMMA, OLGA, Message, Stage, buttons, said, stage
from tests.summaries.given import Given, write

LIVE = {"schedule": "", "live": True, "live_every": timedelta(minutes=5)}
PIN_RIGHTS = ("can_post_messages", "can_edit_messages", "can_delete_messages")


def live(s: Stage) -> Message:
    """The one live message of the channel."""
    [message] = [each for each in s.messages(CHANNEL) if "Kept up to date" in said(each)]
    return message


def pinned(s: Stage) -> list[int]:
    """What is pinned in the channel."""
    return list(s.world.chat(CHANNEL).pinned)


def edits(s: Stage) -> int:
    """How often the bot has edited a picture."""
    return sum(call.method == "editMessageMedia" for call in s.world.calls)


async def answered(s: Stage, value: str = "v5", person: int = EMMA, name: str = "Emma Clarke") -> Message:
    question = await s.asked(person, name)
    await s.press(person, question, value)
    return question


async def test_it_is_posted_once_pinned_without_a_sound_and_edited_as_answers_come() -> None:
    async with stage(summary=LIVE) as s:
        first = live(s)
        assert "No answers yet" in said(first)
        assert "photo" in first
        assert buttons(first) == ["🔎 Explore"]
        assert pinned(s) == [first["message_id"]]
        [pin] = [call for call in s.world.calls if call.method == "pinChatMessage"]
        assert pin.params["disable_notification"] is True

        await answered(s)
        await s.after("5m")
        now = live(s)
        assert now["message_id"] == first["message_id"]
        assert "1 answer so far" in said(now)
        assert edits(s) == 1
        await s.after("3h")
        assert edits(s) == 1  # nothing has changed


async def test_many_answers_are_one_edit_in_five_minutes() -> None:
    async with stage(summary=LIVE) as s:
        now = s.clock.now()
        await write(s.app.store, [Given(now - timedelta(hours=each)) for each in range(1, 8)])
        question = await answered(s)
        await s.after("5m")
        before = edits(s)
        for value in ("v1", "v2", "v3", "v4"):
            await s.press(EMMA, question, value)
        assert edits(s) == before
        await s.after("5m")
        assert edits(s) == before + 1


async def test_at_a_slower_pace_it_rests_and_at_its_own_again_it_is_up_to_date() -> None:
    async with stage(summary=LIVE) as s:
        await s.app.live.at_pace(timedelta(hours=6), s.clock.now())
        await s.after("61m")  # the look that was due before
        await answered(s)
        await s.after("4h")
        assert edits(s) == 0
        assert "No answers yet" in said(live(s))
        await s.app.live.at_pace(None, s.clock.now())
        await s.after("1s")
        assert edits(s) == 1
        assert "1 answer so far" in said(live(s))


async def test_a_deleted_one_is_replaced_and_pinned() -> None:
    async with stage(summary=LIVE) as s:
        first = live(s)
        s.world.delete(CHANNEL, first["message_id"])
        await answered(s)
        await s.after("6m")
        second = live(s)
        assert second["message_id"] > first["message_id"]
        assert "1 answer so far" in said(second)
        assert pinned(s) == [second["message_id"]]


async def test_a_deleted_one_is_replaced_within_the_hour_even_if_nobody_answers() -> None:
    async with stage(summary=LIVE) as s:
        first = live(s)
        s.world.delete(CHANNEL, first["message_id"])
        await s.after("61m")
        assert live(s)["message_id"] > first["message_id"]


async def test_a_lost_pin_comes_back_and_what_staff_pinned_over_it_stays() -> None:
    async with stage(summary=LIVE) as s:
        message = live(s)
        chat = s.world.chat(CHANNEL)
        s.world.unstick(chat, [message["message_id"]])
        await s.after("61m")
        assert pinned(s) == [message["message_id"]]

        note = s.world.say(ADA, CHANNEL, "Read me first")
        s.world.stick(chat, note, by=s.world.person(ADA))
        await s.after("3h")
        assert pinned(s) == [message["message_id"], note["message_id"]]


async def test_it_outlives_a_restart() -> None:
    async with stage(summary=LIVE) as s:
        first = live(s)
        await s.stop_bot()
        await s.start_bot()
        await answered(s)
        await s.after("6m")
        assert live(s)["message_id"] == first["message_id"]
        assert "1 answer so far" in said(live(s))
        assert len([call for call in s.world.calls if call.method == "pinChatMessage"]) == 1


async def test_a_missing_right_to_pin_is_said_once_and_mended_once_it_is_given() -> None:
    async with stage(summary={**LIVE, "live": False}) as s:
        s.world.appoint(CHANNEL, s.world.bot_id, ["can_post_messages"], by=ADA)
        s.changes["summary"] = LIVE
        await s.stop_bot()
        await s.start_bot()
        await s.after("5h")
        said_so = [text for text in s.texts(CHANNEL) if "may not pin" in text]
        assert len(said_so) == 1
        assert pinned(s) == []
        s.world.appoint(CHANNEL, s.world.bot_id, PIN_RIGHTS, by=ADA)
        await s.after("61m")
        assert pinned(s) == [live(s)["message_id"]]


async def test_whoever_looks_into_it_is_left_alone_for_a_while() -> None:
    async with stage(summary=LIVE) as s:
        message = live(s)
        await s.press(OLGA, message, "ew-.-.f0")
        page = s.world.message(CHANNEL, message["message_id"])
        assert said(page).startswith("🔎 The last 7 days")
        await answered(s)
        await s.after("6m")
        assert said(s.world.message(CHANNEL, message["message_id"])) == said(page)
        await s.after("15m")
        assert "1 answer so far" in said(live(s))


async def test_the_way_back_from_a_page_is_the_newest_summary() -> None:
    async with stage(summary=LIVE) as s:
        message = live(s)
        await s.press(OLGA, message, "ew-.-.f0")
        await answered(s)
        await s.press(OLGA, s.world.message(CHANNEL, message["message_id"]), "o")
        assert "1 answer so far" in said(live(s))
        assert buttons(live(s)) == ["🔎 Explore"]
