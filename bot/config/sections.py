"""The sections of the settings: every key with its type and default. ``config.example.toml`` says the same to people.

Unknown keys are refused everywhere: ``scal`` must not quietly leave ``scale`` at its default.
"""

from __future__ import annotations

import re
from datetime import time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from bot.adapters.logs import LogFormat, LogLevel
from bot.config.kinds import (
    ApiUrl,
    ChatId,
    CronExpression,
    DatabaseUrl,
    Duration,
    HeaderSecret,
    HourSpan,
    Language,
    Listed,
    Months,
    OneOf,
    Port,
    PublicUrl,
    ScaleName,
    SigningSecret,
    TextLanguage,
    TimeZone,
    Token,
)
from bot.domain.alerts import Sensitivity
from bot.domain.durations import parse_duration
from bot.domain.events import EventKind, ResolvedBy
from bot.domain.quiet import QuietHours

NAME = r"^[a-z][a-z0-9_-]{0,31}$"
_NO_SECRET = SecretStr("")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=True)


class TelegramSettings(_Section):
    """How the bot reaches Telegram, and Telegram the bot."""

    token: Token = _NO_SECRET
    token_file: Path | None = None
    api_url: ApiUrl = "https://api.telegram.org"
    mode: Literal["polling", "webhook"] = "polling"
    webhook_url: PublicUrl = ""
    webhook_secret: HeaderSecret = _NO_SECRET
    modern: bool = False  # features of Bot API versions that an older Bot API server may lack

    @model_validator(mode="after")
    def _webhook_needs_both(self) -> TelegramSettings:
        if self.mode == "webhook":
            missing = [
                name
                for name, value in (
                    ("webhook_url", self.webhook_url),
                    ("webhook_secret", self.webhook_secret.get_secret_value()),
                )
                if not value
            ]
            if missing:
                raise ValueError(f'mode = "webhook" needs {" and ".join(missing)} too')
        return self


class ChatsSettings(_Section):
    """Where staff are. Ids as ``/id`` shows them; a missing one switches off what needs it."""

    staff: ChatId = None
    support_forum: ChatId = None
    alerts: ChatId = None  # default: the staff chat
    admins: Annotated[list[int], Listed] = []
    language: Language = "en"
    theme: Literal["light", "dark"] = "light"
    explain: bool = False  # tell each topic whether its customer was asked, or why not

    @property
    def alerts_or_staff(self) -> int | None:
        """Where hard answers are told."""
        return self.alerts if self.alerts is not None else self.staff


class DatabaseSettings(_Section):
    """Where everything is remembered."""

    url: DatabaseUrl = Field(default="sqlite:///ces.db", repr=False)


class HttpSettings(_Section):
    """Where webhooks and health questions come in."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080


class WordingSettings(_Section):
    """The question in the team's own words, in one language."""

    question: Annotated[str, Field(min_length=3, max_length=300)]

    @field_validator("question")
    @classmethod
    def _knows_its_placeholder(cls, question: str) -> str:
        if set(re.findall(r"\{[^}]*\}?|\}", question)) - {"{company}"}:
            raise ValueError("only {company} may stand in braces")
        return question


Wording = dict[TextLanguage, WordingSettings]


class SurveySettings(_Section):
    """What is asked, and by which numbers."""

    scale: ScaleName = "emoji5"
    question_version: Annotated[int, Field(ge=1, le=999)] = 1
    wording: Wording = {}
    company: Annotated[str, Field(max_length=64)] = ""
    language: Language = "en"
    delay: Duration = timedelta(minutes=5)
    deadline: Duration = timedelta(hours=48)
    cooldown: Duration = timedelta(days=14)
    edit_for: Duration = timedelta(hours=24)
    comment_for: Duration = timedelta(minutes=15)
    too_old: Duration = timedelta(hours=24)
    quiet_hours: HourSpan = QuietHours(time(21), time(9))
    timezone: TimeZone | None = None  # of the quiet hours; default: summary.timezone
    sampling: Annotated[float, Field(ge=0, le=100)] = 100
    yearly_cap: Annotated[int, Field(ge=0, le=366)] = 12
    minimum_messages: Annotated[int, Field(ge=0, le=1000)] = 2
    minimum_characters: Annotated[int, Field(ge=0, le=100_000)] = 250
    needs_human: bool = True
    blocked_tags: Annotated[list[str], Listed] = []
    test_accounts: Annotated[list[int], Listed] = []
    reminder: Duration = timedelta(0)

    @model_validator(mode="after")
    def _other_words_are_another_version(self) -> SurveySettings:
        if self.wording and self.question_version == 1:
            raise ValueError(
                "a wording of your own is another question: it needs question_version = 2, "
                "and one more with every change"
            )
        return self


class SummarySettings(_Section):
    """When the rolling summary is posted, and over which spans. An empty schedule posts none."""

    schedule: CronExpression = "0 9 * * 1-5"
    timezone: TimeZone = ZoneInfo("UTC")
    windows: Annotated[list[Duration], Listed, Field(min_length=1, max_length=5)] = [
        timedelta(hours=24),
        timedelta(days=7),
        timedelta(days=30),
    ]
    minimum_answers: Annotated[int, Field(ge=1, le=1000)] = 5
    target: Annotated[float | None, Field(ge=0, le=100)] = None  # of emoji3: an easy share in percent
    weekly: CronExpression = ""
    live: bool = False
    live_every: Duration = timedelta(minutes=5)

    @field_validator("windows")
    @classmethod
    def _windows_are_spans(cls, windows: list[timedelta]) -> list[timedelta]:
        if any(window < timedelta(hours=1) for window in windows):
            raise ValueError('a window is at least "1h" long')
        if len(set(windows)) < len(windows):
            raise ValueError("the same window twice")
        return sorted(windows)


class SendingSettings(_Section):
    """The budgets of everything that is sent. Telegram's own limits are a little above the defaults."""

    per_second: Annotated[int, Field(ge=1, le=10_000)] = 25
    per_group_minute: Annotated[int, Field(ge=1, le=100_000)] = 18
    per_chat_second: Annotated[float, Field(gt=0, le=10_000)] = 1


class LimitsSettings(_Section):
    """How much the bot takes from one chat or one source; 0: no limit. A burst of as many at once is fine."""

    commands_per_minute: Annotated[int, Field(ge=0, le=10_000)] = 30
    hooks_per_second: Annotated[int, Field(ge=0, le=100_000)] = 200


class PrivacySettings(_Section):
    """The key of the pseudonyms, without which nobody can tell whose answers are whose; and what is kept how long."""

    pepper: SecretStr = _NO_SECRET
    pepper_file: Path | None = None  # default: beside the SQLite database
    erasures_file: Path | None = None  # default: beside the SQLite database
    keep_comments: Duration = timedelta(days=180)
    keep_scores: Months = 24
    keep_address: Duration = timedelta(days=7)

    @field_validator("keep_comments", "keep_address")
    @classmethod
    def _keeps_for_a_day(cls, span: timedelta) -> timedelta:
        if span < timedelta(days=1):
            raise ValueError('is cleared away once a day, so "1d" is the least')
        return span


class AlertsSettings(_Section):
    """What staff hear at once."""

    hard_answers: bool = True
    sensitivity: Sensitivity = "normal"  # of the watch for a drop


class GenericSourceSettings(_Section):
    """``POST /hooks/generic``. Several secrets at once, so that one can be replaced without a gap."""

    secrets: Annotated[list[SigningSecret], Listed] = []


class SourcesSettings(_Section):
    """Helpdesks that report the end of a conversation; one section each."""

    generic: GenericSourceSettings = GenericSourceSettings()


SOURCE_NAMES: tuple[str, ...] = ("telegram_topic", *SourcesSettings.model_fields)


def _source(value: str) -> str:
    if value not in SOURCE_NAMES:
        raise OneOf(f"no such source; there are {', '.join(SOURCE_NAMES)}", SOURCE_NAMES)
    return value


SourceName = Annotated[str, AfterValidator(_source)]


def _cadence(value: Any) -> Any:
    """``"standard"``, or the visits as a list, also from an environment variable."""
    if value == "standard" or not isinstance(value, str | list):
        return value
    visits = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    try:
        spans = [one if isinstance(one, timedelta) else parse_duration(str(one)) for one in visits]
    except ValueError:
        spans = []
    if not spans or spans[0] < timedelta(days=1) or any(b <= a for a, b in pairwise(spans)):
        raise ValueError('not a cadence; write "standard", or ascending visits from a day on: ["7d", "21d"]')
    return spans


SurveyName = Annotated[str, Field(pattern=NAME)]


class TriggerSettings(_Section):
    """One ``[[triggers]]``: which ends of conversations ask, with numbers of its own where they differ."""

    name: Annotated[str, Field(pattern=NAME)]
    title: Annotated[str, Field(max_length=64)] = ""
    kind: EventKind = "support_ended"
    sources: Annotated[list[SourceName], Listed] = []
    teams: Annotated[list[str], Listed] = []
    tags: Annotated[list[str], Listed] = []
    agents: Annotated[list[str], Listed] = []
    languages: Annotated[list[Language], Listed] = []
    resolved_by: Annotated[list[ResolvedBy], Listed] = []
    touchpoint: Literal["support", "purchase", "after_sales", "follow_up"] = "support"
    on: bool = True
    cadence: Annotated[Literal["standard"] | list[Duration] | None, BeforeValidator(_cadence)] = None
    cadence_for: Duration = timedelta(days=365)
    start_on: Annotated[list[Literal["purchase", "support_ended"]], Listed] = ["purchase"]
    survey: SurveyName | None = None
    scale: ScaleName | None = None
    question_version: Annotated[int | None, Field(ge=1, le=999)] = None
    wording: Wording = {}
    delay: Duration | None = None
    deadline: Duration | None = None
    cooldown: Duration | None = None
    sampling: Annotated[float | None, Field(ge=0, le=100)] = None
    reminder: Duration | None = None
    too_old: Duration | None = None
    yearly_cap: Annotated[int | None, Field(ge=0, le=366)] = None
    minimum_messages: Annotated[int | None, Field(ge=0, le=1000)] = None
    minimum_characters: Annotated[int | None, Field(ge=0, le=100_000)] = None
    needs_human: bool | None = None

    @field_validator("name")
    @classmethod
    def _name_is_free(cls, name: str) -> str:
        if name == "manual":
            raise ValueError('"manual" is the name of what admins ask by hand; choose another')
        return name

    @model_validator(mode="after")
    def _only_follow_ups_have_a_cadence(self) -> TriggerSettings:
        if self.cadence is not None and self.kind != "follow_up":
            raise ValueError('cadence needs kind = "follow_up"')
        return self


class MetricsSettings(_Section):
    """Counters for Prometheus, on a port of their own."""

    port: Port = None


class LogSettings(_Section):
    """How the bot's own log looks."""

    format: LogFormat = "console"
    level: LogLevel = "info"
