"""The command line: what can be typed, and what its exit code says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.commands.cli import cli
from bot.commands.test import checks, run_checks
from tests.logging_restored import logging_restored as logging_restored
from tests.present import need
from tests.settings_file import no_settings_from_outside as no_settings_from_outside
from tests.settings_file import written


def test_the_help_names_every_command() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output
    for command in ("play", "test", "run", "check", "migrate", "summary", "simulate", "export"):
        assert f" {command} " in shown


@pytest.mark.parametrize("command", ["run", "check", "migrate", "summary", "export"])
def test_wrong_settings_are_told_in_full_and_the_exit_code_is_one(command: str, tmp_path: Path) -> None:
    token = "8012345678:not-a-real-token_abcdefghijklmnopqr"
    path = written(tmp_path, f'[telegram]\ntoken = "{token}"\n[survey]\nscal = "emoji5"\ndelay = "5"\n')
    ended = CliRunner().invoke(cli, [command, "--config", str(path)])
    assert ended.exit_code == 1
    assert "wrong in 2 places" in ended.output
    assert "Did you mean 'scale'?" in ended.output


def test_migrate_makes_the_database_and_its_pepper_and_is_harmless_when_repeated(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    first = CliRunner().invoke(cli, ["migrate", "--config", str(path)])
    assert first.output.startswith("The schema went from 0 to ")
    assert (tmp_path / "ces.pepper").exists()
    again = CliRunner().invoke(cli, ["migrate", "--config", str(path)])
    assert again.output.startswith("The schema is up to date")
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert len((first.output + again.output).splitlines()) == 2, "the log stays out of a command's answer"


def test_every_check_runs_also_after_one_that_failed(capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[Sequence[str]] = []

    def fails_first(command: Sequence[str]) -> int:
        ran.append(command)
        return 1 if len(ran) == 1 else 0

    assert run_checks(["-k", "tap"], fails_first) == 1
    assert [list(command) for command in ran] == [command for _, command in checks(["-k", "tap"])]
    assert ran[-1][-2:] == ["-k", "tap"]
    shown = capsys.readouterr().out
    assert "FAILED  style (ruff check)" in shown
    assert "passed  tests (pytest)" in shown


def test_when_every_check_passes_the_exit_code_is_zero() -> None:
    assert run_checks([], lambda command: 0) == 0


def test_what_a_test_needs_is_skipped_at_home_and_fails_in_continuous_integration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    need("Chromium", True, "")
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match="Chromium is missing"):
        need("Chromium", False, "apt-get install chromium")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="Chromium is missing"):
        need("Chromium", False, "apt-get install chromium")
