"""What a person sends when a test or the page only names the kind: a sample of everything that Telegram carries."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from bot.playground.botapi.content import found_entities
from bot.playground.botapi.media import FILE_KINDS, FileStore, default_name, described, plain_picture
from bot.playground.botapi.refusals import Impossible

SAMPLES: Mapping[str, dict[str, Any]] = {
    "location": {"latitude": 52.52, "longitude": 13.405},
    "contact": {"phone_number": "+15550100", "first_name": "Sam"},
    "venue": {"location": {"latitude": 52.52, "longitude": 13.405}, "title": "Cafe", "address": "Main St 1"},
    "dice": {"emoji": "🎲", "value": 4},
    "poll": {
        "id": "5300000000000000001",
        "question": "Tea or coffee?",
        "options": [
            {"persistent_id": "0", "text": "Tea", "voter_count": 0},
            {"persistent_id": "1", "text": "Coffee", "voter_count": 0},
        ],
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": True,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": False,
        "members_only": False,
    },
    "paid_media": {"star_count": 5, "paid_media": [{"type": "preview"}]},
    "invoice": {
        "title": "Tea",
        "description": "A cup",
        "start_parameter": "tea",
        "currency": "XTR",
        "total_amount": 5,
    },
    "game": {"title": "Game", "description": "A game", "photo": []},
    "giveaway": {"chats": [], "winners_selection_date": 0, "winner_count": 1},
}


def sample(
    files: FileStore,
    kind: str,
    fields: Mapping[str, Any],
    *,
    content: bytes | None,
    file_name: str | None,
    caption: str | None,
    live_period: int | None,
) -> dict[str, Any]:
    """The content of a message of one kind; ``fields`` overwrite those of the sample. Raises Impossible."""
    if kind in FILE_KINDS:
        given = content if content is not None else _bytes_of(kind)
        said = described(files.add(kind, file_name or default_name(kind), given))
    elif kind in SAMPLES:
        said = {kind: copy.deepcopy(SAMPLES[kind])}
    else:
        raise Impossible(f"nobody can send a {kind!r}")
    if isinstance(said[kind], dict):
        said[kind] |= fields
    if kind == "venue":
        said["location"] = said["venue"]["location"]
    if live_period is not None:
        said["location"]["live_period"] = live_period
    if caption is not None:
        said["caption"] = caption
        if entities := found_entities(caption):
            said["caption_entities"] = entities
    return said


def _bytes_of(kind: str) -> bytes:
    return plain_picture() if kind in ("photo", "sticker") else f"a {kind}".encode()
