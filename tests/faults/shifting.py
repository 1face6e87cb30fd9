"""A wall clock that is set while processes read it: how far it is off stands in a file that all of them have open."""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Shift:
    """How far the clock of this file is ahead of the machine's."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(bytes(8))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), 8)

    @property
    def seconds(self) -> float:
        """Seconds ahead."""
        found: float = struct.unpack("d", self._shared[:])[0]
        return found

    @seconds.setter
    def seconds(self, ahead: float) -> None:
        self._shared[:] = struct.pack("d", ahead)

    def now(self) -> datetime:
        """What this clock shows."""
        return datetime.now(UTC) + timedelta(seconds=self.seconds)
