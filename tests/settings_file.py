"""A settings file to load, and an environment that says nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Active in every module that imports it: the settings of whoever runs the tests stay out of them."""
    for name in [name for name in os.environ if name.startswith("CES_")]:
        monkeypatch.delenv(name)


def written(folder: Path, text: str, name: str = "config.toml") -> Path:
    """The path of a file in ``folder`` with this text."""
    path = folder / name
    path.write_text(text, "utf-8")
    return path
