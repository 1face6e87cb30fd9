"""``GET /healthz`` and ``GET /readyz``: how the bot is, as JSON; 503 where something is wrong (docs/operations.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.flow.vitals import Check, Vitals


def add_health(app: web.Application, vitals: Vitals) -> None:
    """Answer both questions on the application's port."""
    app.router.add_get("/healthz", _answering(vitals.health))
    app.router.add_get("/readyz", _answering(vitals.readiness))


def _answering(
    look: Callable[[], Awaitable[list[Check]]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        checks = await look()
        is_ok = all(check.is_ok for check in checks)
        body = {
            "status": "ok" if is_ok else "failing",
            "checks": {check.name: {"ok": check.is_ok, **check.facts} for check in checks},
        }
        return web.json_response(body, status=200 if is_ok else 503, headers={"Cache-Control": "no-store"})

    return answer
