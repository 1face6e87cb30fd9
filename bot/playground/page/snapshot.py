"""The world as the page gets it: one picture of everything, then events that each carry what they changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.playground.page.stage import Stage

Json = dict[str, Any]


def stage_json(stage: Stage, *, epoch: str, busy: str | None) -> Json:
    """Everything but the messages; of the people, those with a role.

    ``epoch`` names the world: another one means that all ids start again. ``busy``: what runs now.
    """
    world, roles = stage.world, stage.roles
    group_ids = (roles.support_forum, *roles.staff_chats)
    people = dict.fromkeys((*roles.customers, *roles.agents, *roles.admins))
    return {
        "epoch": epoch,
        "now": world.clock.now().isoformat(),
        "busy": busy,
        "bot": world.bot,
        "people": {str(person_id): world.people[person_id] for person_id in people},
        "roles": roles.as_json(),
        "chats": {str(chat_id): world.chat(chat_id).as_json() for chat_id in group_ids},
        "started": [person_id for person_id in people if person_id in world.chats],
        "blocked": [
            person_id
            for person_id in people
            if person_id in world.chats and world.chats[person_id].is_blocked
        ],
        "production_rules": stage.is_production,
        "settings": dict(stage.settings_shown()),
    }


def snapshot_json(stage: Stage, *, epoch: str, busy: str | None) -> Json:
    """Everything: ``stage``, all ``messages`` that the page's chats show, ``topics`` and ``pinned`` by chat."""
    world, roles = stage.world, stage.roles
    chats = [chat_id for chat_id in shown_chats(stage) if chat_id in world.chats]
    return {
        "stage": stage_json(stage, epoch=epoch, busy=busy),
        "messages": [message for chat_id in chats for message in world.messages(chat_id)],
        "topics": {str(roles.support_forum): world.topics(roles.support_forum)},
        "pinned": {str(chat_id): world.chats[chat_id].pinned for chat_id in chats},
    }


def shown_chats(stage: Stage) -> tuple[int, ...]:
    """The chats that the page shows. A simulated week has many more people, whose private chats it does not."""
    roles = stage.roles
    return (*roles.customers, *roles.admins, roles.support_forum, *roles.staff_chats)


def event_json(stage: Stage, event: Mapping[str, Any], *, epoch: str, busy: str | None) -> Json:
    """One event of the feed with what the page needs to draw it without asking back."""
    world = stage.world
    told: Json = {**event, "now": world.clock.now().isoformat()}
    match event["type"]:
        case "topic":
            told["topics"] = world.topics(event["chat_id"])
        case "pinned":
            told["pinned"] = world.chat(event["chat_id"]).pinned
        case "chat":
            told["stage"] = stage_json(stage, epoch=epoch, busy=busy)
        case _:
            pass
    return told
