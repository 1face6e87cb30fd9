"""Everything that anybody could see happen, numbered, for the page: replayed from the last 5,000 and followed live."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

KEPT_EVENTS = 5_000


class Feed:
    """Events ``{"seq", "type", "chat_id", …}``; types: message, edited, deleted, toast, topic, chat, pinned."""

    def __init__(self) -> None:
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT_EVENTS)
        self._followers: set[asyncio.Queue[dict[str, Any]]] = set()
        self._seq = 0

    def tell(self, kind: str, chat_id: int, **facts: Any) -> None:
        """Add one event and hand it to all followers."""
        self._seq += 1
        event = {"seq": self._seq, "type": kind, "chat_id": chat_id, **facts}
        self._kept.append(event)
        for follower in self._followers:
            follower.put_nowait(event)

    def since(self, seq: int) -> list[dict[str, Any]]:
        """The kept events after number ``seq``, oldest first."""
        return [event for event in self._kept if event["seq"] > seq]

    def subscribe(self) -> asyncio.Queue[dict[str, Any]]:
        """A queue that gets every event from now on, until ``unsubscribe``."""
        follower: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._followers.add(follower)
        return follower

    def unsubscribe(self, follower: asyncio.Queue[dict[str, Any]]) -> None:
        """Stop following; unknown queues are ignored."""
        self._followers.discard(follower)
