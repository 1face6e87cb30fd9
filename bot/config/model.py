"""The settings as one value: the sections together, and what the domain's records are built from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import PrivateAttr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config.advice import shown, unwise
from bot.config.kinds import Listed, passwords_in, sqlite_path
from bot.config.sections import (
    SOURCE_NAMES,
    AlertsSettings,
    ChatsSettings,
    DatabaseSettings,
    HttpSettings,
    LimitsSettings,
    LogSettings,
    MetricsSettings,
    PrivacySettings,
    SendingSettings,
    SourcesSettings,
    SummarySettings,
    SurveySettings,
    TelegramSettings,
    TriggerSettings,
)
from bot.domain.cadence import STANDARD, Cadence
from bot.domain.controls import Retention
from bot.domain.scales import SCALES
from bot.domain.survey import Rules, Survey, Trigger
from bot.flow.alerts import AlertSettings
from bot.flow.composing import ReportSettings
from bot.flow.nonresponse import NonresponseSettings

_A_DAY = timedelta(days=1)
_OWN_RULES = (
    "delay",
    "deadline",
    "cooldown",
    "sampling",
    "reminder",
    "too_old",
    "yearly_cap",
    "minimum_messages",
    "minimum_characters",
    "needs_human",
)


def _cadence_built(trigger: TriggerSettings) -> Cadence | None:
    if trigger.cadence is None:
        return None
    if trigger.cadence == "standard":
        return replace(STANDARD, lasts=trigger.cadence_for)
    return Cadence(tuple(trigger.cadence), lasts=max(trigger.cadence_for, trigger.cadence[-1]))


class Settings(BaseSettings):
    """All settings, valid and frozen. Made by ``bot.config.load``, in tests also by name."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        env_prefix="CES_",
        env_nested_delimiter="__",
        enable_decoding=False,  # lists are read by ``Listed``; a JSON error would hide the other mistakes
    )

    telegram: TelegramSettings = TelegramSettings()
    chats: ChatsSettings = ChatsSettings()
    database: DatabaseSettings = DatabaseSettings()
    http: HttpSettings = HttpSettings()
    survey: SurveySettings = SurveySettings()
    triggers: Annotated[list[TriggerSettings], Listed] = []
    summary: SummarySettings = SummarySettings()
    sending: SendingSettings = SendingSettings()
    limits: LimitsSettings = LimitsSettings()
    privacy: PrivacySettings = PrivacySettings()
    alerts: AlertsSettings = AlertsSettings()
    sources: SourcesSettings = SourcesSettings()
    metrics: MetricsSettings = MetricsSettings()
    log: LogSettings = LogSettings()
    _file: Path | None = PrivateAttr(default=None)
    _is_file_secret: bool = PrivateAttr(default=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is handed in: ``load`` lays the sources over each other and remembers which said what."""
        return (init_settings,)

    @field_validator("triggers")
    @classmethod
    def _names_are_unique(cls, triggers: list[TriggerSettings]) -> list[TriggerSettings]:
        names = [trigger.name for trigger in triggers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f'the name "{name}" is used twice')
        return triggers

    def read_from(self, file: Path | None, *, holds_secret: bool = False) -> Self:
        """The same settings, remembering the file they were read from, and whether a secret stands in it."""
        settings = self.model_copy()
        settings._file = file
        settings._is_file_secret = holds_secret
        return settings

    @property
    def file(self) -> Path | None:
        """The TOML file that was read, if any."""
        return self._file

    @property
    def is_file_secret(self) -> bool:
        """Whether a secret stands in that file, whatever the environment says in its place."""
        return self._is_file_secret

    def rules(self) -> Rules:
        """The numbers of the policy, before a trigger's own."""
        survey = self.survey
        return Rules(
            delay=survey.delay,
            deadline=survey.deadline,
            cooldown=survey.cooldown,
            edit_for=survey.edit_for,
            comment_for=survey.comment_for,
            too_old=survey.too_old,
            quiet=survey.quiet_hours,
            zone=survey.timezone or self.summary.timezone,
            sampling=survey.sampling,
            yearly_cap=survey.yearly_cap,
            minimum_messages=survey.minimum_messages,
            minimum_characters=survey.minimum_characters,
            needs_human=survey.needs_human,
            blocked_tags=tuple(survey.blocked_tags),
            reminder=survey.reminder,
        )

    def survey_built(self, trigger: TriggerSettings | None = None) -> Survey:
        """The survey, with what a trigger says otherwise. Scales of agreement ask with a statement.

        A trigger with words of its own asks a survey of its own, called like the trigger unless it says how.
        """
        survey = self.survey
        scale_name, version, wording, name = survey.scale, survey.question_version, survey.wording, "support"
        if trigger is not None:
            scale_name = trigger.scale or scale_name
            if trigger.wording:
                wording, version, name = trigger.wording, 1, trigger.name
            version, name = trigger.question_version or version, trigger.survey or name
        return Survey(
            name=name,
            scale_name=scale_name,
            form="statement" if SCALES[scale_name].anchors == "agree" else "question",
            question_version=version,
            company=survey.company,
            language=survey.language,
            wording=tuple((language, words.question) for language, words in wording.items()),
        )

    def triggers_built(self) -> tuple[Trigger, ...]:
        """The triggers, top to bottom. None configured: one per source, of its name."""
        if not self.triggers:
            survey, rules = self.survey_built(), self.rules()
            return tuple(Trigger(name, sources=(name,), survey=survey, rules=rules) for name in SOURCE_NAMES)
        return tuple(self._built(trigger) for trigger in self.triggers)

    def _built(self, trigger: TriggerSettings) -> Trigger:
        own = {name: value for name in _OWN_RULES if (value := getattr(trigger, name)) is not None}
        cadence = _cadence_built(trigger)
        gap = cadence.shortest_gap if cadence else None
        if gap is not None and "cooldown" not in own:
            # a visit must not be in the way of the next one, which is due to the minute
            own["cooldown"] = max(timedelta(0), min(self.survey.cooldown, gap - _A_DAY))
        return Trigger(
            name=trigger.name,
            kind=trigger.kind,
            sources=tuple(trigger.sources),
            teams=tuple(trigger.teams),
            tags=tuple(trigger.tags),
            agents=tuple(trigger.agents),
            languages=tuple(trigger.languages),
            resolved_by=tuple(trigger.resolved_by),
            touchpoint=trigger.touchpoint,
            survey=self.survey_built(trigger),
            rules=replace(self.rules(), **own),
            is_on=trigger.on,
            own=frozenset(own),
            cadence=cadence,
            start_on=tuple(trigger.start_on) if cadence else (),
        )

    def reports_built(self) -> ReportSettings:
        """What summaries are made by. The first trigger's series comes first in them."""
        summary = self.summary
        return ReportSettings(
            schedule=summary.schedule,
            zone=summary.timezone,
            windows=tuple(summary.windows),
            minimum_answers=summary.minimum_answers,
            main_series=self.triggers_built()[0].survey.series,
            theme=self.chats.theme,
            weekly=summary.weekly,
            live=summary.live,
            live_every=summary.live_every,
            titles=self.titles_built(),
        )

    def titles_built(self) -> dict[str, str]:
        """What staff read instead of a trigger's name, for each that has a title."""
        return {trigger.name: trigger.title for trigger in self.triggers if trigger.title}

    def retention_built(self) -> Retention:
        """How long what is kept."""
        privacy = self.privacy
        return Retention(
            scores_months=int(privacy.keep_scores),
            comments=privacy.keep_comments,
            address=privacy.keep_address,
        )

    def alerts_built(self) -> AlertSettings:
        """What alerts on a drop are made by: one watch for each series that is asked."""
        return AlertSettings(
            sensitivity=self.alerts.sensitivity,
            zone=self.summary.timezone,
            theme=self.chats.theme,
            series=tuple(dict.fromkeys(trigger.survey.series for trigger in self.triggers_built())),
            titles=self.titles_built(),
        )

    def nonresponse_built(self) -> NonresponseSettings:
        """What ``/answered`` is made by. The first trigger's series comes first in it too."""
        return NonresponseSettings(
            main_series=self.triggers_built()[0].survey.series,
            zone=self.summary.timezone,
            minimum_answers=self.summary.minimum_answers,
            target=self.summary.target,
        )

    def sqlite_path(self) -> Path | None:
        """The database's file; ``None`` where it is not SQLite."""
        return sqlite_path(self.database.url)

    def pepper_path(self) -> Path | None:
        """Where the pepper's file is: as configured, else beside the SQLite database; ``None`` for neither."""
        database = self.sqlite_path()
        beside = database.with_suffix(".pepper") if database else None
        return self.privacy.pepper_file or beside

    def erasures_path(self) -> Path | None:
        """Where the list of erasures is: as configured, else beside the SQLite database; ``None`` for neither."""
        database = self.sqlite_path()
        beside = database.with_name(f"{database.name}.erased") if database else None
        return self.privacy.erasures_file or beside

    def secrets(self) -> tuple[str, ...]:
        """Every secret in clear, for the log's redactor and for nothing else."""
        held = (
            self.telegram.token,
            self.telegram.webhook_secret,
            self.privacy.pepper,
            *self.sources.generic.secrets,
        )
        written = [secret.get_secret_value() for secret in held]
        return tuple(secret for secret in (*written, *passwords_in(self.database.url)) if secret)

    def warnings(self) -> list[str]:
        """What is allowed and yet unwise, one sentence each."""
        return unwise(self)

    def shown(self) -> list[tuple[str, str]]:
        """(key, value) of every setting, in the file's order, secrets hidden: for ``/settings`` and ``check``."""
        return shown(self)
