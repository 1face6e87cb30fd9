"""Pictures of alarms: as they were looked at, never too high, in every scale and language of staff."""

from __future__ import annotations

import sys

import pytest

from bot.adapters.catalogues import Catalogues
from bot.adapters.charts import Charts, Theme
from bot.domain.errors import ChartError
from tests.adapters.alarm_cases import CASES, DROP
from tests.adapters.alarm_golden import GOLDEN, paint, path_of
from tests.png import decode, mean_difference, size

TOLERANCE = 2.0  # of 255
EN = Catalogues.load().of("en")


@pytest.mark.parametrize(("case", "language", "theme"), GOLDEN)
async def test_a_picture_of_an_alarm_looks_as_it_was_approved(case: str, language: str, theme: Theme) -> None:
    painted = decode(await paint(case, language, theme))
    approved = decode(path_of(case, language, theme).read_bytes())
    assert mean_difference(painted, approved) < TOLERANCE


async def test_the_tolerance_tells_another_alarm() -> None:
    drop, slow = decode(await paint("drop", "en", "light")), decode(await paint("slow", "en", "light"))
    assert mean_difference(drop, slow) > TOLERANCE


@pytest.mark.parametrize("case", CASES)
async def test_every_alarm_is_1200_wide_and_at_most_1280_high(case: str) -> None:
    for language in ("en", "zh-Hans"):
        width, height = size(await paint(case, language, "dark", 72))
        assert width == 1200
        assert height <= 1280


async def test_without_typst_the_alarm_goes_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ChartError, match="not installed"):
        await Charts(EN).render_alarm(DROP[1], EN)
