"""PTB's HTTP, over aiohttp: one pool that keeps its connections warm, and errors that say whether a call went out.

Why not PTB's own backend: httpx closes idle connections after 5 s and costs several times the CPU. Parameters travel as
one JSON object: a form, which PTB makes of them, costs as much again as the rest of the call.
"""

from __future__ import annotations

import json
from functools import lru_cache

import aiohttp
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 5.0
_WRITE_SECONDS = 5.0
_UPLOAD_SECONDS = 20.0
_POOL_SECONDS = 1.0
_IS_JSON = {"Content-Type": "application/json"}


class NotSent(NetworkError):
    """The call never left: no name, no connection, or no free connection in time. It may be made again."""


class Unanswered(TimedOut):
    """The call went out and no whole answer came back: it may have had its effect."""


def _seconds(given: ODVInput[float], default: float | None) -> float | None:
    # DefaultValue is PTB's private type: whatever is neither None nor a number was left out.
    if given is None or isinstance(given, int | float):
        return given
    return default


def _sum(*parts: float | None) -> float | None:
    return None if None in parts else sum(part for part in parts if part is not None)


@lru_cache
def _patience(reaching: float | None, writing: float | None, reading: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=_sum(reaching, writing, reading), connect=reaching)


class AiohttpRequest(BaseRequest):
    """A backend for ``telegram.Bot``. At most ``pool`` connections, kept open ``keepalive`` seconds when idle.

    ``read`` is the default read timeout in seconds. aiohttp knows no write timeout, so a whole exchange is bounded by
    the sum of its parts. Every failure is ``NotSent`` or ``Unanswered``; neither carries its cause along, because
    aiohttp's texts name the URL and the URL holds the token.
    """

    __slots__ = ("_keepalive", "_pool", "_read", "_session")

    def __init__(self, pool: int = 32, keepalive: float = 60.0, read: float = _READ_SECONDS) -> None:
        self._pool = pool
        self._keepalive = keepalive
        self._read = read
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """The default read timeout in seconds."""
        return self._read

    async def initialize(self) -> None:
        """Open the pool; an open one stays as it is."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._pool, keepalive_timeout=self._keepalive),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close the pool; it may be opened again."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one request; the HTTP status and the body. Raises NotSent (also before ``initialize``) or Unanswered."""
        if self._session is None:
            raise NotSent("the connection pool is not open")
        has_files = request_data is not None and request_data.contains_files
        reaching = _sum(_seconds(connect_timeout, _CONNECT_SECONDS), _seconds(pool_timeout, _POOL_SECONDS))
        writing = _seconds(write_timeout, _UPLOAD_SECONDS if has_files else _WRITE_SECONDS)
        body: aiohttp.FormData | bytes | None = None
        if request_data is not None:
            body = _form(request_data) if has_files else json.dumps(request_data.parameters).encode()
        try:
            async with self._session.request(
                method,
                url,
                data=body,
                headers=_IS_JSON if isinstance(body, bytes) else None,
                timeout=_patience(reaching, writing, _seconds(read_timeout, self._read)),
                allow_redirects=False,
            ) as response:
                return response.status, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise NotSent(f"not sent ({type(error).__name__})") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unanswered(f"no answer ({type(error).__name__})") from None


def _form(request_data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData(request_data.json_parameters)
    for name, (file_name, content, mime_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=mime_type)
    return form
