"""The story of an ending in words: what came of it, every rule with its figures, who changed what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.adapters.catalogues import Catalogues
from bot.domain.events import ConversationEnded, CustomerRef, Facts
from bot.domain.invitation import State
from bot.domain.policy import SKIP_REASONS, Ask, Standing, Switches, Verdict, decide
from bot.domain.quiet import QuietHours
from bot.domain.story import Change, Chapter, chapter_text
from bot.domain.survey import MANUAL, Rules, Trigger
from tests.telegram_html import visible

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
CATALOGUES = Catalogues.load()
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
KNOWN = Facts(first_response_seconds=180, customer_messages=4, agent_messages=3, characters=820, transfers=1)
languages = pytest.mark.parametrize("language", ["en", "zh-Hans"])


def event(**how: Any) -> ConversationEnded:
    given: dict[str, Any] = {"facts": KNOWN, **how}
    return ConversationEnded("generic", "acme/42", NOW, CustomerRef(), **given)


def verdict(
    about: ConversationEnded | None = None,
    standing: Standing | None = None,
    switches: Switches | None = None,
    now: datetime = NOW,
    **rules: Any,
) -> Verdict:
    given = Rules(**{"cooldown": 14 * DAY, **rules})
    return decide(
        about or event(),
        Trigger("billing", rules=given),
        switches or Switches(),
        standing or Standing(has_address=True),
        now,
        sample=0.231,
    )


def chapter(decided: Verdict, **how: Any) -> Chapter:
    given: dict[str, Any] = {
        "number": 2,
        "trigger_name": "billing",
        "team": "",
        "language": "en",
        "tags": (),
        "facts": KNOWN,
        "state": State.SKIPPED if decided.skip else State.SCHEDULED,
        "reason": decided.skip,
        "ended_at": NOW,
        "heard_at": NOW,
        "ask_at": decided.ask_at,
        "checks": decided.as_json(),
        **how,
    }
    return Chapter(**given)


def told(about: Chapter, language: str = "en", name: str = "acme/42") -> str:
    text = visible(chapter_text(about, name, 3, CATALOGUES.of(language), BERLIN))
    assert text.count("\u2068") == text.count("\u2069")
    return text.translate({0x2068: None, 0x2069: None})


def test_a_cooldown_is_told_with_the_last_ask_and_the_day_it_ends_in_the_teams_time() -> None:
    recent = Standing(has_address=True, asks=(Ask(NOW - 3 * DAY, was_answered=True),))
    text = told(chapter(verdict(standing=recent)))
    assert text.startswith("Ending 2 of 3 · Nov 25, 2026 11:00\n")
    assert "acme/42" in text
    assert "🔕 Not asked: asked not long ago." in text
    assert "❌ last asked Nov 22, 2026 11:00, left in peace until Dec 6, 2026 11:00" in text
    assert "✅ trigger billing" in text
    assert "not paused · no spam · no group" in text
    assert "messages of the customer 4 · of the team 3 · characters 820 · handed over 1×" in text
    assert "first answer after 3 minutes" in text


def test_a_doubled_cooldown_says_why() -> None:
    asks = tuple(Ask(NOW - days * DAY) for days in (60, 40, 20))
    text = told(chapter(verdict(standing=Standing(has_address=True, asks=asks))))
    assert "twice as long, because the last 3 questions went unanswered" in text


def test_every_figure_that_a_rule_let_it_pass_by_is_told() -> None:
    about = event(language="de")
    asks = (Ask(NOW - 300 * DAY, was_answered=True), Ask(NOW - 20 * DAY, was_answered=True))
    decided = verdict(
        about,
        Standing(has_address=True, asks=asks),
        sampling=50.0,
        yearly_cap=12,
        minimum_messages=2,
        minimum_characters=250,
        quiet=QuietHours(NOW.time(), NOW.replace(hour=12).time()),
    )
    assert decided.skip is None
    text = told(chapter(decided))
    assert "⏳ The question is due Nov 25, 2026 13:00." in text
    assert "✅ long enough: messages of the customer 4 (at least 2), characters 820 (at least 250)" in text
    assert "✅ in the sample: drew 23.10, below 50" in text
    assert "✅ asked 2× within a year, at most 12×" in text
    assert "✅ ended 0 minutes before, at most 24 hours" in text
    assert "✅ outside quiet hours it was due Nov 25, 2026 13:00 (UTC)" in text


REFUSED: dict[str, Verdict] = {
    "switched_off": verdict(switches=Switches(is_on=False)),
    "paused": verdict(switches=Switches(is_paused=True)),
    "spam": verdict(event(is_spam=True)),
    "group": verdict(event(is_group=True)),
    "staff": verdict(standing=Standing(has_address=True, is_staff=True)),
    "test_account": verdict(standing=Standing(has_address=True, is_test_account=True)),
    "no_address": verdict(standing=Standing(has_address=False)),
    "bot_blocked": verdict(standing=Standing(has_address=True, is_unreachable=True)),
    "opted_out": verdict(standing=Standing(has_address=True, is_opted_out=True)),
    "blocked_tag": verdict(event(tags=("legal",)), blocked_tags=("legal",)),
    "no_human_reply": verdict(event(facts=replace(KNOWN, agent_messages=0))),
    "timed_out": verdict(event(closed_by="timeout")),
    "too_short": verdict(minimum_messages=5),
    "sampled_out": verdict(sampling=20.0),
    "cooldown": verdict(standing=Standing(has_address=True, asks=(Ask(NOW - DAY),))),
    "yearly_cap": verdict(standing=Standing(has_address=True, asks=(Ask(NOW - 99 * DAY),)), yearly_cap=1),
    "too_old": verdict(now=NOW + 2 * DAY),
    "quiet_hours": verdict(
        now=NOW + 20 * 60 * MINUTE,
        quiet=QuietHours(NOW.replace(hour=5).time(), NOW.replace(hour=12).time()),
    ),
    "no_trigger": decide(event(), None, Switches(), Standing(has_address=True), NOW),
}


def test_every_rule_has_a_story() -> None:
    assert set(REFUSED) == set(SKIP_REASONS)
    assert {decided.skip for decided in REFUSED.values()} == set(SKIP_REASONS)


@languages
@pytest.mark.parametrize("reason", SKIP_REASONS)
def test_a_rule_that_says_no_stands_first_among_the_rules(reason: str, language: str) -> None:
    text = told(chapter(REFUSED[reason]), language)
    assert text.count("❌") == 1
    assert text.index("❌") < text.index("✅")
    assert "{" not in text


def test_a_long_silence_is_told_with_its_length() -> None:
    text = told(chapter(verdict(event(last_message_at=NOW - 9 * DAY))))
    assert "❌ it ended 9 days after the last message, at most 7 days" in text


@languages
@pytest.mark.parametrize("state", list(State))
def test_whatever_came_of_it_is_the_second_thing_told(state: State, language: str) -> None:
    sent = None if state in (State.SCHEDULED, State.SKIPPED) else NOW + 5 * MINUTE
    about = chapter(
        verdict(),
        state=state,
        reason="reopened" if state == State.CANCELLED else None,
        sent_at=sent,
        expires_at=NOW + 2 * DAY,
        answered_at=NOW + 6 * MINUTE,
        closed_at=NOW + 7 * MINUTE,
    )
    text = told(about, language)
    assert text.splitlines()[2][0] in "⏳📨✅⌛↩🚫🔕"


def test_the_second_look_the_reopening_and_whoever_switched_something_are_told_in_order() -> None:
    again = verdict(switches=Switches(is_paused=True), now=NOW + 5 * MINUTE)
    changes = (
        Change(NOW + 2 * MINUTE, "Ada", "switch_on", "pause", (NOW + DAY).isoformat()),
        Change(NOW + 3 * MINUTE, "Ben", "setting", "survey.cooldown", "14d → 7d"),
        Change(NOW - DAY, "<b>Eve</b>", "switch_off", "billing"),
    )
    about = chapter(
        verdict(),
        state=State.CANCELLED,
        reason="paused",
        checked_at=NOW + 5 * MINUTE,
        closed_at=NOW + 5 * MINUTE,
        resumed_at=NOW + 4 * MINUTE,
        checks_then=again.as_json(),
        changes=changes,
    )
    text = told(about)
    assert "🔕 Not asked after all (Nov 25, 2026 11:05): asking is paused." in text
    assert "Looked at again when it was due, Nov 25, 2026 11:05\n❌ asking is paused" in text
    lines = text.splitlines()
    since = lines[lines.index("And besides") + 1 :]
    assert [line.partition(" · ")[2] for line in since] == [
        "<b>Eve</b> turned trigger billing off",
        "Ada paused asking until Nov 26, 2026 11:00",
        "Ben changed survey.cooldown: 14d → 7d",
        "the conversation went on",
    ]


def test_a_second_look_that_still_said_yes_is_one_line() -> None:
    again = verdict(now=NOW + 5 * MINUTE)
    text = told(chapter(verdict(), checked_at=NOW + 5 * MINUTE, checks_then=again.as_json()))
    assert text.endswith("✅ nothing had come in between")


def test_asking_by_hand_says_so() -> None:
    assert "An admin's /ask" in told(chapter(verdict(), trigger_name=MANUAL))


@languages
def test_the_longest_story_fits_a_message(language: str) -> None:
    worst = "<&>" * 200
    decided = verdict(
        event(tags=(worst,), is_spam=True, is_group=True, closed_by="timeout", facts=Facts(agent_messages=0)),
        Standing(False, True, True, True, True, "en", tuple(Ask(NOW - n * MINUTE) for n in range(9))),
        Switches(is_on=False, is_paused=True),
        blocked_tags=(worst,),
        minimum_messages=10**6,
        minimum_characters=10**6,
        sampling=0.0,
        yearly_cap=1,
        quiet=QuietHours(NOW.time(), NOW.replace(minute=30).time()),
    )
    about = chapter(
        decided,
        trigger_name=worst,
        team=worst,
        language=worst,
        tags=(worst,) * 50,
        state=State.CANCELLED,
        reason=worst,
        sent_at=NOW,
        closed_at=NOW,
        checked_at=NOW,
        resumed_at=NOW,
        heard_at=NOW + DAY,
        checks_then=decided.as_json(),
        changes=tuple(Change(NOW, worst, "setting", worst, worst) for _ in range(50)),
    )
    assert len(told(about, language, name=worst)) < 4096


def test_a_verdict_of_a_rule_that_this_version_does_not_know_is_passed_over() -> None:
    about = chapter(verdict(), checks=({"rule": "moon_phase", "passed": True}, *verdict().as_json()))
    assert "moon" not in told(about)
