"""The Bot API as a ``Channel``: PTB's bot over our aiohttp backend, plain JSON in and out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from telegram import Bot, InputFile
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData
from telegram.request._requestparameter import RequestParameter  # what RequestData is made of; not exported

from bot.adapters.telegram.errors import channel_error
from bot.adapters.telegram.request import AiohttpRequest
from bot.flow.ports import Upload

_LONG_POLL_MARGIN_SECONDS = 10.0


class PlainBot(Bot):
    """PTB's bot that also makes plain calls: ``do_api_request`` warns about every method that PTB knows by name, and
    looks through values that are JSON already for objects of PTB's.
    """

    async def open(self) -> None:
        """Open the connection pools without asking who we are, so that a start needs no reachable Telegram."""
        if not self._requests_initialized:
            await asyncio.gather(*(request.initialize() for request in self._request))
            self._requests_initialized = True

    async def plain(
        self,
        method: str,
        parameters: Mapping[str, Any],
        read_timeout: float | None,
        file: tuple[str, InputFile] | None = None,
    ) -> Any:
        """Make one call and return its ``result`` as it came; ``None``: the backend's own read timeout.

        ``parameters`` are plain JSON; ``file`` is one more parameter and its content.
        """
        given = [RequestParameter(name, value, None) for name, value in parameters.items()]
        if file is not None:
            given.append(RequestParameter.from_input(*file))
        return await self._request[0 if method == "getUpdates" else 1].post(
            f"{self.base_url}/{method}",
            RequestData(given),
            read_timeout=BaseRequest.DEFAULT_NONE if read_timeout is None else read_timeout,
        )


def build_bot(token: str, api_url: str = "https://api.telegram.org") -> PlainBot:
    """A bot that talks to ``api_url``: 32 warm connections for calls, 2 for getUpdates. It logs no URL.

    ``open()`` before use and ``shutdown()`` after; ``initialize()`` would also ask who we are.
    """
    api_url = api_url.rstrip("/")
    return PlainBot(
        token,
        base_url=f"{api_url}/bot",
        base_file_url=f"{api_url}/file/bot",
        request=AiohttpRequest(pool=32),
        get_updates_request=AiohttpRequest(pool=2, read=60.0),
    )


class TelegramChannel:
    """One call, one answer; every failure is a ``ChannelError`` by the table of ``errors.py``."""

    def __init__(self, bot: PlainBot) -> None:
        self._bot = bot

    async def call(self, method: str, payload: Mapping[str, Any], upload: Upload | None = None) -> Any:
        """Make one call and return its ``result`` as plain JSON. Raises ChannelError or ChatMoved.

        A long poll may take its ``timeout`` and 10 s more.
        """
        file = None
        if upload is not None:
            file = upload.field, InputFile(upload.content, filename=upload.name)
        patience = None
        if method == "getUpdates":
            patience = float(payload.get("timeout", 0)) + _LONG_POLL_MARGIN_SECONDS
        try:
            return await self._bot.plain(method, payload, patience, file)
        except TelegramError as error:
            raise channel_error(error) from None
