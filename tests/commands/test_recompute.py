"""``recompute``: what a summary said, beside what its rows say again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.adapters.clock import backoff
from bot.config import Settings
from bot.domain.figures_json import to_json
from bot.flow.composing import compose
from bot.store import holdings, reports, retention
from bot.store.engine import Tx
from bot.store.opening import OpenStore, open_store
from tests.commands.town import invoke
from tests.settings_file import written
from tests.summaries.given import Given, write

NOON = datetime(2024, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def config_of(folder: Path) -> tuple[Path, str]:
    """A settings file, and the url of its database."""
    url = f"sqlite:///{folder / 'ces.db'}"
    return written(folder, f'[database]\nurl = "{url}"\n'), url


async def posted(store: OpenStore) -> None:
    """A summary of eight answers; afterwards one of them changes, and one customer is forgotten."""
    given = [Given(NOON - hours * HOUR, score=5, customer=f"k{hours}") for hours in range(1, 8)]
    change = Given(NOON - HOUR, score=5, changed_to=(2 * HOUR, 1))
    await write(store, [*given, change])

    async def op(tx: Tx) -> None:
        # as it was at noon: the change comes two hours after the tap
        await tx.run("UPDATE invitation SET score=5 WHERE changed_at IS NOT NULL")
        summary = await compose(tx, NOON, NOON, Settings().reports_built())
        kept = {"summary": to_json(summary), "names": None}
        await reports.add(tx, "daily", -1, None, NOON, NOON, json.dumps(kept))
        await tx.run("UPDATE invitation SET score=1 WHERE changed_at IS NOT NULL")

    await store.write(op)


async def test_a_changed_answer_counts_as_it_did_then(tmp_path: Path) -> None:
    config, url = config_of(tmp_path)
    async with await open_store(url, pause=backoff) as store:
        await posted(store)
        listed = await invoke("recompute", "--config", str(config))  # beside a running bot
        assert listed.output == "     1  2024-11-25 12:00 UTC  daily\n"
        said = await invoke("recompute", "1", "--config", str(config))
    assert said.exit_code == 0, said.output
    assert "Report 1 (daily), as of 2024-11-25 12:00:00 UTC" in said.output
    assert "The 24h until then, support/emoji5/question/1" in said.output
    assert ["score", "5.0000", "5.0000"] in [line.split() for line in said.output.splitlines()]
    assert "Every figure is the same." in said.output
    assert "Nothing that it counted was erased or has aged out since." in said.output


async def test_what_was_erased_or_has_aged_out_is_named(tmp_path: Path) -> None:
    config, url = config_of(tmp_path)
    async with await open_store(url, pause=backoff) as store:
        await posted(store)
        await store.write(lambda tx: holdings.erase(tx, "k3", NOON + HOUR))
        said = await invoke("recompute", "1", "--config", str(config))
        assert said.exit_code == 0
        assert "figures differ." in said.output
        assert "Erased since: 1 customer was forgotten, with 1 episode of any time." in said.output
        until = NOON - 4 * HOUR
        await store.write(lambda tx: retention.age_day(tx, until.date(), until))
        said = await invoke("recompute", "1", "--config", str(config))
    assert "Aged out since: everything before 2024-11-25 08:00 UTC" in said.output
    assert ["answers", "8", "4", "≠"] in [line.split() for line in said.output.splitlines()]


async def test_figures_that_differ_although_nothing_was_taken_away_are_an_error(tmp_path: Path) -> None:
    config, url = config_of(tmp_path)
    async with await open_store(url, pause=backoff) as store:
        await posted(store)
        await store.write(lambda tx: tx.run("UPDATE response_event SET value='2'"))
        said = await invoke("recompute", "1", "--config", str(config))
    assert said.exit_code == 1
    assert "figures differ" in said.output


async def test_a_report_that_is_not_there_is_said(tmp_path: Path) -> None:
    config, url = config_of(tmp_path)
    async with await open_store(url, pause=backoff):
        assert (await invoke("recompute", "--config", str(config))).output == (
            "No summary has been posted yet.\n"
        )
        said = await invoke("recompute", "7", "--config", str(config))
    assert said.exit_code == 1
    assert "There is no report 7." in said.output
