"""What would have happened: the endings of the last days, decided again by the present or by proposed rules.

The same ``policy.decide`` looks at the same facts in the order in which they were heard of. A question counts as an ask
from when it would have been sent. As it really was: facts, samples, opt-outs and blocks, switches and pauses, when each
conversation went on, and the answer where this episode was really asked. Not to be known: whether somebody who was
never asked would have answered (such a question counts as open: neither ignored nor answered), whether bare thanks
would have reopened a conversation whose question was then only scheduled, and what would have ended later for it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.intervals import Interval, wilson
from bot.domain.invitation import State
from bot.domain.past import PastEpisode, Question, SwitchHistory, Switching, as_it_was, standing_at
from bot.domain.policy import Ask, SkipReason, decide
from bot.domain.survey import MANUAL, Trigger, TriggerBook

_AS_PUNCTUAL = timedelta(seconds=1)  # a question due within it is the one that was really sent
_SWITCHES: frozenset[SkipReason] = frozenset({"switched_off", "paused"})


@dataclass(frozen=True)
class Tally:
    """The ledger of a span: ``episodes`` = ``asked`` + ``waiting`` + the sum of ``not_asked`` by reason.

    ``withdrawn`` are among the asked.
    """

    episodes: int
    asked: int
    withdrawn: int
    waiting: int
    not_asked: Mapping[str, int]


@dataclass(frozen=True)
class Rehearsed:
    """What happened beside what would have.

    ``answers`` really came; of the questions that would have been asked, ``answers_kept`` really were and are
    answered. ``undecided`` may or may not be answered, for all that anybody knows; one that would have been taken back
    counts by the share of answers that come as soon as that. ``rate_answered`` of ``rate_asked`` questions whose
    deadline has passed were answered.
    """

    happened: Tally
    would: Tally
    answers: int
    answers_kept: int
    undecided: float
    rate_answered: int
    rate_asked: int

    @property
    def rate(self) -> Interval | None:
        """Wilson's 95 % interval of the response rate; ``None`` where nothing was asked long enough ago."""
        return wilson(self.rate_answered, self.rate_asked) if self.rate_asked else None

    @property
    def expected(self) -> float | None:
        """The answers to expect; ``None`` where they depend on a rate that nobody knows."""
        if not self.undecided:
            return float(self.answers_kept)
        if not self.rate_asked:
            return None
        return self.answers_kept + self.undecided * self.rate_answered / self.rate_asked

    @property
    def expected_between(self) -> Interval | None:
        """The same at both ends of the rate's interval."""
        if not self.undecided:
            return Interval(self.answers_kept, self.answers_kept)
        rate = self.rate
        if rate is None:
            return None
        return Interval(
            self.answers_kept + self.undecided * rate.low, self.answers_kept + self.undecided * rate.high
        )


@dataclass
class _Pending:
    due: datetime
    episode: PastEpisode
    trigger: Trigger | None


@dataclass
class _Customer:
    questions: list[Question] = field(default_factory=list)
    pending: list[_Pending] = field(default_factory=list)

    def asks(self, now: datetime) -> tuple[Ask, ...]:
        return tuple(question.as_of(now) for question in self.questions if question.at <= now)


@dataclass
class _Count:
    episodes: int = 0
    asked: int = 0
    withdrawn: int = 0
    waiting: int = 0
    not_asked: Counter[str] = field(default_factory=Counter)

    def tally(self) -> Tally:
        reasons = sorted(self.not_asked.items(), key=lambda item: (-item[1], item[0]))
        return Tally(self.episodes, self.asked, self.withdrawn, self.waiting, dict(reasons))


class Rehearsal:
    """``hear`` every episode in the order in which they were decided, then ``finish``.

    Endings before ``from_at`` are history: only their real questions count. ``as_of`` is the present.
    ``ignores_switches``: as if every trigger had been on and nothing paused.
    """

    def __init__(
        self,
        book: TriggerBook,
        switchings: Iterable[Switching],
        from_at: datetime,
        as_of: datetime,
        *,
        excused_by_hand: frozenset[SkipReason],
        ignores_switches: bool = False,
    ) -> None:
        self._book = book
        self._history = SwitchHistory(switchings)
        self._from_at = from_at
        self._as_of = as_of
        self._excused_by_hand = excused_by_hand
        self._excused = _SWITCHES if ignores_switches else frozenset()
        self._customers: dict[str, _Customer] = defaultdict(_Customer)
        self._happened, self._would = _Count(), _Count()
        self._answers = self._answers_kept = self._undecided = 0
        self._answered_after: list[timedelta] = []
        self._taken_back_after: list[timedelta] = []  # where nobody knows whether an answer came first
        self._rate_answered = self._rate_asked = 0

    def hear(self, episode: PastEpisode) -> None:
        """Decide about one more ending."""
        self._count_rate(episode)
        customer = self._customers[episode.customer_key] if episode.customer_key else _Customer()
        if episode.event.ended_at < self._from_at:
            if episode.sent_at is not None:
                customer.questions.append(as_it_was(episode, episode.sent_at))
            return
        self._count_happened(episode)
        self._run(customer, episode.decided_at)
        self._would.episodes += 1
        trigger = self._trigger(episode)
        verdict = decide(
            episode.event,
            trigger,
            self._history.switches(trigger, episode.decided_at),
            replace(episode.standing, asks=customer.asks(episode.decided_at)),
            episode.decided_at,
            sample=episode.sample,
            excused=self._excuses(episode),
        )
        if verdict.ask_at is None:
            self._would.not_asked[verdict.skip or ""] += 1
        else:
            customer.pending.append(_Pending(verdict.ask_at, episode, trigger))

    def finish(self) -> Rehearsed:
        """Let everything that is due by now come to its end, and count."""
        for customer in self._customers.values():
            self._run(customer, self._as_of)
            for pending in customer.pending:
                if pending.episode.resumed_at is not None:
                    self._would.not_asked["reopened"] += 1
                else:
                    self._would.waiting += 1
        return Rehearsed(
            happened=self._happened.tally(),
            would=self._would.tally(),
            answers=self._answers,
            answers_kept=self._answers_kept,
            undecided=self._undecided + self._answered_before_taken_back(),
            rate_answered=self._rate_answered,
            rate_asked=self._rate_asked,
        )

    def _trigger(self, episode: PastEpisode) -> Trigger | None:
        return self._book.by_name(MANUAL) if episode.asked_by_hand else self._book.first_match(episode.event)

    def _excuses(self, episode: PastEpisode) -> frozenset[SkipReason]:
        return self._excused | (self._excused_by_hand if episode.asked_by_hand else frozenset())

    def _run(self, customer: _Customer, until: datetime) -> None:
        """Everything of this customer that falls due, in its order."""
        while customer.pending:
            first = min(customer.pending, key=lambda pending: (pending.due, pending.episode.id))
            if first.due > until:
                return
            customer.pending.remove(first)
            self._fall_due(customer, first)

    def _fall_due(self, customer: _Customer, pending: _Pending) -> None:
        episode, due = pending.episode, pending.due
        if episode.resumed_at is not None and episode.resumed_at <= due:
            self._would.not_asked["reopened"] += 1
            return
        verdict = decide(
            episode.event,
            pending.trigger,
            self._history.switches(pending.trigger, due),
            replace(standing_at(episode, due), asks=customer.asks(due)),
            due,
            excused=self._excuses(episode),
            is_sending=True,
        )
        if verdict.ask_at is None:
            self._would.not_asked[verdict.skip or ""] += 1
        elif verdict.ask_at > due:
            pending.due = verdict.ask_at
            customer.pending.append(pending)
        else:
            self._ask(customer, pending)

    def _ask(self, customer: _Customer, pending: _Pending) -> None:
        episode, sent_at = pending.episode, pending.due
        if episode.state == State.UNDELIVERABLE:
            self._would.not_asked[episode.reason or ""] += 1
            if episode.sent_at is not None:  # nobody knows whether it arrived: it counts as an ask
                customer.questions.append(Question(sent_at, sent_at))
            return
        is_same = episode.ask_at is not None and abs(episode.ask_at - sent_at) < _AS_PUNCTUAL
        if is_same and episode.sent_at is not None:
            sent_at = episode.sent_at
        question = self._question(episode, sent_at, pending.trigger)
        customer.questions.append(question)
        self._would.asked += 1
        if question.withdrawn_at is not None and question.withdrawn_at <= self._as_of:
            self._would.withdrawn += 1
            if not episode.was_asked:
                self._taken_back_after.append(question.withdrawn_at - question.at)
        elif question.answered_at is not None:
            self._answers_kept += 1
        elif question.closes_at is None or question.closes_at > self._as_of:
            self._undecided += 1

    def _question(self, episode: PastEpisode, sent_at: datetime, trigger: Trigger | None) -> Question:
        """The fate of a rehearsed question: the real one's, as long after sending, where there was a real one."""
        deadline = sent_at + (trigger.rules.deadline if trigger else timedelta(0))
        answered_at = None
        if episode.answered_at is not None and episode.sent_at is not None:
            answered_at = sent_at + (episode.answered_at - episode.sent_at)
            answered_at = answered_at if answered_at < deadline else None
        went_on = episode.resumed_at
        if went_on is not None and sent_at <= went_on < (answered_at or deadline):
            return Question(sent_at, deadline, withdrawn_at=went_on)
        return Question(sent_at, deadline if episode.was_asked else None, answered_at)

    def _count_rate(self, episode: PastEpisode) -> None:
        is_matured = episode.expires_at is not None and episode.expires_at <= self._as_of
        if is_matured and episode.was_asked and not episode.was_withdrawn:
            self._rate_asked += 1
            self._rate_answered += episode.answered_at is not None
            if episode.answered_at is not None and episode.sent_at is not None:
                self._answered_after.append(episode.answered_at - episode.sent_at)

    def _answered_before_taken_back(self) -> float:
        delays = sorted(self._answered_after)
        if not delays:
            return 0.0
        return sum(bisect_right(delays, gap) for gap in self._taken_back_after) / len(delays)

    def _count_happened(self, episode: PastEpisode) -> None:
        count = self._happened
        count.episodes += 1
        self._answers += episode.answered_at is not None
        if episode.was_asked:
            count.asked += 1
            count.withdrawn += episode.was_withdrawn
        elif episode.state == State.SCHEDULED:
            count.waiting += 1
        else:
            count.not_asked[episode.reason or ""] += 1
