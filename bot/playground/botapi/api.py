"""One call from request to answer: schema, faults, the method, the record."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground.botapi.content import examine
from bot.playground.botapi.methods import METHODS
from bot.playground.botapi.methods.ask import Ask, Uploaded
from bot.playground.botapi.refusals import POLLING_BESIDE_WEBHOOK, Refusal, bad_request
from bot.playground.botapi.schema import published
from bot.playground.botapi.world import Call, World

_POLL = "getUpdates"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """HTTP status and body of one answer."""

    status: int
    body: dict[str, Any]


class BotApi:
    """Answers calls on behalf of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._schema = published()

    def name_of(self, method: str) -> str:
        """The method's name as it is written in the documentation; names are taken in any case."""
        return self._schema.methods.get(method.lower(), method)

    async def answer(
        self, method: str, params: Mapping[str, Any], files: Mapping[str, Uploaded] | None = None
    ) -> Answer:
        """The answer to one call; never raises for what the bot did wrong."""
        name = self.name_of(method)
        decoded, violations = self._schema.read(method, params, files or {})
        for violation in violations:
            self._world.violations.append(violation)
            _log.error("The bot breaks the Bot API schema: %s", violation)
        at = self._world.clock.now()
        try:
            result = await self._result(name, decoded, files or {}, violations)
        except Refusal as refusal:
            self._world.calls.append(Call(name, decoded, at, error=refusal.description))
            body: dict[str, Any] = {
                "ok": False,
                "error_code": refusal.status,
                "description": refusal.description,
            }
            if refusal.parameters:
                body["parameters"] = refusal.parameters
            return Answer(refusal.status, body)
        if name != _POLL:
            self._world.calls.append(Call(name, decoded, at, result=result))
        return Answer(200, {"ok": True, "result": result})

    async def _result(
        self, name: str, params: dict[str, Any], files: Mapping[str, Uploaded], violations: list[str]
    ) -> Any:
        method = METHODS.get(name.lower())
        if method is None and name != _POLL:
            raise Refusal(404, "Not Found: method not found")
        if fault := self._world.faults.take("fail", name):
            retry_after = fault.retry_after
            raise Refusal(
                fault.status,
                fault.description,
                **({} if retry_after is None else {"retry_after": retry_after}),
            )
        if violations and self._world.is_strict:
            examine(params)
            raise bad_request(f"the call breaks the schema: {'; '.join(violations)}")
        if method is None:
            return await self._poll(params)
        return method(Ask(self._world, params, files))

    async def _poll(self, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        world = self._world
        if world.webhook.url:
            raise Refusal(409, POLLING_BESIDE_WEBHOOK)
        world.updates.allow(params.get("allowed_updates"))
        return await world.updates.poll(
            params.get("offset", 0), params.get("limit", 100), params.get("timeout", 0)
        )
