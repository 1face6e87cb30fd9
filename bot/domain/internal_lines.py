"""Lines that staff write for each other: they start with ``//`` and stay in the forum.

Entities are the Bot API's ``MessageEntity`` objects; their offsets and lengths count UTF-16 code units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MARKS = ("//", "／／")  # the second is what a Chinese or Japanese keyboard types


@dataclass(frozen=True)
class PublicPart:
    """What of a staff message the customer may read. ``is_whole``: nothing was taken out."""

    text: str
    entities: tuple[Mapping[str, Any], ...]
    is_whole: bool


def is_internal(text: str) -> bool:
    """Whether a message stays in the forum as a whole: its first line is for staff, so no later line may slip out."""
    return text.lstrip().startswith(_MARKS)


def has_public_lines(text: str) -> bool:
    """Whether any line of this text is not for staff only."""
    return any(line.strip() and not line.lstrip().startswith(_MARKS) for line in text.split("\n"))


def public_part(text: str, entities: Sequence[Mapping[str, Any]]) -> PublicPart:
    """The text without its internal lines, its entities cut and moved along; '' for an internal message."""
    if is_internal(text):
        return PublicPart("", (), False)
    kept: list[tuple[int, int]] = []  # UTF-16 spans that stay, each with the line break before it
    lines: list[str] = []
    at = 0
    for line in text.split("\n"):
        length = _units(line)
        if not line.lstrip().startswith(_MARKS):
            kept.append((max(0, at - 1) if lines else at, at + length))
            lines.append(line)
        at += length + 1
    public = "\n".join(lines)
    if public == text:
        return PublicPart(text, tuple(entities), True)
    return PublicPart(public, tuple(_moved(entities, kept)), False)


def _moved(entities: Sequence[Mapping[str, Any]], kept: Sequence[tuple[int, int]]) -> list[Mapping[str, Any]]:
    moved: list[Mapping[str, Any]] = []
    for entity in entities:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        offset, length, passed = 0, 0, 0
        for low, high in kept:
            if start > low:
                offset = passed + min(start, high) - low
            length += max(0, min(end, high) - max(start, low))
            passed += high - low
        if length:
            moved.append({**entity, "offset": offset, "length": length})
    return moved


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
