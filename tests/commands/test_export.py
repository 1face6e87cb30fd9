"""``export``: a row per episode, and nothing in it that tells whose it was."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import shlex
import sqlite3
import sys
from asyncio.subprocess import PIPE
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.flow.export_columns import columns as columns_of
from bot.flow.export_rows import CsvRows
from bot.store.engine import Tx, to_ms
from bot.store.episodes import Episode, episodes_after
from bot.store.opening import OpenStore
from tests.commands.lived import COMMENT, EMMA, FORMULA, LEILA, XIAO, an_hour_ago
from tests.commands.town import invoke
from tests.settings_file import written

ROOT = Path(__file__).parents[2]


async def test_an_export_beside_a_running_bot_has_a_row_per_episode(tmp_path: Path) -> None:
    async with an_hour_ago(tmp_path) as lived:
        ended = await invoke("export", "--config", str(lived.config))
    assert ended.exit_code == 0, ended.output
    emma, xiao, unknown = csv.DictReader(io.StringIO(ended.stdout))
    assert list(emma) == list(columns_of(with_comments=False))
    assert (emma["outcome"], emma["score"], emma["band"], emma["reasons"]) == (
        "answered",
        "2",
        "hard",
        "repeat",
    )
    assert (xiao["outcome"], xiao["score"], xiao["band"], xiao["language"]) == (
        "answered",
        "5",
        "easy",
        "zh-Hans",
    )
    assert (unknown["outcome"], unknown["score"], unknown["resolved_by"]) == ("skipped", "", "bot")
    assert emma["team"] == f"'{FORMULA}"
    assert emma["tags"] == "'@refund|a|b"
    assert emma["customer_messages"] == "6"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", emma["answered_at"])
    assert emma["asked_at"] < emma["answered_at"] < emma["commented_at"] < emma["expires_at"]


async def test_a_file_holds_comments_only_where_they_are_asked_for_and_is_for_its_owner_alone(
    tmp_path: Path,
) -> None:
    without, with_comments, lines = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.jsonl"
    async with an_hour_ago(tmp_path) as lived:
        config = ("--config", str(lived.config))
        said = await invoke("export", "--to", str(without), *config)
        await invoke("export", "--to", str(with_comments), "--comments", *config)
        await invoke("export", "--to", str(lines), "--comments", *config)
    assert said.output == f"3 episodes written to {without}.\n"
    assert without.stat().st_mode & 0o777 == 0o600
    assert "<had>" not in without.read_text("utf-8")
    emma, *_ = csv.DictReader(io.StringIO(with_comments.read_text("utf-8"), newline=""))
    assert emma["comment"] == f"'{COMMENT}"
    first, _, third = (json.loads(line) for line in lines.read_text("utf-8").splitlines())
    assert (first["comment"], first["team"], first["tags"]) == (COMMENT, FORMULA, ["@refund", "a|b"])
    assert (third["score"], third["reasons"]) == (None, [])


async def test_nothing_that_names_a_customer_or_an_agent_is_exported(tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    async with an_hour_ago(tmp_path) as lived:
        await invoke("export", "--to", str(file), "--config", str(lived.config))
        database = lived.playground.settings.sqlite_path()
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            [*secret] = connection.execute("SELECT customer_key, conversation_id, token FROM invitation")
        connection.close()
    exported = file.read_text("utf-8")
    hidden = {str(value) for row in secret for value in row if value}
    assert len(hidden) > 5
    assert [value for value in hidden if value in exported] == []
    values = [str(value) for line in exported.splitlines() for value in json.loads(line).values()]
    assert {str(EMMA), str(XIAO), str(LEILA)}.isdisjoint(values)


async def test_a_file_that_cannot_be_written_is_said_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with an_hour_ago(tmp_path) as lived:
        wanted = tmp_path / "nowhere" / "all.csv"
        ended = await invoke("export", "--to", str(wanted), "--config", str(lived.config))
    assert ended.exit_code == 1
    assert f"{wanted}: cannot be written (No such file or directory)." in ended.output
    assert not wanted.parent.exists()


async def test_pages_join_without_a_gap_or_a_repeat(store: OpenStore) -> None:
    await store.write(lambda tx: fill(tx, 7))
    pages: list[list[Episode]] = []
    last_id = 0

    async def page(tx: Tx) -> list[Episode]:
        return await episodes_after(tx, last_id, 3, with_comments=True)

    while episodes := await store.read(page):
        pages.append(episodes)
        last_id = episodes[-1].id
    assert [len(episodes) for episodes in pages] == [3, 3, 1]
    rows = [(episode.tags, episode.columns["comment"]) for episodes in pages for episode in episodes]
    assert rows == [([f"a{n}", f"b{n}"], None) for n in range(7)]


async def test_a_reader_who_has_seen_enough_is_no_error(sqlite_store: OpenStore, tmp_path: Path) -> None:
    await sqlite_store.write(lambda tx: fill(tx, 1500))
    config = written(tmp_path, "")  # its database is the file that the store has open
    run = f"{shlex.quote(sys.executable)} -c 'from bot.commands.cli import cli; cli()' export"
    piped = f"set -o pipefail; {run} --config {shlex.quote(str(config))} | head -n 1"
    process = await asyncio.create_subprocess_exec("bash", "-c", piped, cwd=ROOT, stdout=PIPE, stderr=PIPE)
    seen, complaints = await process.communicate()
    assert (process.returncode, complaints) == (0, b"")
    assert seen.startswith(b'"episode",')
    assert seen.count(b"\n") == 1


async def fill(tx: Tx, count: int) -> None:
    """So many episodes that nobody was asked about, with two tags each."""
    for number in range(count):
        row = await tx.one(
            "INSERT INTO invitation(token, source, conversation_id, episode, kind, ended_at, state, created_at)"
            " VALUES(:token, 'generic', :token, 1, 'support_ended', :at, 'skipped', :at) RETURNING id",
            token=f"t{number}",
            at=to_ms(datetime(2026, 11, 25, tzinfo=UTC)),
        )
        assert row is not None
        for tag in ("b", "a"):
            await tx.run("INSERT INTO invitation_tag VALUES(:id, :tag)", id=row["id"], tag=f"{tag}{number}")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start: str) -> None:
    file = io.StringIO(newline="")
    CsvRows(file, ["team", "tags", "score"]).write(
        {"team": f"{start}1", "tags": [f"{start}2", "x"], "score": 3}
    )
    file.seek(0)
    [_, row] = csv.reader(file)
    assert row == [f"'{start}1", f"'{start}2|x", "3"]


def test_a_separator_inside_a_text_begins_no_cell_in_any_spreadsheet() -> None:
    file = io.StringIO(newline="")
    CsvRows(file, ["team"]).write({"team": 'x;=1+1,"y"'})
    assert file.getvalue() == '"team"\n"x;=1+1,""y"""\n'


def test_every_column_is_described_in_its_order() -> None:
    described = re.findall(r"(?m)^\| `(\w+)` \|", (ROOT / "docs/export.md").read_text("utf-8"))
    assert tuple(described) == columns_of(with_comments=True)
