"""The same database by another way."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit


@dataclass(frozen=True)
class Through:
    """A PostgreSQL url, taken apart."""

    url: str

    @property
    def target(self) -> tuple[str, int]:
        """The host and port that it names."""
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 5432

    def by(self, port: int) -> str:
        """The same database by a port of this machine."""
        parts = urlsplit(self.url)
        user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        return urlunsplit(parts._replace(netloc=f"{user}127.0.0.1:{port}"))


def through(url: str) -> Through:
    """The url, to be led another way."""
    return Through(url)
