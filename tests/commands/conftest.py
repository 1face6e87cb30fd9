"""A town for each test, and logging as it was before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.commands.town import Town, built
from tests.logging_restored import logging_restored as logging_restored
from tests.settings_file import no_settings_from_outside as no_settings_from_outside


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Everything is as it should be, and the bot does not run."""
    town, server = await built(tmp_path)
    yield town
    await server.stop()
