"""``move``: everything to another database, with a progress bar; interrupted, it goes on where it stood."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from bot.adapters.clock import backoff
from bot.domain.errors import ConfigError, StoreError
from bot.store import moving
from bot.store.opening import OpenStore, open_store, sqlite_path

_LEAD_SECONDS = 12.0  # a copy that died silently has lost the lead by then


async def move(source_url: str, target_url: str) -> int:
    """Move, verify, and say what is left to do. Raises StoreError, ConfigError; running it again goes on."""
    if source_url == target_url:
        raise ConfigError("--from and --to name the same database")
    _must_be_there(source_url)
    async with _alone(source_url) as source, _alone(target_url) as target:
        console = Console(stderr=True)
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        with bar:
            tasks: dict[str, TaskID] = {}

            def show(what: str, done: int, size: int) -> None:
                if size == 0:
                    return
                if what not in tasks:
                    tasks[what] = bar.add_task(what, total=size)
                bar.update(tasks[what], completed=done)

            whence = hashlib.sha256(_place(source_url).encode()).hexdigest()
            sizes = await moving.move(source, target, whence, show)
    rows = sum(sizes.values())
    print(f"Moved and compared: {rows} rows in {len(sizes)} tables.")
    print(
        "Now set database.url to the new database. The pepper does not move: name its file in privacy.pepper_file,"
    )
    print("and the list of erasures in privacy.erasures_file. Keep the old database until you are sure.")
    return 0


def _must_be_there(url: str) -> None:
    if url.startswith("sqlite:") and not sqlite_path(url).is_file():
        raise StoreError(f"there is no database {sqlite_path(url)}")


def _place(url: str) -> str:
    return f"sqlite:{sqlite_path(url).resolve()}" if url.startswith("sqlite:") else url


@contextlib.asynccontextmanager
async def _alone(url: str) -> AsyncIterator[OpenStore]:
    """The database, opened and brought up to date, on which no bot runs and none begins to send."""
    async with await open_store(url, pause=backoff) as store:
        leadership = store.lead("sender", lambda: None)
        standing = asyncio.create_task(leadership.run())
        try:
            async with asyncio.timeout(_LEAD_SECONDS):
                await leadership.won()
        except TimeoutError:
            raise StoreError("a bot is running on the PostgreSQL database: stop every copy first") from None
        else:
            yield store
        finally:
            standing.cancel()
            await asyncio.wait((standing,))
