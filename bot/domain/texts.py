"""What messages need from a catalogue of texts. ``bot/adapters/catalogues.py`` fits it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Protocol


class Texts(Protocol):
    """The texts of one language. Keys are symbolic (``customer.question.ask``); a missing key raises KeyError.

    Texts are Telegram HTML. A value that a person wrote must be escaped by whoever passes it
    (``bot.domain.messages.quote``).
    """

    def __hash__(self) -> int:
        """What was made of a catalogue's texts may be remembered by it."""

    @property
    def language(self) -> str:
        """IETF tag of the catalogue: ``en``, ``zh-Hans``, ``ar``, …"""

    @property
    def is_right_to_left(self) -> bool:
        """True for Arabic."""

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of ``key`` with its ``{placeholders}`` filled in."""

    def plural(self, key: str, n: int, /, **values: object) -> str:
        """The form of ``key`` for ``n`` (``{n}`` is filled in, formatted)."""

    def number(self, value: float, digits: int = 0) -> str:
        """1234.5 → “1,234.5”; Latin digits in every language; a true minus (−)."""

    def signed(self, value: float, digits: int = 0) -> str:
        """Like ``number``, with its sign: “+0.3”, “−0.3”."""

    def percent(self, share: float) -> str:
        """0.412 → “41%”, in the language's own way."""

    def duration(self, span: timedelta) -> str:
        """24 h → “24 hours”; 14 d → “14 days”; the largest unit that is exact, hours up to two days."""

    def moment(self, instant: datetime, zone: tzinfo) -> str:
        """A date and time of day, short, in ``zone``."""

    def day(self, instant: datetime, zone: tzinfo) -> str:
        """A date, short, in ``zone``."""

    def listed(self, parts: Sequence[str]) -> str:
        """“24 hours, 7 days, and 30 days”, in the language's own way."""

    def language_name(self, tag: str) -> str:
        """“Chinese (Simplified)” for ``zh-Hans``, in this language; the tag itself where nobody knows it."""

    def month_day(self, instant: datetime, zone: tzinfo) -> str:
        """A date without its year, as short as it can be: “Nov 25”, “11月25日”."""


class CatalogueBook(Protocol):
    """Every catalogue that exists."""

    def of(self, tag: str | None, default: str = "en") -> Texts:
        """The catalogue nearest to an IETF tag; the one of ``default`` where none is near."""
