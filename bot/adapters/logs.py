"""Logs: structlog over the standard library, one line per step, and no secret in any of them.

Two layers keep secrets out. Libraries that write whole URLs, calls or rows are quieted (httpx and httpcore at INFO,
aiohttp's access log; telegram, aiosqlite and psycopg write at DEBUG what customers said), and the formatter redacts
the finished line as its last step, so that tracebacks and ``repr`` are covered too. ``\\b\\d+:`` would not do: URLs say
``bot123:…`` without a word boundary.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import Processor

from bot.adapters.repeats import Repeats

HIDDEN = "[hidden]"

LogFormat = Literal["console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

_TELEGRAM_TOKEN = re.compile(r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}")
_WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_-]+")
# POST /telegram/<secret>, but not the path of a module called telegram/something.py
_WEBHOOK_PATH = re.compile(r"(?<=/telegram/)[A-Za-z0-9_-]{16,}(?![A-Za-z0-9_./-])")
_URL_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]+(?=@)")
_QUERY_PASSWORD = re.compile(r"(?<=[?&]password=)[^&\s'\"]+")
_NOISY = ("httpx", "httpcore", "aiohttp.access", "asyncio", "telegram", "aiosqlite", "psycopg")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` without tokens, webhook secrets, webhook paths, passwords in URLs, and without ``secrets``."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    text = _TELEGRAM_TOKEN.sub(HIDDEN, text)
    text = _WEBHOOK_SECRET.sub(HIDDEN, text)
    text = _WEBHOOK_PATH.sub(HIDDEN, text)
    text = _QUERY_PASSWORD.sub(HIDDEN, text)
    return _URL_PASSWORD.sub(rf"\1:{HIDDEN}", text)


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders records of structlog and of the standard library alike, then redacts the whole line."""

    def __init__(self, *, secrets: Iterable[str], processors: list[Processor]) -> None:
        super().__init__(foreign_pre_chain=_common(), processors=processors)
        # an empty or tiny "secret" would blank out half of every line
        self._secrets = tuple(secret for secret in secrets if len(secret) >= 6)

    def format(self, record: logging.LogRecord) -> str:
        """One finished line (a traceback makes it several) that holds no secret."""
        return redact(super().format(record), self._secrets)


def configure(
    format: LogFormat = "console",
    level: LogLevel = "info",
    *,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send every log line of the process to ``stream`` (default: stderr). May be called again.

    ``secrets`` are hidden wherever they appear, also where no pattern would know them.
    """
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(RedactingFormatter(secrets=secrets, processors=_rendering(format, out)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            Repeats(),
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _common() -> list[Processor]:
    """What every line carries, whoever wrote it: bound context, level, logger, time (UTC)."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _rendering(format: LogFormat, out: TextIO) -> list[Processor]:
    strip: Processor = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if format == "json":
        return [
            strip,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=_plain, ensure_ascii=False),
        ]
    # plain tracebacks: the pretty ones print local variables
    return [
        strip,
        structlog.dev.ConsoleRenderer(
            colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=24
        ),
    ]


def _plain(value: Any) -> str:
    return str(value)
