"""The kinds of values that the settings know. Each says in one sentence what would be right.

A ValueError raised here never quotes the value it complains about: whoever prints it decides whether the key may
be shown.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, get_args
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

import langcodes
from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, SecretStr

from bot.adapters.catalogues import NEAR, languages_with_texts
from bot.domain.durations import duration_text, parse_duration
from bot.domain.quiet import QuietHours, parse_quiet_hours, quiet_hours_text
from bot.domain.scales import SCALES

SCALE_NAMES: tuple[str, ...] = tuple(SCALES)

_CRON_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
_FIRST = datetime(2024, 1, 1, tzinfo=UTC)  # a leap year, so that 29 February is a day
_MONTHS = re.compile(r"(\d{1,3})\s*(months?|years?)")
_TOKEN = re.compile(r"\d{6,12}:[A-Za-z0-9_-]{30,}")
_HEADER_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")


class OneOf(ValueError):
    """The value is none of ``choices``; the reader may be offered the nearest."""

    def __init__(self, what: str, choices: tuple[str, ...]) -> None:
        super().__init__(what)
        self.choices = choices


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError('a duration needs its unit, in quotes, as in "90s", "5m", "48h", "14d"')
    return parse_duration(value)


def _hour_span(value: Any) -> Any:
    if value is None or isinstance(value, QuietHours):
        return value
    return parse_quiet_hours(value if isinstance(value, str) else "?")


def _time_zone(value: Any) -> Any:
    if isinstance(value, ZoneInfo):
        return value
    if not isinstance(value, str) or value not in available_timezones():
        raise OneOf("no such time zone", tuple(sorted(available_timezones())))
    return ZoneInfo(value)


def _scale(value: str) -> str:
    if value not in SCALE_NAMES:
        raise OneOf(f"no such scale; there are {', '.join(SCALE_NAMES)}", SCALE_NAMES)
    return value


def _language(value: str) -> str:
    if not langcodes.tag_is_valid(value):
        raise ValueError('not a language tag; write one such as "en", "zh-Hans" or "ar"')
    return langcodes.standardize_tag(value)


def _text_language(value: str) -> str:
    """A language that customers' texts exist in, as their catalogue names it: ``zh-CN`` → ``zh-Hans``."""
    tag, have = _language(value), languages_with_texts()
    found = langcodes.closest_supported_match(tag, list(have), max_distance=NEAR)
    if found is None:
        raise OneOf(f"there are no texts in this language; there are {', '.join(have)}", have)
    return found


class _Months(int):
    def __str__(self) -> str:
        return f"{int(self)} months"


def _months(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _MONTHS.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError('not a number of months; write one such as "24 months" or "2 years"')
    return int(match[1]) * (12 if match[2][0] == "y" else 1)


def _cron(value: str) -> str:
    written = " ".join(value.split())
    if written == "":
        return ""
    expression = _CRON_ALIASES.get(written.lower(), written)
    try:
        next(CronSim(expression, _FIRST))
    except (CronSimError, StopIteration):
        raise ValueError(
            'not a cron expression that ever fires; five fields: minute hour day month weekday, as in "0 9 * * 1-5"'
        ) from None
    return expression


def _token(value: SecretStr) -> SecretStr:
    written = value.get_secret_value().strip()
    if written and not _TOKEN.fullmatch(written):
        raise ValueError(
            "not a bot token; @BotFather gives one: digits, a colon, at least 30 letters and digits"
        )
    return SecretStr(written)


def _header_secret(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not _HEADER_SECRET.fullmatch(value.get_secret_value()):
        raise ValueError("takes 16 to 256 of A-Z a-z 0-9 _ - (make one: openssl rand -hex 32)")
    return value


def _signing_secret(value: SecretStr) -> SecretStr:
    body = value.get_secret_value().removeprefix("whsec_")
    try:
        key = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not value.get_secret_value().startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ValueError(
            'not a signing secret; "whsec_" and 24 to 64 bytes in base64 '
            "(make one: echo whsec_$(openssl rand -base64 32))"
        )
    return value


def _api_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError('not a web address; write one such as "https://api.telegram.org"')
    return value.rstrip("/")


def _public_url(value: str) -> str:
    if value and not _api_url(value).startswith("https://") and urlsplit(value).hostname != "127.0.0.1":
        raise ValueError("Telegram calls https:// addresses only")
    return value.rstrip("/")


def _database_url(value: str) -> str:
    if value.startswith("sqlite:///") and value.removeprefix("sqlite:///") not in ("", ":memory:"):
        return value
    if value.startswith(("postgresql://", "postgres://")) and urlsplit(value).path.strip("/"):
        return value
    raise ValueError('not a database; write "sqlite:///ces.db" or "postgresql://user:password@host/database"')


def _listed(value: Any) -> Any:
    """A list, also from an environment variable: ``1,2`` or ``["a", "b"]``."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('not a list; write "a,b" or ["a", "b"]') from None
    return [part.strip() for part in value.split(",") if part.strip()]


def _maybe_off(value: Any) -> Any:
    return None if value in ("", "off", False, 0, "0") else value


Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(duration_text)]
HourSpan = Annotated[QuietHours | None, BeforeValidator(_hour_span), PlainSerializer(quiet_hours_text)]
TimeZone = Annotated[ZoneInfo, BeforeValidator(_time_zone), PlainSerializer(str)]
ScaleName = Annotated[str, AfterValidator(_scale)]
Language = Annotated[str, AfterValidator(_language)]
TextLanguage = Annotated[str, AfterValidator(_text_language)]
Months = Annotated[
    int, BeforeValidator(_months), Field(ge=1, le=120), AfterValidator(_Months), PlainSerializer(str)
]
CronExpression = Annotated[str, AfterValidator(_cron)]
Token = Annotated[SecretStr, AfterValidator(_token)]
HeaderSecret = Annotated[SecretStr, AfterValidator(_header_secret)]
SigningSecret = Annotated[SecretStr, AfterValidator(_signing_secret)]
ApiUrl = Annotated[str, AfterValidator(_api_url)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Port = Annotated[Annotated[int, Field(ge=1, le=65535)] | None, BeforeValidator(_maybe_off)]
ChatId = Annotated[int | None, BeforeValidator(_maybe_off)]
Listed = BeforeValidator(_listed)


def sqlite_path(url: str) -> Path | None:
    """The file of a ``sqlite:///`` URL (four slashes: absolute); ``None`` for any other database."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def is_secret(annotation: Any) -> bool:
    """True where a field of this annotation holds, somewhere inside, what must not be shown."""
    return annotation is SecretStr or any(is_secret(part) for part in get_args(annotation))


def passwords_in(url: str) -> Iterator[str]:
    """The password of a database's URL, wherever it stands there, as it is written and as it is meant."""
    parts = urlsplit(url)
    in_query = (part.partition("=")[2] for part in parts.query.split("&") if part.startswith("password="))
    for written in (parts.password or "", *in_query):
        yield from dict.fromkeys((written, unquote(written)))
