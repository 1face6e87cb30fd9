"""Pictures: as they were looked at, never too high, never a missing glyph, never a crash of the report."""

from __future__ import annotations

import asyncio
import sys

import pytest

from bot.adapters.catalogues import Catalogues
from bot.adapters.charts import Charts, Theme, steps
from bot.domain.chart_data import chart_data
from bot.domain.errors import ChartError
from tests.adapters.chart_cases import CASES, WEEK, summary
from tests.adapters.chart_golden import GOLDEN, PHONE, paint, path_of
from tests.png import decode, mean_difference, size

CATALOGUES = Catalogues.load()
EN = CATALOGUES.of("en")
LANGUAGES = ("en", "zh-Hans", "ar")
TOLERANCE = 2.0  # of 255; one row of bars more or less makes 5 and more


@pytest.mark.parametrize(("case", "language", "theme"), GOLDEN)
async def test_a_picture_looks_as_it_was_approved(case: str, language: str, theme: Theme) -> None:
    painted = decode(await paint(case, language, theme))
    approved = decode(path_of(case, language, theme).read_bytes())
    assert mean_difference(painted, approved) < TOLERANCE


async def test_the_tolerance_tells_another_picture() -> None:
    light, few = [decode(path_of(*each).read_bytes()) for each in (GOLDEN[0], GOLDEN[5])]
    arabic, chinese = [decode(path_of(*each).read_bytes()) for each in (GOLDEN[2], GOLDEN[1])]
    assert mean_difference(light, few) > TOLERANCE
    assert mean_difference(arabic, chinese) > TOLERANCE


@pytest.mark.parametrize("case", CASES)
async def test_every_picture_is_1200_wide_and_at_most_1280_high(case: str) -> None:
    charts = Charts(EN)
    for language in LANGUAGES:
        picture = await charts.render(chart_data(CASES[case]), CATALOGUES.of(language), "dark")
        width, height = size(picture.content)
        assert width == 1200
        assert height <= 1280, language


async def test_five_rows_of_long_names_still_fit_the_height() -> None:
    slices = {f"Kundenkontoaktivierungsbestätigung {place}": {4: 20 + place, 1: 5} for place in range(7)}
    data = chart_data(summary("emoji5", {1: 35, 4: 161}, before={4: 1}, slices=slices))
    assert len(data.bars) == 5
    picture = await Charts(EN).render(data, CATALOGUES.of("ar"))
    assert size(picture.content)[1] <= 1280


async def test_a_name_that_the_fonts_lack_becomes_a_number() -> None:
    slices = {"ᚠᚢᚦ": {5: 10}, "Billing": {4: 10}, "ꙮꙮ龘": {3: 10}}
    picture = await Charts(EN, PHONE).render(chart_data(summary("emoji5", {5: 30}, slices=slices)), EN)
    assert picture.names == ("ᚠᚢᚦ", "ꙮꙮ龘")


async def test_a_language_without_words_for_pictures_gets_the_english_picture() -> None:
    charts = Charts(EN, PHONE)
    other = next(tag for tag in CATALOGUES.languages if tag not in LANGUAGES)
    theirs = await charts.render(chart_data(WEEK), CATALOGUES.of(other))
    assert theirs.content == (await charts.render(chart_data(WEEK), EN)).content


async def test_names_are_text_and_never_markup() -> None:
    slices = {'#panic("x") *b* $y$ <l> @r \\': {5: 10}, "]#[": {4: 10}, '"; ': {3: 10}}
    picture = await Charts(EN).svg(chart_data(summary("emoji5", {5: 30}, slices=slices)), EN)
    assert picture.names == ()
    assert b"<svg" in picture.content


async def test_without_typst_there_is_an_error_and_the_text_goes_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ChartError, match="not installed"):
        await Charts(EN).render(chart_data(WEEK), EN)


async def test_several_pictures_may_be_painted_at_once() -> None:
    charts = Charts(EN, PHONE)
    pictures = await asyncio.gather(*[charts.render(chart_data(WEEK), EN) for _ in range(4)])
    assert len({picture.content for picture in pictures}) == 1


@pytest.mark.parametrize("options", [3, 5, 7, 10])
def test_every_scale_has_its_own_colours_from_orange_to_blue(options: int) -> None:
    palette = ["#B4460B", "#E07B39", "#F3BE95", "#D5DAE0", "#A5CDE8", "#4A97CC", "#14609E"]
    colours = steps(palette, options)
    assert len(set(colours)) == options
    assert (colours[0], colours[-1]) == (palette[0], palette[-1])
