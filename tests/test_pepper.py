"""The key of the pseudonyms: made once, for its owner alone, never beside an old database."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.config import load, load_pepper
from bot.domain.errors import ConfigError
from tests.settings_file import no_settings_from_outside as no_settings_from_outside
from tests.settings_file import written


def test_the_pepper_is_made_once_beside_the_database_for_its_owner_alone(tmp_path: Path) -> None:
    settings = load(written(tmp_path, ""))
    pepper = load_pepper(settings)
    file = tmp_path / "ces.pepper"
    assert len(pepper) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_pepper(settings) == pepper
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["ces.pepper", "config.toml"]


def test_the_environments_pepper_wins_and_no_file_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CES_PRIVACY__PEPPER", "ab" * 32)
    assert load_pepper(load(written(tmp_path, ""))) == b"\xab" * 32
    assert not (tmp_path / "ces.pepper").exists()


def test_no_new_pepper_is_made_for_an_old_database(tmp_path: Path) -> None:
    settings = load(written(tmp_path, ""))
    (tmp_path / "ces.db").write_bytes(b"SQLite format 3\0")
    with pytest.raises(ConfigError, match="the pepper is gone"):
        load_pepper(settings)


def test_a_pepper_that_is_too_short_is_refused_unseen(tmp_path: Path) -> None:
    settings = load(written(tmp_path, ""))
    (tmp_path / "ces.pepper").write_text("c0ffee\n")
    with pytest.raises(ConfigError, match="at least 64 hexadecimal digits") as caught:
        load_pepper(settings)
    assert "c0ffee" not in str(caught.value)


def test_with_postgresql_the_pepper_must_be_named(tmp_path: Path) -> None:
    settings = load(written(tmp_path, '[database]\nurl = "postgresql://127.0.0.1/ces"\n'))
    with pytest.raises(ConfigError, match=r"privacy\.pepper_file: is missing"):
        load_pepper(settings)
