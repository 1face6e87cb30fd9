"""``recompute``: a posted summary, counted again from the raw rows as they were then. Only reads."""

from __future__ import annotations

import sys
from datetime import timedelta

from bot.adapters.clock import backoff
from bot.commands.plain_text import printable
from bot.config import Settings
from bot.domain.durations import duration_text
from bot.domain.recount import Figure, Gone, Value
from bot.flow.recounting import Recount, recount
from bot.store import reports
from bot.store.engine import Tx
from bot.store.opening import open_store
from bot.store.reports import Report

_LISTED = 20
_NAME_WIDTH = 34
_VALUE_WIDTH = 14


async def recompute(settings: Settings, report_id: int | None) -> int:
    """Print what was posted beside what is counted again; without an id, list the latest reports.

    1: there is no such report, or its figures differ although nothing was taken away. Raises StoreError.
    """
    by = settings.reports_built()

    async def count(tx: Tx) -> Recount | None:
        report = None if report_id is None else await reports.by_id(tx, report_id)
        return None if report is None else await recount(tx, report, by)

    async with await open_store(settings.database.url, pause=backoff, read_only=True) as store:
        if report_id is None:
            _list(await store.read(lambda tx: reports.latest(tx, _LISTED)))
            return 0
        counted = await store.read(count)
    if counted is None:
        print(
            f"There is no report {report_id}. Without a number, recompute lists the latest.", file=sys.stderr
        )
        return 1
    _print(counted)
    differ = sum(not figure.is_same for figure in counted.figures)
    return 1 if differ and counted.gone.is_nothing else 0


def _list(found: list[Report]) -> None:
    if not found:
        print("No summary has been posted yet.")
    for report in found:
        print(f"{report.id:>6}  {report.as_of:%Y-%m-%d %H:%M} UTC  {printable(report.schedule)}")


def _print(counted: Recount) -> None:
    report = counted.report
    print(f"Report {report.id} ({printable(report.schedule)}), as of {report.as_of:%Y-%m-%d %H:%M:%S} UTC")
    place: tuple[timedelta, str] | None = None
    for figure in counted.figures:
        if place != (figure.span, figure.series):
            place = (figure.span, figure.series)
            title = f"The {duration_text(figure.span)} until then"
            head = f"{title}, {figure.series}" if figure.series else title
            print(
                f"\n{printable(head)}\n{'':{_NAME_WIDTH}}{'posted':>{_VALUE_WIDTH}}{'again':>{_VALUE_WIDTH}}"
            )
        print(_line(figure))
    differ = sum(not figure.is_same for figure in counted.figures)
    print()
    print(
        "Every figure is the same." if not differ else f"{differ} of {len(counted.figures)} figures differ."
    )
    for line in _gone(counted.gone):
        print(line)


def _line(figure: Figure) -> str:
    mark = "" if figure.is_same else "  ≠"
    name = printable(figure.name)
    values = "".join(f"{_shown(value):>{_VALUE_WIDTH}}" for value in (figure.posted, figure.again))
    return f"  {name:<{_NAME_WIDTH - 2}}{values}{mark}"


def _shown(value: Value) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _gone(gone: Gone) -> list[str]:
    if gone.is_nothing:
        return ["Nothing that it counted was erased or has aged out since."]
    lines = []
    if gone.customers:
        episodes = "1 episode" if gone.episodes == 1 else f"{gone.episodes} episodes"
        people = "1 customer was" if gone.customers == 1 else f"{gone.customers} customers were"
        lines.append(f"Erased since: {people} forgotten, with {episodes} of any time.")
    if gone.aged_until is not None:
        until = f"{gone.aged_until:%Y-%m-%d %H:%M} UTC"
        lines.append(f"Aged out since: everything before {until}; its answers live on as daily counts.")
    return lines
