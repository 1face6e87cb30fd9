"""The bundled fonts (``bot/fonts``, docs/fonts.md): where they are, and which letters they have."""

from __future__ import annotations

import json
from bisect import bisect_right
from itertools import chain
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "fonts"

# First fit wins, letter by letter; emoji last, so that digits and “©” stay letters.
FAMILIES: tuple[str, ...] = (
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Devanagari",
    "Noto Sans CJK SC",
    "Noto Sans Math",
    "Noto Sans Symbols2",
    "Noto Color Emoji",
)

# Never drawn by themselves: they join, select a variant, or set the direction.
_INVISIBLE = frozenset(chain(range(0x200B, 0x2010), range(0x2060, 0x206A), range(0xFE00, 0xFE10)))


class Coverage:
    """Which texts can be drawn without a missing glyph, by the table made from the fonts' own cmaps."""

    def __init__(self, ranges: list[tuple[int, int]]) -> None:
        """``ranges``: first and last code point of each run that some font has, ascending."""
        self._starts = [first for first, _ in ranges]
        self._ends = [last for _, last in ranges]

    @classmethod
    def load(cls) -> Coverage:
        """From ``bot/fonts/coverage.json``."""
        return cls([(first, last) for first, last in json.loads((FOLDER / "coverage.json").read_text())])

    def has(self, character: str) -> bool:
        """True where a font has it, or where nothing is drawn for it."""
        code = ord(character)
        place = bisect_right(self._starts, code) - 1
        return code in _INVISIBLE or (place >= 0 and code <= self._ends[place])

    def is_covered(self, text: str) -> bool:
        """True where every character of ``text`` can be drawn; a line break counts as a space."""
        return all(self.has(character) for character in text if character != "\n")
