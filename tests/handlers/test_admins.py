"""What admins change by chat, through the whole bot: real HTTP to the stand-in, a real database, a second admin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

import pytest

from bot.domain.preview import Preview
from bot.domain.scales import SCALES
from bot.store import staff_buttons
from tests.stage import (
    ADA,
    BEN,
    EMMA,
    FORUM,
    LAYLA,
    OLGA,
    TEAM,
    Message,
    Stage,
    button,
    buttons,
    said,
    stage,
)

REFUSED = "Only the bot's admins can switch this."
NOT_ADMIN = "This command is for the bot's admins."
NEW_COMMANDS = ("/set cooldown 10d", "/audit", "/preview", "/trigger", "/pause 2h", "/settings")


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """A stage with one admin and a staff group."""
    async with stage(chats={"staff": TEAM}) as on:
        yield on


@pytest.fixture
async def two() -> AsyncIterator[Stage]:
    """A stage with two admins, both in the staff group."""
    async with stage(chats={"staff": TEAM, "admins": [ADA, OLGA]}) as on:
        yield on


async def told(s: Stage, text: str, person: int = ADA, chat: int | None = None) -> Message:
    """What the bot answers to a command."""
    await s.say(person, text, chat)
    return s.last(person if chat is None else chat)


async def pressed(s: Stage, message: Message, *endings: str, person: int = ADA) -> Message:
    """The same message after one press after the other."""
    for ending in endings:
        await s.press(person, message, ending)
        message = s.world.message(message["chat"]["id"], message["message_id"])
    return message


async def state_of_last(s: Stage) -> tuple[str, str | None]:
    """How the newest episode stands."""
    row = (await s.rows("SELECT state, reason FROM invitation ORDER BY id"))[-1]
    return row["state"], row["reason"]


async def test_a_change_by_chat_decides_the_next_conversation_and_survives_a_restart(two: Stage) -> None:
    s = two
    question = await s.asked()
    await s.press(EMMA, question, "v5")

    menu = await told(s, "/settings", ADA, TEAM)
    assert "Cooldown: off" in said(menu)
    done = await pressed(s, menu, "scooldown", "pcooldown_30d", "ycooldown_30d_0s")
    assert said(done).startswith("✅ Cooldown: off → 30 days – \u2068Ada King\u2069")

    await s.conversation(text="And my address is wrong, too.")
    await s.after("5s")
    assert await state_of_last(s) == ("skipped", "cooldown")

    await s.stop_bot()
    await s.start_bot()
    assert "✏️ Cooldown: 30 days (file: off)" in said(await told(s, "/settings", OLGA, TEAM))
    await s.conversation(text="Once more.")
    await s.after("5s")
    assert await state_of_last(s) == ("skipped", "cooldown")

    undone = await pressed(s, done, "u", person=OLGA)  # the menu too survives, and the other admin may
    assert said(undone).startswith("↩️ Cooldown: 30 days → off – undone by \u2068Olga Petrova\u2069")
    await s.conversation(text="And again.")
    await s.after("5s")
    assert await state_of_last(s) == ("sent", None)
    audit = said(await told(s, "/audit", OLGA))
    assert "\u2068Olga Petrova\u2069: survey.cooldown 30d → 0s (undone)" in audit
    assert "\u2068Ada King\u2069: survey.cooldown 0s → 30d" in audit


async def test_a_longer_delay_and_a_shorter_deadline_count_from_now_on(s: Stage) -> None:
    await pressed(s, await told(s, "/set delay 1h"), "ydelay_1h_5s")
    await pressed(s, await told(s, "/set deadline 24h"), "ydeadline_24h_48h")
    await s.conversation()
    await s.after("59m")
    assert await state_of_last(s) == ("scheduled", None)
    await s.after("1m")
    assert await state_of_last(s) == ("sent", None)
    row = await s.row("SELECT sent_at, expires_at FROM invitation")
    assert row["expires_at"] - row["sent_at"] == 24 * 3600 * 1000
    await s.after("1d")
    assert await state_of_last(s) == ("expired", None)


async def test_quiet_hours_set_by_chat_hold_a_question_that_already_waits(s: Stage) -> None:
    await s.conversation()
    await pressed(s, await told(s, "/set quiet 09:00-11:00"), "yquiet_0900-1100_off")
    await s.after("58m")
    assert await state_of_last(s) == ("scheduled", None)
    await s.after("2m")
    assert await state_of_last(s) == ("sent", None)


async def test_two_admins_each_see_what_they_confirm(two: Stage) -> None:
    adas = await told(two, "/set delay 1h", ADA, TEAM)
    await pressed(two, await told(two, "/set delay 10m", OLGA, TEAM), "ydelay_10m_5s", person=OLGA)
    asked_again = await pressed(two, adas, "ydelay_1h_5s")
    assert "Somebody changed it meanwhile" in said(asked_again)
    assert "Delay: 10 minutes → 1 hour?" in said(asked_again)
    assert "Delay: 10 minutes" in said(await told(two, "/settings"))


@pytest.mark.parametrize("command", NEW_COMMANDS)
async def test_these_commands_are_for_admins(s: Stage, command: str) -> None:
    for person, chat in ((EMMA, EMMA), (OLGA, OLGA), (OLGA, TEAM)):
        assert said(await told(s, command, person, chat)) == NOT_ADMIN
    for table in ("setting", "switch", "audit"):
        assert not await s.rows(f"SELECT * FROM {table}")


@pytest.mark.parametrize(
    ("command", "ending"),
    [
        ("/set delay 1h", "ydelay_1h_5s"),
        ("/settings", "sdelay"),
        ("/pause 2h", "r"),
        ("/trigger generic", "fgeneric"),
        ("/preview", "len_emoji5"),
    ],
)
async def test_each_press_is_looked_at_again_whoever_opened_the_menu(
    s: Stage, command: str, ending: str
) -> None:
    menu = await told(s, command, ADA, TEAM)
    data = button(menu, ending)
    assert await s.press(OLGA, menu, data) == REFUSED
    assert s.last(TEAM) == menu
    elsewhere = await told(s, "/settings")
    assert await s.press(ADA, elsewhere, data, forged=True) == "This button is out of date."
    s.changes["chats"] = {"staff": TEAM, "admins": [BEN]}
    await s.stop_bot()
    await s.start_bot()
    assert await s.press(ADA, menu, data) == REFUSED
    assert not await s.rows("SELECT * FROM setting")


async def test_old_menus_say_what_to_do(s: Stage) -> None:
    menu = await told(s, "/settings")
    await s.app.store.write(
        lambda tx: staff_buttons.sweep(tx, s.clock.now())
    )  # housekeeping does, after 30 days
    assert await s.press(ADA, menu, "sdelay") == "This button is out of date. Send the command again."


async def test_pausing_offers_how_long_and_nobody_is_asked_meanwhile(s: Stage) -> None:
    menu = await told(s, "/pause")
    assert said(menu) == "⏸ Nobody is asked until somebody sends /resume (paused by \u2068Ada King\u2069)."
    assert buttons(menu) == [
        "30 minutes",
        "2 hours",
        "Until tomorrow 09:00",
        "● Until /resume",
        "▶️ Ask again",
    ]
    menu = await pressed(s, menu, "d30m")
    assert "until Nov 25, 2026 10:30" in said(menu)
    await s.conversation()
    await s.after("5s")
    assert await state_of_last(s) == ("skipped", "paused")
    menu = await pressed(s, menu, "m")
    assert "until Nov 26, 2026 09:00" in said(menu)
    await s.after("22h")
    await s.conversation(text="Still wrong.")
    await s.after("5s")
    assert await state_of_last(s) == ("skipped", "paused")
    await s.after("2h")  # it has ended by itself
    await s.conversation(text="Wrong as ever.")
    await s.after("5s")
    assert await state_of_last(s) == ("sent", None)
    menu = await pressed(s, await told(s, "/pause"), "r")
    assert said(menu) == "▶️ Customers are asked again."
    assert "▶️ Ask again" not in buttons(menu)
    audit = said(await told(s, "/audit"))
    for line in ("asking resumed", "asking paused until Nov 26, 2026 09:00", "asking paused\n"):
        assert line in audit


async def test_tomorrow_morning_is_by_the_teams_clock() -> None:
    async with stage(summary={"timezone": ZoneInfo("Pacific/Auckland")}) as s:
        menu = await pressed(s, await told(s, "/pause"), "m")
        assert "until Nov 26, 2026 09:00" in said(menu)
        paused = await s.row("SELECT until FROM switch")
        assert paused["until"] == 1795636800000  # 25 November, 20:00 UTC; now it is 23:00 there


async def test_a_forged_length_of_a_pause_is_refused(s: Stage) -> None:
    menu = await told(s, "/pause")
    forged = button(menu, "d2h").replace("d2h", "d900d")
    assert await s.press(ADA, menu, forged, forged=True) == "This button is out of date."
    assert (await s.row("SELECT until FROM switch"))["until"] is None


async def test_one_trigger_at_a_glance_and_its_switch(two: Stage) -> None:
    s = two
    question = await s.asked()
    await s.press(EMMA, question, "v5")
    await pressed(s, await told(s, "/set cooldown 30d"), "ycooldown_30d_0s")
    await s.conversation(text="Something else.")
    await s.after("5s")

    menu = await told(s, "/trigger", ADA, TEAM)
    assert buttons(menu) == ["telegram_topic", "generic"]
    menu = await pressed(s, menu, "ttelegram_topic")
    shown = said(menu)
    assert shown.startswith("🟢 telegram_topic (support_ended): on, as in the settings file")
    assert "Only from: telegram_topic\nAsks on the scale emoji5, touchpoint support" in shown
    assert "Cooldown: 30 days\nDelay: 5 seconds" in shown
    assert shown.endswith(
        "Today 2 conversations of this trigger have ended\n– 1 asked\n– 1 not asked: asked not long ago"
    )
    assert await s.press(OLGA, menu, "ftelegram_topic") == "⚪️ telegram_topic is off."
    menu = s.world.message(TEAM, menu["message_id"])
    assert "off, by \u2068Olga Petrova\u2069" in said(menu)
    assert buttons(menu) == ["Turn telegram_topic on", "‹ Triggers"]
    await s.after("14h")
    menu = await pressed(s, menu, "l", "ttelegram_topic")
    assert said(menu).endswith("Today 0 conversations of this trigger have ended")


async def test_a_trigger_may_be_named_and_a_wrong_name_is_told_the_right_ones(s: Stage) -> None:
    assert said(await told(s, "/trigger generic")).startswith("🟢 generic")
    assert said(await told(s, "/trigger <b>")) == (
        "Write /trigger, a name, and on or off. Names: telegram_topic, generic"
    )
    assert said(await told(s, "/trigger generic off")) == "⚪️ generic is off."


async def test_asking_by_hand_says_when_and_is_in_the_audit_without_the_customer(s: Stage) -> None:
    topic = await s.conversation()
    await s.say(EMMA, "One more thing.")
    await s.say(OLGA, "Yes?", FORUM, topic)
    await s.say(ADA, "/ask", FORUM, topic)
    assert s.texts(FORUM, topic)[-1] == (
        "📨 The customer will be asked at Nov 25, 2026 10:00, unless they write again before."
    )
    await s.after("5s")
    assert said(s.last(EMMA)).startswith("How easy")
    await s.close(topic)
    line = await s.row("SELECT actor, action, subject, detail FROM audit")
    assert (line["actor"], line["action"], line["subject"], line["detail"]) == (
        "Ada King",
        "asked",
        "manual",
        None,
    )
    assert "/ask, the customer will be asked" in said(await told(s, "/audit"))


async def test_a_refusal_to_ask_by_hand_is_in_the_audit_too(s: Stage) -> None:
    topic = await s.conversation()
    await s.say(EMMA, "/survey_off")
    await s.after("5s")
    await s.say(ADA, "/ask", FORUM, topic)
    assert s.texts(FORUM, topic)[-1] == "🔕 Not asked: customer does not want to be asked."
    assert "/ask, not asked (customer does not want to be asked)" in said(await told(s, "/audit"))


async def test_the_audit_is_read_page_by_page_and_names_no_customer(s: Stage) -> None:
    assert said(await told(s, "/audit")) == "Nobody has changed anything yet."
    await s.say(LAYLA, "Hello")
    await s.say(LAYLA, "/forget_me")
    await s.press(LAYLA, s.last(LAYLA), "y")
    for number in range(1, 8):
        await s.say(ADA, f"/trigger generic {'on' if number % 2 else 'off'}")
    page = await told(s, "/audit 3")
    assert said(page).count("Ada King") == 3
    assert buttons(page) == ["Older ›"]
    newest = said(page)
    while "Older ›" in buttons(page):
        page = await pressed(s, page, _older(page))
    assert "A customer erased their data" in said(page)
    assert str(LAYLA) not in said(page)
    assert s.key(LAYLA) not in said(page)
    while "‹ Newer" in buttons(page):
        newer = next(one["callback_data"] for one in page["reply_markup"]["inline_keyboard"][0])
        page = await pressed(s, page, newer.rsplit(":", 1)[-1])
    assert said(page) == newest
    for wrong in ("/audit 0", "/audit many", "/audit 99", "/audit 3 4"):
        assert said(await told(s, wrong)).startswith("Write /audit, or /audit with a number")


def _older(page: Message) -> str:
    data: str = page["reply_markup"]["inline_keyboard"][-1][-1]["callback_data"]
    return data.rsplit(":", 1)[-1]


async def test_a_preview_is_the_real_message_marked_and_leaves_no_trace(s: Stage) -> None:
    menu = await told(s, "/preview")
    assert buttons(menu)[: len(SCALES)] == ["● emoji5", *[name for name in SCALES if name != "emoji5"]]
    assert {"English", "简体中文", "العربية"} < set(buttons(menu))
    await s.press(ADA, menu, "lar_emoji5")
    question = s.last(ADA)
    assert said(question).startswith("👀 Preview · العربية · emoji5\nNothing here is recorded")
    assert buttons(question)[:5] == ["1 😫", "2 🙁", "3 😐", "4 🙂", "5 😄"]

    assert await s.press(ADA, question, "v1") == "👀 Preview: nothing is recorded."
    question = s.last(ADA)
    assert buttons(question)[0] == "● 1 😫"
    question = await pressed(s, question, "rwait")
    assert any(label.startswith("✅") for label in buttons(question))
    await s.press(ADA, question, "c")
    prompt = s.last(ADA)
    assert prompt["message_id"] > question["message_id"]
    assert buttons(await pressed(s, prompt, "k")) == []
    closed = await pressed(s, question, "e")
    assert buttons(closed) == ["↩️ From the start"]
    assert len(buttons(await pressed(s, closed, "b"))) == 7

    for table in (
        "invitation",
        "response_event",
        "timer WHERE kind IN ('ask','edit_close','hard_answer')",
        "audit",
    ):
        assert not await s.rows(f"SELECT * FROM {table}")


async def test_every_scale_can_be_previewed_and_forged_presses_show_nothing(s: Stage) -> None:
    menu = await told(s, "/preview", ADA, TEAM)
    for scale in SCALES:
        if f"● {scale}" not in buttons(menu):
            menu = await pressed(s, menu, f"s{scale}")
        await s.press(ADA, menu, f"lzh-Hans_{scale}")
        shown = s.last(TEAM)
        assert [int(label.split()[0]) for label in buttons(shown) if label[0].isdigit()] == list(
            SCALES[scale].values
        )
    before = len(s.messages(TEAM))
    for forged in ("lxx_emoji5", "len_emoji9", "semoji9", "v1", "e"):
        data = button(menu, "semoji5").replace("semoji5", forged)
        assert await s.press(ADA, menu, data, forged=True) == "This button is out of date."
    assert await s.press(OLGA, shown, "v1") == REFUSED
    assert len(s.messages(TEAM)) == before
    row = (await s.rows("SELECT subject FROM staff_button WHERE action='preview_message'"))[-1]
    assert Preview.from_text(row["subject"]).score is None


async def test_a_preview_in_a_topic_stays_there_and_does_not_reach_the_customer(s: Stage) -> None:
    await s.say(EMMA, "Hello")
    topic = s.topic_of("Emma Clarke")
    await s.say(ADA, "/preview", FORUM, topic)
    before = s.texts(EMMA)
    await s.press(ADA, s.last(FORUM, topic), "len_emoji5")
    assert said(s.last(FORUM, topic)).startswith("👀 Preview · English")
    assert s.texts(EMMA) == before


async def test_names_with_markup_are_shown_as_they_are() -> None:
    async with stage() as s:
        s.world.people[ADA]["first_name"] = "<b>&Ada"
        await pressed(s, await told(s, "/set delay 1h"), "ydelay_1h_5s")
        for command in ("/settings", "/audit", "/pause", "/triggers"):
            assert "<b>&Ada" in said(await told(s, command))


async def test_all_of_it_speaks_chinese() -> None:
    async with stage(language="zh-Hans") as s:
        for command in (
            "/settings",
            "/trigger generic",
            "/pause 2h",
            "/audit",
            "/preview",
            "/set cooldown 999d",
        ):
            text = said(await told(s, command))
            assert any("\u4e00" <= character <= "\u9fff" for character in text), text
        done = await pressed(s, await told(s, "/set quiet 22:00-07:00"), "yquiet_2200-0700_off")
        assert said(done).startswith("✅ 免打扰时段：关闭 → 22:00–07:00")
