"""Whom the bot calls: Telegram and its database, and nobody that an event or a person names."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import bot
import handlers
from tests.signing import signed
from tests.stage import ADA, EMMA, FORUM, OLGA, Stage, stage

_CANARY = "http://127.0.0.1:9/canary"  # whoever fetches it tries to reach port 9
_URLS = {
    "url": _CANARY,
    "callback_url": _CANARY,
    "webhook": _CANARY,
    "avatar": {"url": _CANARY},
    "links": [_CANARY],
    "source": _CANARY,
    "team": {"name": _CANARY, "url": _CANARY},
    "tags": [_CANARY, "file:///etc/passwd", "gopher://127.0.0.1:9/x"],
    "agent": {"id": _CANARY, "avatar_url": _CANARY},
    "language": _CANARY,
    "closed_by": "<!ENTITY x SYSTEM 'http://127.0.0.1:9/canary'>",
}
_CALLERS = {
    "bot/adapters/telegram/request.py": "telegram.api_url",
    "bot/commands/health.py": "http.host, http.port",
}

_ports: set[int] = set()
_is_listening = False


def _heard(event: str, facts: tuple[Any, ...]) -> None:
    if _is_listening and event == "socket.connect" and isinstance(facts[1], tuple):
        _ports.add(int(facts[1][1]))


async def lived(s: Stage) -> None:
    """URLs come in everywhere that something can come in."""
    body = b'{"type": "conversation.ended", "data": ' + _data().encode() + b"}"
    assert (await s.hook(body, signed(body)))[0] == 202
    await s.after("5s")
    await s.press(EMMA, s.last(EMMA), "v1")
    await s.press(EMMA, s.last(EMMA), "c")
    await s.say(EMMA, f"See {_CANARY} and [it]({_CANARY}) ![i]({_CANARY})")
    await s.say(EMMA, f"Look: {_CANARY}")
    topic = s.topic_of("Emma Clarke")
    await s.say(OLGA, f'<img src="{_CANARY}">', FORUM, topic)
    await s.close(topic)
    await s.after("3m")
    for command in (
        "/ces",
        f"/why {_CANARY}",
        f"/set cooldown {_CANARY}",
        "/export xlsx comments",
        "/alerts",
    ):
        await s.say(ADA, command)
    await s.after("1d")


def _data() -> str:
    return json.dumps(
        {"conversation_id": "7", "customer": {"telegram_user_id": EMMA, "url": _CANARY}, **_URLS}
    )


async def test_no_url_that_comes_in_is_ever_fetched() -> None:
    global _is_listening
    sys.addaudithook(_heard)
    _is_listening = True
    try:
        async with stage() as s:
            await lived(s)
            known = {s.app.http_port, int(s.settings.telegram.api_url.rpartition(":")[2])}
    finally:
        _is_listening = False
    assert _ports, "connections are heard of"
    assert _ports <= known


def test_what_can_call_somebody_is_what_the_threat_model_lists() -> None:
    """Whatever imports something that opens connections by HTTP; the drivers of databases are kept in the store."""
    found = set()
    for package in (bot, handlers):
        assert package.__file__
        root = Path(package.__file__).parent
        for path in root.rglob("*.py"):
            if "playground" in path.parts:
                continue
            tree = ast.parse(path.read_text("utf-8"))
            names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            if names & {
                "ClientSession",
                "urlopen",
                "build_opener",
                "HTTPConnection",
                "open_connection",
                "AsyncClient",
            }:
                found.add(path.relative_to(root.parent).as_posix())
    assert found == set(_CALLERS)
    page = (Path(__file__).parents[2] / "SECURITY.md").read_text("utf-8")
    assert [path for path in _CALLERS if f"`{path}`" not in page] == []
