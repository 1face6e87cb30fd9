"""Looking into a summary, pressed through the real bot over real HTTP."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.domain.report_text import visible_length
from bot.domain.views import mark
from tests.stage import (
    ADA,
    CHANNEL,
    ELSEWHERE,
    EMMA,
    OLGA,
    STRANGER,
    TEAM,
    Message,
    Stage,
    button,
    buttons,
    said,
    stage,
)
from tests.summaries.given import Given, write

QUIET = {"schedule": "", "live": False}
HOUR = timedelta(hours=1)


async def seeded(s: Stage) -> None:
    """Four teams: orders is easy, billing hard, shop has six answers and legal three."""
    now = s.clock.now()
    hours = [now - HOUR * each for each in range(2, 14)]
    await write(
        s.app.store,
        [
            *(Given(at, score=5, team="orders", tags=("vip",)) for at in hours),
            *(
                Given(
                    at, score=2, team="billing", source="zendesk", comment=f"Number {place}: +49 170 1234567"
                )
                for place, at in enumerate(hours[:8], 1)
            ),
            *(Given(at, score=3, team="shop") for at in hours[:6]),
            *(Given(at, score=1, team="legal") for at in hours[:3]),
        ],
    )


async def posted(s: Stage, person: int = ADA, chat: int | None = None) -> Message:
    """The summary that somebody asked for, in a chat or privately."""
    await s.say(person, "/ces", chat)
    return [message for message in s.messages(chat or person) if "photo" in message][-1]


def now(s: Stage, message: Message) -> Message:
    """The same message as it is shown now."""
    return s.world.message(message["chat"]["id"], message["message_id"])


async def turned(s: Stage, message: Message, value: str, person: int = ADA) -> Message:
    """The same message after somebody pressed the button of a page."""
    await s.press(person, now(s, message), value)
    return now(s, message)


async def test_a_summary_is_looked_into_and_left_as_it_was() -> None:
    async with stage(summary=QUIET) as s:
        await seeded(s)
        summary = await posted(s)
        assert buttons(summary) == ["🔎 Explore"]
        assert await s.press(ADA, summary, "ew-.-.f0") == "One moment…"
        page = now(s, summary)
        assert said(page).startswith("🔎 The last 7 days · Nov 25, 2026 10:00\n\nLast 7 days: 3.3 of 5")
        assert "29 conversations ended = 29 answered" in said(page)
        assert buttons(page)[:4] == ["24 h", "● 7 d", "30 d", "90 d"]
        assert page["photo"] == summary["photo"]
        page = await turned(s, page, "o")
        assert said(page) == said(summary)
        assert buttons(page) == ["🔎 Explore"]


async def test_the_hardest_segment_comes_first_and_small_ones_hide_together_with_what_would_give_them_away() -> (
    None
):
    async with stage(summary=QUIET) as s:
        await seeded(s)
        page = await turned(s, await posted(s), "ew-.-.f0")
        page = await turned(s, page, "ewt.-.f0")
        names = re.findall(r"^\d · \u2068(\w+)\u2069: \d", said(page), re.MULTILINE)
        assert names == [
            "billing",
            "orders",
        ]  # legal has three answers; with it goes shop, or legal is the rest
        assert "2 groups are not shown" in said(page)

        alone = await turned(s, page, f"ewt.{mark('billing')}.f0")
        assert "Team: \u2068billing\u2069" in said(alone)
        assert "Last 7 days: 2.0 of 5" in said(alone)
        assert "8 conversations ended = 8 answered" in said(alone)
        page = await turned(s, alone, button(alone, "ewt.-.f0"))
        assert "hardest first" in said(page)
        # the button of a segment that is not shown can only be forged
        page = await turned(s, page, f"ewt.{mark('billing')}.f0")
        forged = button(page, "o").replace(":o", f":ewt.{mark('legal')}.f0")
        await s.press(ADA, page, forged, forged=True)
        assert "too few answers to be looked at alone" in said(now(s, page))


async def test_every_way_of_splitting_answers() -> None:
    async with stage(summary=QUIET) as s:
        await seeded(s)
        page = await turned(s, await posted(s), "ew-.-.f0")
        shown = {}
        for code in "gsplhr":
            page = await turned(s, page, f"ew{code}.-.f0")
            shown[code] = said(page)
            assert visible_length(said(page)) <= 1024
        assert "1 · \u2068vip\u2069" in shown["g"]
        assert shown["s"].index("zendesk") < shown["s"].index("Helpdesk")
        assert "1 · \u2068Support\u2069" in shown["p"]
        assert "1 · \u2068English\u2069" in shown["l"]
        assert "No group is large enough" in shown["h"]
        assert "1 · \u2068Helpdesk\u2069" in shown["r"]


async def test_comments_are_masked_and_paged_and_conversations_lead_to_where_they_are() -> None:
    async with stage(summary=QUIET) as s:
        await s.asked()
        await s.press(EMMA, s.last(EMMA), "v1")
        await seeded(s)
        page = await turned(s, await posted(s), "ew-.-.f0")
        page = await turned(s, page, "ew-.-.c0")
        assert "Comments 1–5 of 8, the newest first" in said(page)
        assert "2 🙁" not in said(page)
        assert "🙁 2 · Nov 25 “\u2068Number 1: ☎•••\u2069”" in said(page)
        assert "1234567" not in said(page)
        page = await turned(s, page, "ew-.-.c1")
        assert "Comments 6–8 of 8" in said(page)
        assert buttons(page) == ["24 h", "● 7 d", "30 d", "90 d", "◀", "‹ Back", "« Summary"]
        page = await turned(s, page, "ew-.-.f0")

        page = await turned(s, page, "ew-.-.v0")
        first, second = said(page).split("\n")[3:5]
        assert first == "😫 1 · Nov 25, 2026 10:00 · open the topic"
        [link] = [each["url"] for each in page["caption_entities"] if each["type"] == "text_link"]
        assert re.fullmatch(r"https://t\.me/c/1000000001/\d+", link)
        assert second.startswith("😫 1 · Nov 25, 2026 08:10 · \u2068Helpdesk\u2069 C")
        assert "▶" in buttons(page)


async def test_members_of_a_group_may_look_and_strangers_may_not() -> None:
    async with stage(summary=QUIET, chats={"staff": TEAM}) as s:
        await seeded(s)
        summary = await posted(s, OLGA, TEAM)
        data = button(summary, "ew-.-.f0")
        assert await s.press(STRANGER, summary, data, forged=True) == "One moment…"
        assert said(now(s, summary)) == said(
            summary
        )  # a public group shows its posts to people who are not in it
        elsewhere = s.world.say(STRANGER, ELSEWHERE, "hello")
        assert await s.press(STRANGER, elsewhere, data, forged=True) == "This button is out of date."
        page = await turned(s, summary, data, OLGA)
        assert said(page).startswith("🔎")
        s.world.leave(TEAM, OLGA)
        await s.press(OLGA, page, button(page, "o"), forged=True)
        assert said(now(s, page)) == said(page)
        [row] = await s.rows("SELECT pressed_by FROM staff_view")
        assert row["pressed_by"] is None  # nobody's id is kept


async def test_only_the_last_of_many_quick_presses_counts() -> None:
    async with stage(summary=QUIET) as s:
        await seeded(s)
        page = await turned(s, await posted(s), "ew-.-.f0")
        for value in ("ewt.-.f0", "ewg.-.f0", "em-.-.f0"):
            s.world.press(ADA, ADA, page["message_id"], button(page, value))
        await s.settle()
        assert said(now(s, page)).startswith("🔎 The last 30 days")


async def test_a_page_works_after_a_restart() -> None:
    async with stage(summary=QUIET) as s:
        await seeded(s)
        page = await turned(s, await posted(s), "ew-.-.f0")
        await s.stop_bot()
        await s.start_bot()
        page = await turned(s, page, "ewt.-.f0")
        assert "hardest first" in said(page)


async def test_erased_words_leave_every_page_at_once() -> None:
    async with stage(summary=QUIET) as s:
        question = await s.asked()
        await s.press(EMMA, question, "v1")
        await s.press(EMMA, question, "c")
        await s.say(EMMA, "Three days of marmalade.")
        await seeded(s)
        summary = await posted(s)
        page = await turned(s, summary, "ew-.-.f0")
        page = await turned(s, page, "ew-.-.c0")
        assert "marmalade" in said(page)
        await s.say(EMMA, "/forget_me")
        await s.press(EMMA, s.last(EMMA), "y")
        assert not any("marmalade" in text for text in s.texts(ADA))
        assert buttons(now(s, summary)) == ["🔎 Explore"]


async def test_a_summary_of_last_week_is_looked_into_as_of_last_week() -> None:
    async with stage(summary=QUIET) as s:
        await seeded(s)
        summary = await posted(s)
        await s.after("8d")
        page = await turned(s, summary, "ew-.-.f0")
        assert "29 answers" in said(page)
        assert "Nov 25, 2026 10:00" in said(page)


async def test_in_the_channel_of_staff_in_chinese() -> None:
    async with stage(summary={**QUIET, "schedule": "0 11 * * *"}, language="zh-Hans") as s:
        await seeded(s)
        await s.after("70m")
        [summary] = [each for each in s.messages(CHANNEL) if "photo" in each]
        assert buttons(summary) == ["🔎 深入查看"]
        page = await turned(s, summary, "ew-.-.f0", OLGA)
        page = await turned(s, page, "ewt.-.f0", OLGA)
        assert "按团队，最费力的在前" in said(page)
