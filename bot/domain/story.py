"""Why a customer was asked, or was not: the story of one ending, from rows to words.

First what came of it; then the facts it was decided on, every rule with its figures, what policy said when the question
was due, what happened since, and who changed what in between. Times are in the team's time zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from bot.domain.events import Facts
from bot.domain.invitation import State
from bot.domain.masking import cut
from bot.domain.messages import isolate, quote
from bot.domain.policy import IGNORED_ASKS, LONGEST_SILENCE, SKIP_REASONS
from bot.domain.survey import MANUAL
from bot.domain.texts import Texts

PAUSE = "pause"  # the switch of everything
_NAME_LIMIT = 40  # of whatever a source, an admin or the settings made up
_MOST_TAGS = 8
_MOST_CHANGES = 8
_HEARD_LATE = timedelta(minutes=1)  # sooner is not worth a line

# What the audit calls a change that bears on decisions: of a trigger or the pause, of a number of the policy.
SWITCHINGS: tuple[str, ...] = ("switch_on", "switch_off")
SETTINGS_CHANGED: tuple[str, ...] = ("setting", "setting_reset", "setting_undone")

# The rules that let an ending pass by figures, and whether this verdict of theirs has any to show.
HAS_FIGURES: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "no_trigger": lambda check: True,
    "too_short": lambda check: bool(check.get("minimum_messages") or check.get("minimum_characters")),
    "sampled_out": lambda check: check.get("rate", 100) < 100,
    "cooldown": lambda check: "until" in check,
    "yearly_cap": lambda check: bool(check.get("cap")),
    "too_old": lambda check: check.get("limit_seconds") is not None,
    "quiet_hours": lambda check: "ask_at" in check,
}

Checks = Sequence[Mapping[str, Any]]  # Verdict.as_json


@dataclass(frozen=True)
class Change:
    """Somebody changed what decides. ``detail``: from → to of a setting, the end of a pause (ISO), or ''."""

    at: datetime
    who: str
    action: str
    subject: str
    detail: str = ""


@dataclass(frozen=True)
class Chapter:
    """One ending of a conversation, what was decided about it and what came of that. Times are ``None`` until then.

    ``number`` counts the conversation's endings from 1. ``checks`` were looked at when it was heard of (``heard_at``),
    ``checks_then`` the last time that the question was due (``checked_at``). ``resumed_at``: the conversation went on.
    """

    number: int
    trigger_name: str
    team: str
    language: str
    tags: tuple[str, ...]
    facts: Facts
    state: State
    reason: str | None
    ended_at: datetime
    heard_at: datetime
    ask_at: datetime | None = None
    checked_at: datetime | None = None
    sent_at: datetime | None = None
    expires_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    resumed_at: datetime | None = None
    checks: Checks = ()
    checks_then: Checks = ()
    changes: tuple[Change, ...] = ()

    @property
    def settled_at(self) -> datetime | None:
        """When it was asked, or was sure not to be; ``None`` while the question waits."""
        return self.sent_at or self.closed_at


def chapter_text(chapter: Chapter, name: str, of: int, texts: Texts, zone: tzinfo) -> str:
    """The story of one of ``of`` endings as Telegram HTML, well under 4,096 characters. ``name``: the conversation's.

    ``name`` is '' where whoever reads it is inside the conversation.
    """
    words = _Words(texts, zone)
    title = texts(
        "staff.why.title",
        number=texts.number(chapter.number),
        of=texts.number(of),
        when=words.moment(chapter.ended_at),
    )
    head = [f"{title}\n{words.name(name)}" if name else title, words.outcome(chapter)]
    facts = words.facts(chapter)
    blocks = [
        "\n".join(head),
        *([texts("staff.why.facts", facts=facts)] if facts else []),
        words.first_look(chapter),
        words.second_look(chapter),
        words.since(chapter),
    ]
    return "\n\n".join(block for block in blocks if block)


class _Words:
    """The catalogue and the zone together."""

    def __init__(self, texts: Texts, zone: tzinfo) -> None:
        self._texts = texts
        self._zone = zone

    def moment(self, at: datetime | str | None) -> str:
        if at is None:
            return self._texts("staff.why.unknown")
        instant = datetime.fromisoformat(at) if isinstance(at, str) else at
        return self._texts.moment(instant, self._zone)

    def span(self, seconds: int | None) -> str:
        if seconds is None:
            return self._texts("staff.why.unknown")
        return self._texts.duration(timedelta(seconds=seconds))

    def count(self, value: int | None) -> str:
        return self._texts("staff.why.unknown") if value is None else self._texts.number(value)

    def name(self, name: str) -> str:
        return isolate(quote(cut(name, _NAME_LIMIT)))

    def reason(self, reason: str | None) -> str:
        try:
            return self._texts(f"staff.outcome.{reason}")
        except KeyError:  # of an older or newer version; better shown raw than lost
            return self.name(reason or "?")

    def outcome(self, chapter: Chapter) -> str:
        state = "withdrawn" if chapter.state == State.CANCELLED and chapter.sent_at else str(chapter.state)
        return self._texts(
            f"staff.why.outcome.{state}",
            reason=self.reason(chapter.reason),
            due=self.moment(chapter.ask_at),
            sent=self.moment(chapter.sent_at),
            answered=self.moment(chapter.answered_at),
            until=self.moment(chapter.expires_at),
            closed=self.moment(chapter.closed_at),
        )

    def facts(self, chapter: Chapter) -> str:
        facts = chapter.facts
        counts = {
            "customer_messages": facts.customer_messages,
            "agent_messages": facts.agent_messages,
            "characters": facts.characters,
            "transfers": facts.transfers or None,
            "reopened": facts.reopen_count or None,
        }
        spans = {"first_response": facts.first_response_seconds, "resolution": facts.resolution_seconds}
        names = {"team": chapter.team, "language": chapter.language}
        parts = {name: self.count(value) for name, value in counts.items() if value is not None}
        parts |= {name: self.span(value) for name, value in spans.items() if value is not None}
        parts |= {name: self.name(value) for name, value in names.items() if value}
        if chapter.tags:
            parts["tags"] = self._tags(chapter.tags)
        return " · ".join(self._texts(f"staff.why.fact.{name}", value=value) for name, value in parts.items())

    def _tags(self, tags: Sequence[str]) -> str:
        shown = ", ".join(self.name(tag) for tag in tags[:_MOST_TAGS])
        return f"{shown}, …" if len(tags) > _MOST_TAGS else shown

    def first_look(self, chapter: Chapter) -> str:
        if not chapter.checks:
            return ""
        key = "staff.why.by_hand" if chapter.trigger_name == MANUAL else "staff.why.rules"
        return "\n".join([self._texts(key, when=self.moment(chapter.heard_at)), *self._rules(chapter.checks)])

    def second_look(self, chapter: Chapter) -> str:
        if not chapter.checks_then:
            return ""
        title = self._texts("staff.why.rules_again", when=self.moment(chapter.checked_at))
        refused = [self._no(check) for check in _known(chapter.checks_then) if not check["passed"]]
        return "\n".join([title, *(refused or [self._texts("staff.why.still_yes")])])

    def _rules(self, checks: Checks) -> Iterable[str]:
        """What said no first, because it is the reason; what had figures; the rest in one line."""
        known = _known(checks)
        plain = []
        yield from (self._no(check) for check in known if not check["passed"])
        for check in known:
            if check["passed"]:
                line, has_figures = self._yes(check)
                if has_figures:
                    yield f"✅ {line}"
                else:
                    plain.append(line)
        if plain:
            yield f"✅ {' · '.join(plain)}"

    def _yes(self, check: Mapping[str, Any]) -> tuple[str, bool]:
        """A rule that let it pass, and whether it did so by figures."""
        rule = check["rule"]
        has_figures = rule in HAS_FIGURES and HAS_FIGURES[rule](check)
        key = f"staff.why.yes.{rule}" if has_figures else f"staff.why.plain.{rule}"
        return self._texts(key, **self._figures(check)), has_figures

    def _no(self, check: Mapping[str, Any]) -> str:
        key = f"staff.why.no.{check['rule']}"
        if "silence_seconds" in check:
            key = "staff.why.silent"
        elif check.get("ignored_in_a_row", 0) >= IGNORED_ASKS:
            key = "staff.why.doubled"
        return f"❌ {self._texts(key, **self._figures(check))}"

    def _figures(self, check: Mapping[str, Any]) -> dict[str, str]:
        """Every figure that a rule's text may name, in words."""
        return {
            "trigger": self.name(str(check.get("trigger") or "")),
            "tags": self._tags([str(tag) for tag in check.get("tags", ())]),
            "messages": self.count(check.get("customer_messages")),
            "least_messages": self.count(check.get("minimum_messages")),
            "characters": self.count(check.get("characters")),
            "least_characters": self.count(check.get("minimum_characters")),
            "sample": self._texts.number(check.get("sample", 0), 2),
            "rate": self._texts.number(check.get("rate", 100), 1 if check.get("rate", 100) % 1 else 0),
            "asked": self.moment(check.get("last_ask")),
            "until": self.moment(check.get("until")),
            "ignored": self.count(check.get("ignored_in_a_row")),
            "asks": self.count(check.get("asks_in_a_year")),
            "cap": self.count(check.get("cap")),
            "age": self.span(check.get("age_seconds")),
            "limit": self.span(check.get("limit_seconds")),
            "silence": self.span(check.get("silence_seconds")),
            "longest": self._texts.duration(LONGEST_SILENCE),
            "due": self.moment(check.get("ask_at")),
            "zone": self.name(str(check.get("time_zone") or "")),
        }

    def since(self, chapter: Chapter) -> str:
        lines = []
        if chapter.heard_at - chapter.ended_at >= _HEARD_LATE:
            lines.append(
                (chapter.heard_at, self._texts("staff.why.heard", when=self.moment(chapter.heard_at)))
            )
        if chapter.resumed_at is not None:
            went_on = self._texts("staff.why.resumed", when=self.moment(chapter.resumed_at))
            lines.append((chapter.resumed_at, went_on))
        lines += [(change.at, self._change(change)) for change in chapter.changes[-_MOST_CHANGES:]]
        if not lines:
            return ""
        told = [line for _, line in sorted(lines)]
        return "\n".join([self._texts("staff.why.since"), *told])

    def _change(self, change: Change) -> str:
        is_pause = change.subject == PAUSE and change.action in SWITCHINGS
        kind = change.action.replace("switch", "pause") if is_pause else change.action
        until = change.detail if is_pause else ""
        return self._texts(
            "staff.why.change.pause_until" if until else f"staff.why.change.{kind}",
            when=self.moment(change.at),
            who=self.name(change.who),
            subject=self.name(change.subject),
            detail=self.name(change.detail),
            until=self.moment(until) if until else "",
        )


def _known(checks: Checks) -> Checks:
    """Those of rules that this version of the program has."""
    return [check for check in checks if check["rule"] in SKIP_REASONS]
