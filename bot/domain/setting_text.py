"""How the settings that admins change by chat are said: their values, bounds, and what a change means."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.durations import parse_duration
from bot.domain.overrides import Setting, Value
from bot.domain.quiet import QuietHours
from bot.domain.texts import Texts


def name_text(setting: Setting, texts: Texts) -> str:
    """The setting's name, plain text: “Cooldown”."""
    return texts(f"admin.setting.{setting.name}.name")


def about_text(setting: Setting, texts: Texts) -> str:
    """What the setting is for, in a sentence or two."""
    return texts(f"admin.setting.{setting.name}.about")


def value_text(setting: Setting, value: Value, texts: Texts) -> str:
    """A value, plain text: “14 days”, “50%”, “21:00–09:00”; what switches the rule off has a word of its own."""
    if value is None or value == timedelta(0):
        return texts(f"admin.setting.{setting.name}.off")
    if isinstance(value, timedelta):
        return texts.duration(value)
    if isinstance(value, QuietHours):
        return f"{value.start:%H:%M}–{value.end:%H:%M}"
    if float(value).is_integer():
        return texts.percent(value / 100)
    return f"{texts.number(value, 1)}%"


def meaning_text(setting: Setting, value: Value, texts: Texts) -> str:
    """What a value means for customers, as a sentence."""
    if value is None or value == timedelta(0):
        return texts(f"admin.setting.{setting.name}.means_off")
    if isinstance(value, float | int):
        return texts(f"admin.setting.{setting.name}.means", value=texts.number(value, int(value % 1 > 0)))
    return texts(f"admin.setting.{setting.name}.means", value=value_text(setting, value, texts))


def bounds_text(setting: Setting, texts: Texts) -> str:
    """What may be set by chat: “off to 180 days”, “1% to 100%”, “off, or at most 16 hours”."""
    if setting.kind == "hours":
        return texts("admin.setting.bounds_hours", most=texts.duration(parse_duration(setting.most)))
    least, most = (
        value_text(setting, setting.parse(bound), texts) for bound in (setting.least, setting.most)
    )
    return texts("admin.setting.bounds", least=least, most=most)
