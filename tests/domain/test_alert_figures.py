"""What is told of an alarm: the levels, the part that explains most, and how many false ones to expect."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alert_figures import (
    AlarmFigures,
    Explained,
    Labelled,
    Part,
    alarm_figures,
    explain,
    false_alarms,
)
from bot.domain.alerts import Alarm, Place, Rule, Watch, frozen
from bot.domain.figures_json import from_json, to_json
from bot.domain.scales import SCALES
from bot.domain.scoring import Counts

FIVE = SCALES["emoji5"]
BASELINE = (6, 10, 20, 54, 110)
START = datetime(2026, 11, 1, tzinfo=UTC)


def of(option: int, n: int, **labels: str | tuple[str, ...]) -> list[Labelled]:
    found: dict[Part, Sequence[str]] = {
        kind: (name,) if isinstance(name, str) else name  # type: ignore[misc]  # the tests name parts
        for kind, name in labels.items()
    }
    return [Labelled(option, found)] * n


def test_the_part_that_adds_most_beyond_its_size_is_named_with_its_numbers() -> None:
    answers = of(0, 6, team="Billing", language="en") + of(4, 2, team="Billing", language="en")
    answers += of(3, 8, team="Orders", language="en") + of(4, 4, team="Orders", language="de")
    explained = explain(answers, FIVE, BASELINE)
    assert explained is not None
    assert (explained.kind, explained.name, explained.n) == ("team", "Billing", 8)
    assert explained.share > 0.8


def test_a_drop_that_is_spread_out_has_no_culprit() -> None:
    answers = [each for team in ("A", "B", "C") for each in of(0, 3, team=team) + of(3, 3, team=team)]
    assert explain(answers, FIVE, BASELINE) is None


def test_the_largest_part_is_not_to_blame_for_being_large() -> None:
    answers = of(0, 4, language="en") + of(4, 10, language="en") + of(0, 6, language="de")
    explained = explain(answers, FIVE, BASELINE)
    assert explained is not None
    assert (explained.name, explained.n) == ("de", 6)


def test_neither_small_parts_nor_small_remainders_are_shown() -> None:
    assert explain(of(0, 4, tag="refund") + of(4, 16, tag="other"), FIVE, BASELINE) is None
    assert explain(of(0, 12, tag="refund") + of(4, 4), FIVE, BASELINE) is None
    assert explain(of(0, 12, tag="refund") + of(4, 5), FIVE, BASELINE) is not None
    assert explain(of(0, 12, tag="refund"), FIVE, BASELINE) is None, "all of it is no part"
    assert explain(of(0, 12, team="") + of(4, 12, team="B"), FIVE, BASELINE) is None, "no name, no part"


def test_an_answer_may_carry_several_tags() -> None:
    answers = of(0, 8, tag=("refund", "urgent")) + of(4, 6, tag=("urgent",)) + of(4, 6)
    explained = explain(answers, FIVE, BASELINE)
    assert explained is not None
    assert (explained.name, explained.n) == ("refund", 8)


def test_the_simple_rule_blames_hard_answers() -> None:
    answers = of(0, 4, team="A") + of(3, 1, team="A") + of(4, 5, team="B")
    assert explain(answers, FIVE, None) == Explained("team", "A", 5, 1.0)


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from("AB"), st.sampled_from("xyz")), max_size=40))
def test_the_order_of_answers_does_not_matter_and_what_is_shown_is_never_small(
    rows: list[tuple[int, str, str]],
) -> None:
    answers = [each for option, team, tag in rows for each in of(option, 1, team=team, tag=tag)]
    explained = explain(answers, FIVE, BASELINE)
    ordered = sorted(answers, key=lambda each: (each.option, str(each.labels)))
    again = explain(ordered, FIVE, BASELINE)
    assert (explained is None) == (again is None)
    if explained is not None and again is not None:
        assert (explained.kind, explained.name, explained.n) == (again.kind, again.name, again.n)
        assert explained.share == pytest.approx(again.share)
        assert explained.n >= 5 <= len(answers) - explained.n
        assert explained.share >= 0.5


def test_the_figures_are_those_of_the_score_and_survive_being_kept() -> None:
    alarm = Alarm(
        Rule.CUSUM, Place(START, 1), Place(START + timedelta(days=2), 20), (5, 5, 5, 3, 2), BASELINE
    )
    figures = alarm_figures("support/emoji5/question/1", FIVE, alarm, 0, Explained("tag", "refund", 9, 0.7))
    assert figures.now.mean == Counts(FIVE, alarm.counts).mean
    assert figures.before is not None
    assert figures.before.interval == Counts(FIVE, BASELINE).interval()
    assert from_json(AlarmFigures, to_json(figures)) == figures


def test_false_alarms_grow_with_the_volume_and_shrink_with_care() -> None:
    watch = frozen(Watch.begin(FIVE), BASELINE, START)
    usual, busy = false_alarms(watch, 4.0, 100), false_alarms(watch, 4.0, 200)
    careful = false_alarms(watch, 5.0, 100)
    assert usual is not None
    assert busy is not None
    assert careful is not None
    assert usual.per_year is not None
    assert busy.per_year == pytest.approx(2 * usual.per_year)
    assert careful.answers_between > 2 * usual.answers_between
    assert usual.low < usual.answers_between < usual.high
    assert usual.per_year == pytest.approx(100 * 365 / 28 / usual.answers_between)


def test_a_baseline_of_five_hundred_makes_the_expectation_surer() -> None:
    few, many = (
        false_alarms(frozen(Watch.begin(FIVE), tuple(n * size for n in (3, 5, 10, 27, 55)), START), 4.0, 0)
        for size in (2, 5)
    )
    assert few is not None
    assert many is not None
    assert many.high / many.low < few.high / few.low
    assert many.per_year is None


def test_without_a_baseline_nothing_is_expected() -> None:
    assert false_alarms(Watch.begin(FIVE), 4.0, 100) is None
