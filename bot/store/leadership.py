"""Which copy of the bot does what only one may do at a time: sending, and polling where there is no webhook."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Leadership(Protocol):
    """One candidate. ``run`` it for as long as it may lead; ending it lets the next copy take over.

    While the connection to the database is gone nobody can know who leads, so then this copy does not.
    """

    @property
    def term(self) -> int | None:
        """A number while this copy leads, another one each time it wins; ``None`` while it does not."""

    async def won(self) -> int:
        """Return the term as soon as this copy leads."""

    async def lost(self, term: int) -> None:
        """Return as soon as ``term`` is over."""

    async def run(self) -> None:
        """Stand for it, for ever. Cancelling gives it back."""


class Undisputed:
    """The leadership of a database that only one process can open."""

    term = 1

    async def won(self) -> int:
        """At once."""
        return self.term

    async def lost(self, term: int) -> None:
        """Never."""
        del term
        await asyncio.Event().wait()

    async def run(self) -> None:
        """Nothing to be done, for ever."""
        await asyncio.Event().wait()
