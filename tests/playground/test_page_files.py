"""What the page is made of: vendored files as listed, both languages whole, nothing that runs text as code."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from bot.adapters.fonts import FOLDER as FONTS
from bot.adapters.fonts import Coverage

STATIC = Path(str(files("bot.playground") / "static"))
VENDOR = STATIC / "vendor"
OWN_SCRIPTS = sorted((STATIC / "js").glob("*.js"))
STYLES = sorted((STATIC / "css").glob("*.css"))

_LITERAL_KEY = re.compile(r'"([a-z_]+(?:\.[a-z_]+)+)"')
_COMPOSED_KEY = re.compile(r"\bt\(`([a-z_]+\.(?:[a-z_]+[._])?)\$\{")


def words() -> dict[str, dict[str, str]]:
    """The page's dictionary, by language. The file is JSON behind one assignment."""
    script = (STATIC / "js" / "words.js").read_text("utf-8")
    found: dict[str, dict[str, str]] = json.loads(script[script.index("{") : script.rindex("}") + 1])
    return found


def listed_files() -> list[dict[str, str]]:
    """The entries of VENDOR.toml."""
    entries: list[dict[str, str]] = tomllib.loads((VENDOR / "VENDOR.toml").read_text("utf-8"))["file"]
    return entries


def test_every_vendored_file_is_the_one_that_is_listed() -> None:
    for entry in listed_files():
        digest = hashlib.sha256((VENDOR / entry["path"]).read_bytes()).hexdigest()
        assert digest == entry["sha256"], entry["path"]
        assert entry["name"]
        assert entry["version"]
        assert entry["licence"]


def test_no_vendored_file_is_unlisted() -> None:
    listed = {entry["path"] for entry in listed_files()} | {"VENDOR.toml"}
    assert {path.name for path in VENDOR.iterdir()} == listed


def test_both_languages_have_the_same_texts() -> None:
    english, chinese = words()["en"], words()["zh-Hans"]
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert text.strip(), key
        assert chinese[key].strip(), key
        placeholders = re.findall(r"\{\w+\}", text), re.findall(r"\{\w+\}", chinese[key])
        assert sorted(placeholders[0]) == sorted(placeholders[1]), key


def test_every_text_that_a_script_uses_exists_and_every_text_is_used() -> None:
    source = "\n".join(path.read_text("utf-8") for path in OWN_SCRIPTS if path.name != "words.js")
    keys = set(words()["en"])
    called = set(re.findall(r'\bt\("([^"]+)"', source))
    assert called <= keys
    prefixes = (*_COMPOSED_KEY.findall(source), "desk.by.", "desk.resolved.")
    for prefix in prefixes:
        assert any(key.startswith(prefix) for key in keys), prefix
    used = (
        called
        | set(_LITERAL_KEY.findall(source))
        | set(re.findall(r'"(title|tabs|close|today|yesterday)"', source))
    )
    assert [key for key in sorted(keys - used) if not key.startswith(prefixes)] == []


@pytest.mark.parametrize("script", OWN_SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_nodes_or_code_from_text(script: Path) -> None:
    source = script.read_text("utf-8")
    for danger in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert danger not in source
    assert "http://" not in source.replace('"http://www.w3.org', "")


def test_the_page_asks_nobody_but_its_own_server() -> None:
    for path in (STATIC / "index.html", *STYLES):
        source = path.read_text("utf-8")
        assert not re.search(r"(src|href)=\"(?!/)|url\(\"(?!/)|@import|style=\"|<script>|<style", source), (
            path.name
        )


def test_the_styles_name_every_font_there_is() -> None:
    named = re.findall(r'url\("/fonts/([^"]+)"\)', (STATIC / "css" / "base.css").read_text("utf-8"))
    assert sorted(named) == sorted(path.name for path in FONTS.iterdir() if path.suffix in (".ttf", ".otf"))


def test_no_letter_of_the_page_is_missing_from_its_fonts() -> None:
    coverage = Coverage.load()
    for texts in words().values():
        for key, text in texts.items():
            assert coverage.is_covered(text), key


def test_every_script_that_is_imported_is_there() -> None:
    for script in OWN_SCRIPTS:
        for target in re.findall(r'from "([^"]+)"', script.read_text("utf-8")):
            assert (script.parent / target).resolve().is_file(), f"{script.name} imports {target}"
