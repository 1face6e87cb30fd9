"""A load balancer as stands before several copies of the bot: request by request, round robin, past the dead ones."""

from __future__ import annotations

from collections import Counter

import aiohttp
from aiohttp import web

_NOT_PASSED_ON = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


class Balancer:
    """Passes every request to the next of ``ports``. 502 where nobody listens, as the usual proxies answer."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.served: Counter[int] = Counter()
        self.port = 0
        self._next = 0
        self._session: aiohttp.ClientSession
        self._runner: web.AppRunner

    async def __aenter__(self) -> Balancer:
        self._session = aiohttp.ClientSession()
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    @property
    def url(self) -> str:
        """Its own address."""
        return f"http://127.0.0.1:{self.port}"

    async def _pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _NOT_PASSED_ON}
        for _ in range(len(self.ports)):
            port = self.ports[self._next % len(self.ports)]
            self._next += 1
            url = f"http://127.0.0.1:{port}{request.path_qs}"
            try:
                async with self._session.request(request.method, url, data=body, headers=headers) as answer:
                    self.served[port] += 1
                    return web.Response(
                        status=answer.status,
                        body=await answer.read(),
                        headers={
                            name: answer.headers[name]
                            for name in ("Content-Type", "Retry-After")
                            if name in answer.headers
                        },
                    )
            except aiohttp.ClientConnectorError:
                continue
            except aiohttp.ClientError:
                break  # it may have been heard: whoever sent it sends it again
        return web.Response(status=502, headers={"Retry-After": "1"})
