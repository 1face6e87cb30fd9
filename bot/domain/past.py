"""Endings as they really were: the records that a rehearsal decides again, and how things stood at any moment."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.events import ConversationEnded
from bot.domain.invitation import State
from bot.domain.policy import Ask, Standing, Switches
from bot.domain.survey import Trigger

PAUSE = "pause"  # the switch of everything


@dataclass(frozen=True)
class PastEpisode:
    """One ending as it was heard of (``decided_at``), and what really came of it.

    ``standing`` is the customer's at that moment, without asks. ``opted_out_at`` and ``unreachable_at`` are the
    customer's at present. ``asked_by_hand``: an admin's ``/ask``.
    """

    id: int
    event: ConversationEnded
    decided_at: datetime
    customer_key: str | None
    standing: Standing
    sample: float
    state: State
    reason: str | None = None
    ask_at: datetime | None = None
    sent_at: datetime | None = None
    expires_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    resumed_at: datetime | None = None
    opted_out_at: datetime | None = None
    unreachable_at: datetime | None = None
    asked_by_hand: bool = False

    @property
    def was_withdrawn(self) -> bool:
        """Asked, and taken back unanswered."""
        return self.state == State.CANCELLED and self.sent_at is not None

    @property
    def was_asked(self) -> bool:
        """A question reached the customer, as far as anybody knows."""
        return self.was_withdrawn or self.state in (State.SENDING, State.SENT, State.ANSWERED, State.EXPIRED)


@dataclass(frozen=True)
class Switching:
    """A trigger, or the pause, was switched. A pause may end by itself at ``until``."""

    at: datetime
    name: str
    is_on: bool
    until: datetime | None = None


@dataclass(frozen=True)
class Question:
    """One ask, real or rehearsed, and its fate. ``closes_at``: ``None`` where nobody knows how it would have ended."""

    at: datetime
    closes_at: datetime | None
    answered_at: datetime | None = None
    withdrawn_at: datetime | None = None

    def as_of(self, now: datetime) -> Ask:
        """How policy sees it at a moment after ``at``."""
        is_answered = self.answered_at is not None and self.answered_at <= now
        is_withdrawn = self.withdrawn_at is not None and self.withdrawn_at <= now
        is_closed = self.closes_at is not None and self.closes_at <= now
        return Ask(
            self.at,
            was_withdrawn=is_withdrawn,
            was_answered=is_answered,
            is_open=not (is_answered or is_withdrawn or is_closed),
        )


class SwitchHistory:
    """How every switch stood at every moment. Before it was first touched, a trigger stood as the file says."""

    def __init__(self, switchings: Iterable[Switching]) -> None:
        self._by_name: dict[str, list[Switching]] = defaultdict(list)
        for each in sorted(switchings, key=lambda switching: switching.at):
            self._by_name[each.name].append(each)

    def switches(self, trigger: Trigger | None, now: datetime) -> Switches:
        """How they stood for this trigger."""
        pause = self._last(PAUSE, now)
        is_paused = pause is not None and pause.is_on and (pause.until is None or now < pause.until)
        last = self._last(trigger.name, now) if trigger else None
        is_on = last.is_on if last else (trigger.is_on if trigger else True)
        return Switches(is_on=is_on, is_paused=is_paused)

    def _last(self, name: str, now: datetime) -> Switching | None:
        known = self._by_name.get(name, [])
        place = bisect_right(known, now, key=lambda switching: switching.at)
        return known[place - 1] if place else None


def as_it_was(episode: PastEpisode, sent_at: datetime) -> Question:
    """The question that was really asked about an episode."""
    return Question(
        sent_at,
        sent_at if episode.state == State.UNDELIVERABLE else episode.expires_at,
        episode.answered_at,
        episode.closed_at if episode.was_withdrawn else None,
    )


def standing_at(episode: PastEpisode, now: datetime) -> Standing:
    """The customer's standing when the question is due: as at the end, and what is known to have happened since."""

    def by_then(at: datetime | None) -> bool:
        return at is not None and at <= now

    stopped = episode.reason if episode.state == State.CANCELLED and by_then(episode.closed_at) else None
    standing = episode.standing
    return replace(
        standing,
        is_opted_out=standing.is_opted_out or stopped == "opted_out" or by_then(episode.opted_out_at),
        is_unreachable=standing.is_unreachable or stopped == "bot_blocked" or by_then(episode.unreachable_at),
    )
