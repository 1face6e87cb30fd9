"""Lines for staff never reach the customer, and what is left keeps its formatting."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.internal_lines import has_public_lines, is_internal, public_part


def cut(text: str, entity: dict[str, Any]) -> str:
    units = text.encode("utf-16-le")
    return units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


@pytest.mark.parametrize("text", ["// note", "//", "  // note", "／／备注", "// note\nHello"])
def test_a_message_whose_first_line_is_internal_stays_whole(text: str) -> None:
    assert is_internal(text)
    assert public_part(text, []).text == ""


def test_a_message_without_internal_lines_is_left_alone() -> None:
    bold = {"type": "bold", "offset": 0, "length": 5}
    part = public_part("Hello / there", [bold])
    assert (part.text, part.entities, part.is_whole) == ("Hello / there", (bold,), True)


def test_internal_lines_are_taken_out_of_a_public_message() -> None:
    part = public_part("Hello\n// he is upset\nWe are on it\n  ／／ escalate", [])
    assert part.text == "Hello\nWe are on it"
    assert not part.is_whole


def test_formatting_moves_with_its_words_in_utf_16_units() -> None:
    text = "👋 Hi\n// 🔥 note\nsee docs 🙂 now"
    at = len("👋 Hi\n// 🔥 note\n".encode("utf-16-le")) // 2
    link = {"type": "text_link", "offset": at + 4, "length": 7, "url": "https://example.org"}
    part = public_part(text, [link])
    assert part.text == "👋 Hi\nsee docs 🙂 now"
    assert [cut(part.text, dict(e)) for e in part.entities] == ["docs 🙂"]


def test_formatting_of_an_internal_line_goes_and_a_span_across_it_shrinks() -> None:
    text = "ab\n//cd\nef"
    part = public_part(
        text, [{"type": "code", "offset": 3, "length": 4}, {"type": "bold", "offset": 0, "length": 10}]
    )
    assert part.text == "ab\nef"
    assert [(e["type"], e["offset"], e["length"]) for e in part.entities] == [("bold", 0, 5)]


LINES = st.lists(st.sampled_from(["", "Hi", "👋 a", "//x", " // 🙂", "a//b"]), min_size=1, max_size=6)


@given(LINES, st.data())
def test_no_internal_line_slips_out_and_entities_stay_inside(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines)
    units = len(text.encode("utf-16-le")) // 2
    start = data.draw(st.integers(0, max(0, units - 1)))
    entity = {"type": "bold", "offset": start, "length": data.draw(st.integers(1, max(1, units - start)))}
    part = public_part(text, [entity] if units else [])
    assert not any(line.lstrip().startswith("//") for line in part.text.split("\n"))
    left = len(part.text.encode("utf-16-le")) // 2
    assert all(e["offset"] >= 0 and 0 < e["length"] <= left - e["offset"] for e in part.entities)
    if not is_internal(text):
        kept = [line for line in lines if not line.lstrip().startswith("//")]
        assert part.text == "\n".join(kept)
    assert has_public_lines(text) == any(
        line.strip() and not line.lstrip().startswith("//") for line in lines
    )
