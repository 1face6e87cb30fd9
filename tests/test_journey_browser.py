"""The whole journey clicked through the page in a real browser: what a visitor of ``python3 -m bot play`` does.

``CES_SCREENSHOTS=folder`` also leaves a picture of every station, to be looked at.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.playground.cast import STAFF
from bot.playground.page import PageServer
from bot.playground.play import Playground
from tests.browser import chromium, visitor

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Words:
    """What the visitor does and reads, in one language."""

    locale: str
    language: str  # of staff
    customer: int
    message: str
    answer: str
    question: str
    toast: str
    changed: str
    reason: str
    comment_button: str
    comment: str
    thanks: str
    alert: str
    summary: str


ENGLISH = Words(
    locale="en-GB",
    language="en",
    customer=101,
    message="My parcel never came.",
    answer="I am looking into it.",
    question="How easy or difficult was it to get the help you needed?",
    toast="Thank you 🙏",
    changed="Your answer is now: 2 🙁 Difficult",
    reason="Waiting too long",
    comment_button="Add a comment",
    comment="Three days without a word.",
    thanks="We have passed this to the team",
    alert="A hard answer: 2 of 5",
    summary="1 conversation ended = 1 answered",
)
CHINESE = Words(
    locale="zh-CN",
    language="zh-Hans",
    customer=102,
    message="我的包裹一直没到。",
    answer="我马上查看。",
    question="您觉得这次获得所需帮助是容易还是困难？",
    toast="谢谢",
    changed="您的评分是：2 🙁 困难",
    reason="等待太久",
    comment_button="补充意见",
    comment="三天没有任何回复。",
    thanks="我们已转交团队跟进处理",
    alert="客户觉得困难：2 / 5",
    summary="1 次会话结束 = 已回答 1",
)


def pane(page: Page, name: str) -> Locator:
    return page.locator(f'[data-pane="{name}"]')


async def write(chat: Locator, text: str) -> None:
    await chat.get_by_test_id("composer").fill(text)
    await chat.get_by_test_id("send").click()


async def picture(page: Page, name: str) -> None:
    folder = os.environ.get("CES_SCREENSHOTS")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["english", "chinese"])
async def test_a_visitor_plays_every_role_from_the_first_message_to_the_summary(words: Words) -> None:
    start = datetime(2026, 11, 25, 10, tzinfo=UTC)
    async with chromium() as browser, Playground(language=words.language, start=start) as playground:
        server = PageServer(playground)
        url = await server.start()
        try:
            async with visitor(browser, url, locale=words.locale) as someone:
                await journey(someone.page, words)
                assert someone.mistakes == []
        finally:
            await server.stop()
        assert playground.world.violations == []


async def journey(page: Page, words: Words) -> None:
    customer, forum = pane(page, "customer"), pane(page, "forum")

    # as the customer: write to the bot
    await page.get_by_test_id(f"customer-{words.customer}").click()
    await write(customer, words.message)

    # as staff: answer in the topic that opened, and close it
    await forum.locator('[data-testid^="topic-"]:not([data-testid="topic-general"])').click()
    await forum.locator(".bubble", has_text=words.message).wait_for()
    await write(forum, words.answer)
    await customer.locator(".bubble", has_text=words.answer).wait_for()
    await forum.get_by_test_id("close-topic").click()

    # as the customer: the question comes; tap, give a reason, comment
    await page.get_by_test_id("time-5m").click()
    question = customer.locator("li[data-message-id]", has_text=words.question)
    await question.locator('.key[data-callback$=":v2"]').click()
    await customer.locator(".toast", has_text=words.toast).wait_for()
    await question.get_by_text(words.changed).wait_for()
    await picture(page, f"{words.language}-1-tapped")
    await question.locator(".key", has_text=words.reason).click()
    await question.locator(".key", has_text="✅").wait_for()
    await question.locator(".key", has_text=words.comment_button).click()
    await customer.locator('.key[data-callback$=":k"]').wait_for()
    await write(customer, words.comment)
    await customer.locator(".bubble", has_text=words.thanks).wait_for()
    await picture(page, f"{words.language}-2-commented")

    # as staff: two minutes later the hard answer is in the channel, in the morning the summary
    await page.get_by_test_id("time-5m").click()
    staff = pane(page, "staff")
    await staff.locator(".bubble", has_text=words.alert).wait_for()
    await staff.locator(".bubble", has_text=words.comment).wait_for()
    await page.get_by_test_id("time-1d").click()
    await staff.locator(".bubble", has_text=words.summary).first.wait_for()
    await staff.locator(".bubble img").first.wait_for()
    await picture(page, f"{words.language}-3-summary")

    # as the admin: ask for the triggers and switch one off
    await page.get_by_test_id("tab-admin").click()
    admin = pane(page, "admin")
    await write(admin, "/triggers")
    await admin.locator('.key[data-callback$=":ftelegram_topic"]').click()
    await admin.locator('.key[data-callback$=":ntelegram_topic"]').wait_for()
    await picture(page, f"{words.language}-4-switched")


async def test_a_visitor_simulates_a_week_and_reads_a_summary_with_a_picture() -> None:
    start = datetime(2026, 11, 25, 10, tzinfo=UTC)
    async with chromium() as browser, Playground(start=start) as playground:
        server = PageServer(playground)
        url = await server.start()
        try:
            async with visitor(browser, url) as someone:
                page = someone.page
                await page.get_by_test_id("week").click()
                await page.get_by_text("The week is in.").wait_for(timeout=120_000)
                await pane(page, "staff").locator(".bubble img").first.wait_for()
                await picture(page, "week")
                assert someone.mistakes == []
        finally:
            await server.stop()
        assert playground.world.violations == []
        summaries = [one for one in playground.world.messages(STAFF) if "photo" in one]
        assert len(summaries) >= 6  # every morning one
        [pinned] = [one for one in summaries if "Kept up to date" in one["caption"]]
        now = playground.clock.now()
        main = (await playground.app.reports.compose(now, now)).headline.main
        assert main is not None
        assert f"\n{main.score.n} answers · likely" in pinned["caption"], (
            "the pinned one is up to date at once"
        )
