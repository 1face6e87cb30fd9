"""The rows of a file, as often as they are asked for: CSV as spreadsheets write it, or JSON Lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from bot.domain.errors import ImportFileError
from bot.domain.export_names import FORMULA_STARTS

_JSON_LINES = (".jsonl", ".ndjson", ".json")
_SEPARATORS = (",", ";", "\t")
_LONGEST_CELL = 1_000_000


class FileOfRows:
    """Iterates over (number, row). Numbers are a spreadsheet's, where the names are row 1, or those of JSON's lines.

    ``names``: the columns; of JSON Lines those of the first line. Raises ImportFileError for what cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_json = path.suffix.lower() in _JSON_LINES
        self._separator = ","
        self.names = self._read_names()

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        with self._open() as file:
            try:
                yield from (self._json_rows(file) if self._is_json else self._csv_rows(file))
            except UnicodeDecodeError as error:
                raise self._unreadable("it is not UTF-8; save it as “CSV UTF-8”") from error
            except csv.Error as error:
                raise self._unreadable(str(error)) from error

    def _read_names(self) -> list[str]:
        if self._is_json:
            first = next(iter(self), None)
            return [] if first is None else list(first[1])
        with self._open() as file:
            try:
                line = file.readline()
            except UnicodeDecodeError as error:
                raise self._unreadable("it is not UTF-8; save it as “CSV UTF-8”") from error
        self._separator = max(_SEPARATORS, key=line.count)
        return next(csv.reader([line], delimiter=self._separator), [])

    def _open(self) -> TextIO:
        try:
            return self._path.open(encoding="utf-8-sig", newline="")
        except OSError as error:
            raise self._unreadable(str(error.strerror)) from error

    def _unreadable(self, why: str) -> ImportFileError:
        return ImportFileError(f"{self._path}: cannot be read ({why}).")

    def _csv_rows(self, file: TextIO) -> Iterator[tuple[int, Mapping[str, Any]]]:
        csv.field_size_limit(_LONGEST_CELL)
        reader = csv.reader(file, delimiter=self._separator)
        next(reader, None)
        for number, cells in enumerate(reader, 2):
            if any(cells):
                if len(cells) > len(self.names):
                    raise ImportFileError(f"{self._path}: row {number} has more cells than there are names.")
                yield number, {name: _plain(cell) for name, cell in zip(self.names, cells, strict=False)}

    def _json_rows(self, file: TextIO) -> Iterator[tuple[int, Mapping[str, Any]]]:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise ImportFileError(f"{self._path}: line {number} is not JSON ({error}).") from None
            if not isinstance(row, dict):
                raise ImportFileError(f"{self._path}: line {number} is no JSON object.")
            yield number, row


def _plain(cell: str) -> str:
    """A cell without the ' that keeps a spreadsheet from calculating it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA_STARTS and cell[1:2] else cell
