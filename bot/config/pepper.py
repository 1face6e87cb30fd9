"""The pepper: the key of the pseudonyms, kept outside the database.

It comes from ``CES_PRIVACY__PEPPER`` or from a file; on the very first start the file is made. It is never made
beside a database that already holds data: with another pepper every customer would be a stranger, opt-outs
included.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from bot.adapters.clock import new_pepper
from bot.config.model import Settings
from bot.domain.errors import ConfigError

_LEAST_BYTES = 32


def load_pepper(settings: Settings) -> bytes:
    """At least 32 bytes. Call it before the database is made: an existing one forbids a new pepper.

    Raises ConfigError where there is none and none may be made, or where it is not hexadecimal.
    """
    found = find_pepper(settings)
    if found is not None:
        return found
    path = settings.pepper_path()
    assert path is not None  # where there is no place for a pepper, finding none has raised
    _make(path)
    return _bytes(path.read_text("ascii"), str(path))


def find_pepper(settings: Settings) -> bytes | None:
    """The pepper, and nothing is made; ``None``: the first start will make it. Raises ConfigError as above."""
    given = settings.privacy.pepper.get_secret_value()
    if given:
        return _bytes(given, "privacy.pepper")
    path = settings.pepper_path()
    if path is None:
        raise ConfigError(
            "privacy.pepper_file: is missing. With PostgreSQL there is no folder to put a pepper in; make one with "
            "'openssl rand -hex 32 > ces.pepper; chmod 600 ces.pepper' and name the file."
        )
    try:
        return _bytes(path.read_text("ascii"), str(path))
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the pepper cannot be read ({error}).") from None
    database = settings.sqlite_path()
    if database is not None and database.exists() and database.stat().st_size > 0:
        raise ConfigError(
            f"{path}: the pepper is gone, and {database} is there. Bring the pepper back from where it was or from "
            "a backup; with a new one, nobody in the database would be known any more."
        )
    return None


def _make(path: Path) -> None:
    """Write a new pepper, whole, on disk and readable by its owner alone; of two that try, the first wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, new_pepper().hex().encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise ConfigError(f"{path}: the pepper cannot be made ({error.strerror}).") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _bytes(written: str, where: str) -> bytes:
    try:
        pepper = bytes.fromhex(written.strip())
    except ValueError:
        pepper = b""
    if len(pepper) < _LEAST_BYTES:
        raise ConfigError(
            f"{where}: not a pepper; at least 64 hexadecimal digits (make one: openssl rand -hex 32)."
        )
    return pepper
