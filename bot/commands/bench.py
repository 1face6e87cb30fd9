"""``bench``: how fast the bot is on this machine, beside bots that store nothing. Needs a checkout."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from bot.commands.test import ROOT


def run_benchmark(arguments: Sequence[str]) -> int:
    """Run the benchmark of ``tests/bench`` in a process of its own; its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "tests.bench.run", *arguments], cwd=ROOT, check=False
    ).returncode
