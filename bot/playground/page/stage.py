"""What the page needs from the playground around it: the world, who is who in it, and the control bar's powers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from bot.playground.botapi import World


@dataclass(frozen=True)
class Roles:
    """Who is who. Ids of people and chats of the world, each list in the order in which the page shows it.

    ``staff_chats``: a channel or group each; ``agents`` write in the support forum and in staff groups.
    """

    customers: tuple[int, ...]
    agents: tuple[int, ...]
    admins: tuple[int, ...]
    support_forum: int
    staff_chats: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """The same names, lists in place of tuples."""
        return {
            "customers": list(self.customers),
            "agents": list(self.agents),
            "admins": list(self.admins),
            "support_forum": self.support_forum,
            "staff_chats": list(self.staff_chats),
        }


class Stage(Protocol):
    """The playground as the page sees it. The page runs one of the coroutines at a time, never two."""

    @property
    def world(self) -> World:
        """The stand-in's state; another object after ``reset``."""

    @property
    def roles(self) -> Roles:
        """Who is who in ``world``."""

    @property
    def is_production(self) -> bool:
        """Whether the production rules are in force, rather than the playground's."""

    def settings_shown(self) -> Mapping[str, str]:
        """The settings in force that a visitor should know, by their key in config.toml, as short text."""

    async def move(self, span: timedelta) -> None:
        """Move the one clock forward, letting everything that falls due settle on the way."""

    async def simulate_week(self, seed: int) -> Mapping[str, Any]:
        """Run a made-up week through the real pipe; returns figures as JSON. The same seed is the same week."""

    async def close_in_helpdesk(self, person_id: int, **facts: Any) -> Mapping[str, Any]:
        """Post a signed ``conversation.ended`` for this customer; returns what went and what came back, as JSON.

        ``facts``, each may be absent or None: agent, team, language, closed_by, resolved_by (str), tags
        (list[str]), first_response_seconds, customer_messages, agent_messages (int).
        """

    async def set_production_rules(self, is_on: bool) -> None:
        """Switch between the playground's settings and the production rules."""

    async def reset(self) -> None:
        """Throw everything away and start again with the same cast."""
