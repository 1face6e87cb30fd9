"""Telegram's HTML: marked text in, plain text and entities out, refused where Telegram refuses it.

Follows ``parse_html`` of tdlib (td/telegram/MessageEntity.cpp), phrase by phrase. Offsets and lengths of entities
are UTF-16 code units, as everywhere in the Bot API; positions in complaints are bytes of UTF-8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_TAGS = {
    "a": "text_link",
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
    "pre": "pre",
    "code": "code",
    "blockquote": "blockquote",
}
_SPACE = " \t\r\n\v\f\0"
_END = "\0"
_CHARACTER = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([A-Za-z]+));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_NAME_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_ATTRIBUTE_NAME = re.compile(r"[^\s=>/\"'\0]*")
_USER_LINK = re.compile(r"tg://user\?id=(\d+)$")
_MOST_DIGITS = 8


class HtmlError(ValueError):
    """Telegram would not parse this text; ``str()`` is its complaint without the "can't parse entities: "."""


@dataclass
class _Open:
    tag: str
    argument: str
    moment: int
    offset: int
    begin: int


def utf16_length(text: str) -> int:
    """The length of ``text`` in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def parse_html(marked: str) -> tuple[str, list[dict[str, Any]]]:
    """The plain text and its entities (outer before inner, by offset). Raises HtmlError."""
    return _Parser(marked).parse()


class _Parser:
    def __init__(self, marked: str) -> None:
        self._marked = marked.replace(_END, " ") + _END
        self._at = 0
        self._plain: list[str] = []
        self._offset = 0
        self._open: list[_Open] = []
        self._entities: list[dict[str, Any]] = []

    def parse(self) -> tuple[str, list[dict[str, Any]]]:
        end = len(self._marked) - 1
        while self._at < end:
            character = self._marked[self._at]
            if character == "<":
                if self._marked[self._at + 1] == "/":
                    self._end_tag()
                else:
                    self._start_tag()
            else:
                self._write(self._character())
        if self._open:
            raise HtmlError(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        for entity in self._entities:
            if entity["type"] == "code":
                entity.pop("language", None)
        self._entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self._plain), self._entities

    def _write(self, character: str) -> None:
        self._plain.append(character)
        self._offset += 1 + (character > "\uffff")

    def _character(self) -> str:
        """The next character, with ``&…;`` taken for what it stands for; moves on."""
        if self._marked[self._at] == "&" and (match := _CHARACTER.match(self._marked, self._at)):
            hexadecimal, decimal, name = match.groups()
            found = _NAMED.get(name, "") if name else ""
            digits = hexadecimal or decimal
            if digits and len(match.group().removesuffix(";")) <= _MOST_DIGITS + 1:
                code = int(digits, 16 if hexadecimal else 10)
                found = chr(code) if 0 < code < 0x10FFFF else ""
                if 0xD800 <= code <= 0xDFFF:
                    raise HtmlError(
                        "Text contains invalid Unicode characters after decoding HTML entities, "
                        "check for unmatched surrogate code units"
                    )
            if found:
                self._at = match.end()
                return found
        self._at += 1
        return self._marked[self._at - 1]

    def _where(self, position: int) -> str:
        return f"at byte offset {len(self._marked[:position].encode(errors='surrogatepass'))}"

    def _skip_space(self) -> None:
        while self._marked[self._at] in _SPACE and self._marked[self._at] != _END:
            self._at += 1

    def _skip_tag_name(self) -> str:
        begin = self._at
        while self._marked[self._at] not in _SPACE and self._marked[self._at] != ">":
            self._at += 1
        return self._marked[begin : self._at].lower()

    def _start_tag(self) -> None:
        begin = self._at
        self._at += 1
        tag = self._skip_tag_name()
        if self._marked[self._at] == _END:
            raise HtmlError(f"Unclosed start tag {self._where(begin)}")
        if tag not in _TAGS:
            raise HtmlError(f'Unsupported start tag "{tag}" {self._where(begin)}')
        argument, moment = "", 0
        while self._marked[self._at] != ">":
            self._skip_space()
            if self._marked[self._at] == ">":
                break
            name, value = self._attribute(tag, begin)
            match tag, name:
                case ("a", "href") | ("tg-emoji", "emoji-id") | ("tg-time", "format"):
                    argument = value
                case "code", "class" if value.startswith("language-"):
                    argument = value.removeprefix("language-")
                case "span", "class" if value.startswith("tg-"):
                    argument = value.removeprefix("tg-")
                case "blockquote", "expandable":
                    argument = "expandable"
                case "tg-time", "unix":
                    moment = int(value) if value.isdecimal() else 0
                case _:
                    pass
        self._at += 1
        if tag == "span" and argument != "spoiler":
            raise HtmlError(f'Tag "span" must have class "tg-spoiler" {self._where(begin)}')
        self._open.append(_Open(tag, argument, moment, self._offset, len(self._plain)))

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        match = _ATTRIBUTE_NAME.match(self._marked, self._at)
        name = match.group() if match else ""
        if not name:
            raise HtmlError(f'Empty attribute name in the tag "{tag}" {self._where(begin)}')
        self._at += len(name)
        self._skip_space()
        if self._marked[self._at] != "=":
            if self._marked[self._at] == _END:
                raise HtmlError(f'Unclosed start tag "{tag}" {self._where(begin)}')
            return name, ""
        self._at += 1
        self._skip_space()
        if self._marked[self._at] == _END:
            raise HtmlError(f'Unclosed start tag "{tag}" {self._where(begin)}')
        value = self._attribute_value()
        if self._marked[self._at] == _END:
            raise HtmlError(f"Unclosed start tag {self._where(begin)}")
        return name, value

    def _attribute_value(self) -> str:
        quote = self._marked[self._at]
        if quote not in "'\"":
            match = _NAME_TOKEN.match(self._marked, self._at)
            token = match.group() if match else ""
            after = self._marked[self._at + len(token)]
            if after not in _SPACE and after != ">":
                raise HtmlError(f"Unexpected end of name token {self._where(self._at)}")
            self._at += len(token)
            return token.lower()
        self._at += 1
        value: list[str] = []
        while self._marked[self._at] not in (quote, _END):
            value.append(self._character())
        if self._marked[self._at] == quote:
            self._at += 1
        return "".join(value)

    def _end_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise HtmlError(f"Unexpected end tag {self._where(begin)}")
        self._at += 2
        name = self._skip_tag_name()
        self._skip_space()
        if self._marked[self._at] != ">":
            raise HtmlError(f"Unclosed end tag {self._where(begin)}")
        self._at += 1
        opened = self._open.pop()
        if name and name != opened.tag:
            where = self._where(begin)
            raise HtmlError(f'Unmatched end tag {where}, expected "</{opened.tag}>", found "</{name}>"')
        if self._offset > opened.offset:
            self._add(opened)

    def _add(self, opened: _Open) -> None:
        entity: dict[str, Any] = {
            "type": _TAGS[opened.tag],
            "offset": opened.offset,
            "length": self._offset - opened.offset,
        }
        last = self._entities[-1] if self._entities else {}
        is_same_span = all(last.get(key) == entity[key] for key in ("offset", "length"))
        match opened.tag:
            case "a":
                url = opened.argument or "".join(self._plain[opened.begin :])
                if user := _USER_LINK.match(url):
                    entity |= {"type": "text_mention", "user": {"id": int(user[1])}}
                elif "." in url or "://" in url:
                    entity["url"] = url
                else:
                    return
            case "tg-emoji":
                if not opened.argument.isdecimal() or int(opened.argument) == 0:
                    raise HtmlError("Invalid custom emoji identifier specified")
                entity["custom_emoji_id"] = opened.argument
            case "tg-time":
                if opened.moment <= 0:
                    return
                entity["unix_time"] = opened.moment
                if opened.argument:
                    entity["date_time_format"] = opened.argument
            case "blockquote" if opened.argument:
                entity["type"] = "expandable_blockquote"
            case "code" if opened.argument:
                entity["language"] = opened.argument
                if is_same_span and last["type"] == "pre":
                    last["language"] = opened.argument
                    return
            case "pre" if is_same_span and last["type"] == "code" and "language" in last:
                last["type"] = "pre"
                return
            case _:
                pass
        self._entities.append(entity)
