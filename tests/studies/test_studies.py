"""The studies run, and their quick versions already say what docs/studies.md says, within chance."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.studies import coverage, false_alarms
from tests.studies.shapes import SHAPES, Table, worse

DOCS = Path(__file__).parents[2] / "docs" / "studies.md"


def written(title: str) -> dict[str, list[str]]:
    """The rows of a table of the page, by their first cell."""
    page = DOCS.read_text("utf-8")
    body = page[page.index(title.split(",")[0]) :].split("\n\n")[1]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in body.splitlines()[2:]]
    return {row[0]: row[1:] for row in rows}


def number(cell: str) -> float:
    found = re.match(r"[\d,.]+", cell)
    assert found is not None, cell
    return float(found[0].replace(",", ""))


@pytest.mark.parametrize("table", coverage.study(coverage.QUICK_SAMPLES), ids=lambda table: table.title[:40])
def test_coverage_is_as_written(table: Table) -> None:
    page = written(table.title)
    for name, *cells in table.rows:
        for quick, full in zip(cells, page[name], strict=True):
            assert abs(float(quick) - float(full)) < 5, f"{name}: {quick} here, {full} in the docs"
            assert float(full) > 85


def test_the_verdict_on_two_windows_is_as_rarely_wrong_as_written() -> None:
    page = written("Verdicts “easier” or “harder”")
    for name, *cells in page.items():
        *alarms, power = cells[0]
        assert max(map(float, alarms)) <= 5
        now, before = (int(part) for part in name.split(" / "))
        found = 100 * false_alarms.clear_verdicts(SHAPES["good"], SHAPES["good"], (now, before), 300)
        assert abs(found - float(alarms[0])) < 4
        found = 100 * false_alarms.clear_verdicts(worse(SHAPES["good"]), SHAPES["good"], (now, before), 300)
        assert abs(found - float(power)) < 10


def test_the_watch_is_as_written_whether_worked_out_or_counted() -> None:
    page = DOCS.read_text("utf-8")
    for row in false_alarms.watch_table(60_000).rows:
        name, sensitivity, *cells = row
        [line] = re.findall(rf"^\| {name} \| {re.escape(sensitivity)} \| (.*) \|$", page, re.MULTILINE)
        for quick, full in zip(cells, line.split(" | "), strict=True):
            assert number(quick) == number(full), "worked out: no chance in it"
        counted = float(cells[1].split("(")[1].strip(")"))
        assert counted == pytest.approx(number(cells[1]), rel=0.15)


def test_the_simple_rule_is_as_written() -> None:
    page = written("Before the baseline")
    assert false_alarms.simple_rule_run_length(0.25, 40_000) == pytest.approx(
        number(page["25 %"][0]), rel=0.1
    )
    assert number(page["8 %"][0]) == pytest.approx(600, rel=0.1)


def test_a_small_baseline_makes_for_a_wide_range() -> None:
    for row in false_alarms.baseline_table(20).rows:
        low, high = (number(part) for part in row[1].split(" to "))
        assert low < high
