"""Deliveries of the generic source as a helpdesk sends them: recorded bodies, signed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook

from bot.playground.settings import HOOK_SECRET

FOLDER = Path(__file__).parent / "deliveries" / "generic"


def recorded(name: str) -> Any:
    """The JSON of one recorded delivery."""
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def compact(content: Any) -> bytes:
    """JSON as it travels."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def signed(
    body: bytes, *, id: str = "evt_1", secret: str = HOOK_SECRET, at: datetime | None = None
) -> dict[str, str]:
    """The headers that go with a body. ``at``: when it was signed, by the machine's clock; default: now."""
    moment = at or datetime.now(UTC)
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(id, moment, body.decode()),
    }


def ended(telegram_id: int | None, at: datetime, *, conversation: str = "42", **content: Any) -> bytes:
    """``conversation.ended`` about a customer, an hour of talk with a person, at an instant."""
    delivery = recorded("ended")
    known = {"conversation_id": conversation, "ended_at": at.isoformat(), "language": "en"}
    delivery["data"] |= {**known, **content}
    delivery["data"]["customer"]["telegram_user_id"] = telegram_id
    return compact(delivery)


def reopened(at: datetime, *, conversation: str = "42") -> bytes:
    """``conversation.reopened`` at an instant."""
    delivery = recorded("reopened")
    delivery["data"] |= {"conversation_id": conversation, "reopened_at": at.isoformat()}
    return compact(delivery)
