"""What logs promise: readable, complete, and never a secret."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from bot.adapters.logs import LogFormat, configure, redact
from tests.logging_restored import logging_restored as logging_restored

TOKEN = "8012345678:not-a-real-token_abcdefghijklmnopqr"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (f"POST https://api.telegram.org/bot{TOKEN}/getMe 200", "POST https://api.telegram.org/bot"),
        (f"Bot[token={TOKEN}]", "Bot[token="),
        ("secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw is wrong", "secret "),
        ("POST /telegram/3qN0xLr9Tz1_wVb7Yk-a HTTP/1.1", "POST /telegram/"),
        ("postgresql://ces:hunter2@db.example/ces", "postgresql://ces:"),
    ],
)
def test_a_secret_is_hidden_wherever_it_stands(line: str, kept: str) -> None:
    shown = redact(line)
    assert shown.startswith(kept + "[hidden]")
    for secret in (TOKEN, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "3qN0xLr9Tz1_wVb7Yk-a", "hunter2"):
        assert secret not in shown


@pytest.mark.parametrize(
    "line",
    [
        'File "site-packages/telegram/_inlinequeryresultarticle.py", line 12, in to_dict',
        "2026-11-25T10:00:00Z asked invitation_id=12345678",
        "https://api.telegram.org/",
    ],
)
def test_ordinary_lines_stay_as_they_are(line: str) -> None:
    assert redact(line) == line


@pytest.mark.parametrize("format", ["console", "json"])
def test_a_token_in_a_traceback_or_a_value_is_hidden(format: LogFormat) -> None:
    out = io.StringIO()
    configure(format, "debug", secrets=["my-own-webhook-secret"], stream=out)
    log = structlog.get_logger("bot.flow.outbox")
    try:
        raise RuntimeError(f"cannot reach https://api.telegram.org/bot{TOKEN}/sendMessage")
    except RuntimeError:
        log.exception("send_failed", url=f"/bot{TOKEN}/x", header="my-own-webhook-secret")
        logging.getLogger("telegram.ext").exception("noted %s", TOKEN)
    written = out.getvalue()
    assert "RuntimeError" in written
    assert "send_failed" in written
    assert "Traceback" in written
    assert TOKEN not in written
    assert "my-own-webhook-secret" not in written


def test_json_lines_are_one_object_each_with_bound_context() -> None:
    out = io.StringIO()
    configure("json", "info", stream=out)
    with structlog.contextvars.bound_contextvars(update_id=77):
        structlog.get_logger("bot.flow").info("tapped", score=4, face="🙂")
        logging.getLogger("telegram").warning("slow %d", 3)
    ours, theirs = (json.loads(line) for line in out.getvalue().splitlines())
    assert (ours["event"], ours["score"], ours["face"], ours["update_id"]) == ("tapped", 4, "🙂", 77)
    assert (ours["level"], ours["logger"]) == ("info", "bot.flow")
    assert ours["timestamp"].endswith("Z")
    assert (theirs["event"], theirs["update_id"], theirs["logger"]) == ("slow 3", 77, "telegram")


def test_libraries_that_write_urls_are_quiet_even_at_debug() -> None:
    out = io.StringIO()
    configure("console", "debug", stream=out)
    for name in ("httpx", "httpcore.connection", "aiohttp.access"):
        logging.getLogger(name).info("HTTP Request: POST /bot1/sendMessage")
    assert out.getvalue() == ""


def test_lines_below_the_level_are_not_written() -> None:
    out = io.StringIO()
    configure("console", "warning", stream=out)
    structlog.get_logger().info("asked")
    assert out.getvalue() == ""


def test_configuring_twice_writes_each_line_once() -> None:
    out = io.StringIO()
    configure("json", "info", stream=out)
    configure("json", "info", stream=out)
    structlog.get_logger().info("asked")
    assert len(out.getvalue().splitlines()) == 1
