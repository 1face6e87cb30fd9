"""The numbers of the policy that admins may change by chat, within safe bounds (measurement.md 4, "range").

What was changed lies over the settings file's default. A trigger that has a number of its own in the file keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, TypeAlias

from bot.domain.durations import duration_text, parse_duration
from bot.domain.quiet import QuietHours, parse_quiet_hours, quiet_hours_text
from bot.domain.survey import Rules, Trigger, TriggerBook

Value: TypeAlias = timedelta | float | QuietHours | None
Kind: TypeAlias = Literal["span", "share", "hours"]

_SHARE = re.compile(r"(\d{1,3}(?:\.\d)?)\s*%?")


class NotAValue(ValueError):
    """What was written is no value of this setting; the reader is told what would be one."""


class OutOfBounds(ValueError):
    """A value, but not one that may be set by chat; the reader is told the bounds."""


@dataclass(frozen=True)
class Setting:
    """One of these numbers. ``name`` is its word in ``/set`` and its field in ``Rules``, ``key`` its name in the file.

    ``offered``, ``least`` and ``most`` are written as in the file. Quiet hours have no ``least``; ``most`` is their
    length, so that some of the day is left for asking.
    """

    name: Literal["cooldown", "delay", "sampling", "quiet", "deadline"]
    key: str
    kind: Kind
    offered: tuple[str, ...]
    least: str
    most: str
    example: str

    def of(self, rules: Rules) -> Value:
        """Its value among the rules."""
        value: Value = getattr(rules, self.name)
        return value

    def parse(self, text: str) -> Value:
        """The value that was written, in or out of bounds. Raises NotAValue."""
        try:
            if self.kind == "span":
                return parse_duration(text)
            if self.kind == "hours":
                return parse_quiet_hours(text)
        except ValueError as error:
            raise NotAValue(str(error)) from None
        match = _SHARE.fullmatch(text.strip())
        if match is None:
            raise NotAValue("not a percentage")
        return float(match[1])

    def parse_safe(self, text: str) -> Value:
        """The value that was written. Raises NotAValue, or OutOfBounds for one that may not be set by chat."""
        value = self.parse(text)
        if isinstance(value, timedelta):
            is_safe = parse_duration(self.least) <= value <= parse_duration(self.most)
        elif isinstance(value, QuietHours):
            is_safe = value.length <= parse_duration(self.most)
        else:
            is_safe = value is None or float(self.least) <= value <= float(self.most)
        if not is_safe:
            raise OutOfBounds(text)
        return value

    def written(self, value: Value) -> str:
        """The value as the file writes it; ``parse`` takes it back."""
        if isinstance(value, timedelta):
            return duration_text(value)
        return f"{value:g}" if isinstance(value, float | int) else quiet_hours_text(value)

    def code(self, value: Value) -> str:
        """The value as a button can carry it; ``parse`` takes it back."""
        return self.written(value).replace(":", "")


SETTINGS: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            "cooldown",
            "survey.cooldown",
            "span",
            ("0s", "1d", "7d", "14d", "30d", "60d", "90d", "180d"),
            "0s",
            "180d",
            "10d",
        ),
        Setting(
            "delay",
            "survey.delay",
            "span",
            ("0s", "1m", "5m", "10m", "30m", "1h", "4h", "24h"),
            "0s",
            "24h",
            "10m",
        ),
        Setting(
            "deadline",
            "survey.deadline",
            "span",
            ("24h", "48h", "3d", "5d", "7d"),
            "24h",
            "7d",
            "3d",
        ),
        Setting(
            "sampling",
            "survey.sampling",
            "share",
            ("100", "75", "50", "25", "10", "5", "1"),
            "1",
            "100",
            "50%",
        ),
        Setting(
            "quiet",
            "survey.quiet_hours",
            "hours",
            ("off", "20:00-08:00", "21:00-08:00", "21:00-09:00", "22:00-07:00", "22:00-08:00"),
            "",
            "16h",
            "21:00-09:00",
        ),
    )
}


def setting_named(words: Sequence[str]) -> tuple[Setting | None, str]:
    """The setting that a person's words begin with, and the rest of them.

    Its name will do, or its key in the file, with or without ``survey.``; “quiet hours” too.
    """
    for count in (2, 1):
        name = "_".join(words[:count]).lower().removeprefix("survey.")
        for setting in SETTINGS.values():
            if name in (setting.name, setting.key.removeprefix("survey.")):
                return setting, " ".join(words[count:])
    return None, " ".join(words)


def applied(rules: Rules, changed: Mapping[str, Value], own: frozenset[str] = frozenset()) -> Rules:
    """The rules with what was changed, by name; the numbers in ``own`` stay as they are."""
    return replace(rules, **{name: value for name, value in changed.items() if name not in own})  # type: ignore[arg-type]  # names and values come in pairs from SETTINGS


def in_force(book: TriggerBook, changed: Mapping[str, Value]) -> TriggerBook:
    """The triggers with what was changed."""
    if not changed:
        return book
    return TriggerBook(tuple(_in_force(trigger, changed) for trigger in book.triggers))


def _in_force(trigger: Trigger, changed: Mapping[str, Value]) -> Trigger:
    return replace(trigger, rules=applied(trigger.rules, changed, trigger.own))
