"""A playground without a bot: the real world, and powers that note that they were asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.adapters.clock import TravelClock
from bot.playground.botapi import World
from bot.playground.page import Roles
from tests.playground.conftest import CHANNEL, EVE, FORUM, GROUP

EMMA, LIN, LAYLA = 701, 702, 703


class QuietStage:
    """Fits ``Stage``. ``asked`` lists what was asked for; while ``gate`` is not set, ``simulate_week`` runs on."""

    def __init__(self, world: World, clock: TravelClock) -> None:
        self.world = world
        self.clock = clock
        self.is_production = False
        self.asked: list[tuple[Any, ...]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.roles = Roles((EMMA, LIN, LAYLA), (EVE,), (EVE,), FORUM, (CHANNEL, GROUP))
        self._add_cast()

    def _add_cast(self) -> None:
        self.world.add_person(EMMA, "Emma", last_name="Clarke", language_code="en")
        self.world.add_person(LIN, "林晓", language_code="zh-hans")
        self.world.add_person(LAYLA, "ليلى", language_code="ar")

    def settings_shown(self) -> Mapping[str, str]:
        """Two settings, of which one follows the rules."""
        return {"survey.delay": "5m" if self.is_production else "5s", "survey.scale": "emoji5"}

    async def move(self, span: timedelta) -> None:
        """The clock jumps."""
        self.asked.append(("move", span))
        self.clock.move(span)

    async def simulate_week(self, seed: int) -> Mapping[str, Any]:
        """Waits for the gate."""
        self.asked.append(("week", seed))
        await self.gate.wait()
        return {"conversations": 3}

    async def close_in_helpdesk(self, person_id: int, **facts: Any) -> Mapping[str, Any]:
        """Says what it would post."""
        self.asked.append(("helpdesk", person_id, facts))
        return {"status": 202, "customer": person_id}

    async def set_production_rules(self, is_on: bool) -> None:
        """Switches."""
        self.is_production = is_on

    async def reset(self) -> None:
        """Another world with the same cast, where nobody has said anything."""
        world = World(self.clock)
        world.add_person(EVE, "Eve")
        world.add_forum(FORUM, "Support", admins={EVE: None})
        world.add_group(GROUP, "Team", admins={EVE: None})
        world.add_channel(CHANNEL, "Numbers", admins={EVE: None})
        self.world = world
        self._add_cast()
