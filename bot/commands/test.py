"""``test``: every check of the project, one after the other, each with its name and its verdict."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"

Run = Callable[[Sequence[str]], int]


def checks(pytest_arguments: Sequence[str]) -> tuple[tuple[str, list[str]], ...]:
    """The checks in their order: name, command."""
    python = sys.executable
    return (
        ("style (ruff check)", [python, "-m", "ruff", "check", "."]),
        ("layout (ruff format)", [python, "-m", "ruff", "format", "--check", "."]),
        ("types (mypy)", [python, "-m", "mypy"]),
        ("import contracts (import-linter)", [python, "-c", _LINT_IMPORTS, "--no-logo"]),
        ("tests (pytest)", [python, "-m", "pytest", *pytest_arguments]),
    )


def run_checks(pytest_arguments: Sequence[str], run: Run | None = None) -> int:
    """Run every check, also after one that failed. 0 where all passed, else 1."""
    run = run or _in_checkout
    verdicts = []
    for name, command in checks(pytest_arguments):
        print(f"\n== {name}", flush=True)
        verdicts.append((name, run(command) == 0))
    print()
    for name, passed in verdicts:
        print(f"{'passed' if passed else 'FAILED'}  {name}")
    return 0 if all(passed for _, passed in verdicts) else 1


def _in_checkout(command: Sequence[str]) -> int:
    return subprocess.run(command, cwd=ROOT, check=False).returncode
