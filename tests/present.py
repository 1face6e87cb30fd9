"""What a test needs from the machine. Missing: the test is skipped; under continuous integration it fails."""

from __future__ import annotations

import os

import pytest


def need(name: str, is_present: bool, why: str) -> None:
    """Go on where ``name`` is present. Else skip, or fail where ``CI=true``: nothing is left out unnoticed there.

    ``why`` says what the test does with it and how to get it.
    """
    if is_present:
        return
    message = f"{name} is missing: {why}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
