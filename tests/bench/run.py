"""``python3 -m bot bench``: every measurement, a table on the terminal, and a page and a picture if asked for."""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog
import typst
from rich.console import Console
from rich.table import Table

from tests.bench import life, machine, taps
from tests.bench.taps import AIOGRAM, OURS, PTB, RAW, Figures

_HEADINGS = ("bot", "taps/s", "CPU ms per tap", "toast p50 / p99 ms", "edit p50 / p99 ms", "MB")
_BARS = ((AIOGRAM, 1.0), (PTB, 2.5), (RAW, 0.4))


def spread(values: Sequence[float], digits: int = 0) -> str:
    """``median (min–max)``."""
    if not values:
        return "–"
    middle, least, most = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({least:.{digits}f}–{most:.{digits}f})"


def cells(figures: Figures) -> list[str]:
    """One bot's row of the table."""
    if figures.why_not:
        return [figures.name, figures.why_not, "", "", "", ""]
    return [
        figures.name,
        spread(figures.per_second),
        spread(figures.cpu_ms, 2),
        f"{spread(figures.toast_p50, 1)} / {spread(figures.toast_p99, 1)}",
        f"{spread(figures.edit_p50, 1)} / {spread(figures.edit_p99, 1)}",
        spread(figures.rss_mb),
    ]


def verdicts(all_figures: Sequence[Figures]) -> list[str]:
    """How this bot stands to each bar, by wall clock and by processor time."""
    known = {one.name: one for one in all_figures if one.per_second}
    failed = [f"{one.failed_rounds} rounds of {one.name} FAILED" for one in all_figures if one.failed_rounds]
    if OURS not in known:
        return failed
    ours, lines = known[OURS], failed
    for name, bar in _BARS:
        if name not in known:
            continue
        rival = known[name]
        pace = statistics.median(ours.per_second) / statistics.median(rival.per_second)
        cpu = statistics.median(rival.cpu_ms) / max(statistics.median(ours.cpu_ms), 1e-9)
        kept = "kept" if pace >= bar else "missed"
        lines.append(
            f"{pace:.2f} × {name} by the clock (bar {bar} ×: {kept}); {cpu:.2f} × by processor time per tap"
        )
    if RAW in known:
        mine, theirs = (statistics.median(one.toast_p99) for one in (ours, known[RAW]))
        flush = statistics.median(ours.flush_p99)
        bar = 2 * theirs + flush
        lines.append(
            f"p99 from tap to toast at a steady pace: {mine:.1f} ms (bar 2 × raw aiohttp's {theirs:.1f} ms and one"
            f" flush of {flush:.1f} ms = {bar:.1f} ms: {'kept' if mine <= bar else 'missed'})"
        )
    lines.append(
        "one flush (40 kB written and on disk) at that pace, in the same rounds, p50 / p99:"
        f" {spread(ours.flush_p50, 1)} / {spread(ours.flush_p99, 1)} ms"
    )
    return lines


def page(all_figures: Sequence[Figures], rows: Sequence[tuple[str, str]], facts: str) -> str:
    """The figures as Markdown."""
    lines = [facts, "", f"| {' | '.join(_HEADINGS)} |", "|---" * len(_HEADINGS) + "|"]
    lines += [f"| {' | '.join(cells(one))} |" for one in all_figures]
    lines += ["", *(f"* {line}" for line in verdicts(all_figures))]
    if rows:
        lines += ["", "| what | how it went |", "|---|---|", *(f"| {what} | {how} |" for what, how in rows)]
    return "\n".join(lines) + "\n"


def picture(all_figures: Sequence[Figures], facts: str) -> bytes:
    """Taps per second as bars with their range, as an SVG."""
    shown = [one for one in all_figures if one.per_second]
    longest = max((max(one.per_second) for one in shown), default=1.0)
    bars = []
    for one in shown:
        middle, least, most = (f(one.per_second) / longest * 100 for f in (statistics.median, min, max))
        colour = "#2f6f4f" if one.name == OURS else "#9aa5ab"
        bars.append(
            f"[{one.name}], box(width: 100%, height: 14pt)["
            f'#place(rect(width: {middle:.1f}%, height: 10pt, fill: rgb("{colour}")))'
            f"#place(dx: {least:.1f}%, dy: 5pt, line(length: {most - least:.1f}%, stroke: 1pt + black))],"
            f" [{spread(one.per_second)}],"
        )
    source = (
        '#set page(width: 480pt, height: auto, margin: 14pt)\n#set text(size: 9pt, font: "Noto Sans")\n'
        "*Taps per second: median, least and most of the rounds*\n\n"
        f"#grid(columns: (130pt, 1fr, 110pt), gutter: 8pt, {' '.join(bars)})\n\n"
        f"#text(size: 7pt)[Only this bot stores the tap before it answers. {facts}]\n"
    )
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[machine.ROOT / "bot" / "fonts"])
    drawn: bytes = typst.compile(source.encode(), format="svg", font_paths=fonts)
    return drawn


async def measure(given: argparse.Namespace) -> None:
    """Measure what is asked for and show it; when interrupted, what there is by then."""
    console = Console()
    plan = taps.QUICK if given.quick else taps.Plan(given.rounds, given.taps, given.steady)
    facts = (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {machine.words()}; each bot on one core, the stand-in on another;"
        f" load of the machine before: {machine.load():.1f}. {plan.rounds} interleaved rounds, medians (min–max)."
    )
    all_figures: list[Figures] = []
    rows: list[life.Row] = []
    try:
        await taps.measure(plan, given.aiogram_python, console.print, all_figures)
        if not given.only_taps:
            await life.measure(life.QUICK if given.quick else life.Plan(), console.print, rows)
    finally:
        show(console, all_figures, rows, facts, given.page)


def show(
    console: Console, all_figures: Sequence[Figures], rows: Sequence[life.Row], facts: str, to: Path | None
) -> None:
    """The figures on the terminal, and in files where ``to`` names one."""
    table = Table(*_HEADINGS, title="Taps, side by side")
    for one in all_figures:
        table.add_row(*cells(one))
    console.print(table)
    for line in verdicts(all_figures):
        console.print(line)
    if to is not None:
        to.write_text(page(all_figures, rows, facts), "utf-8")
        to.with_suffix(".svg").write_bytes(picture(all_figures, facts))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python3 -m bot bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--taps", type=int, default=800, help="at once, per round and bot")
    parser.add_argument("--steady", type=int, default=300, help="one by one, 30 a second")
    parser.add_argument("--only-taps", action="store_true", help="only the comparison with other bots")
    parser.add_argument(
        "--quick", action="store_true", help="a minute, to see that it runs; the figures mean nothing"
    )
    parser.add_argument("--aiogram-python", help="an interpreter that has aiogram; default: this one")
    parser.add_argument("--page", type=Path, help="write the tables here (Markdown), and a picture beside it")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        asyncio.run(measure(parser.parse_args(arguments)))
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
