"""Texts of Telegram as a terminal can show them: no markup, and nothing that a terminal would obey."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# Control characters (a terminal obeys ESC and CSI), and the marks that turn the direction of everything after them.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_QUOTE_INDENT = "  "


def printable(text: str) -> str:
    """``text`` without what a terminal would obey; tabs and line feeds stay."""
    return _OBEYED.sub("", text)


def plain(html: str) -> str:
    """Telegram HTML as plain text: markup gone, entities read, block quotes indented by two spaces."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return printable("".join(reader.parts))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._quotes = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "blockquote":
            self._quotes += 1
            self.parts.append(_QUOTE_INDENT)

    def handle_endtag(self, tag: str) -> None:
        if tag == "blockquote":
            self._quotes -= 1

    def handle_data(self, data: str) -> None:
        self.parts.append(data.replace("\n", "\n" + _QUOTE_INDENT * self._quotes))
