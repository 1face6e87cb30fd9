"""The customer's own controls, in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.adapters.catalogues import Catalogues
from bot.domain import controls
from bot.domain.buttons import parse_button
from bot.domain.controls import CUSTOMER_COMMANDS, Retention
from bot.domain.messages import Message
from bot.domain.texts import Texts
from tests.telegram_html import visible

TOKEN = "0123456789ABCDEFGHIJab"
CATALOGUES = Catalogues.load()
ENGLISH = CATALOGUES.of("en")
every_language = pytest.mark.parametrize(
    "texts", [CATALOGUES.of(tag) for tag in CATALOGUES.languages], ids=CATALOGUES.languages
)


def everything(texts: Texts) -> Iterator[Message]:
    for yes in (True, False):
        yield controls.greeting(texts, company="A & <B>" if yes else "", has_desk=yes)
        yield controls.help_message(texts, has_desk=yes)
        yield controls.my_data(texts, holds_any=yes)
        yield controls.forgotten(texts, held_any=yes)
    yield from (controls.survey_off(texts), controls.survey_on(texts), controls.not_forgotten(texts))
    yield controls.privacy(texts, Retention())
    yield controls.forget_confirmation(TOKEN, texts)


@every_language
def test_every_text_fits_telegram(texts: Texts) -> None:
    for message in everything(texts):
        assert 0 < len(visible(message.text).encode("utf-16-le")) // 2 <= 4096
    assert len(visible(controls.my_data(texts, holds_any=True).text)) <= 1024  # it is a caption


@every_language
def test_the_menu_describes_every_command(texts: Texts) -> None:
    menu = controls.menu(texts)
    assert tuple(command for command, _ in menu) == CUSTOMER_COMMANDS
    for command, description in menu:
        assert re.fullmatch(r"[a-z0-9_]{1,32}", command)  # Bot API: BotCommand
        assert 1 <= len(description) <= 256


@every_language
def test_help_names_every_command_once(texts: Texts) -> None:
    text = visible(controls.help_message(texts, has_desk=True).text)
    named = re.findall(r"/([a-z_]+)", text)
    assert named == [command for command in CUSTOMER_COMMANDS if command != "start"]


@every_language
def test_privacy_names_the_numbers_of_the_settings(texts: Texts) -> None:
    retention = Retention(scores_months=13, comments=timedelta(days=99), address=timedelta(days=8))
    text = visible(controls.privacy(texts, retention).text)
    for number in ("13", "99", "8"):
        assert re.search(rf"(?<!\d){number}(?!\d)", text)


def test_the_retention_is_the_one_that_was_decided() -> None:
    text = controls.privacy(ENGLISH, Retention()).text
    assert "kept for 24 months" in text
    assert "kept for 180 days" in text
    assert "erased 7 days after" in text


@every_language
def test_the_greeting_names_the_company_escaped_and_isolated(texts: Texts) -> None:
    assert "\u2068A &amp; &lt;B&gt;\u2069" in controls.greeting(texts, company="A & <B>", has_desk=True).text
    assert "\u2068" not in controls.greeting(texts, company="", has_desk=True).text


def test_nobody_is_told_to_write_where_nobody_reads() -> None:
    desk = ENGLISH("customer.help.desk")
    assert desk in controls.greeting(ENGLISH, company="", has_desk=True).text
    assert desk not in controls.greeting(ENGLISH, company="", has_desk=False).text
    assert desk not in controls.help_message(ENGLISH, has_desk=False).text


def test_erasing_asks_first_and_says_what_happened() -> None:
    rows = controls.forget_confirmation(TOKEN, ENGLISH).rows
    asked = [parse_button(button.data) for row in rows for button in row]
    assert [data and (data.kind, data.token, data.verb) for data in asked] == [
        ("a1", TOKEN, "y"),
        ("a1", TOKEN, "n"),
    ]
    said = {
        controls.forgotten(ENGLISH, held_any=True).text,
        controls.forgotten(ENGLISH, held_any=False).text,
        controls.not_forgotten(ENGLISH).text,
    }
    assert len(said) == 3
