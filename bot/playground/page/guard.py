"""Who may talk to the page: only the page itself, on this machine.

The server listens on loopback, yet any web page that the visitor has open could post to loopback too, and a
name that is made to point at loopback (DNS rebinding) would even be same-origin. So the Host must be a loopback
name, an Origin must be our own, and a POST must be JSON, which no foreign page can send without asking first.
"""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def _is_loopback(request: web.Request) -> bool:
    try:
        return request.url.host in _LOOPBACK_NAMES
    except ValueError:
        return False


def _is_same_origin(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    return origin is None or origin == f"{request.scheme}://{request.host}"


def _refuse(status: int, reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=status)


@web.middleware
async def only_the_page(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign hosts and origins with 403 and POSTs that are no JSON with 415."""
    if not _is_loopback(request):
        return _refuse(403, "open the page by its loopback address")
    if not _is_same_origin(request) or request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        return _refuse(403, "only the page itself may ask")
    if request.method == "POST" and request.content_type != "application/json":
        return _refuse(415, "JSON only")
    return await handler(request)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """For ``on_response_prepare``: everything comes from here, nothing is inline, nothing is stale or framed."""
    del request
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
