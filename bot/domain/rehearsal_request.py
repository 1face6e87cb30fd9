"""What to rehearse, as people write it: ``30d cooldown=7d sampling=50%``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TypeAlias

from bot.domain.durations import duration_text, parse_duration
from bot.domain.overrides import SETTINGS, NotAValue
from bot.domain.overrides import Value as SettingValue
from bot.domain.quiet import QuietHours, quiet_hours_text
from bot.domain.survey import Rules

Value: TypeAlias = SettingValue | int
Kind: TypeAlias = Literal["span", "share", "hours", "number"]

MistakeKind: TypeAlias = Literal[
    "span", "share", "hours", "number", "name", "meant", "window", "switches", "twice"
]

SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=366)
_OWN_KINDS: Mapping[str, Kind] = {
    "too_old": "span",
    "minimum_messages": "number",
    "minimum_characters": "number",
    "yearly_cap": "number",
}
SWITCHES = "switches"  # switches=on: as if nothing had been switched off or paused
NAMES: tuple[str, ...] = (*SETTINGS, *_OWN_KINDS, SWITCHES)


@dataclass(frozen=True)
class Request:
    """Replay the endings of the last ``span`` with ``proposed`` values of ``Rules``, by field."""

    span: timedelta
    proposed: Mapping[str, Value] = field(default_factory=dict)
    ignores_switches: bool = False


@dataclass(frozen=True)
class Mistake:
    """A word that cannot be understood. ``kind``: what would be right there; ``meant``: the nearest name, or ''."""

    word: str
    kind: MistakeKind
    meant: str = ""


def read_request(words: Sequence[str]) -> Request | list[Mistake]:
    """The request, or everything that is wrong with it. No words at all: one mistake, that the span is missing."""
    span: timedelta | None = None
    proposed: dict[str, Value] = {}
    ignores_switches = False
    mistakes = []
    seen: set[str] = set()
    for word in words:
        name, equals, written = word.partition("=")
        name = name.lower()
        if not equals and name in NAMES:
            mistakes.append(Mistake(word, "switches" if name == SWITCHES else kind_of(name)))
        elif not equals:
            span, is_known = _window(word), "window" in seen
            seen.add("window")
            if span is None or is_known:
                mistakes.append(Mistake(word, "twice" if is_known else "window"))
        elif name in seen:
            mistakes.append(Mistake(word, "twice"))
        elif name == SWITCHES:
            ignores_switches = written.lower() == "on"
            mistakes += [] if ignores_switches else [Mistake(word, "switches")]
        elif name in NAMES:
            try:
                proposed[name] = _value(name, written)
            except ValueError:
                mistakes.append(Mistake(word, kind_of(name)))
        else:
            near = difflib.get_close_matches(name, NAMES, 1, 0.5)
            mistakes.append(Mistake(word, "meant" if near else "name", near[0] if near else ""))
        if equals:
            seen.add(name)
    if "window" not in seen:
        mistakes.insert(0, Mistake("", "window"))
    if mistakes or span is None:
        return mistakes
    return Request(span, proposed, ignores_switches)


def kind_of(name: str) -> Kind:
    """What a rule's value is."""
    return SETTINGS[name].kind if name in SETTINGS else _OWN_KINDS[name]


def changes(request: Request, rules: Rules) -> list[tuple[str, str, str]]:
    """(name, present value, proposed value) of all that is proposed, as the settings write it."""
    return [(name, written(getattr(rules, name)), written(value)) for name, value in request.proposed.items()]


def written(value: Value) -> str:
    """A value as it can be written in a request."""
    if isinstance(value, timedelta):
        return duration_text(value)
    if value is None or isinstance(value, QuietHours):
        return quiet_hours_text(value)
    return f"{value:g}%" if isinstance(value, float) else str(value)


def _window(word: str) -> timedelta | None:
    try:
        span = parse_duration(word)
    except ValueError:
        return None
    return span if SHORTEST <= span <= LONGEST else None


def _value(name: str, text: str) -> Value:
    """Raises ValueError for what is no value of this rule."""
    if name in SETTINGS:
        value = SETTINGS[name].parse(text)
        if isinstance(value, float) and value > 100:
            raise NotAValue(text)
        return value
    if _OWN_KINDS[name] == "span":
        return parse_duration(text)
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise NotAValue(text)
    return int(text)
