"""``export``: every episode as a row, for a spreadsheet or a program. Only reads, beside a running bot.

The columns are described in docs/export.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bot.adapters.clock import backoff
from bot.adapters.spreadsheet import ExcelRows
from bot.commands.export.writing import opened, opened_binary
from bot.config import Settings
from bot.flow.export_columns import columns
from bot.flow.export_rows import CsvRows, JsonRows, Rows
from bot.flow.exporting import copy_rows
from bot.store.opening import OpenStore, open_store

__all__ = ["export"]

_JSON_LINES = (".jsonl", ".ndjson")
_EXCEL = ".xlsx"


async def export(settings: Settings, to: Path | None, *, with_comments: bool) -> int:
    """Write every episode to ``to`` (default: standard output): CSV; JSON Lines to ``….jsonl``, Excel to ``….xlsx``.

    Memory does not grow with the number of rows. Each page is read for itself: what the bot writes meanwhile may be
    in it. A file appears whole or not at all. Raises StoreError. 1: the file cannot be written.
    """
    async with await open_store(settings.database.url, pause=backoff, read_only=True) as store:
        try:
            count = await _write(store, to, with_comments=with_comments)
        except BrokenPipeError:  # the reader has seen enough (export | head)
            return 0
        except OSError as error:
            print(f"{to or 'standard output'}: cannot be written ({error.strerror}).", file=sys.stderr)
            return 1
    if to is not None:
        print(f"{count} {'episode' if count == 1 else 'episodes'} written to {to}.")
    return 0


async def _write(store: OpenStore, to: Path | None, *, with_comments: bool) -> int:
    names = columns(with_comments=with_comments)
    if to is not None and to.suffix.lower() == _EXCEL:
        with opened_binary(to) as raw, ExcelRows(raw, names) as sheet:
            return await copy_rows(store, sheet, with_comments=with_comments)
    with opened(to) as file:
        is_json = to is not None and to.suffix.lower() in _JSON_LINES
        rows: Rows = JsonRows(file) if is_json else CsvRows(file, names)
        return await copy_rows(store, rows, with_comments=with_comments)
