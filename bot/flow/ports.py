"""What the steps need from the outside, and nothing more. Adapters fit these; tests may too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from bot.domain.alert_chart import AlarmChart
from bot.domain.chart_data import ChartData
from bot.domain.texts import Texts


class Alarm(Protocol):
    """One loop's sleep: it ends at a time or when somebody rings, whichever is first."""

    def ring(self) -> None:
        """Wake the loop now; if it is busy, its next ``wait`` returns at once."""

    async def wait(self, until: datetime | None) -> None:
        """Sleep until ``until`` (``None``: until rung). A loop counts as idle exactly while it is in here."""


class Clock(Protocol):
    """The only source of time. Every instant is timezone-aware UTC."""

    def now(self) -> datetime:
        """The present instant, UTC."""

    async def sleep(self, seconds: float) -> None:
        """Return when the clock has moved on by ``seconds``."""

    def alarm(self, name: str) -> Alarm:
        """A new alarm; ``name`` says in logs and in the playground whose it is."""


class Tokens(Protocol):
    """The only source of chance: unguessable names for rows."""

    def new(self) -> str:
        """22 base62 characters, 128 random bits."""


@dataclass(frozen=True)
class Upload:
    """A file that travels with a call: the form field it fills, its name and its bytes."""

    field: str
    name: str
    content: bytes


class Channel(Protocol):
    """The Bot API as the outbox sees it: one call, one answer, every failure a ``ChannelError``."""

    async def call(self, method: str, payload: Mapping[str, Any], upload: Upload | None = None) -> Any:
        """Make one call and return its ``result`` as plain JSON. Raises ChannelError or ChatMoved."""


@dataclass(frozen=True)
class Picture:
    """A painted summary. ``names[0]`` is what stands as “1” in it, because the fonts lack its letters, and so on."""

    content: bytes
    names: tuple[str, ...] = ()


class Painter(Protocol):
    """Paints summaries, off the event loop."""

    async def render(
        self, data: ChartData, texts: Texts, theme: Literal["light", "dark"] = "light"
    ) -> Picture:
        """The picture. Raises ChartError where none can be painted: then the text goes alone."""


class AlarmPainter(Protocol):
    """Paints alarms, off the event loop."""

    async def render_alarm(
        self, chart: AlarmChart, texts: Texts, theme: Literal["light", "dark"] = "light"
    ) -> Picture:
        """The picture. Raises ChartError where none can be painted: then the text goes alone."""
