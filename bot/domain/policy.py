"""Invite or skip, and why: one pure function, asked when a conversation ends and again when the question is sent.

Every rule that applies is looked at and its verdict kept, in this order; the first that says no gives the reason.
The reasons are the words of the ledger (glossary).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.events import ConversationEnded
from bot.domain.survey import Rules, Trigger

SkipReason = Literal[
    "no_trigger",
    "switched_off",
    "paused",
    "spam",
    "group",
    "staff",
    "test_account",
    "no_address",
    "bot_blocked",
    "opted_out",
    "blocked_tag",
    "no_human_reply",
    "timed_out",
    "too_short",
    "sampled_out",
    "cooldown",
    "yearly_cap",
    "too_old",
    "quiet_hours",
]
SKIP_REASONS: tuple[SkipReason, ...] = get_args(SkipReason)

WITHDRAWN_ASK_IS_FREE_EVERY = timedelta(hours=24)
IGNORED_ASKS = 3  # unanswered in a row: from then on the cooldown is doubled
YEAR = timedelta(days=365)
LONGEST_SILENCE = timedelta(
    days=7
)  # ended so long after the last message, nobody remembers what it was about
_CLOSED_FOR_SILENCE = frozenset({"timeout", "auto", "inactivity"})
_NO_CHARACTER_COUNT = ("zh", "ja")  # a sentence has few characters there: only messages count


@dataclass(frozen=True)
class Ask:
    """One question that went, or is going, to this customer."""

    at: datetime
    was_withdrawn: bool = False
    was_answered: bool = False
    is_open: bool = False  # it may still be answered, so it is not yet ignored


@dataclass(frozen=True)
class Standing:
    """What is known of the customer at the moment of the decision."""

    has_address: bool
    is_unreachable: bool = False
    is_opted_out: bool = False
    is_staff: bool = False
    is_test_account: bool = False
    language: str | None = None
    asks: tuple[Ask, ...] = ()


@dataclass(frozen=True)
class Switches:
    """What admins have switched: the trigger, and the pause of everything."""

    is_on: bool = True
    is_paused: bool = False


@dataclass(frozen=True)
class Check:
    """One rule's verdict. ``detail`` holds plain values for ``/why`` (seconds, ISO times)."""

    rule: SkipReason
    passed: bool
    detail: dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """The decision: ``skip`` is ``None`` to invite, at ``ask_at``."""

    skip: SkipReason | None
    ask_at: datetime | None
    checks: tuple[Check, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """The checks as plain JSON, for the invitation's row."""
        return [{"rule": check.rule, "passed": check.passed, **check.detail} for check in self.checks]


def counted_asks(asks: Iterable[Ask]) -> list[Ask]:
    """The asks that count against the customer's patience, oldest first.

    A question withdrawn unanswered does not count, but only one in 24 hours is free (measurement.md 4).
    """
    counted: list[Ask] = []
    free_at: datetime | None = None
    for ask in sorted(asks, key=lambda ask: ask.at):
        is_free = ask.was_withdrawn and (free_at is None or ask.at - free_at >= WITHDRAWN_ASK_IS_FREE_EVERY)
        if is_free:
            free_at = ask.at
        else:
            counted.append(ask)
    return counted


def ignored_in_a_row(asks: Iterable[Ask]) -> int:
    """How many of the latest asks, one after the other, went unanswered.

    Those still open are not yet ignored; those withdrawn never were: we took them back.
    """
    ignored = 0
    for ask in reversed([ask for ask in asks if not (ask.is_open or ask.was_withdrawn)]):
        if ask.was_answered:
            break
        ignored += 1
    return ignored


@dataclass(frozen=True)
class _Case:
    event: ConversationEnded
    trigger: Trigger | None
    switches: Switches
    standing: Standing
    sample: float
    now: datetime
    is_sending: bool

    @property
    def rules(self) -> Rules:
        return self.trigger.rules if self.trigger else Rules()

    @property
    def zone(self) -> tzinfo:
        return zone_of(self.event.time_zone) or self.rules.zone

    @property
    def ask_at(self) -> datetime:
        """When it may be asked: after the delay, outside the quiet hours. An end in the future was now."""
        rules = self.rules
        at = self.now if self.is_sending else max(self.now, min(self.event.ended_at, self.now) + rules.delay)
        return rules.quiet.next_allowed(at, self.zone) if rules.quiet else at


_Said = tuple[bool, dict[str, Any]]


def _no_blocked_tag(case: _Case) -> _Said:
    blocked = sorted(set(case.rules.blocked_tags) & set(case.event.tags))
    return not blocked, {"tags": blocked} if blocked else {}


def _had_human(case: _Case) -> _Said:
    facts = case.event.facts
    if case.event.kind != "support_ended" or not case.rules.needs_human:
        return True, {}
    if facts.agent_messages == 0:
        return False, {"agent_messages": 0}
    return facts.resolved_by != "nobody", {"agent_messages": facts.agent_messages}


def _ended_by_somebody(case: _Case) -> _Said:
    event = case.event
    if event.closed_by in _CLOSED_FOR_SILENCE:
        return False, {"closed_by": event.closed_by}
    if event.last_message_at is None:
        return True, {}
    silence = event.ended_at - event.last_message_at
    return silence <= LONGEST_SILENCE, {"silence_seconds": int(silence.total_seconds())}


def _long_enough(case: _Case) -> _Said:
    rules, facts = case.rules, case.event.facts
    if case.event.kind != "support_ended":
        return True, {}
    language = (case.event.language or case.standing.language or "").lower()
    counts_characters = not language.startswith(_NO_CHARACTER_COUNT)
    detail = {
        "customer_messages": facts.customer_messages,
        "minimum_messages": rules.minimum_messages,
        "characters": facts.characters,
        "minimum_characters": rules.minimum_characters if counts_characters else 0,
        "language": language,
    }
    if facts.customer_messages is not None and facts.customer_messages < rules.minimum_messages:
        return False, detail
    if counts_characters and facts.characters is not None and facts.characters < rules.minimum_characters:
        return False, detail
    return True, detail


def _sampled(case: _Case) -> _Said:
    return case.sample * 100 < case.rules.sampling, {
        "sample": round(case.sample * 100, 2),
        "rate": case.rules.sampling,
    }


def _cooldown(case: _Case) -> _Said:
    asks = counted_asks(case.standing.asks)
    if not asks:
        return True, {}
    ignored = ignored_in_a_row(asks)
    cooldown = case.rules.cooldown * (2 if ignored >= IGNORED_ASKS else 1)
    until = asks[-1].at + cooldown
    detail = {"last_ask": asks[-1].at.isoformat(), "until": until.isoformat(), "ignored_in_a_row": ignored}
    return case.now >= until, detail


def _yearly_cap(case: _Case) -> _Said:
    asks = [ask for ask in counted_asks(case.standing.asks) if case.now - ask.at < YEAR]
    cap = case.rules.yearly_cap
    return cap == 0 or len(asks) < cap, {"asks_in_a_year": len(asks), "cap": cap}


def _too_old(case: _Case) -> _Said:
    age, limit = case.now - case.event.ended_at, case.rules.askable_for
    detail = {
        "age_seconds": int(age.total_seconds()),
        "limit_seconds": None if limit is None else int(limit.total_seconds()),
    }
    return limit is None or age <= limit, detail


def _quiet(case: _Case) -> _Said:
    """In quiet hours it waits for the morning, unless the conversation is too old by then."""
    if case.rules.quiet is None:
        return True, {}
    limit = case.rules.askable_for
    passed = limit is None or case.ask_at - case.event.ended_at <= limit
    return passed, {"ask_at": case.ask_at.isoformat(), "time_zone": str(case.zone)}


@dataclass(frozen=True)
class _Rule:
    name: SkipReason
    look: Callable[[_Case], _Said]
    at_sending: bool  # looked at again at the moment of sending: it can change while the question waits


# Order is the order of the reasons in the ledger: what is not wanted, what cannot be, what must not be, what is unwise.
_RULES: tuple[_Rule, ...] = (
    _Rule(
        "no_trigger",
        lambda c: (c.trigger is not None, {"trigger": c.trigger.name if c.trigger else None}),
        True,
    ),
    _Rule("switched_off", lambda c: (c.switches.is_on, {}), True),
    _Rule("paused", lambda c: (not c.switches.is_paused, {}), True),
    _Rule("spam", lambda c: (not c.event.is_spam, {}), False),
    _Rule("group", lambda c: (not c.event.is_group, {}), False),
    _Rule("staff", lambda c: (not c.standing.is_staff, {}), False),
    _Rule("test_account", lambda c: (not c.standing.is_test_account, {}), False),
    _Rule("no_address", lambda c: (c.standing.has_address, {}), True),
    _Rule("bot_blocked", lambda c: (not c.standing.is_unreachable, {}), True),
    _Rule("opted_out", lambda c: (not c.standing.is_opted_out, {}), True),
    _Rule("blocked_tag", _no_blocked_tag, False),
    _Rule("no_human_reply", _had_human, False),
    _Rule("timed_out", _ended_by_somebody, False),
    _Rule("too_short", _long_enough, False),
    _Rule("sampled_out", _sampled, False),
    _Rule("cooldown", _cooldown, True),
    _Rule("yearly_cap", _yearly_cap, True),
    _Rule("too_old", _too_old, True),
    _Rule("quiet_hours", _quiet, True),
)


def zone_of(name: str | None) -> tzinfo | None:
    """The time zone of an IANA name; ``None`` where there is none of that name."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def decide(
    event: ConversationEnded,
    trigger: Trigger | None,
    switches: Switches,
    standing: Standing,
    now: datetime,
    *,
    sample: float = 0.0,
    excused: frozenset[SkipReason] = frozenset(),
    is_sending: bool = False,
) -> Verdict:
    """Whether to ask about this ending, and why not.

    ``sample``: the episode's keyed hash in [0, 1) (``Pseudonyms.sample``), the same however often it is asked for.
    ``excused`` rules are not looked at (an admin's ``/ask`` needs no human reply and no switch).
    ``is_sending``: only what can have changed since the end is looked at again.
    The question is due ``rules.delay`` after the end, outside quiet hours, never before ``now``; a sender that is told
    an ``ask_at`` after ``now`` waits until then and asks again.
    """
    case = _Case(event, trigger, switches, standing, sample, now, is_sending)
    checks = []
    for rule in _RULES:
        if rule.name not in excused and (rule.at_sending or not is_sending):
            passed, detail = rule.look(case)
            checks.append(Check(rule.name, passed, detail))
    skip = next((check.rule for check in checks if not check.passed), None)
    return Verdict(skip, None if skip else case.ask_at.astimezone(UTC), tuple(checks))
