"""A process of its own: opens the store, then does what its second argument says.

``write``: 16 writers at once, until killed; a name is printed only after its row was acknowledged.
``forget``: raises without closing, as a programming error would. ``hold``: says so and waits for its input to end.
"""

from __future__ import annotations

import asyncio
import os
import sys

import structlog

from bot.adapters.clock import backoff
from bot.domain.errors import StoreError
from bot.store.opening import OpenStore, open_store
from tests.store.facts import remember


async def write_forever(store: OpenStore, writer: int) -> None:
    number = 0
    while True:
        name = f"{os.getpid()}-{writer}-{number}"
        await store.write(remember(name))
        os.write(1, f"{name}\n".encode())
        number += 1


async def main(url: str, what: str) -> None:
    store = await open_store(url, pause=backoff, read_only=what == "forget_reading")
    if what == "write":
        await asyncio.gather(*(write_forever(store, writer) for writer in range(16)))
    elif what == "hold":
        os.write(1, b"open\n")
        await asyncio.to_thread(sys.stdin.read)
        await store.close()
    else:
        raise RuntimeError(f"left open on purpose: {store.upgrade.after}")


structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
try:
    asyncio.run(main(sys.argv[1], sys.argv[2]))
except StoreError as error:
    sys.exit(f"refused: {error}")
