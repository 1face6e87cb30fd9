"""An export as an Excel workbook, by way of XlsxWriter (the extra ``export``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from types import TracebackType
from typing import Any, BinaryIO, Self

from bot.domain.errors import ExportError
from bot.domain.export_names import BETWEEN

_MOST_ROWS = 1_048_575  # of one sheet, besides its line of names (Excel's limit)
_TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"


class ExcelRows:
    """Takes rows and writes them to ``file`` on leaving ``with``; row after row goes to disk, so memory stays small.

    Texts are texts, whatever they look like: nothing in the sheet is a formula or a link. Raises ExportError without
    XlsxWriter, and for more rows than a sheet can hold.
    """

    def __init__(self, file: BinaryIO, names: Sequence[str]) -> None:
        try:
            xlsxwriter: Any = import_module("xlsxwriter")
        except ImportError as error:
            raise ExportError('Excel needs XlsxWriter: pip install "ces-bot[export]"') from error
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": _TIME_FORMAT,
            "remove_timezone": True,
        }
        self._book = xlsxwriter.Workbook(file, options)
        self._sheet = self._book.add_worksheet("answers")
        self._sheet.freeze_panes(1, 0)
        self._sheet.write_row(0, 0, names, self._book.add_format({"bold": True}))
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._book.close()

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a row. Times are Excel's own, in UTC; reasons and tags are joined by ``|``."""
        if self._count == _MOST_ROWS:
            raise ExportError("Excel holds a million rows at most: take CSV or JSON Lines.")
        self._count += 1
        for place, value in enumerate(row.values()):
            if isinstance(value, datetime):
                self._sheet.write_datetime(self._count, place, value.astimezone(UTC).replace(tzinfo=None))
            elif isinstance(value, list):
                self._sheet.write_string(self._count, place, BETWEEN.join(value))
            elif isinstance(value, str):
                self._sheet.write_string(self._count, place, value)
            elif value is not None:
                self._sheet.write_number(self._count, place, value)
