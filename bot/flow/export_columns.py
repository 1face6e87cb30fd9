"""The columns of an export, in order. docs/export.md says the same to people, and a test compares the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.domain.scales import SCALES
from bot.store.episodes import Episode

Read = Callable[[Episode], Any]


def _column(name: str) -> Read:
    return lambda episode: episode.columns[name]


def _band(episode: Episode) -> str | None:
    score = episode.columns["score"]
    if score is None:
        return None
    return {"low": "hard", "mid": "middle", "high": "easy"}[SCALES[episode.columns["scale"]].band(score)]


def _position(episode: Episode) -> float | None:
    score = episode.columns["score"]
    return None if score is None else round(100 * SCALES[episode.columns["scale"]].position(score), 2)


# An outcome is a state of the ledger; ``score`` is on ``scale``; times are instants.
COLUMNS: Mapping[str, Read] = {
    "episode": _column("id"),
    "source": _column("source"),
    "kind": _column("kind"),
    "touchpoint": _column("touchpoint"),
    "trigger": _column("trigger_name"),
    "team": _column("team"),
    "tags": lambda episode: episode.tags,
    "language": _column("language"),
    "ended_at": _column("ended_at"),
    "decided_at": _column("created_at"),
    "outcome": _column("state"),
    "outcome_reason": _column("reason"),
    "due_at": _column("ask_at"),
    "asked_at": _column("sent_at"),
    "reminded_at": _column("reminded_at"),
    "expires_at": _column("expires_at"),
    "survey": _column("survey"),
    "scale": _column("scale"),
    "series": _column("series"),
    "score": _column("score"),
    "band": _band,
    "score_0_100": _position,
    "reasons": lambda episode: episode.reasons,
    "answered_at": _column("answered_at"),
    "changed_at": _column("changed_at"),
    "commented_at": _column("commented_at"),
    "resolved_by": _column("resolved_by"),
    "first_response_seconds": _column("first_response_seconds"),
    "resolution_seconds": _column("resolution_seconds"),
    "customer_messages": _column("customer_messages"),
    "agent_messages": _column("agent_messages"),
    "reopen_count": _column("reopen_count"),
    "transfers": _column("transfers"),
}
COMMENT = "comment"


def columns(*, with_comments: bool) -> tuple[str, ...]:
    """The names, in order; the comment comes last."""
    return (*COLUMNS, COMMENT) if with_comments else tuple(COLUMNS)


def row_of(episode: Episode, *, with_comments: bool) -> dict[str, Any]:
    """One episode by the names of the columns; lists for reasons and tags, ``None`` for what is not known."""
    row = {name: _known(read(episode)) for name, read in COLUMNS.items()}
    if with_comments:
        row[COMMENT] = _known(episode.columns["comment"])
    return row


def _known(value: Any) -> Any:
    return None if value == "" else value
