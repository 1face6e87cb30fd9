"""Whether to ask: each rule at its boundary, their order, what is excused, and what counts as an ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.events import ConversationEnded, CustomerRef, Facts
from bot.domain.policy import (
    SKIP_REASONS,
    Ask,
    SkipReason,
    Standing,
    Switches,
    Verdict,
    counted_asks,
    decide,
    ignored_in_a_row,
)
from bot.domain.quiet import QuietHours
from bot.domain.survey import Rules, Trigger

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
RULES = Rules(
    delay=5 * MINUTE,
    cooldown=14 * DAY,
    yearly_cap=2,
    minimum_messages=2,
    minimum_characters=250,
    sampling=50.0,
    blocked_tags=("vip",),
    quiet=QuietHours(time(21), time(9)),
)


@dataclass(frozen=True)
class Case:
    """A conversation that is asked about; each test changes one thing."""

    event: ConversationEnded = field(
        default_factory=lambda: ConversationEnded(
            "generic",
            "7",
            NOW,
            CustomerRef(telegram_id=1),
            last_message_at=NOW - MINUTE,
            facts=Facts(customer_messages=2, agent_messages=1, characters=250, resolved_by="human"),
        )
    )
    rules: Rules = RULES
    has_trigger: bool = True
    switches: Switches = field(default_factory=Switches)
    standing: Standing = field(default_factory=lambda: Standing(has_address=True))
    sample: float = 0.0
    now: datetime = NOW

    def decided(self, **how: Any) -> Verdict:
        """What policy says."""
        trigger = Trigger("support", rules=self.rules) if self.has_trigger else None
        return decide(self.event, trigger, self.switches, self.standing, self.now, sample=self.sample, **how)

    def facts(self, **facts: Any) -> Case:
        """With other facts."""
        return replace(self, event=replace(self.event, facts=replace(self.event.facts, **facts)))

    def with_event(self, **fields: Any) -> Case:
        """With another event."""
        return replace(self, event=replace(self.event, **fields))

    def asked(self, *ages: timedelta, **ask: Any) -> Case:
        """Asked before, so long ago each."""
        asks = tuple(Ask(self.now - age, **{"was_answered": True, **ask}) for age in ages)
        return replace(self, standing=replace(self.standing, asks=asks))

    def with_rules(self, **rules: Any) -> Case:
        """With other numbers."""
        return replace(self, rules=replace(self.rules, **rules))

    def known_as(self, **standing: Any) -> Case:
        """The customer stands otherwise."""
        return replace(self, standing=replace(self.standing, **standing))

    def after(self, span: timedelta) -> Case:
        """Decided so long after the end."""
        return replace(self, now=self.event.ended_at + span)


C = Case()
NIGHT = NOW.replace(hour=23)

# (the case, the reason or None). Three lines where a rule has a boundary: before, on and after it.
TABLE: list[tuple[str, Case, SkipReason | None]] = [
    ("all is well", C, None),
    ("no trigger", replace(C, has_trigger=False), "no_trigger"),
    ("switched off", replace(C, switches=Switches(is_on=False)), "switched_off"),
    ("paused", replace(C, switches=Switches(is_paused=True)), "paused"),
    ("spam", C.with_event(is_spam=True), "spam"),
    ("a group", C.with_event(is_group=True), "group"),
    ("staff", C.known_as(is_staff=True), "staff"),
    ("a test account", C.known_as(is_test_account=True), "test_account"),
    ("nobody known", C.known_as(has_address=False), "no_address"),
    ("blocked", C.known_as(is_unreachable=True), "bot_blocked"),
    ("opted out", C.known_as(is_opted_out=True), "opted_out"),
    ("a blocked tag", C.with_event(tags=("billing", "vip")), "blocked_tag"),
    ("another tag", C.with_event(tags=("billing",)), None),
    ("no agent wrote", C.facts(agent_messages=0), "no_human_reply"),
    ("one agent message", C.facts(agent_messages=1), None),
    ("nobody resolved it", C.facts(resolved_by="nobody"), "no_human_reply"),
    ("agents unknown", C.facts(agent_messages=None, resolved_by=None), None),
    ("a purchase needs no agent", C.facts(agent_messages=0).with_event(kind="purchase"), None),
    ("humans not needed", C.facts(agent_messages=0).with_rules(needs_human=False), None),
    ("closed for silence", C.with_event(closed_by="timeout"), "timed_out"),
    ("closed by a person", C.with_event(closed_by="agent"), None),
    ("silent for a week", C.with_event(last_message_at=NOW - 7 * DAY), None),
    ("and a second", C.with_event(last_message_at=NOW - 7 * DAY - SECOND), "timed_out"),
    ("one customer message", C.facts(customer_messages=1), "too_short"),
    ("messages unknown", C.facts(customer_messages=None), None),
    ("249 characters", C.facts(characters=249), "too_short"),
    ("characters unknown", C.facts(characters=None), None),
    ("249 Chinese characters", C.facts(characters=249).with_event(language="zh-Hans"), None),
    ("249, the customer Japanese", C.facts(characters=249).known_as(language="ja"), None),
    ("a short purchase", C.facts(characters=1).with_event(kind="purchase"), None),
    ("sampled in", replace(C, sample=0.4999), None),
    ("sampled out", replace(C, sample=0.5), "sampled_out"),
    ("a second before the cooldown is over", C.asked(14 * DAY - SECOND), "cooldown"),
    ("exactly when it is over", C.asked(14 * DAY), None),
    ("a second later", C.asked(14 * DAY + SECOND), None),
    ("no cooldown", C.asked(SECOND).with_rules(cooldown=timedelta(0)), None),
    ("two asks ignored", C.asked(15 * DAY, 30 * DAY, was_answered=False).with_rules(yearly_cap=0), None),
    (
        "three asks ignored: twice the cooldown",
        C.asked(28 * DAY - SECOND, 50 * DAY, 70 * DAY, was_answered=False).with_rules(yearly_cap=0),
        "cooldown",
    ),
    (
        "and exactly twice",
        C.asked(28 * DAY, 50 * DAY, 70 * DAY, was_answered=False).with_rules(yearly_cap=0),
        None,
    ),
    ("once a year", C.asked(20 * DAY), None),
    ("the cap of two", C.asked(20 * DAY, 365 * DAY - SECOND), "yearly_cap"),
    ("a year has passed", C.asked(20 * DAY, 365 * DAY), None),
    ("23 h 59 min 59 s old", C.after(DAY - SECOND), None),
    ("a day old", C.after(DAY), None),
    ("a day and a second", C.after(DAY + SECOND), "too_old"),
    ("never too old", C.after(30 * DAY).with_rules(too_old=timedelta(0)), None),
    ("a delay of a day, asked a minute late", C.after(DAY + MINUTE).with_rules(delay=DAY), None),
    ("at night, if it may wait", C.with_event(ended_at=NIGHT).after(timedelta(0)), None),
    (
        "at night, too old by the morning",
        C.with_event(ended_at=NIGHT).after(timedelta(0)).with_rules(too_old=2 * HOUR),
        "quiet_hours",
    ),
]


@pytest.mark.parametrize(("case", "reason"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_each_rule_at_its_boundary(case: Case, reason: SkipReason | None) -> None:
    verdict = case.decided()
    assert verdict.skip == reason
    assert (verdict.ask_at is None) == (reason is not None)


def test_the_table_tries_every_reason() -> None:
    assert {reason for _, _, reason in TABLE if reason} == set(SKIP_REASONS)


# Each step adds one thing that is wrong; the earlier in the ledger's order, the later it is added.
WRONGS: list[tuple[SkipReason, Callable[[Case], Case]]] = [
    ("too_old", lambda c: c.after(2 * DAY)),
    ("yearly_cap", lambda c: c.asked(20 * DAY, 30 * DAY)),
    ("cooldown", lambda c: c.asked(MINUTE, 20 * DAY, 30 * DAY)),
    ("sampled_out", lambda c: replace(c, sample=0.9)),
    ("too_short", lambda c: c.facts(characters=1)),
    ("timed_out", lambda c: c.with_event(closed_by="auto")),
    ("no_human_reply", lambda c: c.facts(agent_messages=0)),
    ("blocked_tag", lambda c: c.with_event(tags=("vip",))),
    ("opted_out", lambda c: c.known_as(is_opted_out=True)),
    ("bot_blocked", lambda c: c.known_as(is_unreachable=True)),
    ("no_address", lambda c: c.known_as(has_address=False)),
    ("test_account", lambda c: c.known_as(is_test_account=True)),
    ("staff", lambda c: c.known_as(is_staff=True)),
    ("group", lambda c: c.with_event(is_group=True)),
    ("spam", lambda c: c.with_event(is_spam=True)),
    ("paused", lambda c: replace(c, switches=replace(c.switches, is_paused=True))),
    ("switched_off", lambda c: replace(c, switches=replace(c.switches, is_on=False))),
    ("no_trigger", lambda c: replace(c, has_trigger=False)),
]


def test_of_several_reasons_the_first_in_the_order_of_the_ledger_is_given() -> None:
    case = C
    for reason, wrong in WRONGS:
        case = wrong(case)
        assert case.decided().skip == reason


def test_every_rule_is_looked_at_even_after_a_no_and_kept_as_plain_json() -> None:
    verdict = replace(C, switches=Switches(is_on=False, is_paused=True)).decided()
    kept = verdict.as_json()
    assert [line["rule"] for line in kept] == list(SKIP_REASONS)
    assert [line["rule"] for line in kept if not line["passed"]] == ["switched_off", "paused"]
    plain = (str, int, float, bool, type(None))
    assert all(isinstance(value, plain) for line in kept for value in line.values())


def test_an_excused_rule_is_not_looked_at_and_all_others_are() -> None:
    case = replace(C.facts(agent_messages=0), switches=Switches(is_paused=True))
    excused = frozenset[SkipReason]({"paused", "no_human_reply"})
    assert case.decided().skip == "paused"
    verdict = case.decided(excused=excused)
    assert verdict.skip is None
    assert {check.rule for check in verdict.checks} == set(SKIP_REASONS) - excused
    assert case.known_as(is_opted_out=True).decided(excused=excused).skip == "opted_out"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda c: c.known_as(is_opted_out=True), "opted_out"),
        (lambda c: replace(c, switches=Switches(is_paused=True)), "paused"),
        (lambda c: c.asked(MINUTE), "cooldown"),
        (lambda c: c.after(2 * DAY), "too_old"),
        (lambda c: c.facts(customer_messages=0, agent_messages=0), None),
        (lambda c: replace(c, sample=0.9), None),
    ],
)
def test_at_sending_only_what_can_have_changed_is_looked_at_again(
    wrong: Callable[[Case], Case], reason: SkipReason | None
) -> None:
    assert wrong(C).decided(is_sending=True).skip == reason


def test_the_question_is_due_after_the_delay() -> None:
    assert C.decided().ask_at == NOW + 5 * MINUTE
    assert C.after(2 * MINUTE).decided().ask_at == NOW + 5 * MINUTE


def test_what_is_heard_late_is_asked_at_once() -> None:
    assert C.after(HOUR).decided().ask_at == NOW + HOUR


def test_a_helpdesk_whose_clock_is_ahead_does_not_put_the_question_off() -> None:
    assert C.with_event(ended_at=NOW + 300 * DAY, last_message_at=None).decided().ask_at == NOW + 5 * MINUTE


@pytest.mark.parametrize(
    ("ended", "zone", "asked"),
    [
        (NOW.replace(hour=20, minute=54), None, NOW.replace(hour=20, minute=59)),
        (NOW.replace(hour=20, minute=55), None, NOW.replace(hour=9) + DAY),  # due at 21:00 sharp
        (NOW.replace(hour=8, minute=54), None, NOW.replace(hour=9)),
        (NOW.replace(hour=8, minute=55), None, NOW.replace(hour=9)),
        (NOW.replace(hour=12), "Asia/Shanghai", NOW.replace(hour=12, minute=5)),  # 20:05 there
        (NOW.replace(hour=13), "Asia/Shanghai", NOW.replace(hour=1) + DAY),  # 21:05 there
        (NOW.replace(hour=22), "no/such zone", NOW.replace(hour=9) + DAY),
    ],
)
def test_in_quiet_hours_it_waits_for_the_morning(ended: datetime, zone: str | None, asked: datetime) -> None:
    case = C.with_event(ended_at=ended, last_message_at=None, time_zone=zone).after(timedelta(0))
    assert case.decided().ask_at == asked


def withdrawn(*hours: float) -> list[Ask]:
    """Questions withdrawn so many hours after the first instant."""
    return [Ask(NOW + hour * HOUR, was_withdrawn=True) for hour in hours]


@pytest.mark.parametrize(
    ("asks", "counted_hours"),
    [
        ([], []),
        (withdrawn(0), []),
        (withdrawn(0, 23.9), [23.9]),
        (withdrawn(0, 24), []),
        (withdrawn(0, 12, 24, 36), [12, 36]),  # what counted does not push the next free one ahead
        ([*withdrawn(1), Ask(NOW)], [0]),
        ([Ask(NOW + 5 * HOUR), Ask(NOW)], [0, 5]),
    ],
)
def test_a_withdrawn_question_is_free_once_in_24_hours(asks: list[Ask], counted_hours: list[float]) -> None:
    assert [ask.at for ask in counted_asks(asks)] == [NOW + hour * HOUR for hour in counted_hours]


@pytest.mark.parametrize(
    ("answers", "ignored"),
    [("", 0), ("a", 0), ("-", 1), ("a--", 2), ("--a", 0), ("---?", 3), ("a?", 0)],
)
def test_asks_are_ignored_in_a_row_until_one_is_answered_and_open_ones_are_not_yet(
    answers: str, ignored: int
) -> None:
    asks = [Ask(NOW, was_answered=mark == "a", is_open=mark == "?") for mark in answers]
    assert ignored_in_a_row(asks) == ignored


ask_lists = st.lists(
    st.builds(Ask, st.integers(0, 300).map(lambda hours: NOW - hours * HOUR), st.booleans(), st.booleans()),
    max_size=6,
)


@given(ask_lists, st.integers(0, 400))
def test_waiting_longer_never_turns_a_yes_about_asks_into_a_no(asks: list[Ask], hours: int) -> None:
    calm = C.with_rules(too_old=timedelta(0), quiet=None, yearly_cap=0).known_as(asks=tuple(asks))
    later = replace(calm, now=NOW + hours * HOUR)
    assert calm.decided().skip is not None or later.decided().skip is None


@given(ask_lists)
def test_the_order_in_which_asks_are_stored_means_nothing(asks: list[Ask]) -> None:
    assert {ask.at for ask in counted_asks(asks)} == {ask.at for ask in counted_asks(asks[::-1])}
