"""What is said about wrong settings: all of it, with its place, and never a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.config import load
from bot.domain.errors import ConfigError
from tests.settings_file import no_settings_from_outside as no_settings_from_outside
from tests.settings_file import written

TOKEN = "8012345678:not-a-real-token_abcdefghijklmnopqr"


def complaint(folder: Path, text: str, **options: Any) -> list[str]:
    """The lines of the ConfigError that this file brings, without the first and the indents."""
    with pytest.raises(ConfigError) as caught:
        load(written(folder, text), **options)
    return [line.strip().replace(f"{folder}/", "") for line in str(caught.value).splitlines()[1:]]


def test_all_mistakes_are_told_at_once_each_with_line_key_and_what_would_be_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CES_HTTP__PORT", "eighty")
    lines = complaint(
        tmp_path,
        """[telegram]
mode = "poling"

[survey]
scal = "emoji5"
scale = "emoji"
delay = 300
deadline = "2 days"

[summary]
timezone = "Europe/Zurick"
schedule = "0 9 31 2 *"
windows = ["24h", "7dd"]
minimum_answers = 0

[surveys]
x = 1

[[triggers]]
name = "billing"
[[triggers]]
sources = ["generik"]
kind = "support_end"
""",
    )
    assert lines == [
        "config.toml, line 2, [telegram] mode = 'poling': not one of polling, webhook. Did you mean 'polling'?",
        "environment variable CES_HTTP__PORT = 'eighty': not a whole number.",
        "config.toml, line 6, [survey] scale = 'emoji': no such scale; there are emoji5, emoji3, ces5, likert5, "
        "likert7, ten_ease, ten_effort. Did you mean 'emoji5'?",
        'config.toml, line 7, [survey] delay = 300: a duration needs its unit, in quotes, as in "90s", "5m", '
        '"48h", "14d".',
        "config.toml, line 8, [survey] deadline = '2 days': not a duration; write a number and s, m, h, d or w, "
        'as in "90s", "5m", "48h", "14d".',
        "config.toml, line 5, [survey] scal: no such key. Did you mean 'scale'?",
        "config.toml, line 21, [[triggers]] no. 2 name: is missing.",
        "config.toml, line 23, [[triggers]] no. 2 kind = 'support_end': not one of support_ended, purchase, risk, "
        "follow_up. Did you mean 'support_ended'?",
        "config.toml, line 22, [[triggers]] no. 2 sources[0] = 'generik': no such source; there are telegram_topic, "
        "generic. Did you mean 'generic'?",
        "config.toml, line 12, [summary] schedule = '0 9 31 2 *': not a cron expression that ever fires; five "
        'fields: minute hour day month weekday, as in "0 9 * * 1-5".',
        "config.toml, line 11, [summary] timezone = 'Europe/Zurick': no such time zone. Did you mean "
        "'Europe/Zurich'?",
        "config.toml, line 13, [summary] windows[1] = '7dd': not a duration; write a number and s, m, h, d or w, "
        'as in "90s", "5m", "48h", "14d".',
        "config.toml, line 14, [summary] minimum_answers = 0: must be at least 1.",
        "config.toml, line 16, [surveys]: no such section. Did you mean 'survey'?",
    ]


def test_a_city_alone_finds_its_time_zone(tmp_path: Path) -> None:
    assert complaint(tmp_path, '[summary]\ntimezone = "berlin"\n')[0].endswith(
        "Did you mean 'Europe/Berlin'?"
    )


def test_a_key_in_the_wrong_section_is_sent_to_the_right_one(tmp_path: Path) -> None:
    (line,) = complaint(tmp_path, '[survey]\nschedule = "@daily"\n')
    assert line == "config.toml, line 2, [survey] schedule: no such key here. It belongs to [summary]."


def test_a_misspelt_environment_variable_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CES_SURVY__DELAY", "5s")
    monkeypatch.setenv("CES_SURVEY__DELAI", "5s")
    monkeypatch.setenv("CES_TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("CES_TEST_POSTGRES", "postgresql://127.0.0.1/test")
    assert complaint(tmp_path, "") == [
        "environment variable CES_SURVEY__DELAI: no such key. Did you mean 'delay'?",
        "environment variable CES_SURVY__DELAY: no such section. Did you mean 'survey'?",
        "environment variable CES_TELEGRAM_TOKEN: no such setting. Did you mean 'CES_TELEGRAM__TOKEN'?",
    ]


@pytest.mark.parametrize(
    "text",
    [
        f'[telegram]\ntoken = "{TOKEN} oops"\n',
        f'[telegram]\ntokn = "{TOKEN}"\n',
        f'[chats]\nstaff = "{TOKEN}"\n',
        f'[telegram]\ntoken = ["{TOKEN}"]\n',
        f'[telegram]\nwebhook_secret = "{TOKEN}"\n',
        f'[survey]\ndelay = "{TOKEN}"\n',
        f'[sources.generic]\nsecrets = ["{TOKEN}", "whsec_{"a" * 40}"]\n',
        f'[database]\nurl = "mysql://root:{TOKEN}@db/ces"\n',
        f'[privacy]\npepper = 5\n[telegram]\ntoken = "{TOKEN}\n',
        f'telegram = "{TOKEN}"\n',
    ],
)
def test_a_wrong_token_or_secret_is_never_printed(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    for shown in (str(caught.value), repr(caught.value)):
        assert "not-a-real" not in shown
        assert "aaaa" not in shown
    assert caught.value.__cause__ is None


def test_a_token_is_not_in_the_settings_repr(tmp_path: Path) -> None:
    text = f'[telegram]\ntoken = "{TOKEN}"\n[database]\nurl = "postgresql://ces:hunter2@db/ces"\n'
    settings = load(written(tmp_path, text))
    assert TOKEN not in repr(settings) + str(settings.shown())
    assert "hunter2" not in repr(settings) + str(settings.shown())
    assert settings.secrets() == (TOKEN, "hunter2")


def test_a_missing_token_is_a_mistake_only_for_those_who_need_one(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")).telegram.token.get_secret_value() == ""
    (line,) = complaint(tmp_path, "", needs_token=True)
    assert line.startswith("telegram.token: is missing. @BotFather gives one")


def test_an_unreadable_token_file_is_named(tmp_path: Path) -> None:
    (line,) = complaint(tmp_path, '[telegram]\ntoken_file = "nowhere"\n', needs_token=True)
    assert (
        line
        == "config.toml, line 2, [telegram] token_file: nowhere cannot be read (No such file or directory)."
    )


def test_webhook_mode_says_what_else_it_needs(tmp_path: Path) -> None:
    (line,) = complaint(tmp_path, '[telegram]\nmode = "webhook"\nwebhook_url = "https://ces.example.com"\n')
    assert line == 'config.toml, line 1, [telegram]: mode = "webhook" needs webhook_secret too.'


def test_a_file_that_is_missing_or_not_toml_is_a_plain_message(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such file\. Begin with a copy of config\.example\.toml"):
        load(tmp_path / "config.toml")
    with pytest.raises(ConfigError, match=r"is not TOML: .*line 2"):
        load(written(tmp_path, "[survey]\ndelay 5m\n"))


def test_cron_shorthands_are_taken(tmp_path: Path) -> None:
    assert load(written(tmp_path, '[summary]\nschedule = "@daily"\n')).summary.schedule == "0 0 * * *"
    assert load(written(tmp_path, '[summary]\nschedule = ""\n')).summary.schedule == ""


def test_off_is_taken_for_ports_and_switches(tmp_path: Path) -> None:
    settings = load(written(tmp_path, '[metrics]\nport = "off"\n[alerts]\nhard_answers = "off"\n'))
    assert settings.metrics.port is None
    assert settings.alerts.hard_answers is False


def test_two_triggers_of_one_name_are_refused(tmp_path: Path) -> None:
    (line,) = complaint(tmp_path, '[[triggers]]\nname = "a"\n[[triggers]]\nname = "a"\n')
    assert line.endswith('[triggers]: the name "a" is used twice.')
