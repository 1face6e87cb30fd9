"""What may be changed by chat: reading, bounds, and what it does to the rules."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.catalogues import Catalogues
from bot.domain.buttons import button_data
from bot.domain.overrides import (
    SETTINGS,
    NotAValue,
    OutOfBounds,
    Setting,
    Value,
    applied,
    in_force,
    setting_named,
)
from bot.domain.quiet import QuietHours, parse_quiet_hours, quiet_hours_text
from bot.domain.setting_text import bounds_text, meaning_text, value_text
from bot.domain.survey import Rules, Trigger, TriggerBook

every_setting = pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
times = st.times(max_value=time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0))
hours = st.tuples(times, times).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: QuietHours(*pair))


@every_setting
def test_what_is_offered_is_safe_and_its_example_too(setting: Setting) -> None:
    for written in (*setting.offered, setting.example):
        value = setting.parse_safe(written)
        assert setting.parse(setting.written(value)) == value
        assert setting.parse(setting.code(value)) == value


@every_setting
def test_a_confirmation_fits_a_button(setting: Setting) -> None:
    longest = max((setting.code(setting.parse(one)) for one in setting.offered), key=len)
    assert button_data("0" * 22, "y", f"{setting.name}_{longest}_{longest}", kind="a1")
    assert button_data("0" * 22, "y", f"{setting.name}_file_{longest}", kind="a1")


@every_setting
def test_each_is_one_of_the_rules_and_the_defaults_may_be_set(setting: Setting) -> None:
    value = setting.of(Rules())
    assert setting.parse_safe(setting.written(value)) == value


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("cooldown", ["0s", "180d", "10d"], ["181d", "180d1s"]),
        ("delay", ["0s", "24h", "90s"], ["24h1s", "2d"]),
        ("deadline", ["24h", "7d"], ["23h", "0s", "7d1s"]),
        ("sampling", ["1", "1%", "100 %", "12.5"], ["0", "0.9", "101", "999"]),
        ("quiet", ["off", "21:00-09:00", "16:00-08:00", "9:30 – 10:00"], ["09:00-08:00", "15:59-08:00"]),
    ],
)
def test_the_bounds_are_kept_to_the_second(name: str, inside: list[str], outside: list[str]) -> None:
    setting = SETTINGS[name]
    for written in inside:
        setting.parse_safe(written)
    for written in outside:
        setting.parse(written)
        with pytest.raises(OutOfBounds):
            setting.parse_safe(written)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("cooldown", "ten days"),
        ("cooldown", "-1d"),
        ("cooldown", ""),
        ("delay", "5"),
        ("sampling", "half"),
        ("sampling", "1e2"),
        ("sampling", "50.55"),
        ("quiet", "25:00-09:00"),
        ("quiet", "09:00-09:00"),
        ("quiet", "nights"),
    ],
)
def test_what_is_no_value_is_told_apart_from_what_is_out_of_bounds(name: str, written: str) -> None:
    with pytest.raises(NotAValue):
        SETTINGS[name].parse_safe(written)


@given(hours)
def test_quiet_hours_are_written_as_they_are_read(span: QuietHours) -> None:
    assert parse_quiet_hours(quiet_hours_text(span)) == span
    assert timedelta(0) < span.length < timedelta(days=1)


@pytest.mark.parametrize(
    ("words", "name", "rest"),
    [
        (["cooldown", "10d"], "cooldown", "10d"),
        (["survey.cooldown", "10d"], "cooldown", "10d"),
        (["quiet", "hours", "off"], "quiet", "off"),
        (["Quiet_hours", "21:00", "-", "9:00"], "quiet", "21:00 - 9:00"),
        (["sampling"], "sampling", ""),
    ],
)
def test_a_setting_is_found_by_its_name_and_by_its_key(words: list[str], name: str, rest: str) -> None:
    setting, written = setting_named(words)
    assert setting is SETTINGS[name]
    assert written == rest


def test_other_words_name_no_setting() -> None:
    assert setting_named([]) == (None, "")
    assert setting_named(["theme", "dark"]) == (None, "theme dark")


def test_a_change_reaches_every_trigger_but_those_with_a_number_of_their_own() -> None:
    vip = Trigger("vip", rules=Rules(cooldown=timedelta(days=7)), own=frozenset({"cooldown"}))
    changed: dict[str, Value] = {"cooldown": timedelta(days=30), "sampling": 50.0, "quiet": None}
    plain, own = in_force(TriggerBook((Trigger("support"), vip)), changed).triggers
    assert (plain.rules.cooldown, plain.rules.sampling) == (timedelta(days=30), 50.0)
    assert (own.rules.cooldown, own.rules.sampling) == (timedelta(days=7), 50.0)
    assert in_force(TriggerBook((vip,)), {}).triggers == (vip,)
    assert applied(Rules(quiet=QuietHours(time(21), time(9))), {"quiet": None}).quiet is None


def test_values_are_said_as_people_say_them() -> None:
    english, chinese = Catalogues.load().of("en"), Catalogues.load().of("zh-Hans")
    sampling, quiet, cooldown = SETTINGS["sampling"], SETTINGS["quiet"], SETTINGS["cooldown"]
    assert value_text(sampling, 50.0, english) == "50%"
    assert value_text(sampling, 12.5, english) == "12.5%"
    assert value_text(quiet, QuietHours(time(21), time(9)), english) == "21:00–09:00"
    assert value_text(cooldown, timedelta(0), english) == "off"
    assert value_text(SETTINGS["delay"], timedelta(0), english) == "at once"
    assert bounds_text(cooldown, english) == "off to 180 days"
    assert bounds_text(quiet, chinese) == "关闭，或每天最多16小时"
    assert (
        meaning_text(sampling, 12.5, english)
        == "Of 100 conversations that may be asked about, about 12.5 are."
    )
    for setting in SETTINGS.values():
        for written in setting.offered:
            assert meaning_text(setting, setting.parse(written), chinese)
