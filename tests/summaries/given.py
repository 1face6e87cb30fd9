"""Answers straight into a store: what pages, reports and recounts are tried on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store import respondents
from bot.store.engine import Store, Tx, to_ms

SERIES = "support/emoji5/question/1"


@dataclass(frozen=True)
class Given:
    """One ended conversation. ``score`` ``None``: asked and not answered (``state`` may say what became of it)."""

    ended_at: datetime
    score: int | None = 4
    team: str = "billing"
    tags: tuple[str, ...] = ()
    source: str = "generic"
    touchpoint: str = "support"
    trigger: str = "generic"
    language: str = "en"
    comment: str | None = None
    customer: str | None = None
    state: str = ""
    reason: str | None = None
    after: timedelta = timedelta(minutes=10)
    changed_to: tuple[timedelta, int] | None = None


async def write(store: Store, given: Iterable[Given]) -> None:
    """Write them all, in order, in one transaction."""

    async def op(tx: Tx) -> None:
        row = await tx.one("SELECT count(*) AS n FROM invitation")
        assert row is not None
        for place, each in enumerate(given, int(row["n"]) + 1):
            await _one(tx, place, each)

    await store.write(op)


async def _one(tx: Tx, place: int, given: Given) -> None:
    if given.customer is not None:
        await respondents.seen(tx, given.customer, 700_000 + place, given.language, given.ended_at)
    is_answered = given.score is not None
    answered_at = given.ended_at + given.after
    state = given.state or ("answered" if is_answered else "expired")
    is_sent = state not in ("skipped",)
    sent_at = given.ended_at + timedelta(minutes=5)
    expires_at = sent_at + timedelta(hours=48)
    closed_at = {"skipped": given.ended_at, "expired": expires_at, "cancelled": sent_at}.get(state)
    row = await tx.one(
        "INSERT INTO invitation(token, source, conversation_id, episode, kind, customer_key, trigger_name, survey,"
        " scale, series, touchpoint, team, language, ended_at, state, reason, created_at, ask_at, sent_at, expires_at,"
        " closed_at, score, answered_at, changed_at, comment, commented_at)"
        " VALUES(:token, :source, :conversation_id, 1, 'support_ended', :customer, :trigger, 'support', 'emoji5',"
        " :series, :touchpoint, :team, :language, :ended_at, :state, :reason, :ended_at, :sent_at, :really_sent,"
        " :expires_at, :closed_at, :score, :answered_at, :changed_at, :comment, :commented_at) RETURNING id",
        token=f"given-{place}",
        source=given.source,
        conversation_id=f"C{place}",
        customer=given.customer,
        trigger=given.trigger,
        series=SERIES,
        touchpoint=given.touchpoint,
        team=given.team,
        language=given.language,
        ended_at=to_ms(given.ended_at),
        state=state,
        reason=given.reason,
        sent_at=to_ms(sent_at),
        really_sent=to_ms(sent_at) if is_sent else None,
        expires_at=to_ms(expires_at) if is_sent else None,
        closed_at=None if closed_at is None else to_ms(closed_at),
        score=given.changed_to[1] if given.changed_to else given.score,
        answered_at=to_ms(answered_at) if is_answered else None,
        changed_at=to_ms(answered_at + given.changed_to[0]) if given.changed_to else None,
        comment=given.comment,
        commented_at=to_ms(answered_at) if given.comment else None,
    )
    assert row is not None
    for tag in given.tags:
        await tx.run(
            "INSERT INTO invitation_tag(invitation_id, tag) VALUES(:id, :tag)", id=row["id"], tag=tag
        )
    taps = [(answered_at, given.score)] if is_answered else []
    if given.changed_to:
        taps.append((answered_at + given.changed_to[0], given.changed_to[1]))
    for at, value in taps:
        await tx.run(
            "INSERT INTO response_event(invitation_id, kind, value, at) VALUES(:id, 'tap', :value, :at)",
            id=row["id"],
            value=str(value),
            at=to_ms(at),
        )
