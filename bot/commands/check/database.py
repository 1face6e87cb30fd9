"""``check --database``: reads the whole database and says where it does not agree with itself. Nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from bot.adapters.clock import backoff
from bot.commands.check.findings import Finding, fine, wrong
from bot.config import Settings
from bot.domain.errors import CesError
from bot.domain.figures_json import from_json
from bot.domain.summary import Summary
from bot.store import reports, soundness
from bot.store.engine import Tx
from bot.store.opening import open_store
from bot.store.soundness import Flaw

_MOST_REPORTS = 10_000


async def soundness_findings(settings: Settings, now: datetime) -> list[Finding]:
    """The engine's own check, every rule between rows, and the ledger of every posted summary."""
    is_sqlite = settings.sqlite_path() is not None

    async def look(tx: Tx) -> tuple[list[str], list[Flaw], list[str], int]:
        damage = await soundness.damage(tx, is_sqlite=is_sqlite)
        posted = await reports.latest(tx, _MOST_REPORTS)
        unbalanced = [str(report.id) for report in posted if not _balances(report.figures)]
        return damage, await soundness.flaws(tx, now), unbalanced, len(posted)

    try:
        async with await open_store(settings.database.url, pause=backoff, read_only=True) as store:
            damage, flaws, unbalanced, n_reports = await store.read(look)
    except CesError as error:
        return [wrong(f"The database cannot be read: {str(error).rstrip('.')}.")]
    return list(_said(damage, flaws, unbalanced, n_reports))


def _said(damage: list[str], flaws: list[Flaw], unbalanced: list[str], n_reports: int) -> Iterator[Finding]:
    for words in damage:
        yield wrong(
            f"The engine finds: {words}.",
            "Stop the bot, keep the file aside, and restore a backup (docs/operations.md).",
        )
    if not damage:
        yield fine("The engine finds no damage; every row has the rows it belongs to.")
    for flaw in flaws:
        yield wrong(
            f"{flaw.rows} × something {flaw.words} (first: {flaw.first}).",
            "This is a mistake of the program: please report it, with this line.",
        )
    if not flaws:
        yield fine(f"{len(list(soundness.rules())) + 2} rules between rows hold.")
    if unbalanced:
        yield wrong(
            f"The ledger does not balance in these posted summaries: {', '.join(unbalanced[:20])}.",
            "python3 -m bot recompute <number> shows what was posted beside what the rows say.",
        )
    else:
        yield fine(f"In each of {n_reports} posted summaries the episodes are the sum of their outcomes.")


def _balances(figures: str) -> bool:
    summary = from_json(Summary, json.loads(figures)["summary"])
    return all(window.ledger.balances for window in summary.windows)
