"""One row of a file of past answers → one episode, or what is wrong with it.

Two kinds of files: what ``export`` writes (every column of docs/export.md), and those of other tools, of which four
columns are enough: ``ended_at``, ``answered_at``, ``score``, ``scale``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, get_args

from bot.domain.events import EVENT_KINDS, ResolvedBy
from bot.domain.export_names import BETWEEN
from bot.domain.invitation import State
from bot.domain.scales import SCALES, Scale
from bot.domain.survey import REASONS

OLD_SCALE = "ces1"  # the wording of 2008: 1 very low … 5 very high effort; stored as 6 − x on five points
NEEDED = ("answered_at", "score", "scale")
OF_AN_EXPORT = ("episode", "decided_at", "outcome")
_OPEN = frozenset({State.SCHEDULED, State.SENDING, State.SENT})
_DEADLINE = timedelta(hours=48)  # where a file does not say until when an answer counted
_COMMENT_LIMIT = 4096
_TEXT_LIMIT = 200
_LATEST = timedelta(hours=1)  # clocks differ; what lies further ahead is a mistake
_FACTS = (
    "first_response_seconds",
    "resolution_seconds",
    "customer_messages",
    "agent_messages",
    "reopen_count",
    "transfers",
)
_TIMES = ("ended_at", "decided_at", "due_at", "asked_at", "reminded_at", "expires_at", "answered_at")
_SERIES = re.compile(r"[^/\s]+(?: [^/\s]+)*/[a-z0-9_]+/[a-z0-9_]+/\d{1,9}")

KNOWN = frozenset(
    (
        *_TIMES,
        *_FACTS,
        *("episode", "id", "source", "kind", "touchpoint", "trigger", "team", "tags", "language", "outcome"),
        *("outcome_reason", "survey", "scale", "series", "score", "score_0_100", "band", "reasons"),
        *("changed_at", "commented_at", "resolved_by", "comment"),
    )
)


@dataclass(frozen=True)
class ImportedEpisode:
    """An episode that is over. ``columns``: by the names of the table ``invitation``; instants are UTC.

    ``identity``: what tells it from all others of its kind of file; equal rows of one file are counted on top.
    """

    columns: Mapping[str, Any]
    tags: Sequence[str]
    reasons: Sequence[str]
    is_of_an_export: bool
    identity: str


@dataclass
class _Reader:
    row: Mapping[str, Any]
    zone: tzinfo
    now: datetime
    mistakes: list[str] = field(default_factory=list)

    def text(self, name: str, limit: int = _TEXT_LIMIT) -> str:
        """A text, or ''."""
        value = self.row.get(name)
        if value is None:
            return ""
        text = str(value).strip()
        if len(text) > limit:
            self.mistakes.append(f"{name} is longer than {limit} characters")
        return text

    def labels(self, name: str) -> list[str]:
        """Several texts: a list, or a cell with ``|`` between them."""
        value = self.row.get(name)
        if isinstance(value, list):
            return [str(each) for each in value]
        return [each for each in self.text(name, 4000).split(BETWEEN) if each]

    def number(self, name: str, least: int = 0, most: int = 2**53) -> int | None:
        """A whole number, or ``None`` for an empty cell."""
        value = self.row.get(name)
        if value is None or value == "":
            return None
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if not (number == number and number.is_integer() and least <= number <= most):
            self.mistakes.append(f"{name} = {str(value)[:40]!r} is no whole number from {least} to {most}")
            return None
        return int(number)

    def instant(self, name: str) -> datetime | None:
        """An instant: ISO 8601; without an offset in the team's time zone."""
        text = self.text(name, 64)
        if not text:
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            self.mistakes.append(f"{name} = {text[:40]!r} is no time such as 2026-11-25T10:00:00Z")
            return None
        at = (at if at.tzinfo is not None else at.replace(tzinfo=self.zone)).astimezone(UTC)
        if at > self.now + _LATEST and name in ("ended_at", "answered_at", "decided_at", "asked_at"):
            self.mistakes.append(f"{name} = {text[:40]!r} is in the future")
        return at

    def one_of(self, name: str, choices: Sequence[str], default: str) -> str:
        """One of some words."""
        text = self.text(name) or default
        if text not in choices:
            self.mistakes.append(f"{name} = {text[:40]!r} is none of {', '.join(choices)}")
            return default
        return text


def read_row(row: Mapping[str, Any], zone: tzinfo, now: datetime) -> tuple[ImportedEpisode | None, list[str]]:
    """The episode of a row, or all mistakes of it. Neither: the episode is still open, and belongs to a later file."""
    reader = _Reader(row, zone, now)
    is_of_an_export = all(name in row for name in OF_AN_EXPORT)
    read: Callable[[_Reader], dict[str, Any] | None] = _of_an_export if is_of_an_export else _of_another_tool
    columns = read(reader)
    if columns is not None:
        columns |= _about(reader)
        _check_order(reader, columns)
    if reader.mistakes:
        return None, reader.mistakes
    if columns is None:
        return None, []
    tags, reasons = sorted(set(reader.labels("tags"))), sorted(set(reader.labels("reasons")))
    strange = [each for each in reasons if each not in REASONS]
    if strange:
        return None, [f"reasons: {strange[0][:40]!r} is none of {', '.join(REASONS)}"]
    identity = "" if is_of_an_export else _digest(reader, columns, tags)
    return ImportedEpisode(columns, tags, reasons, is_of_an_export, identity), []


def _of_an_export(reader: _Reader) -> dict[str, Any] | None:
    state = State(reader.one_of("outcome", [each.value for each in State], State.SKIPPED.value))
    if state in _OPEN:
        return None
    scale_name = reader.text("scale")
    score = reader.number("score", 1, 10)
    if scale_name and scale_name not in SCALES:
        reader.mistakes.append(f"scale = {scale_name[:40]!r} is none of {', '.join(SCALES)}")
    elif score is not None and not scale_name:
        reader.mistakes.append("a score without a scale")
    elif score is not None and score not in SCALES[scale_name].values:
        reader.mistakes.append(f"score = {score} is not on the scale {scale_name}")
    answered_at, ended_at = reader.instant("answered_at"), reader.instant("ended_at")
    if (score is None) != (answered_at is None):
        reader.mistakes.append("score and answered_at belong together")
    if (state is State.ANSWERED) != (score is not None):
        reader.mistakes.append(f"outcome = {state.value!r} does not fit the score")
    created_at = reader.instant("decided_at")
    if ended_at is None or created_at is None:
        reader.mistakes.append("ended_at and decided_at are needed")
        return {}
    sent_at, expires_at = reader.instant("asked_at"), reader.instant("expires_at")
    series = reader.text("series")
    if score is not None and (not _SERIES.fullmatch(series) or series.rsplit("/", 3)[1] != scale_name):
        reader.mistakes.append(f"series = {series[:60]!r} is not of the scale {scale_name}")
    closed_at = expires_at if state is State.EXPIRED else (sent_at or created_at)
    return {
        "state": state.value,
        "reason": reader.text("outcome_reason") or None,
        "scale": scale_name,
        "series": series,
        "survey": reader.text("survey"),
        "score": score,
        "ended_at": ended_at,
        "created_at": created_at,
        "ask_at": reader.instant("due_at"),
        "sent_at": sent_at,
        "reminded_at": reader.instant("reminded_at"),
        "expires_at": expires_at,
        "closed_at": None if state is State.ANSWERED else closed_at,
        "answered_at": answered_at,
        "changed_at": reader.instant("changed_at"),
    }


def _of_another_tool(reader: _Reader) -> dict[str, Any]:
    scale_name = reader.one_of("scale", (*SCALES, OLD_SCALE), "ces5")
    scale: Scale = SCALES["ces5" if scale_name == OLD_SCALE else scale_name]
    score = reader.number("score", 1, 10)
    answered_at = reader.instant("answered_at")
    if score is None or answered_at is None:
        reader.mistakes.append("score and answered_at are needed")
        return {}
    if score not in scale.values:
        reader.mistakes.append(f"score = {score} is not on the scale {scale_name}")
    survey = reader.text("survey") or "imported"
    form = OLD_SCALE if scale_name == OLD_SCALE else "imported"
    series = reader.text("series") or f"{survey}/{scale.name}/{form}/1"
    if not _SERIES.fullmatch(series) or series.rsplit("/", 3)[1] != scale.name:
        reader.mistakes.append(f"series = {series[:60]!r} is not survey/{scale.name}/form/number")
    ended_at = reader.instant("ended_at") or answered_at
    asked_at = reader.instant("asked_at")
    expires_at = reader.instant("expires_at")
    if asked_at is not None and expires_at is None:
        expires_at = max(asked_at + _DEADLINE, answered_at)
    return {
        "state": State.ANSWERED.value,
        "reason": None,
        "scale": scale.name,
        "series": series,
        "survey": survey,
        "score": 6 - score if scale_name == OLD_SCALE else score,
        "ended_at": ended_at,
        "created_at": ended_at,
        "ask_at": asked_at,
        "sent_at": asked_at,
        "reminded_at": None,
        "expires_at": expires_at,
        "closed_at": None,
        "answered_at": answered_at,
        "changed_at": None,
    }


def _about(reader: _Reader) -> dict[str, Any]:
    comment = reader.text("comment", _COMMENT_LIMIT) or None
    commented_at = reader.instant("commented_at")
    if comment is not None and commented_at is None:
        commented_at = reader.instant("answered_at")
    resolved_by = reader.text("resolved_by") or None
    if resolved_by is not None and resolved_by not in get_args(ResolvedBy):
        reader.mistakes.append(
            f"resolved_by = {resolved_by[:40]!r} is none of {', '.join(get_args(ResolvedBy))}"
        )
    return {
        "source": reader.text("source") or "import",
        "kind": reader.one_of("kind", EVENT_KINDS, "support_ended"),
        "touchpoint": reader.text("touchpoint") or ("" if "touchpoint" in reader.row else "support"),
        "trigger_name": reader.text("trigger") or ("" if "trigger" in reader.row else "import"),
        "team": reader.text("team"),
        "language": reader.text("language"),
        "comment": comment,
        "commented_at": commented_at,
        "resolved_by": resolved_by,
        **{name: reader.number(name) for name in _FACTS},
    }


def _check_order(reader: _Reader, columns: Mapping[str, Any]) -> None:
    """Times that cannot be: an answer before its question or its conversation's end."""
    ended_at, answered_at = columns.get("ended_at"), columns.get("answered_at")
    sent_at = columns.get("sent_at")
    if ended_at is not None and answered_at is not None and answered_at < ended_at:
        reader.mistakes.append("answered_at is before ended_at")
    if sent_at is not None and answered_at is not None and answered_at < sent_at:
        reader.mistakes.append("answered_at is before asked_at")


def _digest(reader: _Reader, columns: Mapping[str, Any], tags: Sequence[str]) -> str:
    """Two rows of other tools are the same answer where all of this is the same; an ``id`` alone decides."""
    own = reader.text("id")
    if own:
        told: list[Any] = [columns["source"], own, columns["ended_at"].isoformat()]
    else:
        told = [
            value.isoformat() if isinstance(value, datetime) else value
            for value in (columns[name] for name in sorted(columns))
        ]
        told.append(list(tags))
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]
