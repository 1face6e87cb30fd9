"""Answers split by something → the segments that may be shown, hardest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.scales import Scale
from bot.domain.scoring import Counts
from bot.domain.summary import SMALLEST_GROUP, ScoreFigures, Segment
from bot.domain.summing import segment
from bot.domain.views import Dimension


@dataclass(frozen=True)
class Breakdown:
    """The segments of one window, hardest first. ``n_hidden`` more have answers and are not shown."""

    by: Dimension
    segments: tuple[Segment, ...]
    n_hidden: int


def break_down(
    by: Dimension,
    slices: Mapping[str, Mapping[int, int]],
    whole: Mapping[int, int],
    scale: Scale,
    minimum_answers: int,
) -> Breakdown:
    """The segments that may be shown of ``slices`` (answers per stored value, by name).

    ``whole``: all answers. Tags overlap, so each stands against its own complement; everything else makes up the
    whole, and what is hidden together must not be few answers either (measurement.md 7).
    """
    if by == "tag":
        shown = _each_against_the_rest(slices, whole, scale, minimum_answers)
    else:
        shown = segment(slices, scale, minimum_answers)
    with_answers = sum(1 for counts in slices.values() if sum(counts.values()))
    ranked = sorted(
        shown, key=lambda each: (Counts(scale, each.score.by_option).mean_0_100 or 0.0, each.name)
    )
    return Breakdown(by, tuple(ranked), with_answers - len(ranked))


def _each_against_the_rest(
    slices: Mapping[str, Mapping[int, int]], whole: Mapping[int, int], scale: Scale, minimum_answers: int
) -> tuple[Segment, ...]:
    smallest = max(minimum_answers, SMALLEST_GROUP)
    total = sum(whole.values())
    shown = []
    for name, by_value in slices.items():
        counts = Counts.of(scale, by_value)
        if counts.n >= smallest and not 0 < total - counts.n < smallest:
            shown.append(Segment(name, ScoreFigures.of(counts, minimum_answers)))
    return tuple(shown)
