"""The rules of the house, checked by a machine. What import-linter and ruff cannot see is looked for here."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from tests.present import need

ROOT = Path(__file__).parents[1]
CODE = sorted(path for folder in ("bot", "handlers") for path in (ROOT / folder).rglob("*.py"))
LONGEST = 400  # lines; a file is read in one sitting
SQL = re.compile(
    r"^\s*(SELECT|INSERT INTO|UPDATE \w+|DELETE FROM|CREATE TABLE|ALTER TABLE|WITH \w+ AS)\b", re.MULTILINE
)
# Written in two parts, so that this file does not hold what it looks for.
REGISTRIES = tuple(
    "".join(parts)
    for parts in (
        ("pypi", ".org"),
        ("python", "hosted.org"),
        ("registry.npm", "js.org"),
        ("arti", "factory"),
        ("index-", "url"),
        ("find-", "links"),
    )
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tracked() -> list[Path]:
    """Every file that git holds; all files of the tree where there is no git."""
    need("git", shutil.which("git") is not None and (ROOT / ".git").exists(), "it lists the project's files")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str | None:
    """The text, or ``None`` for pictures and fonts."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None


def test_the_import_contracts_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", cache_dir=str(tmp_path), no_logo=True) == 0


def _public(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Every public name that can carry a docstring: the module, its functions, its classes and their methods."""
    yield "the module", tree
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_":
            yield node.name, node
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner.name[0] != "_":
                        yield f"{node.name}.{inner.name}", inner


def _needs_docstring(node: ast.AST) -> bool:
    """A setter and an overload say nothing of their own."""
    decorators = {ast.unparse(decorator) for decorator in getattr(node, "decorator_list", [])}
    return not any(word.endswith(".setter") or word in ("overload", "override") for word in decorators)


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_every_public_name_says_what_it_promises(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    if not tree.body:
        return
    silent = [
        name
        for name, node in _public(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and _needs_docstring(node)
        and not ast.get_docstring(node)
    ]
    assert silent == []


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize(
    "path", [path for path in CODE if (ROOT / "bot/store") not in path.parents], ids=name_of
)
def test_sql_is_written_in_the_store_alone(path: Path) -> None:
    strings = [
        node.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [text for text in strings if SQL.match(text)] == []


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_no_module_keeps_state_or_leaves_work_for_later(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert [node.names for node in ast.walk(tree) if isinstance(node, ast.Global)] == []
    assert re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", text) == []


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_silenced_check_says_why(path: Path) -> None:
    silenced = re.findall(r"(?m)^.*#\s*(?:type: ignore|noqa).*$", path.read_text("utf-8"))
    unexplained = [
        line
        for line in silenced
        if not re.search(r"(?:ignore\[[\w, -]+\]|noqa: \w+)\s*(?:#|--|:)? ?\w", line)
    ]
    assert unexplained == []


def test_the_domain_awaits_nothing() -> None:
    awaiting = [
        name_of(path)
        for path in (ROOT / "bot/domain").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await)
    ]
    assert awaiting == []


def test_no_tracked_file_names_a_package_registry_or_a_folder_of_somebodys_machine() -> None:
    found = []
    for path in tracked():
        text = text_of(path) or ""
        found += [(name_of(path), word) for word in REGISTRIES if word in text.lower()]
        found += [(name_of(path), word) for word in re.findall(r"(?<![\w.])/(?:home|Users)/\w+", text)]
    assert found == []


def test_the_pins_hold_no_address_and_cover_what_the_project_asks_for() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert [line for line in lines if "://" in line or line.startswith("-")] == []
    pinned = {re.split(r"[=<>~ ;]", line)[0].lower() for line in lines if line and not line.startswith("#")}
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    asked = project[project.index("dependencies = [") : project.index("[project.scripts]")]
    names = re.findall(r'"([A-Za-z0-9-]+)(?:\[[^\]]*\])?[><=~]', asked)
    assert len(names) > 15
    assert {name.lower() for name in names} - pinned == set()


def test_no_tracked_file_looks_like_a_secret() -> None:
    secret = re.compile(r"(?<!\d)\d{8,12}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])")
    assert [name_of(path) for path in tracked() if secret.search(text_of(path) or "")] == []
