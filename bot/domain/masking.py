"""What a customer wrote, made fit to be quoted to staff: one line, nothing that reaches the customer, cut short.

Marks are signs, not words, so that they need no translation. Too much is masked rather than too little: an order
number may look like a telephone number (measurement.md 7).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LIMIT = 200  # code points, the ellipsis included

_MARK = "•••"
_LINK, _MAIL, _CARD, _PHONE, _NAME = f"🔗{_MARK}", f"✉{_MARK}", f"💳{_MARK}", f"☎{_MARK}", f"@{_MARK}"

_CJK = "\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef"  # written without spaces, so a link ends where they begin
_IN_LINK = rf"[^\s<>\"“”«»{_CJK}]"
_ENDINGS = (
    "com|net|org|info|biz|io|me|co|app|dev|ai|gg|ly|xyz|top|site|online|shop|store|link|eu|us|uk|de|fr|es|it|pt|br|"
    "nl|pl|ru|ua|kz|by|su|cn|hk|tw|jp|kr|in|id|tr|ir|ae|sa|eg|рф|中国"
)
_LINKS = re.compile(
    rf"(?:[a-z][a-z0-9+.-]*://|www\.){_IN_LINK}+"
    rf"|(?<![\w@＠.])(?:[\w-]+\.)+(?:[^\W\d_]{{2,}}/{_IN_LINK}*|(?:{_ENDINGS})\b)",
    re.IGNORECASE,
)
_LETTER = rf"(?:(?![{_CJK}])[\w-])"
_MAILS = re.compile(rf"(?:{_LETTER}|[.%+])+[@＠]{_LETTER}+(?:\.{_LETTER}+)+")
_NAMES = re.compile(r"[@＠]\w{2,}")
# Digits of every script; the separators that people put between groups, but no line break.
_NUMBERS = re.compile(r"[+＋]?(?:[(（]\s?)?\d(?:[ \u00a0\u2009\u202f().（）/·–—－-]{0,3}\d){6,}")
_PHONE_DIGITS = 12  # more digits than that are a card's, or some account's

_COMMANDS = re.compile(r"(?<![\w/<>])/(?=[A-Za-z0-9_])")  # whoever reads it can tap it, and so say it
_SLASH = "\u2215"  # looks the same

_HIDDEN = re.compile(
    "[\u00ad\u200b\u2028-\u202e\u2060-\u2069\ufeff]"
)  # could split a number, or turn a line round


def mask(text: str, limit: int = LIMIT) -> str:
    """One line of at most ``limit`` code points without links, mail addresses, card and telephone numbers, @names,
    and without commands that can be tapped.

    Plain text: it still has to be escaped. Cut between characters as people see them, with “…”.
    """
    line = " ".join(_HIDDEN.sub("", text).split())
    line = _MAILS.sub(_MAIL, line)
    line = _LINKS.sub(_LINK, line)
    line = _NAMES.sub(_NAME, line)
    line = _NUMBERS.sub(_number_mark, line)
    line = _COMMANDS.sub(_SLASH, line)
    return cut(line, limit)


def _number_mark(found: re.Match[str]) -> str:
    digits = sum(character.isdigit() for character in found[0])
    return _CARD if digits > _PHONE_DIGITS else _PHONE


def cut(text: str, limit: int) -> str:
    """``text``, or its beginning and “…”, at most ``limit`` code points; never inside an emoji or under an accent."""
    if len(text) <= limit:
        return text
    kept = ""
    for cluster in _clusters(text):
        if len(kept) + len(cluster) > limit - 1:
            break
        kept += cluster
    return kept.rstrip() + "…"


def _clusters(text: str) -> Iterator[str]:
    """The characters as people see them: a close reading of Unicode's grapheme clusters (UAX 29)."""
    cluster, flags = "", 0
    for character in text:
        is_flag = "\U0001f1e6" <= character <= "\U0001f1ff"
        joins = _extends(character) or cluster.endswith("\u200d") or (is_flag and flags == 1)
        if cluster and not joins:
            yield cluster
            cluster = ""
        flags = (flags + 1) % 2 if is_flag else 0
        cluster += character
    if cluster:
        yield cluster


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character).startswith("M")  # accents, variation selectors, keycaps
        or character == "\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # tags of regional flags
        or "\u1160" <= character <= "\u11ff"  # Hangul vowels and finals
    )
