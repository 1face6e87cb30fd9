"""``health``: ask the bot that runs on this machine how it is. For container health checks and for people."""

from __future__ import annotations

import json
import sys
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from bot.config import Settings

_PATIENCE_SECONDS = 4.0  # a probe of the database may take 3
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}


def health(settings: Settings, *, is_readiness: bool) -> int:
    """Print one line per check; 0 where all is well, else 1. ``is_readiness``: ask whether everything works."""
    host = _EVERYWHERE.get(settings.http.host, settings.http.host)
    url = f"http://{host}:{settings.http.port}/{'readyz' if is_readiness else 'healthz'}"
    # whatever proxy the machine has, the bot is on this side of it
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(url, timeout=_PATIENCE_SECONDS) as answer:
            report = json.load(answer)
    except HTTPError as error:
        report = _report_in(error)
    except (OSError, ValueError, HTTPException) as error:
        print(f"✗ {url} does not answer ({error}): does the bot run?", file=sys.stderr)
        return 1
    if report is None:
        print(f"✗ {url} is not the bot.", file=sys.stderr)
        return 1
    for name, facts in report["checks"].items():
        figures = ", ".join(f"{key} {value}" for key, value in facts.items() if key != "ok")
        print(f"{'✓' if facts['ok'] else '✗'} {name}{': ' if figures else ''}{figures}")
    return 0 if report["status"] == "ok" else 1


def _report_in(error: HTTPError) -> Any:
    """The report that a 503 carries; ``None`` where whoever answered is not the bot."""
    try:
        report = json.load(error)
    except ValueError:
        return None
    return report if isinstance(report, dict) and "checks" in report else None
