"""Telegram's HTML, as strictly as a text of ours has to keep to it."""

from __future__ import annotations

from html.parser import HTMLParser

TAGS = frozenset({"b", "i", "u", "s", "a", "code", "pre", "blockquote", "tg-spoiler"})
_ENTITIES = frozenset({"lt", "gt", "amp", "quot"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, f"Telegram knows no <{tag}>"
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else []), attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data: str) -> None:
        assert not {"<", "&"} & set(data), f"not escaped: {data!r}"
        self.text.append(data)

    def handle_entityref(self, name: str) -> None:
        assert name in _ENTITIES, f"Telegram knows no &{name};"
        self.text.append({"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[name])

    def handle_charref(self, name: str) -> None:
        self.text.append(chr(int(name[1:], 16) if name[0] in "xX" else int(name)))

    def handle_comment(self, data: str) -> None:
        raise AssertionError("Telegram knows no comments")


def visible(text: str) -> str:
    """The text as it is read, without its markup. Fails on what Telegram would reject."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert not reader.open, f"left open: {reader.open}"
    return "".join(reader.text)
