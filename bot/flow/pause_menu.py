"""``/pause`` and ``/resume``: stop asking everywhere, at once, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.buttons import ButtonData
from bot.domain.durations import duration_text, parse_duration
from bot.domain.messages import Message, isolate, quote
from bot.domain.texts import Texts
from bot.flow.ports import Tokens
from bot.flow.staff_menus import Redraw, choice
from bot.store import staff_buttons, switches
from bot.store.engine import Tx
from bot.store.staff_buttons import StaffButton

PAUSE_MENU = "pause"
LONGEST_PAUSE = timedelta(days=30)
_OFFERED = (timedelta(minutes=30), timedelta(hours=2))
_MORNING = time(9)


class PauseMenu:
    """Verbs: ``d`` so long from the press on, ``m`` until tomorrow morning, ``g`` for good, ``r`` ask again.

    ``/pause`` alone pauses for good and offers the rest: whoever must stop at once should not have to choose first.
    """

    def __init__(self, tokens: Tokens, texts: Texts, zone: ZoneInfo) -> None:
        self._tokens = tokens
        self._texts = texts
        self._zone = zone

    async def pause(self, tx: Tx, words: list[str], chat_id: int, who: str, now: datetime) -> Message:
        """``/pause`` for good, or ``/pause 2h``."""
        until = None
        if words:
            try:
                span = parse_duration(words[0])
            except ValueError:
                span = timedelta(0)
            if not timedelta(0) < span <= LONGEST_PAUSE or len(words) > 1:
                return Message(self._texts("admin.pause.usage", longest=self._texts.duration(LONGEST_PAUSE)))
            until = now + span
        await switches.turn(tx, switches.PAUSE, True, who, now, until)
        token = self._tokens.new()
        await staff_buttons.add(tx, token, StaffButton(chat_id, PAUSE_MENU, ""), now)
        return await self._drawn(tx, token, now)

    async def resume(self, tx: Tx, who: str, now: datetime) -> Message:
        """``/resume``: ask again."""
        if not switches.is_paused(await switches.all_switches(tx), now):
            return Message(self._texts("admin.resume.was_on"))
        await switches.turn(tx, switches.PAUSE, False, who, now)
        return Message(self._texts("admin.resume.done"))

    async def pressed(
        self, tx: Tx, row: StaffButton, button: ButtonData, who: str, now: datetime
    ) -> Redraw | None:
        """One press of one of these buttons (``StaffMenu``)."""
        if button.verb == "r":
            await self.resume(tx, who, now)
            return Redraw(message=await self._drawn(tx, button.token, now))
        if button.verb == "d" and button.value in map(duration_text, _OFFERED):
            until = now + parse_duration(button.value)
        elif button.verb == "m":
            until = self._tomorrow_morning(now)
        elif button.verb == "g":
            until = None
        else:
            return None
        await switches.turn(tx, switches.PAUSE, True, who, now, until)
        return Redraw(message=await self._drawn(tx, button.token, now))

    async def _drawn(self, tx: Tx, token: str, now: datetime) -> Message:
        touched = await switches.all_switches(tx)
        is_paused = switches.is_paused(touched, now)
        spans = tuple(
            choice(self._texts.duration(span), token, "d", duration_text(span)) for span in _OFFERED
        )
        rows = [
            spans,
            (
                choice(self._texts("admin.button.until_morning", time=f"{_MORNING:%H:%M}"), token, "m"),
                choice(
                    self._texts("admin.button.for_good"),
                    token,
                    "g",
                    is_chosen=is_paused and touched[switches.PAUSE].until is None,
                ),
            ),
        ]
        if not is_paused:
            return Message(self._texts("admin.resume.done"), tuple(rows))
        line = paused_line(touched[switches.PAUSE], self._texts, self._zone)
        return Message(line, (*rows, (choice(self._texts("admin.button.resume"), token, "r"),)))

    def _tomorrow_morning(self, now: datetime) -> datetime:
        tomorrow = now.astimezone(self._zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, _MORNING, tzinfo=self._zone).astimezone(UTC)


def paused_line(pause: switches.Switch, texts: Texts, zone: ZoneInfo) -> str:
    """Who paused, and until when."""
    who = isolate(quote(pause.changed_by))
    if pause.until is None:
        return texts("admin.pause.for_good", who=who)
    return texts("admin.pause.until", who=who, when=texts.moment(pause.until, zone))
