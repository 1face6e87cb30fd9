"""Paints the pictures of summaries and alarms: a typst template each, fed with JSON, fonts from ``bot/fonts`` only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from bot.adapters.fonts import FAMILIES, FOLDER, Coverage
from bot.domain.alert_chart import AlarmChart, worded_alarm
from bot.domain.chart_data import ChartData
from bot.domain.chart_words import worded
from bot.domain.errors import ChartError
from bot.domain.texts import Texts
from bot.flow.ports import Picture

Theme = Literal["light", "dark"]

_SUMMARY = Path(__file__).with_suffix(".typ")
_ALARM = Path(__file__).with_name("alert.typ")
_FULL_SIZE = 72.0  # pixels per inch: one point is one pixel, 1200 wide

# Blue, grey, orange: told apart without red and green. Steps run from hard to easy (dependencies.md 4).
_COLOURS: Mapping[Theme, Mapping[str, Any]] = {
    "light": {
        "background": "#FFFFFF",
        "text": "#17202A",
        "muted": "#5B6673",
        "grid": "#E3E7EC",
        "empty": "#C3CBD3",
        "line": "#14609E",
        "hard": "#A63F08",
        "easy": "#14609E",
        "steps": ["#B4460B", "#E07B39", "#F3BE95", "#D5DAE0", "#A5CDE8", "#4A97CC", "#14609E"],
    },
    "dark": {
        "background": "#17212B",
        "text": "#F2F5F8",
        "muted": "#9FB0C0",
        "grid": "#2A3846",
        "empty": "#4A5A69",
        "line": "#6CBCF2",
        "hard": "#F59A63",
        "easy": "#86CBF7",
        "steps": ["#F0803C", "#D9905F", "#A98468", "#566575", "#5C8BA9", "#55A3D8", "#86CBF7"],
    },
}


class Charts:
    """Paints pictures. Needs nothing but the ``typst`` package; without it every picture is a ``ChartError``."""

    def __init__(self, english: Texts, pixels_per_inch: float = _FULL_SIZE) -> None:
        """``english`` words a picture whose own language the fonts cannot write; 24 ppi are 400 pixels, a phone's."""
        self._english = english
        self._pixels_per_inch = pixels_per_inch
        self._coverage = Coverage.load()
        self._fonts: Any = None

    async def render(self, data: ChartData, texts: Texts, theme: Theme = "light") -> Picture:
        """The picture as PNG, 1200 pixels wide and at most 1280 high. Raises ChartError; the text then goes alone."""
        return await asyncio.to_thread(self._paint, data, texts, theme, "png")

    async def svg(self, data: ChartData, texts: Texts, theme: Theme = "light") -> Picture:
        """The same picture as SVG."""
        return await asyncio.to_thread(self._paint, data, texts, theme, "svg")

    async def render_alarm(self, chart: AlarmChart, texts: Texts, theme: Theme = "light") -> Picture:
        """The picture of an alarm as PNG, 1200 pixels wide. Raises ChartError; the text then goes alone."""
        return await asyncio.to_thread(self._paint_alarm, chart, texts, theme)

    def _paint(self, data: ChartData, texts: Texts, theme: Theme, format: Literal["png", "svg"]) -> Picture:
        words, names = self._words(data, texts)
        words["theme"] = _theme(theme, len(data.scale.values) if data.scale else 0)
        return Picture(self._compile(_SUMMARY, words, format), names)

    def _paint_alarm(self, chart: AlarmChart, texts: Texts, theme: Theme) -> Picture:
        words = worded_alarm(chart, texts)
        if not self._coverage.is_covered(_all_text(words)):
            words = worded_alarm(chart, self._english)
        words["theme"] = _theme(theme, len(chart.figures.scale.values))
        return Picture(self._compile(_ALARM, words, "png"))

    def _compile(self, template: Path, words: dict[str, Any], format: Literal["png", "svg"]) -> bytes:
        try:
            typst: Any = import_module("typst")
        except ImportError as error:
            raise ChartError(f"typst is not installed for this machine: {error}") from error
        words["fonts"] = FAMILIES
        try:
            if self._fonts is None:
                self._fonts = typst.Fonts(
                    include_system_fonts=False, include_embedded_fonts=False, font_paths=[FOLDER]
                )
            content: bytes = typst.compile(
                template,
                format=format,
                ppi=self._pixels_per_inch,
                font_paths=self._fonts,
                sys_inputs={"data": json.dumps(words, ensure_ascii=False)},
            )
        except typst.TypstError as error:
            raise ChartError(f"the chart's template failed: {error}") from error
        return content

    def _words(self, data: ChartData, texts: Texts) -> tuple[dict[str, Any], tuple[str, ...]]:
        """The picture's words, in English where the fonts lack the language; and the names that became numbers."""
        missing = [
            bar.of for bar in data.bars if isinstance(bar.of, str) and not self._coverage.is_covered(bar.of)
        ]
        numbers = {name: str(place) for place, name in enumerate(missing, 1)}

        def name(real: str) -> str:
            return numbers.get(real, real)

        try:
            words = worded(data, texts, name)
        except KeyError:  # this language has no words for pictures
            words = worded(data, self._english, name)
        if not self._coverage.is_covered(_all_text(words)):
            words = worded(data, self._english, name)
        return words, tuple(missing)


def _all_text(words: Any) -> str:
    if isinstance(words, str):
        return words
    if isinstance(words, dict):
        return "".join(_all_text(value) for value in words.values())
    if isinstance(words, (list, tuple)):
        return "".join(map(_all_text, words))
    return ""


def _theme(theme: Theme, options: int) -> dict[str, Any]:
    """The colours, with one step for each of ``options``, hard to easy."""
    colours = dict(_COLOURS[theme])
    colours["steps"] = steps(colours["steps"], options)
    return colours


def steps(palette: list[str], options: int) -> list[str]:
    """``options`` colours spread over the palette; grey only for an exact middle."""
    chosen = {3: (0, 3, 6), 5: (0, 1, 3, 5, 6), 7: range(7)}.get(options)
    if chosen is not None:
        return [palette[place] for place in chosen]
    places = [place * (len(palette) - 1) / max(options - 1, 1) for place in range(options)]
    return [_between(palette, place) for place in places]


def _between(palette: list[str], place: float) -> str:
    """The colour at ``place`` (0 … len − 1), mixed from its two neighbours."""
    left = min(int(place), len(palette) - 2)
    part = place - left
    mixed = (
        round(
            int(palette[left][at : at + 2], 16) * (1 - part) + int(palette[left + 1][at : at + 2], 16) * part
        )
        for at in (1, 3, 5)
    )
    return "#" + "".join(f"{value:02X}" for value in mixed)
