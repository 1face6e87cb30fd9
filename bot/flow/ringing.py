"""A store that tells the loops when something was written."""

from __future__ import annotations

from collections.abc import Callable

from bot.store.engine import Op, Store, T


class RingingStore:
    """A store that rings after every write, so that no step has to know who must wake up.

    The loops need the store before the store can know them: each is added with ``wakes`` once it is made.
    """

    def __init__(self, store: Store, *rings: Callable[[], None]) -> None:
        self._store = store
        self._rings = list(rings)

    def wakes(self, ring: Callable[[], None]) -> None:
        """From now on ``ring`` is called after every write."""
        self._rings.append(ring)

    async def write(self, op: Op[T]) -> T:
        """As ``Store.write``; then rings."""
        result = await self._store.write(op)
        for ring in self._rings:
            ring()
        return result

    async def read(self, op: Op[T]) -> T:
        """As ``Store.read``."""
        return await self._store.read(op)
