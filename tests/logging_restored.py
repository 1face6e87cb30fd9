"""Logging is the process's own; a test that configures it puts it back."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    """Active in every module that imports it: handlers, levels and structlog are as before afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = (
                False  # the import linter, run by an earlier test, disables every logger that exists
            )
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
