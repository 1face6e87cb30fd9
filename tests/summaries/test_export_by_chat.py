"""``/export``: the answers as a file, for admins, from the real bot over real HTTP."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta

import pytest

from bot.flow import exporting
from tests.stage import ADA, OLGA, TEAM, Stage, said, stage
from tests.summaries.given import Given, write

QUIET = {"schedule": "", "live": False}


async def seeded(s: Stage, count: int = 3) -> None:
    now = s.clock.now()
    given = [Given(now - timedelta(hours=1 + each), comment="=1+1", tags=("a", "b")) for each in range(count)]
    await write(s.app.store, given)


def file(s: Stage, chat: int) -> tuple[str, bytes, str]:
    """Name, bytes and caption of the newest document of a chat."""
    message = [each for each in s.messages(chat) if "document" in each][-1]
    document = message["document"]
    return document["file_name"], s.world.file(document["file_id"])[1], said(message)


async def test_an_admin_gets_every_episode_as_csv_without_words() -> None:
    async with stage(summary=QUIET) as s:
        await seeded(s)
        await s.say(ADA, "/export")
        name, content, caption = file(s, ADA)
        assert name == "answers-2026-11-25.csv"
        assert caption == "3 episodes, as of Nov 25, 2026 10:00. Times are in UTC."
        rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        assert [row["score"] for row in rows] == ["4", "4", "4"]
        assert "comment" not in rows[0]
        [action] = [call for call in s.world.calls if call.method == "sendChatAction"]
        assert action.params["action"] == "upload_document"


async def test_json_lines_and_excel_with_words_where_they_are_asked_for() -> None:
    async with stage(summary=QUIET, chats={"staff": TEAM, "admins": [ADA]}) as s:
        await seeded(s)
        await s.say(ADA, "/export jsonl comments", TEAM)
        name, content, caption = file(s, TEAM)
        assert name.endswith(".jsonl")
        assert json.loads(content.splitlines()[0])["comment"] == "=1+1"
        assert "personal data" in caption
        await s.say(ADA, "/export xlsx comments", TEAM)
        name, content, _ = file(s, TEAM)
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet  # nothing in it is a formula
        assert "=1+1" in sheet


async def test_what_is_not_a_format_is_answered_with_what_would_be() -> None:
    async with stage(summary=QUIET) as s:
        await s.say(ADA, "/export pdf")
        assert s.texts(ADA)[-1].startswith("Like this: /export, /export jsonl")


async def test_members_who_are_no_admins_get_nothing() -> None:
    async with stage(summary=QUIET, chats={"staff": TEAM}) as s:
        await seeded(s)
        await s.say(OLGA, "/export", TEAM)
        assert not [each for each in s.messages(TEAM) if "document" in each]


async def test_too_many_episodes_for_a_chat_are_said_with_the_way_that_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with stage(summary=QUIET) as s:
        await seeded(s, 3)
        monkeypatch.setattr(exporting, "MOST_EPISODES", 2)
        await s.say(ADA, "/export")
        assert "3 episodes are too much for a file in a chat" in s.texts(ADA)[-1]
        monkeypatch.setattr(exporting, "MOST_EPISODES", 10)
        monkeypatch.setattr(exporting, "LARGEST_FILE", 100)
        await s.say(ADA, "/export")
        assert "python3 -m bot export --to answers.csv" in s.texts(ADA)[-1]
        assert not [each for each in s.messages(ADA) if "document" in each]


async def test_a_file_that_telegram_does_not_take_is_said() -> None:
    async with stage(summary=QUIET) as s:
        await seeded(s)
        s.world.faults.fail("sendDocument", 400, "Bad Request: file is too big")
        await s.say(ADA, "/export")
        assert s.texts(ADA)[-1].startswith("Telegram did not take the file.")
