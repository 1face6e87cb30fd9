"""What the settings promise: every key, a clear order of sources, triggers, and advice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel

from bot.config import Settings, load
from bot.domain.cadence import Cadence
from bot.domain.controls import Retention
from bot.domain.errors import ConfigError
from tests.settings_file import no_settings_from_outside as no_settings_from_outside
from tests.settings_file import written

TOKEN = "8012345678:not-a-real-token_abcdefghijklmnopqr"
EXAMPLE = Path(__file__).parents[1] / "config.example.toml"


def test_the_defaults_are_those_that_others_rely_on() -> None:
    settings = Settings()
    assert settings.telegram.token.get_secret_value() == ""
    assert settings.telegram.token_file is None
    assert settings.telegram.api_url == "https://api.telegram.org"
    assert settings.telegram.mode == "polling"
    assert settings.telegram.modern is False
    assert (settings.chats.staff, settings.chats.support_forum, settings.chats.alerts) == (None, None, None)
    assert (settings.chats.admins, settings.chats.language, settings.chats.theme) == ([], "en", "light")
    assert settings.database.url == "sqlite:///ces.db"
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 8080)
    assert (settings.survey.scale, settings.survey.company, settings.survey.language) == ("emoji5", "", "en")
    assert settings.survey.delay == timedelta(minutes=5)
    assert settings.survey.deadline == timedelta(hours=48)
    assert settings.survey.cooldown == timedelta(days=14)
    assert settings.survey.edit_for == timedelta(hours=24)
    assert settings.survey.comment_for == timedelta(minutes=15)
    assert settings.summary.schedule == "0 9 * * 1-5"
    assert settings.summary.timezone == ZoneInfo("UTC")
    assert settings.summary.windows == [timedelta(hours=24), timedelta(days=7), timedelta(days=30)]
    assert settings.summary.minimum_answers == 5
    assert (settings.sending.per_second, settings.sending.per_group_minute) == (25, 18)
    assert settings.sending.per_chat_second == 1
    assert settings.privacy.pepper_file is None
    assert settings.sources.generic.secrets == []
    assert settings.alerts.hard_answers is True
    assert settings.metrics.port is None
    assert (settings.log.format, settings.log.level) == ("console", "info")
    assert settings.triggers == []


def test_the_example_loads_and_says_what_the_defaults_are() -> None:
    ours, defaults = load(EXAMPLE).model_dump(), Settings().model_dump()
    ours.pop("database")  # its path begins at the file's folder
    defaults.pop("database")
    assert ours == defaults


def test_the_example_loads_with_every_commented_setting_taken(tmp_path: Path) -> None:
    text = re.sub(r"(?m)^# (?=\[[a-z\[]|[a-z_]+ = )", "", EXAMPLE.read_text("utf-8"))
    text = text.replace('token = "123456789:AA..."', f'token = "{TOKEN}"').replace(
        'token_file = "telegram.token"', ""
    )
    text = text.replace('webhook_secret = "..."', f'webhook_secret = "{"ab" * 16}"')
    text = text.replace('pepper = "..."', f'pepper = "{"ab" * 32}"')
    text = text.replace("question_version = 1 ", "question_version = 2 ")
    settings = load(written(tmp_path, text))
    assert settings.triggers_built()[0].rules.delay == timedelta(minutes=10)
    assert settings.chats.staff == -1001234567890


def _keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        inner = [part for part in (field.annotation, *get_args(field.annotation)) if _is_model(part)]
        if inner:
            yield from _keys(inner[0], f"{prefix}.{name}".strip("."))
        else:
            yield prefix, name


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def test_the_example_documents_every_key() -> None:
    sections = re.split(r"(?m)^(?:# )?\[+([a-z_.]+)\]+$", EXAMPLE.read_text("utf-8"))
    texts: dict[str, str] = {}
    for name, text in zip(sections[1::2], sections[2::2], strict=True):
        section = re.sub(r"(?<=\.wording)\.[a-z]+$", "", name)  # one table per language
        texts[section] = texts.get(section, "") + text
    missing = [
        f"[{section}] {key}"
        for section, key in _keys(Settings)
        if not re.search(rf"(?m)^(?:# )?{key} = ", texts.get(section, ""))
    ]
    assert missing == []


def test_the_first_of_command_line_environment_secret_file_and_file_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def token(tail: str) -> str:
        return TOKEN + tail

    written(tmp_path, token("_secret_file") + "\n", "telegram.token")
    path = written(
        tmp_path,
        f'[telegram]\ntoken = "{token("_toml")}"\n[survey]\ndelay = "1m"\ndeadline = "2d"\ncooldown = "3d"\n',
    )
    assert load(path).telegram.token.get_secret_value() == token("_toml")
    monkeypatch.setenv("CES_TELEGRAM__TOKEN_FILE", "telegram.token")
    assert load(path).telegram.token.get_secret_value() == token("_secret_file")
    monkeypatch.setenv("CES_TELEGRAM__TOKEN", token("_environment"))
    monkeypatch.setenv("CES_SURVEY__DEADLINE", "4d")
    monkeypatch.setenv("CES_SURVEY__COOLDOWN", "5d")
    settings = load(path, {"survey": {"cooldown": "6d"}})
    assert settings.telegram.token.get_secret_value() == token("_environment")
    survey = settings.survey
    assert (survey.delay.total_seconds(), survey.deadline.days, survey.cooldown.days) == (60, 4, 6)


def test_lists_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CES_CHATS__ADMINS", "111, 222")
    monkeypatch.setenv("CES_SUMMARY__WINDOWS", '["1d", "7d"]')
    monkeypatch.setenv("CES_CHATS__STAFF", "-1001234567890")
    settings = load(None)
    assert settings.chats.admins == [111, 222]
    assert settings.summary.windows == [timedelta(days=1), timedelta(days=7)]
    assert settings.chats.staff == -1001234567890


def test_relative_paths_begin_at_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    path = written(tmp_path, '[privacy]\npepper_file = "p/ces.pepper"\n')
    monkeypatch.chdir(tmp_path / "elsewhere")
    settings = load(path)
    assert settings.sqlite_path() == tmp_path / "ces.db"
    assert settings.database.url == f"sqlite:///{tmp_path}/ces.db"
    assert settings.pepper_path() == tmp_path / "p/ces.pepper"
    assert settings.file == path
    assert load(None).sqlite_path() == tmp_path / "elsewhere/ces.db"


def test_an_absolute_database_path_and_postgresql_stay_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, '[database]\nurl = "sqlite:////var/lib/ces/ces.db"\n')
    assert load(path).sqlite_path() == Path("/var/lib/ces/ces.db")
    path = written(tmp_path, '[database]\nurl = "postgresql://ces:pw@db/ces"\n')
    assert load(path).database.url == "postgresql://ces:pw@db/ces"
    assert load(path).sqlite_path() is None


def test_without_triggers_there_is_one_for_each_source() -> None:
    triggers = Settings().triggers_built()
    assert [(trigger.name, trigger.sources) for trigger in triggers] == [
        ("telegram_topic", ("telegram_topic",)),
        ("generic", ("generic",)),
    ]
    assert all(trigger.is_on and trigger.survey.series == "support/emoji5/question/1" for trigger in triggers)


def test_a_trigger_has_its_own_numbers_where_it_says_so(tmp_path: Path) -> None:
    text = """
[survey]
delay = "1m"
company = "Acme"
[[triggers]]
name = "vip"
tags = ["vip"]
scale = "likert7"
delay = "0s"
on = false
[[triggers]]
name = "rest"
"""
    vip, rest = load(written(tmp_path, text)).triggers_built()
    assert (vip.tags, vip.is_on, vip.rules.delay, vip.rules.deadline) == (
        ("vip",),
        False,
        timedelta(),
        timedelta(hours=48),
    )
    assert vip.survey.series == "support/likert7/statement/1"
    assert (vip.survey.company, rest.survey.scale_name, rest.rules.delay) == (
        "Acme",
        "emoji5",
        timedelta(minutes=1),
    )


def test_unwise_values_work_and_are_warned_of(tmp_path: Path) -> None:
    text = """
[chats]
staff = -100123
support_forum = -100124
admins = [1]
[survey]
delay = "0s"
cooldown = "0s"
[summary]
minimum_answers = 1
[sending]
per_second = 60
"""
    path = written(tmp_path, text)
    warnings = load(path).warnings()
    for word in ("survey.delay", "survey.cooldown", "summary.minimum_answers", "sending.per_second"):
        assert [word in warning for warning in warnings].count(True) == 1
    assert len(warnings) == 4


def test_a_file_with_a_secret_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    path = written(tmp_path, f'[telegram]\ntoken = "{TOKEN}"\n')
    path.chmod(0o644)
    assert any(f"chmod 600 {path}" in warning for warning in load(path).warnings())
    path.chmod(0o600)
    assert not any("chmod 600" in warning for warning in load(path).warnings())


@pytest.mark.parametrize(
    "text",
    [
        f'[telegram]\ntoken_file = "token"\ntoken = "{TOKEN}"\n',
        '[telegram]\ntoken_file = "token"\nwebhook_secret = "0123456789abcdef"\n',
        '[privacy]\npepper = "salt of the earth"\n',
        f'[sources.generic]\nsecrets = ["whsec_{"QUFB" * 10}"]\n',
        '[database]\nurl = "postgresql://ces:guess@db/ces"\n',
    ],
    ids=["token", "webhook_secret", "pepper", "signing secret", "password"],
)
def test_every_secret_in_a_file_counts_whatever_else_says_it(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CES_TELEGRAM__TOKEN", TOKEN)
    path = written(tmp_path, text)
    path.chmod(0o644)
    assert any(f"chmod 600 {path}" in warning for warning in load(path).warnings())


def test_a_file_without_a_secret_may_be_read_by_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CES_TELEGRAM__TOKEN", TOKEN)
    monkeypatch.setenv("CES_PRIVACY__PEPPER", "salt of the earth")
    path = written(tmp_path, '[telegram]\ntoken = ""\n[database]\nurl = "postgresql://db/ces"\n')
    path.chmod(0o644)
    assert not any("chmod 600" in warning for warning in load(path).warnings())


def test_the_settings_are_shown_in_the_files_own_words(tmp_path: Path) -> None:
    shown = dict(load(written(tmp_path, "[chats]\nadmins = [7, 8]\n")).shown())
    assert shown["survey.deadline"] == "48h"
    assert shown["summary.windows"] == "24h, 7d, 30d"
    assert shown["chats.admins"] == "7, 8"
    assert shown["chats.staff"] == "-"
    assert shown["alerts.hard_answers"] == "on"


def test_a_question_in_own_words_is_asked_in_those_languages_only(tmp_path: Path) -> None:
    text = """
[survey]
question_version = 2
company = "Acme"
[survey.wording.en]
question = "How easy was it to sort this out with {company}?"
[survey.wording.zh-CN]
question = "这次解决问题容易吗？"
"""
    survey = load(written(tmp_path, text)).survey_built()
    assert survey.series == "support/emoji5/question/2"
    assert survey.words_in("zh-Hans") == "这次解决问题容易吗？"
    assert [survey.spoken(tag) for tag in ("en", "zh-Hans", "de")] == ["en", "zh-Hans", "en"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[survey.wording.en]\nquestion = "Was it easy?"', "it needs question_version = 2"),
        (
            '[survey]\nquestion_version = 2\n[survey.wording.en]\nquestion = "{firm}?"',
            "only {company} may stand",
        ),
        (
            '[survey]\nquestion_version = 2\n[survey.wording.fi]\nquestion = "Oliko se?"',
            "no texts in this language",
        ),
        ('[privacy]\nkeep_scores = "730d"', 'such as "24 months"'),
        ('[privacy]\nkeep_address = "1h"', '"1d" is the least'),
        ('[[triggers]]\nname = "a"\ncadence = "standard"', 'cadence needs kind = "follow_up"'),
        ('[[triggers]]\nname = "a"\nkind = "follow_up"\ncadence = ["7d", "3d"]', "not a cadence"),
        ('[[triggers]]\nname = "a"\nkind = "follow_up"\ncadence = "weekly"', "not a cadence"),
    ],
)
def test_wrong_words_cadences_and_terms_are_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)):
        load(written(tmp_path, text))


def test_a_trigger_with_words_of_its_own_is_counted_by_itself(tmp_path: Path) -> None:
    text = """
[survey]
question_version = 3
[survey.wording.en]
question = "Was it easy to get help?"
[[triggers]]
name = "support"
[[triggers]]
name = "visits"
kind = "follow_up"
cadence = "standard"
scale = "ces5"
[triggers.wording.en]
question = "Is it easy to use?"
[[triggers]]
name = "risk"
kind = "risk"
survey = "rescue"
"""
    series = [trigger.survey.series for trigger in load(written(tmp_path, text)).triggers_built()]
    assert series == ["support/emoji5/question/3", "visits/ces5/question/1", "rescue/emoji5/question/3"]


def test_follow_up_visits_are_not_in_each_others_way(tmp_path: Path) -> None:
    text = """
[[triggers]]
name = "standard"
kind = "follow_up"
cadence = "standard"
cadence_for = "100d"
[[triggers]]
name = "own"
kind = "follow_up"
cadence = ["7d", "10d", "400d"]
start_on = ["support_ended"]
[[triggers]]
name = "patient"
kind = "follow_up"
cadence = "standard"
cooldown = "30d"
"""
    standard, own, patient = load(written(tmp_path, text)).triggers_built()
    assert standard.cadence == Cadence(
        (timedelta(days=7), timedelta(days=21)), timedelta(days=14), timedelta(days=100)
    )
    assert (standard.rules.cooldown, standard.start_on) == (timedelta(days=13), ("purchase",))
    assert own.cadence is not None
    assert own.cadence.lasts == timedelta(days=400)
    assert (own.rules.cooldown, own.start_on) == (timedelta(days=2), ("support_ended",))
    assert patient.rules.cooldown == timedelta(days=30)
    assert all("cooldown" in trigger.own for trigger in (standard, own, patient))


def test_the_terms_of_what_is_kept_are_those_of_the_settings(tmp_path: Path) -> None:
    assert Settings().retention_built() == Retention()
    text = '[privacy]\nkeep_comments = "30d"\nkeep_scores = "2 years"\nkeep_address = "1d"\n'
    settings = load(written(tmp_path, text))
    assert settings.retention_built() == Retention(24, timedelta(days=30), timedelta(days=1))
    assert dict(settings.shown())["privacy.keep_scores"] == "24 months"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('[survey]\nreminder = "10m"', "survey.reminder is under an hour"),
        ('[survey]\nreminder = "48h"', "nobody will be reminded"),
        (
            '[[triggers]]\nname = "sold"\nkind = "purchase"',
            'triggers "sold" asks how easy it was to get help',
        ),
        ('[privacy]\nkeep_scores = "6 months"', "survey.yearly_cap cannot count"),
        ('[summary]\nwindows = ["900d"]', "goes back further"),
    ],
)
def test_unwise_reminders_triggers_and_terms_are_warned_of(tmp_path: Path, text: str, word: str) -> None:
    assert [word in warning for warning in load(written(tmp_path, text)).warnings()].count(True) == 1
