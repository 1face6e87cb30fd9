"""The pictures of alarms that were looked at and found good: ``python -m tests.adapters.alarm_golden`` paints anew.

Look at each of them afterwards. They are 400 pixels wide, as on a phone.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.adapters.catalogues import Catalogues
from bot.adapters.charts import Charts, Theme
from tests.adapters.alarm_cases import CASES

FOLDER = Path(__file__).parent / "golden"
PHONE = 24  # pixels per inch
GOLDEN: tuple[tuple[str, str, Theme], ...] = (
    ("drop", "en", "light"),
    ("drop", "zh-Hans", "dark"),
    ("first_days", "zh-Hans", "light"),
    ("effort", "en", "dark"),
)


async def paint(case: str, language: str, theme: Theme, pixels_per_inch: int = PHONE) -> bytes:
    """One picture as PNG."""
    catalogues = Catalogues.load()
    charts = Charts(catalogues.of("en"), pixels_per_inch)
    return (await charts.render_alarm(CASES[case][1], catalogues.of(language), theme)).content


def path_of(case: str, language: str, theme: Theme) -> Path:
    """Where the golden picture stands."""
    return FOLDER / f"alarm_{case}.{language}.{theme}.png"


if __name__ == "__main__":
    for each in GOLDEN:
        path_of(*each).write_bytes(asyncio.run(paint(*each)))
