"""Telegram-HTML: what becomes of good marks, and the exact complaint about bad ones."""

from __future__ import annotations

from typing import Any

import pytest

from bot.playground.botapi import World
from bot.playground.botapi.html import HtmlError, parse_html
from tests.playground.conftest import ANN, RawApi

GOOD: list[tuple[str, str, list[dict[str, Any]]]] = [
    ("a &lt; b &amp; c &gt; &quot;d&quot;", 'a < b & c > "d"', []),
    ("&nbsp; &#65; &#x1F642;", "&nbsp; A 🙂", []),
    ("🙂<b>x</b>", "🙂x", [{"type": "bold", "offset": 2, "length": 1}]),
    (
        "<b>one <i>two</i></b>",
        "one two",
        [{"type": "bold", "offset": 0, "length": 7}, {"type": "italic", "offset": 4, "length": 3}],
    ),
    (
        '<a href="https://a.example/?x=1&amp;y=2">link</a>',
        "link",
        [{"type": "text_link", "offset": 0, "length": 4, "url": "https://a.example/?x=1&y=2"}],
    ),
    ("<u></u>x", "x", []),
    (
        '<pre><code class="language-python">1</code></pre>',
        "1",
        [{"type": "pre", "offset": 0, "length": 1, "language": "python"}],
    ),
    (
        "<blockquote expandable>q</blockquote>",
        "q",
        [{"type": "expandable_blockquote", "offset": 0, "length": 1}],
    ),
    ('<span class="tg-spoiler">s</span>', "s", [{"type": "spoiler", "offset": 0, "length": 1}]),
    (
        '<tg-time unix="1700000000" format="r">then</tg-time>',
        "then",
        [
            {
                "type": "date_time",
                "offset": 0,
                "length": 4,
                "unix_time": 1_700_000_000,
                "date_time_format": "r",
            }
        ],
    ),
    ("<B>x</b>", "x", [{"type": "bold", "offset": 0, "length": 1}]),
]
BAD = [
    ("a < b", 'Unsupported start tag "" at byte offset 2'),
    ("5 <3", "Unclosed start tag at byte offset 2"),
    ("é<x>", 'Unsupported start tag "x" at byte offset 2'),
    ("<br>", 'Unsupported start tag "br" at byte offset 0'),
    ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
    ("x</b>", "Unexpected end tag at byte offset 1"),
    ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
    ("<b>x</b", "Unclosed end tag at byte offset 4"),
    ("<a href=http://a>x</a>", "Unexpected end of name token at byte offset 8"),
    ('<a href="x', "Unclosed start tag at byte offset 0"),
    ("<a href", 'Unclosed start tag "a" at byte offset 0'),
    ("<a href ", 'Unclosed start tag "a" at byte offset 0'),
    ("<a href=", 'Unclosed start tag "a" at byte offset 0'),
    ("<a =x>y</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
    ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ("<tg-emoji>x</tg-emoji>", "Invalid custom emoji identifier specified"),
]


@pytest.mark.parametrize(("marked", "plain", "entities"), GOOD)
def test_good_marks_become_entities_in_utf16_units(
    marked: str, plain: str, entities: list[dict[str, Any]]
) -> None:
    assert parse_html(marked) == (plain, entities)


@pytest.mark.parametrize(("marked", "complaint"), BAD)
def test_bad_marks_get_the_exact_complaint(marked: str, complaint: str) -> None:
    with pytest.raises(HtmlError) as raised:
        parse_html(marked)
    assert str(raised.value) == complaint


async def test_a_message_with_bad_marks_is_refused_and_nothing_is_sent(api: RawApi, world: World) -> None:
    description = await api.refusal("sendMessage", chat_id=ANN, text="2 <3", parse_mode="HTML")
    assert description == "Bad Request: can't parse entities: Unclosed start tag at byte offset 2"
    assert len(world.messages(ANN)) == 1


async def test_blanks_at_the_ends_are_cut_and_entities_move_along(api: RawApi) -> None:
    sent = (await api("sendMessage", chat_id=ANN, text="\n  <b> x </b>\n", parse_mode="HTML"))["result"]
    assert (sent["text"], sent["entities"]) == ("x", [{"type": "bold", "offset": 0, "length": 1}])


async def test_commands_and_links_are_found_by_telegram_itself(api: RawApi) -> None:
    sent = (await api("sendMessage", chat_id=ANN, text="🙂 /help or https://a.example."))["result"]
    assert sent["entities"] == [
        {"type": "bot_command", "offset": 3, "length": 5},
        {"type": "url", "offset": 12, "length": 17},
    ]
