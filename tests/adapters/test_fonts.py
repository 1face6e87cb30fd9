"""The bundled fonts have every letter that we write, and the table says truly which."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bot.adapters.fonts import FAMILIES, FOLDER, Coverage
from bot.domain.scales import SCALES
from tests.font_coverage import bundled, code_points, family, table

ROOT = Path(__file__).parents[2]


def test_the_table_is_that_of_the_fonts() -> None:
    assert (FOLDER / "coverage.json").read_text() == table()


@pytest.mark.parametrize("path", sorted((ROOT / "bot" / "locales").glob("*.po")), ids=lambda path: path.stem)
def test_every_catalogue_can_be_written(path: Path) -> None:
    coverage = Coverage.load()
    missing = {
        letter
        for message in read_po(BytesIO(path.read_bytes()))
        for form in ([message.string] if isinstance(message.string, str) else message.string or [])
        for letter in form
        if message.id and letter != "\n" and not coverage.has(letter)
    }
    assert not missing, "docs/fonts.md says how to add letters"


def test_the_page_s_own_words_can_be_written() -> None:
    coverage = Coverage.load()
    for path in (ROOT / "bot" / "playground" / "static").glob("js/*.js"):
        missing = {letter for letter in path.read_text(encoding="utf-8") if not coverage.has(letter)}
        assert missing <= {"\n", "\t"}, path.name


def test_every_face_of_a_scale_can_be_drawn() -> None:
    coverage = Coverage.load()
    assert all(coverage.is_covered(face) for scale in SCALES.values() for face in scale.faces)


def test_what_no_font_has_is_not_covered() -> None:
    coverage = Coverage.load()
    assert coverage.is_covered("Billing — 保修 الفواتير हिन्दी − 👍\n\u2068x\u2069")
    assert not coverage.is_covered("ᚠᚢᚦ")
    assert not coverage.is_covered("龘")


def test_regular_and_bold_have_the_same_letters() -> None:
    for name in bundled():
        if "-Regular" in name and name.replace("-Regular", "-Bold") in bundled():
            assert code_points(name) == code_points(name.replace("-Regular", "-Bold")), name


def test_every_bundled_family_is_used_and_licensed() -> None:
    assert {family(name) for name in bundled()} == set(FAMILIES)
    licence = (FOLDER / "OFL.txt").read_text(encoding="utf-8")
    assert all(name in licence for name in bundled())
