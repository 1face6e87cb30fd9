"""The table of letters that the bundled fonts have: ``python -m tests.font_coverage`` writes it anew.

fontTools is here and not in ``bot/``: the bot reads the table only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from fontTools.ttLib import TTFont

from bot.adapters.fonts import FOLDER


def bundled() -> list[str]:
    """The file names of the fonts, bold and regular."""
    return sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".ttf", ".otf"))


def code_points(*names: str) -> frozenset[int]:
    """What these files have, all together."""
    codes: set[int] = set()
    for name in names:
        with TTFont(FOLDER / name, lazy=True) as font:
            codes.update(font.getBestCmap())
    return frozenset(codes)


def family(name: str) -> str:
    """The family that a file belongs to."""
    with TTFont(FOLDER / name, lazy=True) as font:
        return str(font["name"].getDebugName(1))


def ranges(codes: Iterable[int]) -> list[tuple[int, int]]:
    """Runs of code points as (first, last)."""
    runs: list[tuple[int, int]] = []
    for code in sorted(codes):
        if runs and runs[-1][1] == code - 1:
            runs[-1] = (runs[-1][0], code)
        else:
            runs.append((code, code))
    return runs


def table() -> str:
    """The table as it stands in ``bot/fonts/coverage.json``."""
    return json.dumps(ranges(code_points(*bundled())), separators=(",", ":")) + "\n"


if __name__ == "__main__":
    (FOLDER / "coverage.json").write_text(table())
