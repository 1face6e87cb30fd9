"""What comes in by HTTP: odd paths, doubtful framing, bodies that are too much. Nothing of it is served or stored."""

from __future__ import annotations

import ast
import asyncio
import gzip
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import bot
import handlers
from bot.domain.errors import UnreadableDelivery
from bot.domain.events import Delivery
from bot.playground.settings import HOOK_SECRET
from handlers.sources import SOURCES
from handlers.webhooks import BODY_LIMIT
from tests.signing import compact, ended, recorded, signed
from tests.stage import EMMA, WEDNESDAY, Stage, stage

SECRET = "only-telegram-knows-this-one"


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """A bot that Telegram reaches by webhook."""
    webhook = {"mode": "webhook", "webhook_url": "http://127.0.0.1:1", "webhook_secret": SecretStr(SECRET)}
    async with stage(telegram=webhook) as on:
        yield on


async def exchange(s: Stage, request: bytes, *, port: int = 0) -> tuple[list[int], bytes]:
    """Send these very bytes; the status of every answer until the connection is closed, and everything said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port or s.app.http_port)
    try:
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(60):
            said = await reader.read()
    finally:
        writer.close()
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d{3})", said)], said


def post(path: str, body: bytes = b"{}", headers: dict[str, str] | None = None) -> bytes:
    """A request as it travels; the connection is closed after it."""
    given = {"Host": "x", "Connection": "close", "Content-Length": str(len(body)), **(headers or {})}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


async def kept(s: Stage) -> int:
    """How many deliveries are in the inbox that did not come from the people of the stage."""
    rows = await s.rows("SELECT key FROM delivery WHERE source <> 'telegram'")
    return len(rows)


GOOD = ended(EMMA, WEDNESDAY)
ODD_PATHS = [
    "/", "/hooks", "/hooks/", "/hooks/generic/", "/hooks/generic/x", "/hooks/..", "/hooks/../healthz",
    "/hooks/%2e%2e/%2e%2e/etc/passwd", "/hooks/..%2f..%2fetc%2fpasswd", "/hooks/....//generic", "//hooks/generic",
    "/hooks/generic%00", "/hooks/generic%20", "/hooks/GENERIC", "/hooks/telegram_topic", "/hooks/telegram",
    "/hooks/%F0%28%8C%BC", "/hooks/__init__", "/hooks/generic;a=b", "/telegram", "/telegram/", "/telegram/x",
    "/telegram/%2e%2e/hooks/generic", "/metrics", "/.env", "/config.toml", "/static/../ces.db", "/hooks/" + "a" * 7000,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
async def test_no_odd_path_leads_anywhere(s: Stage) -> None:
    before = await kept(s)
    answered = {path: (await exchange(s, post(path, GOOD, signed(GOOD))))[0] for path in ODD_PATHS}
    assert {path: codes for path, codes in answered.items() if codes not in ([404], [400])} == {}
    assert await kept(s) == before


async def test_a_webhook_is_posted_or_nothing(s: Stage) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "BREW"):
        request = post("/hooks/generic", GOOD, signed(GOOD)).replace(b"POST", method.encode(), 1)
        codes, _ = await exchange(s, request)
        assert codes[0] in (400, 404, 405), method
    assert await kept(s) == 0


SMUGGLED = b"POST /hooks/generic HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
DOUBTFUL = {
    "two lengths": b"Content-Length: 2\r\nContent-Length: 70\r\n\r\n{}" + SMUGGLED,
    "two lengths in one": b"Content-Length: 2, 70\r\n\r\n{}" + SMUGGLED,
    "a length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks and a length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a signed length": b"Content-Length: +2\r\n\r\n{}" + SMUGGLED,
    "a length below nothing": b"Content-Length: -2\r\n\r\n{}" + SMUGGLED,
    "a length in hex": b"Content-Length: 0x2\r\n\r\n{}" + SMUGGLED,
    "an unknown encoding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunked twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a space before the colon": b"Content-Length : 2\r\n\r\n{}" + SMUGGLED,
    "a folded line": b"X: a\r\n Content-Length: 2\r\n\r\n{}" + SMUGGLED,
    "a chunk that lies": b"Transfer-Encoding: chunked\r\n\r\n2x\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
    "NUL in a header": b"X: a\x00b\r\nContent-Length: 2\r\n\r\n{}" + SMUGGLED,
    "a bare CR": b"X: a\rContent-Length: 2\r\n\r\n{}" + SMUGGLED,
}


async def test_a_request_whose_end_is_doubtful_is_refused_and_what_follows_is_not_read(s: Stage) -> None:
    """Two readers that disagree about where a request ends could be made to see different requests."""
    head = b"POST /nowhere HTTP/1.1\r\nHost: x\r\n"
    answered = {case: (await exchange(s, head + rest))[0] for case, rest in DOUBTFUL.items()}
    assert answered == {case: [400] for case in DOUBTFUL}


async def test_headers_without_end_are_refused(s: Stage) -> None:
    codes, _ = await exchange(
        s, b"POST /hooks/generic HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n"
    )
    assert codes == [400]


async def test_a_body_without_end_is_cut_off_at_a_megabyte(s: Stage) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", s.app.http_port)
    writer.write(b"POST /hooks/generic HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    sent, chunk = 0, b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    answer = asyncio.create_task(reader.readuntil(b"\r\n"))
    async with asyncio.timeout(60):
        while not answer.done():
            try:
                writer.write(chunk)
                await writer.drain()
            except ConnectionError:
                break
            sent += 0x10000
            assert sent < 64 * BODY_LIMIT, "it goes on reading"
            await asyncio.sleep(0)
        assert b" 413 " in await answer
    writer.transport.abort()


@pytest.mark.parametrize("path", ["hooks", "telegram"])
async def test_a_compressed_body_is_refused_unread(s: Stage, path: str) -> None:
    where = "/hooks/generic" if path == "hooks" else _telegram_path(s)
    bomb = gzip.compress(b" " * (64 * BODY_LIMIT))
    headers = {**signed(GOOD), "Content-Encoding": "gzip", "X-Telegram-Bot-Api-Secret-Token": SECRET}
    codes, _ = await exchange(s, post(where, bomb, headers))
    assert codes == [415]


def _telegram_path(s: Stage) -> str:
    return "/" + s.world.webhook.url.split("/", 3)[3]


async def test_telegrams_path_is_secret_and_so_is_what_it_says(s: Stage) -> None:
    path = _telegram_path(s)
    assert re.fullmatch(r"/telegram/[A-Za-z0-9_-]{20,}", path)
    update = compact({"update_id": 7, "message": {"chat": {"id": EMMA, "type": "private"}}})
    wrong: tuple[dict[str, str], ...] = (
        {},
        {"X-Telegram-Bot-Api-Secret-Token": ""},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET[:-1]},
    )
    wrong = (
        *wrong,
        {"X-Telegram-Bot-Api-Secret-Token": SECRET + "x"},
        {"X-Telegram-Bot-Api-Secret-Token": "\xff\xfe"},
    )
    before = len(await s.rows("SELECT id FROM delivery"))
    for headers in wrong:
        assert (await exchange(s, post(path, update, headers)))[0] == [401]
    assert len(await s.rows("SELECT id FROM delivery")) == before
    right = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    for body in (b"", b"[]", b"7", b"{", b"[" * 200_000, b'"\xff"'):
        assert (await exchange(s, post(path, body, right)))[0] == [400]
    assert (await exchange(s, post(path, update, right)))[0] == [200]


async def test_json_that_is_all_brackets_is_no_json_and_no_failure(s: Stage) -> None:
    body = b"[" * (BODY_LIMIT // 2)
    assert (await s.hook(body, signed(body)))[0] == 400


async def test_what_an_operator_may_ask_gives_no_secret_away(s: Stage) -> None:
    for path in ("/healthz", "/readyz"):
        _, said = await exchange(s, post(path).replace(b"POST", b"GET", 1))
        for secret in (
            SECRET,
            HOOK_SECRET,
            _telegram_path(s).split("/")[-1],
            s.world.token,
            "Emma",
            str(EMMA),
        ):
            assert secret.encode() not in said


# What is signed and yet absurd


ABSURD: dict[str, Any] = {
    "NUL": {"team": {"name": "a\x00b"}, "tags": ["\x00"], "closed_by": "\x00", "agent": {"id": "\x00"}},
    "half of a pair": {"team": {"name": "\ud800"}, "tags": ["\udfff"], "agent": {"id": "\ud83d"}},
    "a megabyte": {
        "team": {"name": "x" * 200_000},
        "agent": {"id": "y" * 200_000},
        "language": "z" * 200_000,
    },
    "many tags": {"tags": [f"tag {number}" for number in range(20_000)]},
    "deep": {"team": {"name": json.loads("[" * 200 + "]" * 200)}, "tags": [{"a": {"b": []}}]},
    "other types": {"team": 7, "agent": "x", "tags": {"a": 1}, "closed_by": [1], "language": {"a": 1}},
}


async def test_absurd_facts_are_bounded_and_break_nothing(store_url: str) -> None:
    """PostgreSQL takes no NUL, no half of a pair, and no long value in an index."""
    async with stage(database={"url": store_url}, privacy={"pepper": SecretStr("ab" * 32)}) as s:
        for number, facts in enumerate(ABSURD.values()):
            body = _ended(number, facts, s)
            assert (await s.hook(body, signed(body, id=f"{number}" * 4000)))[0] == 202
            await s.after("5s")
            await s.press(EMMA, s.last(EMMA), "v1")
        await s.after("3m")
        rows = await s.rows("SELECT * FROM invitation")
        assert [(row["state"], row["score"]) for row in rows] == [("answered", 1)] * len(ABSURD)
        names = ("team", "agent", "language", "heard_language", "closed_by")
        assert max(len(str(row[name])) for row in rows for name in names) <= 100
        tags = [(tag["invitation_id"], tag["tag"]) for tag in await s.rows("SELECT * FROM invitation_tag")]
        assert max(len(tag) for _, tag in tags) <= 100
        assert max(Counter(episode for episode, _ in tags).values()) <= 50
        failed = await s.rows("SELECT error FROM delivery WHERE error IS NOT NULL")
        assert [one["error"] for one in failed] == []


def _ended(number: int, facts: dict[str, Any], s: Stage) -> bytes:
    delivery: dict[str, Any] = json.loads(ended(EMMA, s.clock.now(), conversation=str(number)))
    delivery["data"] |= facts
    return json.dumps(delivery).encode()


@pytest.mark.parametrize(
    "change",
    [
        {"conversation_id": "c" * 201},
        {"conversation_id": "\ud800" * 900_000},
        {"kind": "k" * 900_000},
        {"ended_at": "t" * 900_000},
        {"customer": {"telegram_user_id": "Emma Clarke " * 9_000}},
    ],
)
def test_what_is_refused_is_not_repeated_at_length(change: dict[str, Any]) -> None:
    delivery = recorded("ended")
    delivery["data"] |= change
    with pytest.raises(UnreadableDelivery) as caught:
        SOURCES["generic"].parse(Delivery("generic", {}, json.dumps(delivery).encode(), WEDNESDAY))
    assert len(str(caught.value)) < 200
    assert "Emma" not in str(caught.value)


def test_the_type_of_a_delivery_is_not_repeated_at_length_either() -> None:
    heard = SOURCES["generic"].parse(Delivery("generic", {}, compact({"type": "x" * 900_000}), WEDNESDAY))
    assert len(repr(heard)) < 300


# Comparisons


def test_secrets_are_compared_in_constant_time_or_not_at_all() -> None:
    """Whatever is called a secret, a signature, a token given from outside, or a pepper is never compared by ``==``."""
    doubtful = re.compile(r"secret|signature|pepper|password|given_|digest|hmac", re.IGNORECASE)
    found = []
    for package in (bot, handlers):
        assert package.__file__
        for path in sorted(Path(package.__file__).parent.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Compare):
                    continue
                if not any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                    continue
                sides = [node.left, *node.comparators]
                if any(isinstance(side, ast.Constant) for side in sides):
                    continue  # with what is in the source for all to read, nothing is guessed
                if any(doubtful.search(ast.unparse(side)) for side in sides):
                    found.append(f"{path.name}:{node.lineno}: {ast.unparse(node)}")
    assert found == []


async def test_a_signature_of_another_moment_is_too_old(s: Stage) -> None:
    body = ended(EMMA, s.clock.now())
    now = datetime.now(UTC)
    for span in (timedelta(minutes=6), -timedelta(minutes=6), timedelta(days=365)):
        assert (await s.hook(body, signed(body, at=now - span)))[0] == 401
    assert await kept(s) == 0


async def test_a_replayed_delivery_is_known_and_asks_nobody_again(s: Stage) -> None:
    body = ended(EMMA, s.clock.now())
    headers = signed(body)
    answers = [await s.hook(body, headers) for _ in range(3)]
    assert [answer["status"] for _, answer in answers] == ["stored", "known", "known"]
    assert len(await s.rows("SELECT id FROM invitation")) == 1


async def test_the_signature_is_over_the_bytes_and_not_over_their_meaning(s: Stage) -> None:
    body = ended(EMMA, s.clock.now())
    headers = signed(body)
    for other in (body + b" ", body.replace(b":", b": ", 1), json.dumps(json.loads(body)).encode()):
        assert (await s.hook(other, headers))[0] == 401
    assert await kept(s) == 0
