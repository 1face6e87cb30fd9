"""A series: what may be pooled. Survey, scale, form and wording version stand in its name (``Survey.series``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


def survey_of(series: str) -> str:
    """The name of the survey that a series belongs to."""
    return series.partition("/")[0]


@dataclass(frozen=True)
class NewQuestion:
    """The scale, the form or the words were changed: ``series`` is asked since ``since``, what went before apart."""

    series: str
    since: datetime

    def replaces(self, series: str) -> bool:
        """True for an earlier series of the same survey."""
        return series != self.series and survey_of(series) == survey_of(self.series)
