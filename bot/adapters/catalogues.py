"""The catalogues of texts: one ``.po`` per language, read at start; numbers and dates by Babel.

gettext has the plural forms, Babel the numbers and dates, langcodes the nearest language. There is no compile step:
a ``.po`` becomes a translation in memory, and the file is what people edit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Literal, NoReturn

import langcodes
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from langcodes.tag_parser import LanguageTagError

# CLDR's distance of related languages; zh-CN → zh-Hans and pt → pt-BR are well inside, Dutch → German is not.
NEAR = 25
_DURATIONS_REMEMBERED = 64  # spans of the settings, told with every answer
_TAGS_REMEMBERED = 512  # tags come from outside, so what is remembered of them is bounded
_STAFF_PREFIXES = ("staff.", "admin.", "command.")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_Unit = Literal["second", "minute", "hour", "day"]


def languages_with_texts(folder: Path | None = None) -> tuple[str, ...]:
    """The languages that have a catalogue (``folder``: as for ``Catalogues.load``), without reading it; sorted."""
    source = files("bot").joinpath("locales") if folder is None else folder
    names = (entry.name.partition(".") for entry in source.iterdir())
    return tuple(sorted(tag for tag, _, ending in names if ending == "po"))


class _Missing(NullTranslations):
    """The end of gettext's chain: a key that no catalogue has is a mistake, not a text."""

    def gettext(self, message: str) -> NoReturn:
        raise KeyError(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> NoReturn:
        raise KeyError(msgid1)


class CatalogueTexts:
    """The texts of one language; fits ``bot.domain.texts.Texts``."""

    def __init__(self, tag: str, catalog: Catalog) -> None:
        """``catalog`` is Babel's, as read from the ``.po``; fuzzy and empty entries count as missing."""
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        self._translations = GNUTranslations(compiled)
        self._translations.add_fallback(_Missing())
        self._locale = Locale.parse(tag, sep="-")
        self._tag = tag
        self._duration = lru_cache(_DURATIONS_REMEMBERED)(self._told)
        self.keys = frozenset(_keys(catalog))

    @property
    def language(self) -> str:
        """IETF tag of the catalogue: ``en``, ``zh-Hans``, ``ar``, …"""
        return self._tag

    @property
    def is_right_to_left(self) -> bool:
        """True for Arabic."""
        return bool(self._locale.text_direction == "rtl")

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of ``key`` with its ``{placeholders}`` filled in. Raises KeyError for an unknown key."""
        return self._translations.gettext(key).format_map(values)

    def plural(self, key: str, n: int, /, **values: object) -> str:
        """The form of ``key`` for ``n``; ``{n}`` is filled in as a formatted number."""
        return self._translations.ngettext(key, key, n).format_map({"n": self.number(n), **values})

    def number(self, value: float, digits: int = 0) -> str:
        """1234.5 → “1,234.5”. Halves go away from zero, as people round by hand; never a negative zero."""
        return _tidy(format_decimal(_rounded(value, digits), _pattern(digits), self._locale))

    def signed(self, value: float, digits: int = 0) -> str:
        """Like ``number``, with its sign: “+0.3”, “−0.3”; zero has none."""
        text = self.number(value, digits)
        return f"+{text}" if _rounded(value, digits) > 0 else text

    def percent(self, share: float) -> str:
        """0.412 → “41%”, in the language's own way; whole percents."""
        return _tidy(format_percent(_rounded(share, 2), locale=self._locale))

    def duration(self, span: timedelta) -> str:
        """24 h → “24 hours”; 14 d → “14 days”; the largest unit that is exact, hours up to two days.

        A span that is no whole number of minutes is what remains of something: rounded down, “23 hours”.
        """
        return self._duration(max(0, int(span.total_seconds())))

    def _told(self, seconds: int) -> str:
        unit, size = _unit(seconds)
        return _wide(
            format_timedelta(
                seconds // size * size, unit, threshold=math.inf, format="long", locale=self._locale
            )
        )

    def moment(self, instant: datetime, zone: tzinfo) -> str:
        """A date and time of day, short, in ``zone``; 24 hours in every language, so that no “PM” is overlooked."""
        return f"{self.day(instant, zone)} {instant.astimezone(zone):%H:%M}"

    def day(self, instant: datetime, zone: tzinfo) -> str:
        """A date, short, in ``zone``."""
        return _wide(format_date(instant.astimezone(zone), "medium", self._locale))

    def listed(self, parts: Sequence[str]) -> str:
        """“24 hours, 7 days, and 30 days”, in the language's own way."""
        return format_list(parts, locale=self._locale)

    def language_name(self, tag: str) -> str:
        """“Chinese (Simplified)” for ``zh-Hans``, in this language; the tag itself where nobody knows it."""
        try:
            return Locale.parse(tag, sep="-").get_display_name(self._locale) or tag
        except (UnknownLocaleError, ValueError):
            return tag

    def month_day(self, instant: datetime, zone: tzinfo) -> str:
        """A date without its year, as short as it can be: “Nov 25”, “11月25日”."""
        return _wide(format_skeleton("MMMd", instant.astimezone(zone), locale=self._locale))


class Catalogues:
    """Every language that has a catalogue, and which of them fits a person."""

    def __init__(self, texts: Iterable[CatalogueTexts]) -> None:
        """English (``en``) must be among ``texts``: it is where every chain ends."""
        self._texts: Mapping[str, CatalogueTexts] = {each.language: each for each in texts}
        if "en" not in self._texts:
            raise KeyError("en")
        self.languages: tuple[str, ...] = tuple(sorted(self._texts, key=lambda tag: (tag != "en", tag)))
        needed = {key for key in self._texts["en"].keys if key.startswith(_STAFF_PREFIXES)}
        self.staff_languages: tuple[str, ...] = tuple(
            tag for tag in self.languages if needed <= self._texts[tag].keys
        )
        self._closest = lru_cache(_TAGS_REMEMBERED)(_closest)

    @classmethod
    def load(cls, folder: Path | None = None) -> Catalogues:
        """Read every ``<tag>.po`` of ``folder`` (default: ``bot/locales``). Raises babel's PoFileError."""
        source = files("bot").joinpath("locales") if folder is None else folder
        texts = []
        for entry in source.iterdir():
            tag, dot, ending = entry.name.partition(".")
            if dot and ending == "po":
                catalog = read_po(BytesIO(entry.read_bytes()), tag.replace("-", "_"), abort_invalid=True)
                texts.append(CatalogueTexts(tag, catalog))
        return cls(texts)

    def of(self, tag: str | None, default: str = "en") -> CatalogueTexts:
        """What a customer reads: the nearest language to ``tag``, else to ``default``, else English.

        ``tag`` is whatever Telegram or a helpdesk calls the language; unknown, empty or malformed is fine.
        """
        return self._texts[self._pick(tag, default, self.languages)]

    def for_staff(self, tag: str | None, default: str = "en") -> CatalogueTexts:
        """As ``of``, among the languages that have all texts for staff and admins."""
        return self._texts[self._pick(tag, default, self.staff_languages)]

    def _pick(self, tag: str | None, default: str, have: tuple[str, ...]) -> str:
        return self._closest(tag or "", have) or self._closest(default, have) or "en"


def _closest(tag: str, have: tuple[str, ...]) -> str | None:
    try:
        return langcodes.closest_supported_match(tag, list(have), max_distance=NEAR)
    except LanguageTagError:
        return None


def _keys(catalog: Catalog) -> Iterable[str]:
    for message in catalog:
        if message.id and message.string and not message.fuzzy:
            yield message.id if isinstance(message.id, str) else message.id[0]


def _rounded(value: float, digits: int) -> Decimal:
    # str() first: 4.35 is meant as 4.35, not as the binary 4.3499999…; + 0 turns −0 into 0
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) + 0


def _pattern(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


def _wide(text: str) -> str:
    # the wide no-break space, which every font has, for the narrow one, which some lack
    return text.replace("\u202f", "\u00a0")


def _tidy(number: str) -> str:
    return _wide(number).replace("-", "−")


def _unit(seconds: int) -> tuple[_Unit, int]:
    """Babel's name of the unit that a span is told in, and its seconds."""
    is_remainder = seconds % _MINUTE != 0
    if is_remainder and seconds < 2 * _MINUTE:
        return "second", 1
    if seconds == 0 or (seconds % _HOUR and (seconds < 2 * _HOUR or not is_remainder)):
        return "minute", _MINUTE
    if (seconds % _DAY and (seconds < 4 * _DAY or not is_remainder)) or seconds <= 2 * _DAY:
        return "hour", _HOUR
    return "day", _DAY
