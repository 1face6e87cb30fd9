"""``check --database``: a database that was lived in is sound; whatever rule is broken is found and named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.clock import backoff
from bot.store import soundness
from bot.store.engine import Tx
from bot.store.opening import OpenStore, open_store
from tests.commands.town import invoke
from tests.logging_restored import logging_restored as logging_restored
from tests.settings_file import no_settings_from_outside as no_settings_from_outside
from tests.settings_file import written
from tests.store.test_upgrades import DUMPS, restored

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
_ANSWERED = "(SELECT min(id) FROM invitation WHERE state='answered')"
BREAKING = {
    "waits for its question": "UPDATE invitation SET state='scheduled', score=NULL, answered_at=NULL WHERE id=1",
    "is said to be on its way": "UPDATE invitation SET state='sending', score=NULL, answered_at=NULL WHERE id=1",
    "no timer will close it": "UPDATE invitation SET state='sent', score=NULL, answered_at=NULL WHERE id=1",
    "nobody knows when": f"UPDATE invitation SET sent_at=NULL WHERE id={_ANSWERED}",
    "no reason is given": "UPDATE invitation SET reason=NULL WHERE state='skipped'",
    "without a score, or has a score": f"UPDATE invitation SET state='expired' WHERE id={_ANSWERED}",
    "another score than its last tap": "UPDATE invitation SET score=CASE score WHEN 1 THEN 2 ELSE 1 END"
    f" WHERE id={_ANSWERED}",
    "its scale does not have": f"UPDATE invitation SET scale='emoji3', score=5 WHERE id={_ANSWERED}",
    "timer of an invitation": "INSERT INTO timer(kind, subject, due_at, visible_at) VALUES('ask', '99', 0, 0)",
    "letter about an invitation": "UPDATE outbox SET invitation_id=99 WHERE id=(SELECT min(id) FROM outbox)",
    "to staff": "INSERT INTO staff_quote(chat_id, message_id, invitation_id) VALUES(-1, 1, 99)",
    "whom nobody knows": "INSERT INTO message_link(customer_key, customer_message_id, forum_chat_id,"
    " forum_message_id, from_customer, kind, at) VALUES('nobody', 1, -1, 1, 1, 'text', 0)",
    "still holds its words": "UPDATE outbox SET payload='{}' WHERE id=(SELECT min(id) FROM outbox WHERE state='sent')",
    "still holds its body": "UPDATE delivery SET body='{}' WHERE id=(SELECT min(id) FROM delivery)",
    "more than 15 minutes": "UPDATE outbox SET state='sending', claimed_at=0 WHERE id=(SELECT min(id) FROM outbox)",
    "counted by the day already": "INSERT INTO bot_memory(name, value) VALUES('aged_until', '1900000000000')",
}


@pytest.fixture
async def lived(tmp_path: Path) -> AsyncIterator[OpenStore]:
    """The database that a bot has lived in."""
    database = restored(DUMPS[-1], tmp_path)
    async with await open_store(f"sqlite:///{database}", pause=backoff) as store:
        yield store


def test_each_rule_has_a_way_to_be_broken() -> None:
    words = [
        *soundness.rules(),
        "has been on its way for more than 15 minutes",
        "is counted by the day already",
    ]
    assert [rule for rule in words if sum(part in rule for part in BREAKING) != 1] == []


@pytest.mark.parametrize("words", BREAKING)
async def test_a_broken_rule_is_found_with_its_first_row(lived: OpenStore, words: str) -> None:
    async def break_it(tx: Tx) -> None:
        await tx.run(BREAKING[words])

    await lived.write(break_it)
    found = await lived.read(lambda tx: soundness.flaws(tx, NOW))
    assert [flaw for flaw in found if words in flaw.words and flaw.rows and flaw.first], found


async def test_an_empty_database_is_sound_on_either_engine(store: OpenStore, store_url: str) -> None:
    is_sqlite = store_url.startswith("sqlite")
    assert await store.read(lambda tx: soundness.flaws(tx, NOW)) == []
    assert await store.read(lambda tx: soundness.damage(tx, is_sqlite=is_sqlite)) == []


async def test_the_command_reads_everything_and_its_exit_code_tells(tmp_path: Path) -> None:
    database = restored(DUMPS[-1], tmp_path)
    async with await open_store(f"sqlite:///{database}", pause=backoff):
        pass
    config = written(tmp_path, f'[database]\nurl = "sqlite:///{database}"\n')
    ended = await invoke("check", "--database", "--config", str(config))
    assert ended.exit_code == 0, ended.output
    assert "The engine finds no damage" in ended.output
    assert f"{len(BREAKING)} rules between rows hold." in ended.output
    assert "the episodes are the sum of their outcomes" in ended.output
    assert "Start the bot" not in ended.output

    async with await open_store(f"sqlite:///{database}", pause=backoff) as store:
        await store.write(lambda tx: tx.run(BREAKING["its scale does not have"]))
        await store.write(
            lambda tx: tx.run(
                "UPDATE report SET figures=replace(figures, '\"episodes\": ', '\"episodes\": 9')"
            )
        )
    ended = await invoke("check", "--database", "--config", str(config))
    assert ended.exit_code == 1
    assert "1 × something has a score that its scale does not have (first: 1)." in ended.output
    assert "The ledger does not balance in these posted summaries: " in ended.output


async def test_a_damaged_file_is_found(tmp_path: Path) -> None:
    database = restored(DUMPS[-1], tmp_path)
    async with await open_store(f"sqlite:///{database}", pause=backoff):
        pass
    pages = bytearray(database.read_bytes())
    for place in range(len(pages) // 2, len(pages) // 2 + 3 * 4096):
        pages[place] = 0x5A
    database.write_bytes(bytes(pages))
    config = written(tmp_path, f'[database]\nurl = "sqlite:///{database}"\n')
    ended = await invoke("check", "--database", "--config", str(config))
    assert ended.exit_code == 1
    assert "✗" in ended.output
    assert "Traceback" not in ended.output
