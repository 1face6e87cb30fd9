"""``import``: answers from a file, as ``export`` wrote it or as another tool did (docs/export.md).

The file is read twice: first every row is looked at, then, if none is wrong, all are written in one transaction.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bot.adapters.clock import RandomTokens, SystemClock, backoff
from bot.commands.importing.reading import FileOfRows
from bot.commands.plain_text import printable
from bot.config import Settings, load_pepper
from bot.domain.errors import ImportFileError
from bot.domain.imported import KNOWN, NEEDED, OF_AN_EXPORT, ImportedEpisode, read_row
from bot.flow.ports import Clock
from bot.store import imports
from bot.store.engine import Tx
from bot.store.opening import open_store

__all__ = ["import_file"]

_MOST_SHOWN = 30


async def import_file(
    settings: Settings, file: Path, *, is_check: bool = False, clock: Clock | None = None
) -> int:
    """Import ``file``, or only say what is wrong with it. ``clock``: default, the machine's.

    Raises ImportFileError with every mistake and its row, StoreError while the bot runs on the same SQLite file.
    """
    rows = FileOfRows(file)
    zone, now = settings.summary.timezone, (clock or SystemClock()).now()
    n_open, n_rows = 0, 0
    mistakes: list[str] = _about_columns(rows.names)
    for place, row in rows if not mistakes else ():
        episode, wrong = read_row(row, zone, now)
        mistakes += [f"row {place}: {each}" for each in wrong]
        n_rows += 1
        n_open += episode is None and not wrong
    if mistakes:
        raise ImportFileError(_listed(file, mistakes))
    ignored = sorted(set(rows.names) - KNOWN)
    if ignored:
        print(f"Columns that mean nothing here: {printable(', '.join(ignored))}.")
    if is_check:
        print(f"{_episodes(n_rows)} in {file}, nothing wrong with them.{_left_out(n_open)}")
        return 0
    tokens = RandomTokens()

    async def op(tx: Tx) -> int:
        seen: Counter[int] = Counter()
        added = 0
        for _, row in rows:
            episode, _ = read_row(row, zone, now)
            if episode is not None:
                key = _key(episode)
                added += await imports.add(tx, episode, tokens.new(), seen[key])
                seen[key] += 1
        return added

    load_pepper(settings)  # a database that stands without its pepper would be refused at the first start
    async with await open_store(settings.database.url, pause=backoff) as store:
        added = await store.write(op)
    known = n_rows - n_open - added
    there = f" {known} were there already." if known else ""
    print(f"{_episodes(added)} imported.{there}{_left_out(n_open)}")
    return 0


def _key(episode: ImportedEpisode) -> int:
    """Equal for rows that only their number of occurrences in the file can tell apart."""
    columns = episode.columns
    return hash((episode.identity, columns["source"], columns["ended_at"], columns["created_at"]))


def _about_columns(names: list[str]) -> list[str]:
    if all(name in names for name in OF_AN_EXPORT):
        return []
    missing = [name for name in NEEDED if name not in names]
    if not missing:
        return []
    return [
        f"no column {' and no column '.join(missing)}; the file has: {printable(', '.join(names)) or 'nothing'}"
    ]


def _listed(file: Path, mistakes: list[str]) -> str:
    more = len(mistakes) - _MOST_SHOWN
    lines = [f"{file}: nothing was imported.", *(f"  {printable(each)}" for each in mistakes[:_MOST_SHOWN])]
    return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)


def _episodes(count: int) -> str:
    return f"{count} {'episode' if count == 1 else 'episodes'}"


def _left_out(n_open: int) -> str:
    if not n_open:
        return ""
    return f" {n_open} may still be answered and {'was' if n_open == 1 else 'were'} left out: export again later."
