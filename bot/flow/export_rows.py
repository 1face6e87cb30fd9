"""Rows on their way into a file: CSV that a spreadsheet cannot be tricked with, or JSON Lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, TextIO

from bot.domain.export_names import BETWEEN, FORMULA_STARTS


class Rows(Protocol):
    """Takes one row after the other."""

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a row. Values are texts, whole numbers, instants, lists of texts, or ``None``."""


class CsvRows:
    """UTF-8 with a line of names; every text in quotes, so that no separator inside one begins a new cell."""

    def __init__(self, file: TextIO, names: Sequence[str]) -> None:
        self._writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        self._writer.writerow(names)

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a row. Reasons and tags are joined by ``|``; a text that looks like a formula gets a ``'`` before it."""
        self._writer.writerow([cell(value) for value in row.values()])


class JsonRows:
    """One JSON object per line, exactly what is stored."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a row. Reasons and tags are lists; ``null`` is what is not known."""
        shown = {
            name: instant(value) if isinstance(value, datetime) else value for name, value in row.items()
        }
        self._file.write(json.dumps(shown, ensure_ascii=False) + "\n")


def cell(value: Any) -> str | int | float:
    """A value as one cell: lists joined, instants as text, a formula disarmed."""
    match value:
        case None:
            return ""
        case datetime():
            return instant(value)
        case int() | float():
            return value
        case list():
            return _safe(BETWEEN.join(value))
    return _safe(str(value))


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def instant(value: datetime) -> str:
    """ISO 8601, UTC, milliseconds: 2026-11-25T10:00:00.000Z."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
