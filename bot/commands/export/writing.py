"""The file that an export goes into: whole or not at all."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

_FILE_MODE = 0o600  # it may hold customers' words


@contextmanager
def opened_binary(to: Path) -> Iterator[BinaryIO]:
    """A file to write, for its owner alone; in place when all went well. Raises OSError."""
    draft = to.with_name(f"{to.name}.{os.getpid()}.tmp")
    handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
        draft.replace(to)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def opened(to: Path | None) -> Iterator[TextIO]:
    """The same for text in UTF-8. ``None``: standard output.

    Raises OSError, BrokenPipeError where nobody reads any more.
    """
    if to is None:
        with _standard_output() as file:
            yield file
        return
    with opened_binary(to) as raw:
        file = io.TextIOWrapper(raw, encoding="utf-8", newline="")
        yield file
        file.flush()
        file.detach()


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    """UTF-8 whatever the terminal's locale says; standard output itself stays open."""
    file = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False)
    try:
        yield file
        file.flush()
    except BrokenPipeError:
        # what is still buffered would fail once more when Python exits
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        raise
    finally:
        file.detach()
