"""What staff read for the words that rows are told apart by: triggers, touchpoints, sources, languages, hours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.domain.survey import MANUAL
from bot.domain.texts import Texts
from bot.domain.views import Dimension

Named = Callable[[Dimension, str], str]  # what a segment is called: plain text, to be escaped


def as_stored(by: Dimension, name: str) -> str:
    """The word in the row itself: for figures that nobody reads."""
    return name


@dataclass(frozen=True)
class Names:
    """The names of segments in one language. ``titles``: what the settings call a trigger, by its name."""

    texts: Texts
    titles: Mapping[str, str] = field(default_factory=dict)

    def of(self, by: Dimension, name: str) -> str:
        """Plain text, to be escaped. Teams and tags are called as their source calls them."""
        if not name:
            return self.texts("staff.explore.unknown")
        match by:
            case "hour":
                return f"{name}:00–{(int(name) + 1) % 24:02}:00"
            case "language":
                return self.texts.language_name(name)
            case "source":
                return self._said(f"staff.name.source.{name}") or name
            case "touchpoint":
                return self._said(f"staff.name.touchpoint.{name}") or name
            case "trigger":
                return self.titles.get(name) or self._untitled(name)
            case _:
                return name

    def _untitled(self, trigger: str) -> str:
        if trigger == MANUAL:
            return self.texts("staff.name.by_hand")
        # a team without triggers of its own has one for each source, called like it
        return self._said(f"staff.name.source.{trigger}") or _spelled_out(trigger)

    def _said(self, key: str) -> str | None:
        try:
            return self.texts(key)
        except KeyError:
            return None  # a word of the team's, or of another copy's version


def _spelled_out(name: str) -> str:
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
