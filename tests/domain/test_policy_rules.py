"""The asking rules where they meet time, place and chance: days on which the clocks change, the customer's own night,
the draw. Each bound one second before, exactly, and one second after. What else there is: test_policy.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.events import ConversationEnded, CustomerRef, Facts
from bot.domain.policy import Ask, SkipReason, Standing, Switches, Verdict, decide
from bot.domain.quiet import QuietHours
from bot.domain.survey import Rules, Trigger
from bot.store.respondents import Pseudonyms

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(21), time(9))
KNOWN = Standing(has_address=True)
OFF = Rules(delay=5 * MINUTE, cooldown=timedelta(0), too_old=DAY)
AROUND = (-SECOND, timedelta(), SECOND)


def ended(at: datetime = NOW, **fields: object) -> ConversationEnded:
    """A conversation about which nothing is known but its end."""
    return replace(ConversationEnded("generic", "7", at, CustomerRef()), **fields)  # type: ignore[arg-type]  # fields of the record


def said(
    event: ConversationEnded,
    rules: Rules,
    now: datetime,
    standing: Standing = KNOWN,
    *,
    is_sending: bool = False,
) -> Verdict:
    """What policy says under these rules alone."""
    return decide(event, Trigger("support", rules=rules), Switches(), standing, now, is_sending=is_sending)


def asked(*asks: Ask) -> Standing:
    """A customer who was asked before."""
    return replace(KNOWN, asks=asks)


# The rule, and the verdict one second before its bound, exactly on it, and one second after.
BOUNDS: list[tuple[str, list[Verdict], list[SkipReason | None]]] = [
    (
        "cooldown",
        [
            said(ended(), replace(OFF, cooldown=14 * DAY), NOW + off, asked(Ask(NOW - 14 * DAY)))
            for off in AROUND
        ],
        ["cooldown", None, None],
    ),
    (
        "cooldown, doubled after three ignored asks",
        [
            said(
                ended(),
                replace(OFF, cooldown=14 * DAY),
                NOW + off,
                asked(*(Ask(NOW - days * DAY) for days in (80, 60, 28))),
            )
            for off in AROUND
        ],
        ["cooldown", None, None],
    ),
    (
        "cooldown through a change of the clocks: fourteen times 24 hours, not fourteen mornings",
        [
            said(
                ended(datetime(2026, 4, 5, 7, tzinfo=UTC)),
                replace(OFF, cooldown=14 * DAY, zone=BERLIN),
                datetime(2026, 4, 5, 8, tzinfo=UTC) + off,
                asked(Ask(datetime(2026, 3, 22, 8, tzinfo=UTC))),
            )
            for off in AROUND
        ],
        ["cooldown", None, None],
    ),
    (
        "yearly cap",
        [
            said(
                ended(),
                replace(OFF, yearly_cap=2),
                NOW + off,
                asked(Ask(NOW - 365 * DAY, was_answered=True), Ask(NOW - 90 * DAY, was_answered=True)),
            )
            for off in AROUND
        ],
        ["yearly_cap", None, None],
    ),
    (
        "too old",
        [said(ended(), OFF, NOW + DAY + off) for off in AROUND],
        [None, None, "too_old"],
    ),
    (
        "too old in the morning",  # ended at 09:00 the day before; the morning is 24 hours later
        [
            said(
                ended(datetime(2026, 11, 25, 9, tzinfo=UTC) - off), replace(OFF, quiet=NIGHT), NOW + 10 * HOUR
            )
            for off in AROUND
        ],
        [None, None, "quiet_hours"],
    ),
    (
        "timed out",
        [said(ended(last_message_at=NOW - 7 * DAY - off), OFF, NOW) for off in AROUND],
        [None, None, "timed_out"],
    ),
]


@pytest.mark.parametrize(
    ("verdicts", "reasons"), [line[1:] for line in BOUNDS], ids=[line[0] for line in BOUNDS]
)
def test_a_bound_one_second_before_exactly_and_one_second_after(
    verdicts: list[Verdict], reasons: list[SkipReason | None]
) -> None:
    assert [verdict.skip for verdict in verdicts] == reasons


@pytest.mark.parametrize(
    ("ended_at", "ask_at"),
    [
        # by the delay: five minutes are five minutes, whatever the clock on the wall does
        ("2026-03-29T01:58:00+01:00", "2026-03-29T03:03:00+02:00"),
        ("2026-10-25T02:58:00+02:00", "2026-10-25T02:03:00+01:00"),
    ],
)
def test_the_delay_passes_through_a_change_of_the_clocks(ended_at: str, ask_at: str) -> None:
    at = datetime.fromisoformat(ended_at)
    assert said(ended(at), replace(OFF, zone=BERLIN), at).ask_at == datetime.fromisoformat(ask_at)


@pytest.mark.parametrize(
    ("ended_at", "ask_at"),
    [
        # 20:55 and five minutes are 21:00, and quiet; the night before summer time is an hour shorter
        ("2026-03-28T20:54:59+01:00", "2026-03-28T20:59:59+01:00"),
        ("2026-03-28T20:55:00+01:00", "2026-03-29T09:00:00+02:00"),
        ("2026-03-28T20:55:01+01:00", "2026-03-29T09:00:00+02:00"),
        ("2026-03-29T08:54:59+02:00", "2026-03-29T09:00:00+02:00"),
        ("2026-03-29T08:55:00+02:00", "2026-03-29T09:00:00+02:00"),
        ("2026-03-29T08:55:01+02:00", "2026-03-29T09:00:01+02:00"),
        # and the one before winter time an hour longer
        ("2026-10-24T20:54:59+02:00", "2026-10-24T20:59:59+02:00"),
        ("2026-10-24T20:55:00+02:00", "2026-10-25T09:00:00+01:00"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T09:00:00+01:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T09:00:00+01:00"),
        ("2026-10-25T08:55:01+01:00", "2026-10-25T09:00:01+01:00"),
    ],
)
def test_quiet_hours_on_the_days_on_which_the_clocks_change(ended_at: str, ask_at: str) -> None:
    at = datetime.fromisoformat(ended_at)
    verdict = said(ended(at), replace(OFF, quiet=NIGHT, zone=BERLIN), at)
    assert verdict.ask_at == datetime.fromisoformat(ask_at)


@pytest.mark.parametrize(
    ("time_zone", "ask_at"),
    [
        (None, "2026-11-25T12:05:00+00:00"),  # 13:05 in Berlin
        ("Asia/Tokyo", "2026-11-26T00:00:00+00:00"),  # 21:05 there; nine in the morning
        ("America/Los_Angeles", "2026-11-25T17:00:00+00:00"),  # four in the morning there
        ("Mars/Olympus", "2026-11-25T12:05:00+00:00"),  # no such zone: the team's
    ],
)
def test_the_quiet_hours_are_those_of_the_customer_where_the_event_says_so(
    time_zone: str | None, ask_at: str
) -> None:
    verdict = said(ended(time_zone=time_zone), replace(OFF, quiet=NIGHT, zone=BERLIN), NOW)
    assert verdict.ask_at == datetime.fromisoformat(ask_at)


def test_what_nobody_knows_is_no_reason_not_to_ask() -> None:
    strict = replace(
        OFF,
        cooldown=14 * DAY,
        yearly_cap=1,
        minimum_messages=50,
        minimum_characters=5000,
        blocked_tags=("x",),
    )
    assert said(ended(facts=Facts()), strict, NOW).skip is None


@pytest.mark.parametrize(
    ("language", "skip"),
    [
        ("zh", None),
        ("zh-Hans", None),
        ("zh-TW", None),
        ("ja", None),
        ("JA-jp", None),
        ("ko", "too_short"),
        (None, "too_short"),
    ],
)
def test_in_chinese_and_japanese_only_messages_are_counted(
    language: str | None, skip: SkipReason | None
) -> None:
    rules = replace(OFF, minimum_messages=2, minimum_characters=250)
    few = Facts(customer_messages=2, characters=20)
    assert said(ended(language=language, facts=few), rules, NOW).skip == skip
    one = Facts(customer_messages=1, characters=5000)
    assert said(ended(language=language, facts=one), rules, NOW).skip == "too_short"


def test_a_question_that_we_took_back_was_not_ignored() -> None:
    rules = replace(OFF, cooldown=14 * DAY)
    ignored = [Ask(NOW - days * DAY) for days in (80, 60)]
    twice_taken_back = [Ask(NOW - 20 * DAY - hours * HOUR, was_withdrawn=True) for hours in (2, 1)]
    assert said(ended(), rules, NOW, asked(*ignored, *twice_taken_back)).skip is None


def test_a_question_that_is_still_open_was_not_ignored_yet() -> None:
    rules = replace(OFF, cooldown=14 * DAY)
    two = [Ask(NOW - days * DAY) for days in (80, 60)]
    assert said(ended(), rules, NOW, asked(*two, Ask(NOW - 15 * DAY, is_open=True))).skip is None
    assert said(ended(), rules, NOW, asked(*two, Ask(NOW - 15 * DAY))).skip == "cooldown"


CHANGES: list[tuple[str, Standing, ConversationEnded, SkipReason | None]] = [
    ("opted out meanwhile", replace(KNOWN, is_opted_out=True), ended(), "opted_out"),
    ("blocked meanwhile", replace(KNOWN, is_unreachable=True), ended(), "bot_blocked"),
    ("asked about something else meanwhile", asked(Ask(NOW - SECOND)), ended(), "cooldown"),
    ("became staff meanwhile", replace(KNOWN, is_staff=True), ended(), None),
    ("spam, which cannot change", KNOWN, ended(is_spam=True), None),
    ("too short, which cannot change", KNOWN, ended(facts=Facts(customer_messages=0)), None),
    ("closed for silence, which cannot change", KNOWN, ended(closed_by="timeout"), None),
]


@pytest.mark.parametrize(
    ("standing", "event", "skip"), [line[1:] for line in CHANGES], ids=[line[0] for line in CHANGES]
)
def test_at_the_moment_of_sending_only_what_can_have_changed_counts(
    standing: Standing, event: ConversationEnded, skip: SkipReason | None
) -> None:
    rules = replace(OFF, cooldown=14 * DAY, minimum_messages=2)
    assert said(event, rules, NOW, standing, is_sending=True).skip == skip


def test_a_sender_that_is_late_into_the_night_waits_for_the_morning() -> None:
    rules = replace(OFF, quiet=NIGHT)
    for at, ask_at in (
        (NOW.replace(hour=20, minute=59, second=59), NOW.replace(hour=20, minute=59, second=59)),
        (NOW.replace(hour=21), NOW.replace(hour=9) + DAY),
    ):
        assert said(ended(), rules, at, is_sending=True).ask_at == ask_at


def sample(pseudonyms: Pseudonyms, number: int) -> float:
    return pseudonyms.sample(ended(conversation_id=f"helpdesk/{number}").episode_key)


@pytest.mark.parametrize("rate", [1.0, 10.0, 50.0, 99.0])
def test_about_as_many_of_10_000_episodes_are_drawn_as_the_rate_says(rate: float) -> None:
    pseudonyms = Pseudonyms(b"a pepper of the tests" * 2)
    rules = replace(OFF, sampling=rate)
    trigger = Trigger("support", rules=rules)
    drawn = sum(
        decide(ended(), trigger, Switches(), KNOWN, NOW, sample=sample(pseudonyms, number)).skip is None
        for number in range(10_000)
    )
    four_sigma = 4 * (10_000 * rate / 100 * (1 - rate / 100)) ** 0.5
    assert abs(drawn - 100 * rate) < four_sigma


def test_the_draw_cannot_be_repeated_and_nobody_can_foresee_it_without_the_key() -> None:
    ours, again, theirs = (Pseudonyms(pepper * 32) for pepper in (b"a", b"a", b"b"))
    numbers = range(200)
    assert [sample(ours, number) for number in numbers] == [sample(again, number) for number in numbers]
    assert all(sample(ours, number) != sample(theirs, number) for number in numbers)


def test_another_ending_of_the_same_conversation_is_drawn_anew() -> None:
    pseudonyms = Pseudonyms(b"a" * 32)
    first, second = ended(), ended(NOW + DAY)
    assert pseudonyms.sample(first.episode_key) != pseudonyms.sample(second.episode_key)
    in_berlin = ended(NOW.astimezone(BERLIN))
    assert pseudonyms.sample(in_berlin.episode_key) == pseudonyms.sample(first.episode_key)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@given(
    moments,
    st.timedeltas(timedelta(0), timedelta(hours=20)),
    st.timedeltas(timedelta(0), timedelta(hours=6)),
    st.sampled_from([None, "Asia/Tokyo", "America/New_York"]),
)
def test_whoever_is_asked_is_asked_after_the_delay_by_day_and_before_it_is_too_late(
    ended_at: datetime, heard_after: timedelta, delay: timedelta, time_zone: str | None
) -> None:
    rules = replace(OFF, delay=delay, quiet=NIGHT, zone=BERLIN)
    now = ended_at + heard_after
    verdict = said(ended(ended_at, time_zone=time_zone), rules, now)
    if verdict.ask_at is None:
        assert verdict.skip in ("too_old", "quiet_hours")
        return
    zone = ZoneInfo(time_zone) if time_zone else BERLIN
    assert verdict.ask_at >= max(now, ended_at + delay)
    assert not NIGHT.holds(verdict.ask_at, zone)
    assert rules.askable_for is not None
    assert verdict.ask_at - ended_at <= rules.askable_for
    again = said(ended(ended_at, time_zone=time_zone), rules, verdict.ask_at, is_sending=True)
    assert (again.skip, again.ask_at) == (None, verdict.ask_at)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12), st.integers(1, 90), st.integers(1, 12))
def test_cooldown_and_yearly_cap_hold_whenever_somebody_is_asked(
    days: list[int], cooldown_days: int, cap: int
) -> None:
    """Endings on these days, each asked about at once where policy lets it."""
    rules = replace(OFF, delay=timedelta(0), cooldown=cooldown_days * DAY, yearly_cap=cap)
    asks: list[Ask] = []
    for day in sorted(days):
        at = NOW + day * DAY
        if said(ended(at), rules, at, asked(*asks)).skip is None:
            asks.append(Ask(at, was_answered=day % 2 == 0))
    times = [ask.at for ask in asks]
    assert all(late - early >= rules.cooldown for early, late in pairwise(times))
    assert all(sum(at - 365 * DAY < other <= at for other in times) <= cap for at in times)
