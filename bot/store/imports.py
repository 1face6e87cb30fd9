"""Episodes from a file, as rows: over, nobody's, and never asked about again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.domain.imported import ImportedEpisode
from bot.store.engine import Tx, to_ms


async def add(tx: Tx, episode: ImportedEpisode, token: str, place: int) -> bool:
    """Write an episode down; False: it is there already. ``place``: how many equal ones the file had before it.

    What an export holds is known by its source and the milliseconds at which it ended and was decided, here as in
    the database that it comes from; what other tools hold, by all that the file says of it.
    """
    columns = {name: _stored(value) for name, value in episode.columns.items()}
    if episode.is_of_an_export:
        if await _count(tx, columns) > place:
            return False
        identity, number = token, 1
    else:
        identity, number = episode.identity, place + 1
    names = ", ".join(columns)
    values = ", ".join(f":{name}" for name in columns)
    row = await tx.one(
        f"INSERT INTO invitation(token, conversation_id, episode, {names})"
        f" VALUES(:token, :conversation_id, :episode, {values})"
        " ON CONFLICT(source, conversation_id, episode) DO NOTHING RETURNING id",
        token=token,
        conversation_id=f"import:{identity}",
        episode=number,
        **columns,
    )
    if row is None:
        return False
    await _add_labels(tx, row["id"], episode)
    if columns["score"] is not None:
        await tx.run(
            "INSERT INTO response_event(invitation_id, kind, value, at) VALUES(:id, 'tap', :value, :at)",
            id=row["id"],
            value=str(columns["score"]),
            at=columns["answered_at"],
        )
    return True


async def _count(tx: Tx, columns: dict[str, Any]) -> int:
    row = await tx.one(
        "SELECT count(*) AS n FROM invitation"
        " WHERE ended_at=:ended_at AND source=:source AND created_at=:created_at",
        ended_at=columns["ended_at"],
        source=columns["source"],
        created_at=columns["created_at"],
    )
    return 0 if row is None else int(row["n"])


async def _add_labels(tx: Tx, invitation_id: int, episode: ImportedEpisode) -> None:
    for tag in episode.tags:
        await tx.run(
            "INSERT INTO invitation_tag(invitation_id, tag) VALUES(:id, :tag)", id=invitation_id, tag=tag
        )
    for reason in episode.reasons:
        await tx.run(
            "INSERT INTO invitation_reason(invitation_id, reason) VALUES(:id, :reason)",
            id=invitation_id,
            reason=reason,
        )


def _stored(value: Any) -> Any:
    return to_ms(value) if isinstance(value, datetime) else value
