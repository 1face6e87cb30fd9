"""Episodes written straight into the database: asked, and answered or not, without the pipe around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.store.engine import Tx, to_ms

SERIES = "support/emoji5/question/1"


@dataclass(frozen=True)
class Row:
    """One question. ``score`` ``None``: not answered. ``taps``: (seconds after the first tap, value), the first too."""

    at: datetime  # of the answer, or where there is none of the question's deadline
    score: int | None
    team: str = ""
    tags: Sequence[str] = ()
    series: str = SERIES
    trigger: str = "generic"
    language: str = "en"
    taps: Sequence[tuple[int, int]] = ()
    facts: tuple[tuple[str, int], ...] = ()


async def write(tx: Tx, row: Row, number: int) -> int:
    """Insert an episode; its id."""
    sent_at = row.at - (timedelta(hours=1) if row.score is not None else timedelta(hours=48))
    columns: dict[str, Any] = {
        "token": f"{number:022}",
        "source": "generic",
        "conversation_id": str(number),
        "episode": 1,
        "kind": "support_ended",
        "trigger_name": row.trigger,
        "survey": "support",
        "scale": row.series.split("/")[1],
        "series": row.series,
        "touchpoint": "support",
        "team": row.team,
        "language": row.language,
        "ended_at": to_ms(sent_at),
        "created_at": to_ms(sent_at),
        "state": "expired" if row.score is None else "answered",
        "sent_at": to_ms(sent_at),
        "expires_at": to_ms(sent_at + timedelta(hours=48)),
        "score": row.score,
        "answered_at": None if row.score is None else to_ms(row.at),
        **dict(row.facts),
    }
    names = ", ".join(columns)
    inserted = await tx.one(
        f"INSERT INTO invitation({names}) VALUES({', '.join(f':{name}' for name in columns)}) RETURNING id",
        **columns,
    )
    assert inserted is not None
    for tag in row.tags:
        await tx.run(
            "INSERT INTO invitation_tag(invitation_id, tag) VALUES(:id, :tag)", id=inserted["id"], tag=tag
        )
    for seconds, value in row.taps:
        await tx.run(
            "INSERT INTO response_event(invitation_id, kind, value, at) VALUES(:id, 'tap', :value, :at)",
            id=inserted["id"],
            value=str(value),
            at=to_ms(row.at + timedelta(seconds=seconds)),
        )
    return int(inserted["id"])
