"""Quotes for staff carry nothing that reaches the customer, and end between characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.masking import LIMIT, cut, mask


@pytest.mark.parametrize(
    ("written", "quoted"),
    [
        ("Call me on +49 170 1234567 please", "Call me on ☎••• please"),
        ("电话13812345678，谢谢", "电话☎•••，谢谢"),
        ("اتصلوا على ٠٥٠١٢٣٤٥٦٧ شكرا", "اتصلوا على ☎••• شكرا"),
        ("फ़ोन ९८७६५४३२१०", "फ़ोन ☎•••"),
        ("(020) 7946 0958", "☎•••"),
        ("my card 4111 1111 1111 1111 was charged", "my card 💳••• was charged"),
        ("卡号６２２２０２１２３４５６７８９０１２３", "卡号💳•••"),
        ("write to anna.b+x@example.co.uk!", "write to ✉•••!"),
        ("邮箱是foo@example.com谢谢", "邮箱是✉•••谢谢"),
        ("пишите анна@почта.рф", "пишите ✉•••"),
        ("see https://example.com/a?b=c now", "see 🔗••• now"),
        ("看https://example.com/订单，不行", "看🔗•••订单，不行"),
        ("t.me/someone or www.example.org", "🔗••• or 🔗•••"),
        ("it is on example.com.", "it is on 🔗•••."),
        ("@anna_b helped, ＠用户 too", "@••• helped, @••• too"),
        ("hidden 1380\u200b0138\u2060000", "hidden ☎•••"),
    ],
)
def test_what_reaches_a_customer_is_masked(written: str, quoted: str) -> None:
    assert mask(written) == quoted


@pytest.mark.parametrize(
    "text",
    [
        "I waited 30 minutes, twice.",
        "等了 30 分钟，24/7 支持呢？",
        "Slow.Very slow. 4.5 of 5",
        "Order 1234 came on 25.11.",
        "and/or",
    ],
)
def test_ordinary_words_and_numbers_stay(text: str) -> None:
    assert mask(text) == text


def test_lines_become_one_line() -> None:
    assert mask("  two\n\n lines\t here ") == "two lines here"


def test_a_long_comment_is_cut_with_an_ellipsis() -> None:
    assert mask("word " * 100) == ("word " * 40)[:199].rstrip() + "…"


def test_masking_comes_before_cutting() -> None:
    quoted = mask("x" * 190 + " +49 170 1234567")
    assert "+49" not in quoted
    assert "170" not in quoted


@pytest.mark.parametrize("cluster", ["👩\u200d👩\u200d👧", "👍🏽", "🇩🇪", "e\u0301", "1\ufe0f\u20e3", "각"])
def test_a_cut_never_splits_what_people_see_as_one_character(cluster: str) -> None:
    for limit in range(3, 3 + 2 * len(cluster)):
        kept = cut("ab" + cluster * 20, limit).removesuffix("…").removeprefix("ab")
        assert kept == cluster * (len(kept) // len(cluster))


@given(st.text(max_size=600))
def test_a_quote_is_short_and_one_line(text: str) -> None:
    quoted = mask(text)
    assert len(quoted) <= LIMIT
    assert "\n" not in quoted


@given(st.text(max_size=30), st.from_regex(r"\+?[0-9]{7,19}", fullmatch=True), st.text(max_size=30))
def test_no_long_number_survives(before: str, number: str, after: str) -> None:
    assert number not in mask(f"{before} {number} {after}")
