"""What staff read for triggers, touchpoints, sources and languages: words, never what a row holds."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.adapters.catalogues import Catalogues
from bot.config import Settings
from bot.config.sections import SOURCE_NAMES, TriggerSettings
from bot.domain.chart_data import chart_data
from bot.domain.naming import Names
from tests.adapters.chart_cases import summary

CATALOGUES = Catalogues.load()
EN, ZH = (Names(CATALOGUES.of(tag)) for tag in ("en", "zh-Hans"))


def test_the_triggers_that_are_there_by_default_have_names_in_both_languages() -> None:
    names = [trigger.name for trigger in Settings().triggers_built()]
    assert [EN.of("trigger", name) for name in names] == ["Support forum", "Helpdesk"]
    assert [ZH.of("trigger", name) for name in names] == ["客服论坛", "客服系统"]


@pytest.mark.parametrize("names", [EN, ZH], ids=["en", "zh-Hans"])
def test_no_source_and_no_touchpoint_is_shown_raw(names: Names) -> None:
    touchpoints = get_args(TriggerSettings.model_fields["touchpoint"].annotation)
    for raw in SOURCE_NAMES:
        assert names.of("source", raw) != raw
    for raw in touchpoints:
        assert names.of("touchpoint", raw) != raw


def test_a_trigger_has_the_title_that_the_settings_give_it() -> None:
    settings = Settings.model_validate(
        {"triggers": [{"name": "refunds", "title": "Refunds & returns"}, {"name": "after_sales-calls"}]}
    )
    names = Names(CATALOGUES.of("zh-Hans"), settings.reports_built().titles)
    assert names.of("trigger", "refunds") == "Refunds & returns"
    assert names.of("trigger", "after_sales-calls") == "After sales calls", "else its name, spelled out"
    assert settings.alerts_built().titles == settings.reports_built().titles


def test_languages_are_called_by_their_names_and_what_nobody_knows_stays_as_it_is() -> None:
    assert EN.of("language", "zh-Hans") == "Chinese (Simplified)"
    assert ZH.of("language", "pt-BR") == "葡萄牙语 (巴西)"
    assert EN.of("language", "xx-nonsense") == "xx-nonsense"
    assert EN.of("source", "zendesk") == "zendesk"
    assert EN.of("team", "second_line") == "second_line", "teams and tags are the helpdesk's own words"


def test_what_was_not_told_says_so_and_an_hour_has_an_end() -> None:
    assert EN.of("team", "") == "not known"
    assert EN.of("hour", "23") == "23:00–00:00"


def test_the_picture_writes_the_names_and_the_figures_keep_what_the_rows_hold() -> None:
    slices = {"telegram_topic": {4: 8, 5: 9}, "generic": {2: 6, 3: 7}}
    composed = summary("emoji5", {2: 6, 3: 7, 4: 8, 5: 9}, slices=slices, segments_by="trigger")
    assert [bar.of for bar in chart_data(composed, EN.of).bars] == [None, "Support forum", "Helpdesk"]
    assert [each.name for each in composed.segments] == ["telegram_topic", "generic"]
