"""The page in a real browser: the stand-in's world behind it, python-telegram-bot as the bot, clicks as people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup

from bot.adapters.clock import TravelClock
from bot.playground.botapi import World
from bot.playground.page import PageServer
from tests.browser import Visitor, chromium, visitor
from tests.playground.conftest import CHANNEL, EVE, FORUM
from tests.playground.page_stage import EMMA, LAYLA, LIN, QuietStage
from tests.settling import until

if TYPE_CHECKING:
    from playwright.async_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

FACES = [InlineKeyboardButton(f"{face} {n}", callback_data=f"v{n}") for n, face in enumerate("😫🙁😐🙂😄", 1)]
ROW = InlineKeyboardMarkup([FACES, [InlineKeyboardButton("Don't ask me again", callback_data="x")]])


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
def stage(world: World, clock: TravelClock) -> QuietStage:
    return QuietStage(world, clock)


@pytest.fixture
async def url(stage: QuietStage) -> AsyncIterator[str]:
    server = PageServer(stage)
    yield await server.start()
    await server.stop()


@pytest.fixture
async def desktop(browser: Browser, url: str) -> AsyncIterator[Visitor]:
    async with visitor(browser, url) as someone:
        yield someone
        assert someone.mistakes == []


def pane(page: Page, name: str) -> Locator:
    return page.locator(f'[data-pane="{name}"]')


async def write(chat: Locator, text: str) -> None:
    await chat.get_by_test_id("composer").fill(text)
    await chat.get_by_test_id("composer").press("Enter")


async def test_a_question_is_started_asked_tapped_and_edited(
    desktop: Visitor, world: World, bot: Bot
) -> None:
    customer = pane(desktop.page, "customer")
    await customer.get_by_test_id("start").click()
    await customer.locator(".bubble", has_text="/start").wait_for()
    await write(customer, "My parcel <b>4711</b> never came")
    await customer.locator(".bubble", has_text="My parcel <b>4711</b> never came").wait_for()

    asked = await bot.send_message(EMMA, "<b>How easy was it?</b>", parse_mode="HTML", reply_markup=ROW)
    question = customer.locator(f'li[data-message-id="{asked.message_id}"]')
    await question.locator("strong", has_text="How easy was it?").wait_for()
    key = question.locator('[data-callback="v4"]')
    await key.click()
    await question.locator('[data-callback="v4"][aria-busy="true"]').wait_for()

    await until(lambda: bool(world.updates.pending()))
    updates = await bot.get_updates(timeout=0)
    query = next(update.callback_query for update in updates if update.callback_query)
    assert query.from_user.id == EMMA
    await bot.answer_callback_query(query.id, "Thank you!")
    await customer.locator(".toast", has_text="Thank you!").wait_for()
    await question.locator('[data-callback="v4"][aria-busy="false"]').wait_for()

    await bot.edit_message_text("You answered 🙂 4", EMMA, asked.message_id)
    await question.get_by_text("You answered 🙂 4").wait_for()
    await question.get_by_text("edited").wait_for()
    assert await question.locator(".key").count() == 0


async def test_an_alert_is_a_window_that_has_to_be_closed(desktop: Visitor, world: World, bot: Bot) -> None:
    world.start(EMMA)
    await bot.send_message(EMMA, "Sure?", reply_markup=ROW)
    await pane(desktop.page, "customer").locator('[data-callback="x"]').click()
    await until(lambda: bool(world.taps))
    await bot.answer_callback_query(next(iter(world.taps)), "Not any more.", show_alert=True)
    window = desktop.page.get_by_role("dialog")
    await window.get_by_text("Not any more.").wait_for()
    await desktop.page.keyboard.press("Escape")
    await window.wait_for(state="detached")


async def test_only_whoever_tapped_here_sees_the_answer(desktop: Visitor, world: World, bot: Bot) -> None:
    world.start(EMMA)
    asked = await bot.send_message(EMMA, "How easy was it?", reply_markup=ROW)
    await bot.answer_callback_query(world.press(EMMA, EMMA, asked.message_id, "v5"), "Seen on her phone")
    customer = pane(desktop.page, "customer")
    await customer.locator('[data-callback="v2"]').click()
    await until(lambda: len(world.taps) == 2)
    await bot.answer_callback_query(list(world.taps)[-1], "Seen here")
    await customer.locator(".toast", has_text="Seen here").wait_for()
    assert await customer.locator(".toast").count() == 1


async def test_staff_answer_in_a_topic_close_it_and_reopen_it(desktop: Visitor, world: World) -> None:
    forum = pane(desktop.page, "forum")
    thread = world.create_topic(EVE, FORUM, "Emma · #E7K2")
    row = forum.get_by_test_id(f"topic-{thread}")
    await row.click()
    await write(forum, "Hello Emma")
    await forum.locator(".row.own", has_text="Hello Emma").wait_for()
    await forum.get_by_test_id("close-topic").click()
    await forum.locator(".service", has_text="closed the topic").wait_for()
    await row.and_(desktop.page.locator('[data-closed="true"]')).wait_for()
    await forum.get_by_test_id("reopen-topic").click()
    await forum.get_by_test_id("close-topic").wait_for()
    assert world.messages(FORUM, thread)[1]["text"] == "Hello Emma"


async def test_a_topic_counts_what_was_not_read(desktop: Visitor, world: World) -> None:
    forum = pane(desktop.page, "forum")
    thread = world.create_topic(EVE, FORUM, "Emma")
    other = world.bot
    for text in ("one", "two"):
        world.post(world.chat(FORUM), {"text": text}, sender=other, thread_id=thread)
    row = forum.get_by_test_id(f"topic-{thread}")
    await row.locator(".count", has_text="2").wait_for()
    await row.click()
    await row.locator(".count").wait_for(state="detached")


async def test_a_reply_an_edit_and_a_command_are_made_with_the_keyboard_alone(
    desktop: Visitor, world: World, bot: Bot
) -> None:
    world.start(EMMA)
    await bot.set_my_commands([("help", "How this works"), ("privacy", "What we keep")])
    box = pane(desktop.page, "customer").get_by_test_id("composer")
    await box.wait_for()
    await desktop.page.keyboard.press("Alt+Digit1")
    await desktop.page.keyboard.type("Helo")
    await desktop.page.keyboard.press("Enter")
    await pane(desktop.page, "customer").locator(".bubble", has_text="Helo").wait_for()
    await desktop.page.keyboard.press("ArrowUp")
    await pane(desktop.page, "customer").locator(".mode", has_text="Helo").wait_for()
    await box.fill("Hello")
    await desktop.page.keyboard.press("Enter")
    await pane(desktop.page, "customer").locator(".bubble", has_text="Hello").get_by_text("edited").wait_for()
    await desktop.page.keyboard.type("/")
    await pane(desktop.page, "customer").get_by_role("option", name="/privacy").wait_for()
    await desktop.page.keyboard.press("ArrowUp")
    await desktop.page.keyboard.press("Enter")
    await pane(desktop.page, "customer").locator(".bubble", has_text="/privacy").wait_for()
    assert [message["text"] for message in world.messages(EMMA)] == ["/start", "Hello", "/privacy"]


async def test_a_prompt_opens_the_reply_box_and_escape_closes_it(
    desktop: Visitor, world: World, bot: Bot
) -> None:
    world.start(EMMA)
    skip = InlineKeyboardButton("Skip", callback_data="k")
    markup = InlineKeyboardMarkup([[skip]], api_kwargs={"force_reply": True})
    await bot.send_message(EMMA, "What went wrong?", reply_markup=markup)
    customer = pane(desktop.page, "customer")
    await customer.locator(".mode", has_text="What went wrong?").wait_for()
    await write(customer, "The wait")
    await customer.locator(".quoted", has_text="What went wrong?").wait_for()
    assert await customer.locator(".mode").count() == 0
    prompt, comment = world.messages(EMMA)[1:]
    assert comment["reply_to_message"]["message_id"] == prompt["message_id"]
    await bot.send_message(EMMA, "Anything else?", reply_markup=markup)
    await customer.locator(".mode", has_text="Anything else?").wait_for()
    await customer.get_by_test_id("composer").press("Escape")
    await customer.locator(".mode").wait_for(state="detached")


async def test_a_picture_of_the_scores_opens_large_and_a_link_opens_its_topic(
    desktop: Visitor, world: World, bot: Bot
) -> None:
    thread = world.create_topic(EVE, FORUM, "Emma")
    link = f'<a href="https://t.me/c/1000000001/{thread}">the topic</a>'
    picture = world.file(world.send(EVE, FORUM, "photo", thread_id=thread)["photo"][0]["file_id"])[1]
    await bot.send_photo(CHANNEL, picture, caption=f"4.1 of 5, {link}", parse_mode="HTML")
    staff = pane(desktop.page, "staff")
    await staff.get_by_role("button", name="Open the picture").click()
    await desktop.page.get_by_test_id("large-picture").wait_for()
    await desktop.page.keyboard.press("Escape")
    await staff.get_by_text("the topic").click()
    await pane(desktop.page, "forum").locator(".chat-head", has_text="Emma").wait_for()


async def test_the_control_bar_moves_the_time_and_posts_a_webhook(
    desktop: Visitor, stage: QuietStage
) -> None:
    page = desktop.page
    clock = page.get_by_test_id("clock")
    await clock.get_by_text("Wed 25 Nov, 10:00").wait_for()
    await page.get_by_test_id("time-1h").click()
    await clock.get_by_text("Wed 25 Nov, 11:00").wait_for()
    await page.get_by_test_id("production-rules").click()
    await page.get_by_test_id("settings").get_by_text("5m").wait_for()
    await page.get_by_test_id("week").click()
    await page.get_by_text("The week is in.").wait_for()
    await page.get_by_test_id("helpdesk").click()
    await page.get_by_test_id("helpdesk-send").click()
    await page.get_by_test_id("helpdesk-answer").get_by_text("202").wait_for()
    assert [asked[0] for asked in stage.asked] == ["move", "week", "helpdesk"]


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
async def test_a_phone_shows_one_chat_at_a_time_and_chinese_and_arabic_stand_right(
    browser: Browser, url: str, world: World, is_dark: bool
) -> None:
    world.say(LIN, LIN, "你好，我想改一下收货地址。")
    world.say(LAYLA, LAYLA, "السلام عليكم، الفاتورة 4711 فيها خطأ.")
    async with visitor(browser, url, width=390, height=844, locale="zh-CN", is_dark=is_dark) as someone:
        page = someone.page
        assert await page.title() == "演练场"
        assert await page.locator("[data-pane]").count() == 1
        customer = pane(page, "customer")
        await customer.get_by_test_id(f"customer-{LAYLA}").click()
        words = customer.locator(".words", has_text="السلام")
        await words.wait_for()
        assert await words.evaluate("node => node.matches(':dir(rtl)')")
        await customer.get_by_test_id(f"customer-{LIN}").click()
        await customer.locator(".words", has_text="收货地址").wait_for()
        await page.get_by_test_id("tab-forum").click()
        await pane(page, "forum").get_by_text("综合").wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.get_by_test_id("controls").click()
        await page.get_by_test_id("language").select_option("en")
        await pane(page, "forum").get_by_text("General").wait_for()
        assert someone.mistakes == []


async def test_an_open_page_finds_its_way_back_after_the_server_was_gone(
    browser: Browser, stage: QuietStage, world: World
) -> None:
    world.start(EMMA)
    server = PageServer(stage)
    address = await server.start()
    async with visitor(browser, address) as someone:
        customer = pane(someone.page, "customer")
        await customer.get_by_test_id("composer").wait_for()
        await server.stop()
        await someone.page.get_by_role("alert").wait_for()
        world.say(EMMA, EMMA, "said meanwhile")
        server = PageServer(stage)
        await server.start(int(address.rstrip("/").rpartition(":")[2]))
        await customer.get_by_text("said meanwhile").wait_for()
        await server.stop()
