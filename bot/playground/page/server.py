"""The page's web server: files, events, and what the page asks for. It listens on this machine only."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import web

from bot.playground.botapi.refusals import Impossible
from bot.playground.page.acts import NoSuchAct, perform
from bot.playground.page.guard import add_headers, only_the_page
from bot.playground.page.snapshot import snapshot_json, stage_json
from bot.playground.page.stage import Stage
from bot.playground.page.stream import PING_SECONDS, Streams

HOST = "127.0.0.1"
MOVES: Mapping[str, timedelta] = {
    "5m": timedelta(minutes=5),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
}
_LARGEST_REQUEST_BYTES = 16 * 1024 * 1024
_SHUTDOWN_SECONDS = 2.0
_INLINE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_DESK_TEXTS = ("agent", "team", "language", "closed_by", "resolved_by")
_DESK_NUMBERS = ("first_response_seconds", "customer_messages", "agent_messages")

Json = dict[str, Any]
Result = TypeVar("Result")


class PageServer:
    """Shows a stage in the browser. ``ping_seconds``: how often an idle event stream says that it lives."""

    def __init__(self, stage: Stage, *, ping_seconds: float = PING_SECONDS) -> None:
        self._stage = stage
        self._busy: str | None = None
        self._streams = Streams(stage, lambda: self._busy, ping_seconds=ping_seconds)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> str:
        """Listen on loopback (0: any free port) and return the address to open. Raises OSError when taken."""
        runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        site = web.TCPSite(runner, HOST, port)
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        return f"http://{HOST}:{runner.addresses[0][1]}/"

    async def stop(self) -> None:
        """End the streams and stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def tell_stage(self) -> None:
        """Tell open pages that the stage changed by something else than the page's own requests."""
        self._streams.tell_stage()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[only_the_page], client_max_size=_LARGEST_REQUEST_BYTES)
        static = Path(str(files("bot.playground") / "static"))
        app.router.add_get("/", self._index(static / "index.html"))
        app.router.add_static("/static", static)
        app.router.add_static("/fonts", Path(str(files("bot") / "fonts")))
        app.router.add_get("/events", self._streams.serve)
        app.router.add_get("/api/state", self._state)
        app.router.add_get("/api/commands", self._commands)
        app.router.add_get("/file/{file_id}", self._file)
        for path, handler in (
            ("/api/act", self._act),
            ("/api/time", self._time),
            ("/api/week", self._week),
            ("/api/helpdesk", self._helpdesk),
            ("/api/rules", self._rules),
            ("/api/reset", self._reset),
        ):
            app.router.add_post(path, _json_in(handler))
        app.on_response_prepare.append(add_headers)
        app.on_shutdown.append(self._close_streams)
        return app

    async def _close_streams(self, app: web.Application) -> None:
        del app
        self._streams.close()

    @staticmethod
    def _index(path: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def index(request: web.Request) -> web.StreamResponse:
            del request
            return web.FileResponse(path)

        return index

    async def _state(self, request: web.Request) -> web.Response:
        """What the page knows at this moment; ``?messages=1`` with all chats, for tests and the curious."""
        make = snapshot_json if request.query.get("messages") else stage_json
        return web.json_response(make(self._stage, epoch="", busy=self._busy))

    async def _commands(self, request: web.Request) -> web.Response:
        world = self._stage.world
        try:
            chat_id, person_id = (int(request.query[name]) for name in ("chat_id", "person_id"))
            language = world.people[person_id].get("language_code", "")
            commands = world.commands_for(chat_id, person_id, language)
        except (KeyError, ValueError):  # Impossible is a ValueError
            raise _refused(404, "no such chat or person") from None
        return web.json_response({"commands": commands})

    async def _file(self, request: web.Request) -> web.Response:
        """A file of the world. Only pictures are shown; anything else is a download, whatever it contains."""
        try:
            name, content = self._stage.world.file(request.match_info["file_id"])
        except KeyError:
            raise _refused(404, "no such file") from None
        kind = mimetypes.guess_type(name)[0]
        is_picture = kind in _INLINE_TYPES
        how = "inline" if is_picture else "attachment"
        headers = {"Content-Disposition": f"{how}; filename*=UTF-8''{quote(name)}"}
        content_type = kind if is_picture and kind else "application/octet-stream"
        return web.Response(body=content, content_type=content_type, headers=headers)

    async def _act(self, body: Json) -> Json:
        return perform(self._stage.world, body)

    async def _time(self, body: Json) -> Json:
        span = MOVES.get(str(body.get("move")))
        if span is None:
            raise NoSuchAct(f"move is one of {', '.join(MOVES)}")
        await self._alone("time", lambda: self._stage.move(span))
        return {"now": self._stage.world.clock.now().isoformat()}

    async def _week(self, body: Json) -> Json:
        seed = body.get("seed", 0)
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise NoSuchAct("seed is a whole number")
        return dict(await self._alone("week", lambda: self._stage.simulate_week(seed)))

    async def _helpdesk(self, body: Json) -> Json:
        customer = body.get("customer")
        if customer not in self._stage.roles.customers:
            raise NoSuchAct("customer is the id of a demo customer")
        facts = _desk_facts(body)
        return dict(await self._stage.close_in_helpdesk(int(customer), **facts))

    async def _rules(self, body: Json) -> Json:
        is_on = body.get("production")
        if not isinstance(is_on, bool):
            raise NoSuchAct("production is true or false")
        await self._alone("rules", lambda: self._stage.set_production_rules(is_on))
        return {"production": self._stage.is_production}

    async def _reset(self, body: Json) -> Json:
        del body
        await self._alone("reset", self._stage.reset)
        self._streams.tell_new_world()
        return {}

    async def _alone(self, what: str, work: Callable[[], Awaitable[Result]]) -> Result:
        """Run the one long thing; whoever comes meanwhile hears 409. Open pages see it begin and end."""
        if self._busy is not None:
            raise _refused(409, f"busy: {self._busy}")
        self._busy = what
        self._streams.tell_stage()
        try:
            return await work()
        finally:
            self._busy = None
            self._streams.tell_stage()


def _desk_facts(body: Mapping[str, Any]) -> Json:
    """The facts of a helpdesk's conversation, each of its type. Raises NoSuchAct."""
    facts: Json = {}
    for names, kind in ((_DESK_TEXTS, str), (_DESK_NUMBERS, int), (("tags",), list)):
        for name in names:
            value = body.get(name)
            if value is not None and not isinstance(value, kind):
                raise NoSuchAct(f"{name} has the wrong type")
            facts[name] = value
    return facts


def _refused(status: int, reason: str) -> web.HTTPException:
    errors: Mapping[int, type[web.HTTPException]] = {404: web.HTTPNotFound, 409: web.HTTPConflict}
    return errors[status](text=json.dumps({"error": reason}), content_type="application/json")


def _json_in(
    handler: Callable[[Json], Awaitable[Json]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """JSON object in, JSON object out; what cannot be done is 400 with its reason."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
        except ValueError:
            return web.json_response({"error": "not JSON"}, status=400)
        if not isinstance(body, dict):
            return web.json_response({"error": "a JSON object is wanted"}, status=400)
        try:
            return web.json_response(await handler(body))
        except (NoSuchAct, Impossible) as error:
            return web.json_response({"error": str(error)}, status=400)

    return answer
