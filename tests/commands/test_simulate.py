"""``simulate``: a rehearsal in a terminal, beside a running bot."""

from __future__ import annotations

from pathlib import Path

from tests.commands.lived import an_hour_ago
from tests.commands.town import invoke
from tests.settings_file import written


async def test_a_rehearsal_is_printed_beside_a_running_bot_as_plain_text(tmp_path: Path) -> None:
    async with an_hour_ago(tmp_path) as lived:
        pepper = lived.playground.settings.pepper_path()
        assert pepper is not None
        ended = await invoke("simulate", "30d", "cooldown=7d", "--config", str(lived.config))
        assert lived.playground.app.is_ready
    assert ended.exit_code == 0, ended.output
    assert "cooldown 14d → 7d" in ended.output
    assert "3 conversations ended" in ended.output
    assert "· no chat with this customer: 1 → 1" in ended.output
    assert "<b>" not in ended.output


async def test_what_cannot_be_understood_is_told_without_any_database_and_the_exit_code_is_two(
    tmp_path: Path,
) -> None:
    ended = await invoke("simulate", "30d", "cooldwn=7d", "--config", str(written(tmp_path, "")))
    assert ended.exit_code == 2
    assert "cooldwn=7d: this cannot be tried. Did you mean cooldown=" in ended.output.translate(
        {0x2068: None, 0x2069: None}
    )


async def test_without_a_database_there_is_one_sentence(tmp_path: Path) -> None:
    ended = await invoke("simulate", "30d", "--config", str(written(tmp_path, "")))
    assert ended.exit_code == 1
    assert ended.output.startswith("there is no database")
