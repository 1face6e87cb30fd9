"""``import``: the same summaries from an exported file, and past answers of other tools."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.clock import TravelClock, backoff
from bot.config import Settings
from bot.domain.summary import Summary, Window
from bot.flow.composing import compose
from bot.store import counting
from bot.store.opening import OpenStore, open_store
from tests.commands.town import invoke
from tests.flow.pipe_bench import Pipe
from tests.settings_file import written
from tests.summaries.year import DAY, TRIGGERS, Year

HEAD = "ended_at,answered_at,score,scale"
OLD = "2024-11-02T10:00:00Z"


def config_of(folder: Path) -> Path:
    """A settings file for a database of its own."""
    folder.mkdir(exist_ok=True)
    return written(folder, f'[database]\nurl = "sqlite:///{folder / "ces.db"}"\n')


def table(folder: Path, *rows: str, head: str = HEAD, name: str = "past.csv") -> Path:
    """A file of another tool."""
    file = folder / name
    file.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return file


async def summary_of(store: OpenStore, at: datetime) -> Summary:
    """What would be posted, without ids of rows."""
    by = replace(Settings().reports_built(), main_series=TRIGGERS[0].survey.series)
    found = await store.read(lambda tx: compose(tx, at, at, by))
    return replace(found, comments=tuple(replace(each, invitation_id=0) for each in found.comments))


@pytest.mark.parametrize("name", ["all.csv", "all.jsonl"])
async def test_an_exported_and_imported_database_tells_the_same_and_twice_changes_nothing(
    name: str, tmp_path: Path, clock: TravelClock
) -> None:
    old, new = config_of(tmp_path / "old"), config_of(tmp_path / "new")
    file, again = tmp_path / name, tmp_path / f"again-{name}"
    await invoke("migrate", "--config", str(old))
    async with await open_store(f"sqlite:///{tmp_path / 'old' / 'ces.db'}", pause=backoff) as store:
        year = Year(Pipe(store, clock, TRIGGERS), "exported", datetime(2024, 3, 1, 10, tzinfo=UTC))
        await year.prepare(store)
        year.plan(45)
        await store.write(lambda tx: year.live(tx, year.begin + 60 * DAY))
        await store.write(
            lambda tx: tx.run(
                "UPDATE invitation SET comment='=it took <b>ages</b>', commented_at=answered_at WHERE score < 3"
            )
        )
        at = year.begin + 46 * DAY
        before = [await summary_of(store, at - days * DAY) for days in (0, 9, 20)]
    assert (await invoke("export", "--to", str(file), "--comments", "--config", str(old))).exit_code == 0
    said = await invoke("import", str(file), "--config", str(new))
    assert said.exit_code == 0, said.output
    async with await open_store(f"sqlite:///{tmp_path / 'new' / 'ces.db'}", pause=backoff) as store:
        assert [await summary_of(store, at - days * DAY) for days in (0, 9, 20)] == before
        assert before[0].comments[0].text == "=it took <b>ages</b>"
        tagged = await store.read(
            lambda tx: counting.tag_slices(tx, TRIGGERS[0].survey.series, Window.ending(at, 30 * DAY))
        )
        assert tagged

    # the same file again, the new database's own export, and both into the old database: all known
    assert (await invoke("export", "--to", str(again), "--comments", "--config", str(new))).exit_code == 0
    for source, config in ((file, new), (again, new), (file, old), (again, old)):
        said = await invoke("import", str(source), "--config", str(config))
        assert said.output.startswith("0 episodes imported. ")
        assert said.output.endswith(" were there already.\n")


async def test_four_columns_of_another_tool_are_enough_and_stand_in_a_series_of_their_own(
    tmp_path: Path,
) -> None:
    config = config_of(tmp_path)
    file = table(
        tmp_path,
        f"{OLD},2024-11-02T10:20:00Z,5,ces5",
        f"{OLD},2024-11-02T10:20:00Z,5,ces5",
        "2024-11-03 09:00,2024-11-03 09:30,1,ces1",
    )
    assert (await invoke("import", str(file), "--config", str(config))).output == "3 episodes imported.\n"
    more = table(
        tmp_path,
        f"{OLD},2024-11-02T10:20:00Z,5,ces5",
        f"{OLD},2024-11-02T10:20:00Z,5,ces5",
        f"{OLD},2024-11-02T10:20:00Z,5,ces5",
    )
    said = await invoke("import", str(more), "--config", str(config))
    assert said.output == "1 episode imported. 2 were there already.\n"
    window = Window.ending(datetime(2024, 11, 25, tzinfo=UTC), timedelta(days=30))
    async with await open_store(f"sqlite:///{tmp_path / 'ces.db'}", pause=backoff) as store:
        counts = await store.read(lambda tx: counting.window_counts(tx, window, window.to_at, ""))
    by_series = {each.series: dict(each.now) for each in counts.series}
    # 1 of the scale of 2008 was the least effort: the easiest
    assert by_series == {"imported/ces5/imported/1": {5: 3}, "imported/ces5/ces1/1": {5: 1}}
    assert (counts.episodes, counts.asked_matured) == (4, 0)


async def test_every_mistake_is_said_with_its_row_and_nothing_is_written(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    file = table(
        tmp_path,
        f"{OLD},2024-11-02T10:20:00Z,5,ces5",
        f"{OLD},2024-11-02T10:20:00Z,6,ces5",
        f"{OLD},yesterday,5,stars",
        f"{OLD},2024-11-01T10:20:00Z,2.5,ces5",
        f"{OLD},,,",
        f"{OLD},2199-11-01T10:20:00Z,2,ces5",
    )
    said = await invoke("import", str(file), "--config", str(config))
    assert said.exit_code == 1
    assert f"{file}: nothing was imported." in said.output
    for line in (
        "row 3: score = 6 is not on the scale ces5",
        "row 4: scale = 'stars' is none of emoji5, emoji3,",
        "row 4: answered_at = 'yesterday' is no time such as",
        "row 5: score = '2.5' is no whole number from 1 to 10",
        "row 6: score and answered_at are needed",
        "row 7: answered_at = '2199-11-01T10:20:00Z' is in the future",
    ):
        assert line in said.output
    assert "row 2" not in said.output
    assert not (tmp_path / "ces.db").exists()


async def test_a_file_may_be_checked_only(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    file = table(tmp_path, f"{OLD};2024-11-02T10:20:00Z;3;emoji3;blue", head=f"{HEAD.replace(',', ';')};mood")
    said = await invoke("import", str(file), "--check", "--config", str(config))
    assert said.output == (
        f"Columns that mean nothing here: mood.\n1 episode in {file}, nothing wrong with them.\n"
    )
    assert not (tmp_path / "ces.db").exists()


async def test_what_may_still_be_answered_waits_for_a_later_export(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    row = {
        "episode": 1,
        "source": "generic",
        "ended_at": OLD,
        "decided_at": OLD,
        "outcome": "sent",
        "asked_at": OLD,
    }
    file = tmp_path / "all.jsonl"
    file.write_text(json.dumps(row) + "\n")
    said = await invoke("import", str(file), "--config", str(config))
    assert (
        said.output == "0 episodes imported. 1 may still be answered and was left out: export again later.\n"
    )
    file.write_text(json.dumps(row | {"outcome": "expired", "expires_at": "2024-11-04T10:00:00Z"}) + "\n")
    assert (await invoke("import", str(file), "--config", str(config))).output == "1 episode imported.\n"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", b"score\n5\n", "no column answered_at and no column scale; the file has: score"),
        ("a.csv", b"", "the file has: nothing"),
        ("a.csv", "Grüße".encode("latin-1"), "it is not UTF-8"),
        ("a.jsonl", b'{"score": 5\n', "line 1 is not JSON"),
        ("a.jsonl", b"[1]\n", "line 1 is no JSON object"),
    ],
)
async def test_a_file_that_is_something_else_is_said(
    name: str, content: bytes, why: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    said = await invoke("import", str(file), "--config", str(config_of(tmp_path)))
    assert said.exit_code == 1
    assert why in said.output


async def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    said = await invoke("import", str(tmp_path / "nowhere.csv"), "--config", str(config_of(tmp_path)))
    assert "cannot be read (No such file or directory)" in said.output
