"""The list of erasures as a file: one line each, ``<milliseconds since 1970, UTC> <hash>``, only ever appended to."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from bot.store.engine import from_ms, to_ms

_LINE = re.compile(r"(\d+) ([0-9a-f]{32})")


class ErasureFile:
    """The list at ``path``, which need not be there yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, datetime]:
        """Every hash on it, with its latest time. A line that a crash tore is passed over: it is written again."""
        found: dict[str, datetime] = {}
        try:
            text = self._path.read_text("ascii", "replace")
        except FileNotFoundError:
            return found
        for line in text.splitlines():
            if match := _LINE.fullmatch(line):
                at = from_ms(int(match[1]))
                found[match[2]] = max(at, found.get(match[2], at))
        return found

    def append(self, erased: Mapping[str, datetime]) -> None:
        """Add to it; when this returns, it is on disk. Raises OSError."""
        lines = "".join(f"\n{to_ms(at)} {digest}" for digest, at in erased.items())
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, f"{lines}\n".encode())
            os.fsync(file)
        finally:
            os.close(file)
