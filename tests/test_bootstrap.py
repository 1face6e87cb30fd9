"""The first seconds on a fresh computer: what is installed when, and what people read when it cannot be."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot import bootstrap
from bot.bootstrap import Stamp

ROOT = Path(__file__).parents[1]
BEFORE_INSTALLING = ("bot/__init__.py", "bot/__main__.py", "bot/bootstrap.py")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What of the project runs before anything is installed, in a folder of its own."""
    root = tmp_path / "checkout"
    (root / "bot").mkdir(parents=True)
    for name in (*BEFORE_INSTALLING, "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, root / name)
    return root


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A Python that has only its standard library."""
    venv = tmp_path / "bare"
    assert bootstrap.make_venv(venv, with_pip=False)
    return bootstrap.inside(venv)


def typed(python: Path, cwd: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CES_", "PYTHON"))}
    return subprocess.run(
        [python, "-m", "bot", *arguments],
        cwd=cwd,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


# what may be relied on before anything is installed


@pytest.mark.parametrize("name", BEFORE_INSTALLING)
def test_an_outdated_python_can_read_the_files_that_tell_it_so(name: str) -> None:
    ast.parse((ROOT / name).read_text("utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("name", BEFORE_INSTALLING)
def test_nothing_but_the_standard_library_is_imported_before_the_packages_are_there(name: str) -> None:
    tree = ast.parse((ROOT / name).read_text("utf-8"))
    imported = {
        alias.name if isinstance(node, ast.Import) else (node.module or "")
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {module.split(".")[0] for module in imported} <= {*sys.stdlib_module_names, "bot"}


def test_an_outdated_python_is_named_with_its_path() -> None:
    assert bootstrap.python_complaint((3, 10, 13), "/usr/bin/python3") == (
        "Python 3.11 or newer is needed; this is 3.10.13 (/usr/bin/python3)"
    )
    assert bootstrap.python_complaint((3, 11, 0), "python3") is None
    assert bootstrap.python_complaint((4, 0, 0), "python3") is None


# the stamp


def test_a_stamp_is_good_until_python_or_one_of_the_two_files_changes(checkout: Path) -> None:
    extras = frozenset({"test"})
    made = bootstrap.wanted_stamp(checkout, extras)
    assert made.serves(bootstrap.wanted_stamp(checkout, extras))
    assert not made.serves(bootstrap.wanted_stamp(checkout, extras, python="3.14.0 (main)"))
    for name in ("constraints.txt", "pyproject.toml"):
        before = (checkout / name).read_bytes()
        (checkout / name).write_bytes(before + b"\n")
        assert not made.serves(bootstrap.wanted_stamp(checkout, extras))
        (checkout / name).write_bytes(before)


def test_extras_that_continuous_integration_installed_survive_the_readmes_command(checkout: Path) -> None:
    asked = bootstrap.wanted_extras({"CES_SETUP_EXTRAS": "browser, postgres stats"})
    assert asked == {"test", "browser", "postgres", "stats"}
    installed = bootstrap.wanted_stamp(checkout, asked)
    assert installed.serves(bootstrap.wanted_stamp(checkout, bootstrap.wanted_extras({})))
    assert not bootstrap.wanted_stamp(checkout, frozenset({"test"})).serves(installed)


def test_a_stamp_is_read_as_it_was_written_and_a_torn_one_counts_as_none(tmp_path: Path) -> None:
    stamp = Stamp("3.11.7", "abc", frozenset({"test", "stats"}))
    assert bootstrap.read_stamp(tmp_path) is None
    bootstrap.write_stamp(tmp_path, stamp)
    assert bootstrap.read_stamp(tmp_path) == stamp
    file = next(tmp_path.iterdir())
    file.write_text(file.read_text()[:-9])
    assert bootstrap.read_stamp(tmp_path) is None


# the environment


def test_a_broken_environment_is_made_anew_and_a_good_one_is_kept(tmp_path: Path) -> None:
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    bootstrap.inside(venv).write_text("not a program")
    assert not bootstrap.is_usable(venv, with_pip=False)
    assert bootstrap.make_venv(venv, with_pip=False)
    assert bootstrap.is_usable(venv, with_pip=False)
    assert not bootstrap.is_usable(venv, with_pip=True)
    (venv / "kept").touch()
    assert bootstrap.make_venv(venv, with_pip=False)
    assert (venv / "kept").exists()


def test_of_two_terminals_one_sets_up_and_the_other_waits(checkout: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from bot.bootstrap import only_one\n"
        "with only_one(Path('.')):\n"
        "    print('mine', flush=True); sys.stdin.readline()\n"
    )
    start = [sys.executable, "-c", script]
    first = subprocess.Popen(start, cwd=checkout, stdin=-1, stdout=-1, stderr=-1, text=True)
    with first:
        assert first.stdout
        assert first.stdout.readline() == "mine\n"
        second = subprocess.Popen(start, cwd=checkout, stdin=-1, stdout=-1, stderr=-1, text=True)
        with second:
            assert second.stderr
            assert "waiting" in second.stderr.readline()
            first.communicate("\n")
            assert second.communicate("\n")[0] == "mine\n"


def test_an_environment_that_is_up_to_date_is_not_touched(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = checkout / ".venv"
    assert bootstrap.make_venv(venv, with_pip=False)
    bootstrap.write_stamp(venv, bootstrap.wanted_stamp(checkout, frozenset({"test", "stats"})))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("something was started"))
    bootstrap.prepare(checkout, frozenset({"test"}))


# what people read


@pytest.mark.parametrize("command", ["run", "check", "migrate", "summary", "export"])
def test_commands_for_production_never_install_but_say_what_to_type(
    checkout: Path, bare: Path, command: str
) -> None:
    ended = typed(bare, checkout, command, "--config", "config.toml")
    assert ended.returncode == 1
    assert ".venv/bin/python -m pip install -e . -c constraints.txt" in ended.stderr
    assert f".venv/bin/python -m bot {command} --config config.toml" in ended.stderr
    assert not (checkout / ".venv").exists()


def test_without_a_command_the_two_first_ones_are_named(checkout: Path, bare: Path) -> None:
    ended = typed(bare, checkout)
    assert ended.returncode == 1
    assert "python3 -m bot play" in ended.stderr
    assert "python3 -m bot test" in ended.stderr


def test_outside_a_checkout_nothing_is_installed(checkout: Path, bare: Path) -> None:
    (checkout / "pyproject.toml").unlink()
    ended = typed(bare, checkout, "play")
    assert ended.returncode == 1
    assert "need a checkout" in ended.stderr


def test_set_up_never_goes_round_in_circles(checkout: Path, bare: Path) -> None:
    ended = typed(bare, checkout, "test", CES_SETUP_DONE="1")
    assert ended.returncode == 1
    assert "still lacks telegram" in ended.stderr
    assert not (checkout / ".venv").exists()
