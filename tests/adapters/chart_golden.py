"""The pictures that were looked at and found good: ``python -m tests.adapters.chart_golden`` paints them anew.

Look at each of them afterwards. They are 400 pixels wide, as on a phone.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.adapters.catalogues import Catalogues
from bot.adapters.charts import Charts, Theme
from bot.domain.chart_data import chart_data
from tests.adapters.chart_cases import CASES

FOLDER = Path(__file__).parent / "golden"
PHONE = 24  # pixels per inch
GOLDEN: tuple[tuple[str, str, Theme], ...] = (
    ("week", "en", "light"),
    ("week", "zh-Hans", "dark"),
    ("week", "ar", "dark"),
    ("teams", "en", "light"),
    ("three_faces", "zh-Hans", "light"),
    ("few", "en", "light"),
)


async def paint(case: str, language: str, theme: Theme) -> bytes:
    """One picture as PNG."""
    catalogues = Catalogues.load()
    charts = Charts(catalogues.of("en"), PHONE)
    picture = await charts.render(chart_data(CASES[case]), catalogues.of(language), theme)
    return picture.content


def path_of(case: str, language: str, theme: Theme) -> Path:
    """Where the golden picture stands."""
    return FOLDER / f"{case}.{language}.{theme}.png"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in GOLDEN:
        path_of(*each).write_bytes(asyncio.run(paint(*each)))
