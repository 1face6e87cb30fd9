"""``/answered``: who answered and who did not, computed by a job on a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.durations import parse_duration
from bot.domain.nonresponse import Nonresponse, nonresponse
from bot.domain.nonresponse_text import nonresponse_text
from bot.domain.scales import Scale
from bot.domain.summary import ShareFigures, Window, scale_of
from bot.domain.texts import Texts
from bot.flow.orders import Orders
from bot.store import nonresponse as asked
from bot.store.engine import Store, Tx
from bot.store.outbox import Letter, post
from bot.store.timers import Timer

WHO_ANSWERED = "who_answered"  # the timer
LONGEST_SPAN = timedelta(days=90)
_USUAL_SPAN = timedelta(days=30)
_SHORTEST_SPAN = timedelta(days=1)


@dataclass(frozen=True)
class NonresponseSettings:
    """What the settings say about it. ``target``: the team's own, on the scale; of an easy share in percent."""

    main_series: str
    zone: ZoneInfo
    minimum_answers: int
    target: float | None


class WhoAnswered:
    """The job ``who_answered``."""

    def __init__(self, store: Store, orders: Orders, texts: Texts, settings: NonresponseSettings) -> None:
        self._store = store
        self._orders = orders
        self._texts = texts
        self._settings = settings

    async def ordered(self, timer: Timer, now: datetime) -> None:
        """Answer where it was asked; about the span that was named, ``/answered 7d``, or the last 30 days."""
        order = await self._orders.read(timer, now)
        if order is None:
            return
        span = _span(order.words)
        if span is None:
            text = self._texts("staff.nonresponse.usage", longest=self._texts.duration(LONGEST_SPAN))
        else:
            figures = await self.compose(span, now)
            text = nonresponse_text(figures, span, self._texts, self._settings.minimum_answers)
        parameters: dict[str, Any] = {"text": text, "parse_mode": "HTML"}
        letter = Letter("reply", "sendMessage", parameters, order.to)
        await self._store.write(lambda tx: post(tx, letter, now))

    async def compose(self, span: timedelta, now: datetime) -> Nonresponse:
        """The figures of the questions that were sent in the span before ``now`` and have matured by now."""
        return await self._store.read(lambda tx: self._figures(tx, Window.ending(now, span), now))

    async def _figures(self, tx: Tx, window: Window, now: datetime) -> Nonresponse:
        settings = self._settings
        series = await asked.main_series(tx, window, now, settings.main_series)
        if not series:
            return Nonresponse(settings.main_series, ShareFigures.of(0, 0))
        scale = scale_of(series)
        scores = await asked.answers(tx, series, window, now)
        return nonresponse(
            series,
            scale,
            {score: n for score, n in scores.items() if score is not None},
            sum(scores.values()),
            await asked.facts(tx, series, window, now, settings.zone),
            minimum_answers=settings.minimum_answers,
            target=_target(settings.target, scale),
        )


def _target(target: float | None, scale: Scale) -> float | None:
    return target / 100 if target is not None and scale.headline == "easy_share" else target


def _span(words: tuple[str, ...]) -> timedelta | None:
    """The span that was asked for; ``None``: these words are none."""
    if not words:
        return _USUAL_SPAN
    try:
        span = parse_duration(words[0])
    except ValueError:
        return None
    return span if _SHORTEST_SPAN <= span <= LONGEST_SPAN and len(words) == 1 else None
