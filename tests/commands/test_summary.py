"""``summary``: the staff channel's figures in a terminal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.commands.plain_text import plain
from tests.commands.lived import an_hour_ago
from tests.commands.town import invoke
from tests.settings_file import written


async def test_the_summary_is_printed_beside_a_running_bot_and_its_picture_written(tmp_path: Path) -> None:
    picture = tmp_path / "ces.png"
    async with an_hour_ago(tmp_path) as lived:
        ended = await invoke("summary", "--config", str(lived.config), "--picture", str(picture))
        assert lived.playground.app.is_ready
    assert ended.exit_code == 0, ended.output
    assert "3.5" in ended.output
    assert "2 answers" in ended.output
    assert 'I <had> to "repeat"' in ended.output, "entities are read"
    assert "<b>" not in ended.output
    assert "emma_c" not in ended.output, "comments are masked, as in the channel"
    assert picture.read_bytes().startswith(b"\x89PNG")


async def test_a_picture_that_cannot_be_written_is_said_after_the_figures(tmp_path: Path) -> None:
    async with an_hour_ago(tmp_path) as lived:
        wanted = tmp_path / "nowhere" / "ces.png"
        ended = await invoke("summary", "--config", str(lived.config), "--picture", str(wanted))
    assert ended.exit_code == 1
    assert f"{wanted}: cannot be written (No such file or directory)." in ended.output
    assert "3.5" in ended.output


@pytest.mark.parametrize("command", ["summary", "export"])
async def test_without_a_database_there_is_one_sentence_and_no_file(command: str, tmp_path: Path) -> None:
    config = written(tmp_path, "")
    ended = await invoke(command, "--config", str(config))
    assert ended.exit_code == 1
    assert ended.output.startswith("there is no database")
    assert os.listdir(tmp_path) == [config.name]


def test_telegram_html_becomes_plain_text_that_orders_nothing() -> None:
    html = "<b>7 days</b>\n<blockquote expandable>one\ntwo</blockquote>\n&lt;b&gt; &amp; \u2068x\u2069 \x1b[31m 👩‍👩‍👧"
    assert plain(html) == "7 days\n  one\n  two\n<b> & x [31m 👩‍👩‍👧"
