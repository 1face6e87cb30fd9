"""Every episode, one after the other, without anything that tells whose it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.store.engine import Tx, from_ms

# Neither whose it was (customer_key; conversation_id, which of the support forum is the same), nor who handled it
# (agent, closed_by), nor anything of Telegram's (message and chat ids), nor what opens it (token).
_COLUMNS = (
    "id source kind touchpoint trigger_name team language ended_at created_at state reason ask_at sent_at"
    " reminded_at expires_at survey scale series score answered_at changed_at commented_at resolved_by"
    " first_response_seconds resolution_seconds customer_messages agent_messages reopen_count transfers"
)


@dataclass(frozen=True)
class Episode:
    """One ending of a conversation and what became of it.

    ``columns``: by the names of the table ``invitation``; times are instants (UTC), missing values ``None`` or ''.
    """

    columns: Mapping[str, Any]
    reasons: Sequence[str]
    tags: Sequence[str]

    @property
    def id(self) -> int:
        """Ids grow in the order in which episodes were decided."""
        return int(self.columns["id"])


async def count(tx: Tx) -> int:
    """How many episodes there are."""
    row = await tx.one("SELECT count(*) AS n FROM invitation")
    return 0 if row is None else int(row["n"])


async def episodes_after(tx: Tx, after_id: int, limit: int, *, with_comments: bool) -> list[Episode]:
    """The next ``limit`` episodes after an id (0: from the first), by id. Comments are not even read where unwanted."""
    columns = _COLUMNS + (" comment" if with_comments else "")
    listed = ", ".join(columns.split())
    rows = await tx.all(
        f"SELECT {listed} FROM invitation WHERE id > :after ORDER BY id LIMIT :limit",
        after=after_id,
        limit=limit,
    )
    if not rows:
        return []
    last_id = int(rows[-1]["id"])
    reasons = await _labels(tx, "invitation_reason", "reason", after_id, last_id)
    tags = await _labels(tx, "invitation_tag", "tag", after_id, last_id)
    return [
        Episode(
            {name: _value(name, row[name]) for name in columns.split()}, reasons[row["id"]], tags[row["id"]]
        )
        for row in rows
    ]


async def _labels(tx: Tx, table: str, column: str, after_id: int, last_id: int) -> dict[int, list[str]]:
    rows = await tx.all(
        f"SELECT invitation_id, {column} AS label FROM {table}"
        " WHERE invitation_id > :after AND invitation_id <= :last",
        after=after_id,
        last=last_id,
    )
    found: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row["invitation_id"]].append(row["label"])
    return defaultdict(list, {invitation_id: sorted(labels) for invitation_id, labels in found.items()})


def _value(name: str, value: Any) -> Any:
    return from_ms(value) if name.endswith("_at") and value is not None else value
