"""Which store a url names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot.adapters.clock import backoff
from bot.domain.errors import ConfigError
from bot.store.opening import open_store, sqlite_path


def test_three_slashes_are_relative_and_four_are_absolute() -> None:
    assert sqlite_path("sqlite:///ces.db") == Path("ces.db")
    assert sqlite_path("sqlite:////var/lib/ces/ces.db") == Path("/var/lib/ces/ces.db")


async def test_a_file_name_may_hold_what_means_something_in_urls(tmp_path: Path) -> None:
    (tmp_path / "50% für #1?").mkdir()
    file = tmp_path / "50% für #1?" / "ces&.db"
    await (await open_store(f"sqlite:///{file}", pause=backoff)).close()
    assert [path.name for path in sorted(file.parent.iterdir())] == ["ces&.db", "ces&.db.lock"]


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://host/db", "ces.db"]
)
async def test_a_url_that_names_no_file_and_no_server_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"database\.url"):
        await open_store(url, pause=backoff)


async def test_a_missing_driver_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "bot.store.postgres", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"ces-bot\[postgres\]"):
        await open_store("postgresql://host/ces", pause=backoff)
