"""The bot itself for the benchmark: a database with questions that wait for their taps, a settings file, a process."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.adapters.clock import backoff
from bot.playground.settings import HOOK_SECRET
from bot.store.engine import Tx, to_ms
from bot.store.respondents import Pseudonyms
from bot.store.sqlite import open_sqlite
from tests.bench.stand_in import person_of, token_of

TOKEN = "123456789:AA" + "A" * 33
WEBHOOK_SECRET = HOOK_SECRET
COMMAND = (sys.executable, "-m", "bot", "run")
_PEPPER = "00" * 32
_STAFF = -1001000000001
_SETTINGS = """
[telegram]
token = "{token}"
api_url = "http://127.0.0.1:{port}"
[chats]
staff = {staff}
[database]
url = "sqlite:///{database}"
[http]
port = {http_port}
[privacy]
pepper = "{pepper}"
[survey]
quiet_hours = "off"
minimum_messages = 0
minimum_characters = 0
needs_human = false
[sources.generic]
secrets = ["{secret}"]
[sending]
per_second = {per_second}
per_chat_second = 10000
per_group_minute = 100000
[limits]
hooks_per_second = 0
[log]
format = "json"
"""


def settings(folder: Path, port: int, http_port: int, per_second: int = 10_000) -> Path:
    """A settings file for a bot that talks to the stand-in on ``port``; budgets as wide open as they go."""
    path = folder / "config.toml"
    path.write_text(
        _SETTINGS.format(
            token=TOKEN,
            port=port,
            staff=_STAFF,
            database=folder / "ces.db",
            http_port=http_port,
            pepper=_PEPPER,
            secret=WEBHOOK_SECRET,
            per_second=per_second,
        ),
        "utf-8",
    )
    return path


async def seed(database: Path, taps: int, *, asks: int = 0, ask_in: timedelta = timedelta(0)) -> None:
    """Fill a new database: ``taps`` questions that were asked, and ``asks`` that are due in ``ask_in``.

    The customers of the asks are numbered after those of the taps.
    """
    pseudonyms = Pseudonyms(bytes.fromhex(_PEPPER))
    now = datetime.now(UTC)

    async def op(tx: Tx) -> None:
        for number in range(taps + asks):
            key = pseudonyms.key(person_of(number))
            is_asked = number < taps
            await tx.run(
                "INSERT INTO respondent(customer_key, chat_id, language, seen_at) VALUES(:key, :chat, 'en', :now)",
                key=key,
                chat=person_of(number),
                now=to_ms(now),
            )
            row = await tx.one(
                "INSERT INTO invitation(token, source, conversation_id, episode, kind, customer_key, trigger_name,"
                " survey, scale, series, touchpoint, language, ended_at, state, created_at, ask_at, sent_at,"
                " expires_at, message_id) VALUES(:token, 'generic', :conversation, 1, 'support_ended', :key, 'generic',"
                " 'support', 'emoji5', 'support/emoji5/question/1', 'support', 'en', :ended, :state, :ended, :due,"
                " :sent, :expires, :message) RETURNING id",
                token=token_of(number),
                conversation=f"bench-{number}",
                key=key,
                ended=to_ms(now - timedelta(minutes=6)),
                state="sent" if is_asked else "scheduled",
                due=to_ms(now + (timedelta(0) if is_asked else ask_in)),
                sent=to_ms(now - timedelta(minutes=1)) if is_asked else None,
                expires=to_ms(now + timedelta(hours=48)) if is_asked else None,
                message=7 if is_asked else None,
            )
            assert row is not None
            await tx.run(
                "INSERT INTO timer(kind, subject, due_at, visible_at) VALUES(:kind, :subject, :due, :due)",
                kind="expire" if is_asked else "ask",
                subject=str(row["id"]),
                due=to_ms(now + (timedelta(hours=48) if is_asked else ask_in)),
            )

    store = await open_sqlite(database, pause=backoff)
    async with store:
        await store.write(op)


def environment() -> dict[str, str]:
    """Nothing of whoever runs the benchmark decides for the bot."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CES_")}
