"""Secrets and people's words stay where they are kept: not in a log at any level, not in an error, not in a file that
others can read."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import SecretStr

from bot.adapters import logs
from bot.commands.backup import take
from bot.commands.check import check
from bot.commands.export import export
from bot.config import Settings, load, load_pepper
from bot.domain.errors import ConfigError
from bot.playground.settings import HOOK_SECRET, TOKEN
from tests.logging_restored import logging_restored  # noqa: F401 - a fixture that is always on
from tests.ports import free_port
from tests.settings_file import no_settings_from_outside, written  # noqa: F401
from tests.signing import signed
from tests.stage import ADA, EMMA, FORUM, LIN, OLGA, STRANGER, Stage, stage

WEBHOOK_SECRET = "only-telegram-knows-this-one"
PASSWORD = "hunter2-of-the-database"
WORDS = (
    "marmalade",
    "invoice",
    "Let me look",
    "Emma",
    "Clarke",
    "Olga",
    "林晓",
    "aubergine",
    "Ada King",
    "parsley",
)


@pytest.fixture
def plain_umask() -> Iterator[None]:
    """Files are made as the system would make them, readable for everybody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


async def lived(s: Stage) -> None:
    """Every kind of thing that a log could tell: words, refusals, failures of Telegram, forged webhooks, erasure."""
    question = await s.asked()
    await s.press(EMMA, question, "v1")
    await s.press(EMMA, question, "c")
    await s.say(EMMA, "Nobody understood my marmalade.")
    await s.after("2m")
    await s.close_in_helpdesk(EMMA, agent="aubergine", team="parsley", tags=["parsley"])
    body = b'{"type": "conversation.ended", "data": {"conversation_id": "7", "kind": "nonsense"}}'
    assert (await s.hook(body, signed(body)))[0] == 202
    assert (await s.hook(body, {**signed(body), "webhook-signature": f"v1,{HOOK_SECRET}"}))[0] == 401
    for command in ("/pause", "/ces", "/why 7", "/my_data", "/export"):
        await s.say(EMMA, command)
        await s.say(STRANGER, command)
    await s.press(EMMA, s.last(EMMA), "a1:0000000000000000000000:y", forged=True)
    s.world.faults.fail("sendMessage", 500, "Internal Server Error")
    s.world.faults.drop_after("sendMessage")
    await s.say(EMMA, "My second invoice is wrong too.")
    await s.say(LIN, "marmalade")
    for command in ("/ces", "/settings", "/triggers", "/export csv comments", "/audit"):
        await s.say(ADA, command)
    topic = s.topic_of("Emma Clarke")
    await s.say(OLGA, "// marmalade", FORUM, topic)
    s.world.block(LIN)
    await s.say(
        OLGA, "Let me look.", FORUM, next(t["thread_id"] for t in s.world.topics(FORUM) if "林" in t["name"])
    )
    # what cannot be processed is told with its traceback
    await s.app.loops.inbox.save(
        [{"update_id": 9, "message": {"chat": {"type": "marmalade"}}}], s.clock.now()
    )
    await s.say(EMMA, "/forget_me")
    await s.press(EMMA, s.last(EMMA), "y")
    await s.after("1d")


@pytest.mark.parametrize(("mode", "format"), [("polling", "console"), ("webhook", "json")])
async def test_no_line_of_a_log_at_debug_holds_a_secret_or_what_people_said(
    mode: str, format: Literal["console", "json"], plain_umask: None, tmp_path: Path
) -> None:
    lines = io.StringIO()
    logs.configure(format, "debug", stream=lines)  # the patterns must do it, without knowing the secrets
    webhook: dict[str, Any] = {}
    if mode == "webhook":
        port = free_port()
        where = f"http://127.0.0.1:{port}"
        secret = SecretStr(WEBHOOK_SECRET)
        webhook["telegram"] = {"mode": "webhook", "webhook_url": where, "webhook_secret": secret}
        webhook["http"] = {"port": port}
    async with stage(**webhook) as s:
        await lived(s)
        pepper = load_pepper(s.settings).hex()
        path = s.world.webhook.url.rpartition("/")[2]
        assert_private(s)
        assert await take(s.settings, tmp_path / "kept.db", 7) == 0
        assert await export(s.settings, tmp_path / "answers.csv", with_comments=True) == 0
        assert modes(tmp_path) == {0o600}
    said = lines.getvalue()
    assert said.count("\n") > 80
    assert "Traceback" in said
    assert "rights.command_refused" in said
    secrets = [TOKEN, TOKEN.partition(":")[2], HOOK_SECRET, HOOK_SECRET.removeprefix("whsec_"), pepper]
    secrets += [WEBHOOK_SECRET, path] if mode == "webhook" else []
    customers = [
        f"{name}={person}" for person in (EMMA, LIN, STRANGER) for name in ("chat_id", "chat", "person")
    ]
    customers += [f'"chat_id": {person}' for person in (EMMA, LIN, STRANGER)]
    assert [one for one in (*secrets, *WORDS, *customers) if one in said] == []


def assert_private(s: Stage) -> None:
    """Nobody but its owner can read the database, what belongs to it, or the pepper."""
    folder = s.settings.sqlite_path()
    assert folder is not None
    names = {path.name for path in folder.parent.iterdir() if path.is_file()}
    assert names >= {"play.db", "play.db-wal", "play.pepper"}
    assert modes(folder.parent) == {0o600}


def modes(folder: Path) -> set[int]:
    """How the files of a folder may be read and written."""
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.is_file()}


FILE = f"""
[telegram]
token = "{TOKEN}"
mode = "webhook"
webhook_url = "https://ces.example"
webhook_secret = "{WEBHOOK_SECRET}"
[database]
url = "postgresql://ces:{PASSWORD}@127.0.0.1:1/ces?connect_timeout=1"
[privacy]
pepper = "{"ab" * 32}"
[sources.generic]
secrets = ["{HOOK_SECRET}"]
"""
IN_FILE = (TOKEN, TOKEN.partition(":")[2], WEBHOOK_SECRET, PASSWORD, "ab" * 32, HOOK_SECRET)


def test_the_settings_show_no_secret_however_they_are_shown(tmp_path: Path) -> None:
    settings = load(written(tmp_path, FILE))
    shown = "\n".join(
        (repr(settings), str(settings), str(settings.shown()), str(settings.model_dump(mode="json")))
    )
    assert [secret for secret in IN_FILE if secret in shown.replace(settings.database.url, "")] == []
    assert PASSWORD not in repr(settings) + str(settings.shown())
    assert set(settings.secrets()) == {TOKEN, WEBHOOK_SECRET, PASSWORD, "ab" * 32, HOOK_SECRET}


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ces:{PASSWORD}%2F%40@db/ces",
        f"postgresql://db/ces?user=ces&password={PASSWORD}%2F%40",
    ],
)
def test_the_password_of_the_database_is_hidden_wherever_it_stands(tmp_path: Path, url: str) -> None:
    settings = load(written(tmp_path, FILE.replace("postgresql://ces:", "#").replace("[database]\nurl", "# url") + (
        f'[database]\nurl = "{url}"\n')))  # fmt: skip
    for line in (f"cannot reach {url}", f"password is {PASSWORD}/@"):
        assert PASSWORD not in logs.redact(line, settings.secrets())
    assert PASSWORD not in str(settings.shown())


async def test_check_says_what_is_wrong_and_no_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = FILE.replace('token = "', 'api_url = "http://127.0.0.1:1"\ntoken = "')
    assert await check(load(written(tmp_path, text))) == 1
    said = "".join(capsys.readouterr())
    assert "database" in said
    assert [secret for secret in IN_FILE if secret in said] == []


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("token", "x" + TOKEN),
        ("webhook_secret", WEBHOOK_SECRET + " ü"),
        ("url", f"postgres//ces:{PASSWORD}@db"),
        ("pepper", "salt of the earth"),
        ("secrets", HOOK_SECRET.replace("whsec_", "sec_")),
    ],
)
def test_a_mistake_in_a_secret_is_told_without_the_secret(tmp_path: Path, key: str, wrong: str) -> None:
    lines = [
        (f'{key} = ["{wrong}"]' if key == "secrets" else f'{key} = "{wrong}"')
        if line.startswith(f"{key} =")
        else line
        for line in FILE.splitlines()
    ]
    with pytest.raises(ConfigError) as caught:
        load_pepper(load(written(tmp_path, "\n".join(lines))))
    told = f"{caught.value} {caught.value!r}"
    assert key in told or "database" in told or "pepper" in told
    assert [secret for secret in (*IN_FILE, wrong) if secret in told] == []


def test_settings_hold_every_secret_in_a_type_that_hides_it() -> None:
    """A new setting that is called like a secret must be one."""
    named = []
    for section_name, section in Settings.model_fields.items():
        fields = getattr(section.annotation, "model_fields", {})
        for name, field in fields.items():
            if any(word in name for word in ("token", "secret", "password", "pepper")) and not name.endswith(
                "_file"
            ):
                named.append((f"{section_name}.{name}", "SecretStr" in repr(field)))
    assert [name for name, _ in named] == ["telegram.token", "telegram.webhook_secret", "privacy.pepper"]
    assert all(is_hidden for _, is_hidden in named)
