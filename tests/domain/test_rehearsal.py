"""A rehearsal by hand: a few endings, each rule of it looked at alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.events import ConversationEnded, CustomerRef, Facts
from bot.domain.invitation import State
from bot.domain.past import PAUSE, PastEpisode, Switching
from bot.domain.policy import Standing
from bot.domain.rehearsal import Rehearsal, Rehearsed
from bot.domain.survey import Rules, Trigger, TriggerBook

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
FROM = NOW - timedelta(days=30)
RULES = Rules(cooldown=timedelta(days=7), too_old=timedelta(0), needs_human=False)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def episode(number: int, ago: timedelta, **how: Any) -> PastEpisode:
    """An ending so long ago, heard of at once and really skipped, unless ``how`` says otherwise."""
    at = NOW - ago
    event = ConversationEnded("generic", how.pop("talk", f"acme/{number}"), at, CustomerRef(), facts=Facts())
    given: dict[str, Any] = {
        "customer_key": "emma",
        "standing": Standing(has_address=True),
        "sample": 0.5,
        "state": State.SKIPPED,
        "reason": "paused",
        **how,
    }
    return PastEpisode(id=number, event=event, decided_at=at, **given)


def asked(number: int, ago: timedelta, *, answered: timedelta | None = None, **how: Any) -> PastEpisode:
    """An ending that was really asked about five minutes later."""
    sent_at = NOW - ago + 5 * MINUTE
    return episode(
        number,
        ago,
        state=State.ANSWERED if answered is not None else State.EXPIRED,
        reason=None,
        ask_at=sent_at,
        sent_at=sent_at,
        expires_at=sent_at + timedelta(hours=48),
        answered_at=None if answered is None else sent_at + answered,
        **how,
    )


def rehearse(*episodes: PastEpisode, rules: Rules = RULES, **how: Any) -> Rehearsed:
    book = TriggerBook((Trigger("only", rules=rules),))
    switchings = how.pop("switchings", ())
    rehearsal = Rehearsal(book, switchings, FROM, NOW, excused_by_hand=frozenset({"paused"}), **how)
    for each in episodes:
        rehearsal.hear(each)
    return rehearsal.finish()


def test_a_rehearsed_ask_starts_the_cooldown_like_a_real_one() -> None:
    found = rehearse(episode(1, 20 * DAY), episode(2, 14 * DAY), episode(3, 12 * DAY))
    assert (found.would.asked, found.would.not_asked) == (2, {"cooldown": 1})
    assert found.happened.not_asked == {"paused": 3}


def test_what_was_asked_before_the_window_counts_as_an_ask() -> None:
    before = asked(1, 31 * DAY)
    found = rehearse(before, episode(2, 25 * DAY), episode(3, 23 * DAY))
    assert (found.would.episodes, found.would.asked, found.would.not_asked) == (2, 1, {"cooldown": 1})


def test_an_answer_comes_as_long_after_the_question_as_it_really_did() -> None:
    found = rehearse(asked(1, 20 * DAY, answered=timedelta(hours=47)))
    assert (found.answers, found.answers_kept, found.undecided) == (1, 1, 0)
    shorter = replace(RULES, deadline=timedelta(hours=24))
    found = rehearse(asked(1, 20 * DAY, answered=timedelta(hours=47)), rules=shorter)
    assert (found.answers, found.answers_kept, found.undecided) == (1, 0, 0)


def test_three_questions_ignored_in_a_row_double_the_cooldown_and_unknown_fates_do_not() -> None:
    really = [asked(number, (29 - 8 * number) * DAY) for number in range(3)]
    fourth = episode(9, 4 * DAY)
    assert rehearse(*really, fourth).would.not_asked == {"cooldown": 1}
    never_asked = [episode(number, (29 - 8 * number) * DAY) for number in range(3)]
    assert rehearse(*never_asked, fourth).would.not_asked == {}


def test_a_question_whose_conversation_went_on_is_cancelled_before_and_withdrawn_after_it_was_sent() -> None:
    at = NOW - 20 * DAY
    found = rehearse(episode(1, 20 * DAY, resumed_at=at + 4 * MINUTE), episode(2, 19 * DAY))
    assert (found.would.asked, found.would.not_asked) == (1, {"reopened": 1})
    found = rehearse(episode(1, 20 * DAY, resumed_at=at + 6 * MINUTE), episode(2, 19 * DAY))
    assert (found.would.asked, found.would.withdrawn, found.would.not_asked) == (2, 1, {})


def test_an_answered_question_is_not_taken_back() -> None:
    went_on = NOW - 20 * DAY + 30 * MINUTE
    found = rehearse(asked(1, 20 * DAY, answered=9 * MINUTE, resumed_at=went_on))
    assert (found.would.asked, found.would.withdrawn, found.answers_kept) == (1, 0, 1)


def test_whoever_opted_out_by_the_time_it_was_due_is_not_asked() -> None:
    at = NOW - 20 * DAY
    found = rehearse(episode(1, 20 * DAY, opted_out_at=at + 4 * MINUTE))
    assert found.would.not_asked == {"opted_out": 1}
    found = rehearse(episode(1, 20 * DAY, opted_out_at=at + 6 * MINUTE))
    assert found.would.asked == 1


def test_switches_and_pauses_are_as_they_were_unless_they_are_to_be_ignored() -> None:
    switchings = (
        Switching(NOW - 21 * DAY, PAUSE, True, NOW - 20 * DAY + 2 * MINUTE),
        Switching(NOW - 10 * DAY, "only", False),
    )
    # the pause has ended by itself when the first question is due: too late, it was skipped before
    endings = (episode(1, 20 * DAY), episode(2, 18 * DAY, customer_key="lin"), episode(3, 9 * DAY))
    found = rehearse(*endings, switchings=switchings)
    assert (found.would.asked, found.would.not_asked) == (1, {"paused": 1, "switched_off": 1})
    found = rehearse(*endings, switchings=switchings, ignores_switches=True)
    assert found.would.asked == 3


def test_asking_by_hand_does_not_look_at_what_it_is_excused_from() -> None:
    paused = (Switching(NOW - 21 * DAY, PAUSE, True),)
    found = rehearse(episode(1, 20 * DAY), episode(2, 19 * DAY, asked_by_hand=True), switchings=paused)
    assert (found.would.asked, found.would.not_asked) == (1, {"paused": 1})


def test_what_could_not_be_delivered_could_not_be_delivered() -> None:
    blocked = replace(asked(1, 20 * DAY), state=State.UNDELIVERABLE, reason="bot_blocked", sent_at=None)
    unknown = replace(asked(2, 19 * DAY), state=State.UNDELIVERABLE, reason="unknown")
    found = rehearse(blocked, unknown, episode(3, 18 * DAY))
    assert found.would.not_asked == {"bot_blocked": 1, "unknown": 1, "cooldown": 1}
    assert found.happened.not_asked == {"bot_blocked": 1, "unknown": 1, "paused": 1}


def test_what_is_still_to_come_waits() -> None:
    waiting = episode(1, 2 * MINUTE, state=State.SCHEDULED, reason=None, ask_at=NOW + 3 * MINUTE)
    found = rehearse(waiting)
    assert (found.happened.waiting, found.would.waiting, found.would.asked) == (1, 1, 0)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_expected_answers_are_those_kept_and_the_rate_of_the_rest(count: int) -> None:
    history = [asked(number, 40 * DAY, answered=MINUTE if number % 2 else None) for number in range(10)]
    people = [episode(20 + number, 20 * DAY, customer_key=f"lin{number}") for number in range(count)]
    found = rehearse(*history, *people)
    assert (found.rate_answered, found.rate_asked) == (5, 10)
    assert found.expected == pytest.approx(count / 2)
    assert found.expected_between is not None
    low, high = found.expected_between.low, found.expected_between.high
    assert (low, high) == pytest.approx((0.2366 * count, 0.7634 * count), abs=1e-3)  # Wilson of 5 in 10


def test_without_any_question_that_ran_its_time_nobody_knows_how_many_would_answer() -> None:
    found = rehearse(episode(1, 20 * DAY))
    assert (found.expected, found.expected_between, found.rate) == (None, None, None)
    assert rehearse().expected == 0.0


def test_a_question_that_would_be_taken_back_may_have_been_answered_before() -> None:
    quick, slow = asked(1, 40 * DAY, answered=MINUTE), asked(2, 39 * DAY, answered=timedelta(hours=5))
    went_on = NOW - 20 * DAY + timedelta(hours=1)
    found = rehearse(quick, slow, episode(3, 20 * DAY, customer_key="lin", resumed_at=went_on))
    assert found.would.withdrawn == 1
    assert found.undecided == pytest.approx(0.5), "half of all answers come within the hour"


def test_the_ledger_adds_up() -> None:
    endings = [episode(n, (29 - n) * DAY, resumed_at=NOW - (29 - n) * DAY + n * MINUTE) for n in range(12)]
    would = rehearse(*endings, episode(99, MINUTE)).would
    assert would.episodes == would.asked + would.waiting + sum(would.not_asked.values()) == 13
