"""The live message: one summary in the staff chat, pinned, brought up to date in its place.

It changes at most every few minutes and only when its figures do. Whatever happens to it is mended quietly: deleted,
it is posted anew; unpinned, it is pinned again; a right that is missing is said once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from bot.domain.chart_data import ChartData, chart_data
from bot.domain.errors import ChannelError, ChartError
from bot.domain.explore_text import explore_row
from bot.domain.naming import Names
from bot.domain.report_text import live_text
from bot.domain.summary import Summary
from bot.domain.texts import Texts
from bot.domain.views import EXPLORE
from bot.flow.chats import ChatBook
from bot.flow.composing import ReportSettings, compose
from bot.flow.ports import Channel, Painter, Picture, Tokens
from bot.flow.render import keyboard
from bot.store import live, memory, staff_buttons, timers, views
from bot.store.engine import Store, Tx
from bot.store.live import LIVE, LiveMessage
from bot.store.outbox import Letter, ToChat, post
from bot.store.staff_buttons import StaffButton
from bot.store.timers import Timer

log = structlog.get_logger(__name__)

LOOKED_INTO_FOR = timedelta(minutes=15)  # as long nobody's page of the drill-down is taken away
_LOOK_AGAIN = timedelta(hours=1)  # answers also leave a window; and somebody may have unpinned it
_ANEW = timedelta(minutes=5)  # after the chat refused it: not at once, and not for ever silent
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_REFUSED = "live_refused:"  # live_refused:<chat> = what was refused, said once


class Live:
    """The timer ``live``; its subject is the staff chat."""

    def __init__(
        self,
        store: Store,
        channel: Channel,
        painter: Painter,
        chats: ChatBook,
        texts: Texts,
        settings: ReportSettings,
        tokens: Tokens,
    ) -> None:
        self._store = store
        self._channel = channel
        self._painter = painter
        self._chats = chats
        self._texts = texts
        self._settings = settings
        self._names = Names(texts, settings.titles)
        self._every = settings.live_every
        self._tokens = tokens

    async def at_pace(self, every: timedelta | None, now: datetime) -> None:
        """Change the message at most so often from now on; ``None``: as often as the settings say, and now."""
        self._every = self._settings.live_every if every is None else every
        await self._store.write(lambda tx: self.changed(tx, now))

    async def plan(self, tx: Tx, now: datetime) -> None:
        """At start: look at once, or never where it is switched off."""
        chat_id = self._chats.staff
        if chat_id is None:
            return
        if self._settings.live:
            await timers.ensure_by(tx, LIVE, chat_id, now)
        else:
            await timers.stop(tx, chat_id, LIVE)

    async def changed(self, tx: Tx, now: datetime) -> None:
        """An answer came or went: the message is due, not sooner than its last edit allows."""
        chat_id = self._chats.staff
        if not self._settings.live or chat_id is None:
            return
        message = await live.in_chat(tx, chat_id)
        due = now if message is None else max(now, message.edited_at + self._every)
        await timers.ensure_by(tx, LIVE, chat_id, due)

    async def look(self, timer: Timer, now: datetime) -> None:
        """Bring the message up to date, and set the next look."""
        chat_id = self._chats.staff
        if not self._settings.live or chat_id is None:
            return
        standing = await self._store.read(lambda tx: live.in_chat(tx, chat_id))
        later = await self._store.read(lambda tx: self._looked_into_until(tx, standing, now))
        if later is None:
            await self._redraw(chat_id, standing, now)
            if standing is not None and standing.message_id is not None:
                await self._mend_pin(standing, now)
        again = later or now + max(_LOOK_AGAIN, self._every)
        await self._store.write(lambda tx: timers.ensure_by(tx, LIVE, chat_id, again))

    async def _looked_into_until(
        self, tx: Tx, standing: LiveMessage | None, now: datetime
    ) -> datetime | None:
        """Until when somebody's page is left alone; ``None``: nobody looks into it."""
        if standing is None or standing.message_id is None:
            return None
        view = await views.at_message(tx, standing.chat_id, standing.message_id, is_to_change=False)
        if view is None or not (view.shown or view.wanted):
            return None
        until = view.pressed_at + LOOKED_INTO_FOR
        return until if until > now else None

    async def _redraw(self, chat_id: int, standing: LiveMessage | None, now: datetime) -> None:
        summary = await self._store.read(lambda tx: compose(tx, now, now, self._settings))
        summary = replace(summary, comments=())  # words would have to be taken back again and again
        data = chart_data(summary, self._names.of)
        undated = live_text(replace(summary, as_of=_NO_TIME), self._texts, self._settings.zone)
        shown = hashlib.sha256(repr((data, undated, self._settings.theme)).encode()).hexdigest()
        if standing is not None and standing.shown == shown:
            return
        picture = await self._paint(data)

        async def op(tx: Tx) -> None:
            # a page of the drill-down may have been opened, or the message lost, while this was painted
            fresh = await live.in_chat(tx, chat_id)
            if fresh != standing or await self._looked_into_until(tx, fresh, now) is not None:
                await timers.ensure_by(tx, LIVE, chat_id, now)
            elif fresh is None or (fresh.message_id is None and now - fresh.edited_at > _ANEW):
                await self._post_anew(tx, chat_id, summary, picture, shown, now)
            elif fresh.message_id is not None:
                await self._edit(tx, fresh, summary, picture, shown, now)

        await self._store.write(op)

    async def _paint(self, data: ChartData) -> Picture | None:
        try:
            return await self._painter.render(data, self._texts, self._settings.theme)
        except ChartError as error:
            log.warning("live.no_picture", error=str(error))
            return None

    def _words(self, summary: Summary, picture: Picture | None) -> str:
        names = () if picture is None else picture.names
        return live_text(summary, self._texts, self._settings.zone, names)

    async def _post_anew(
        self,
        tx: Tx,
        chat_id: int,
        summary: Summary,
        picture: Picture | None,
        shown: str,
        now: datetime,
    ) -> None:
        token = self._tokens.new()
        await staff_buttons.keep(tx, token, StaffButton(chat_id, EXPLORE, LIVE), now)
        await live.begin(tx, chat_id, token, has_picture=picture is not None, shown=shown, now=now)
        words = self._words(summary, picture)
        common = {"parse_mode": "HTML", "disable_notification": True, **self._buttons(token)}
        letter = Letter("live", "sendMessage", {"text": words, **common}, ToChat(chat_id), subject=token)
        if picture is not None:
            letter = replace(letter, method="sendPhoto", payload={"caption": words, **common})
            letter = replace(letter, file=picture.content, file_field="photo", file_name="ces.png")
        await post(tx, letter, now)

    async def _edit(
        self,
        tx: Tx,
        standing: LiveMessage,
        summary: Summary,
        picture: Picture | None,
        shown: str,
        now: datetime,
    ) -> None:
        chat_id, message_id = standing.chat_id, standing.message_id
        # its buttons live as long as it does
        await staff_buttons.keep(tx, standing.token, StaffButton(chat_id, EXPLORE, LIVE), now)
        assert message_id is not None
        view = await views.at_message(tx, chat_id, message_id)
        if view is not None:
            await views.settle(tx, view, "")
        words = self._words(summary, picture)
        parameters: dict[str, Any] = {"message_id": message_id, **self._buttons(standing.token)}
        key = f"live:{chat_id}"
        letter = Letter("view", "", parameters, ToChat(chat_id), subject=standing.token, coalesce_key=key)
        if picture is not None:
            media = {"type": "photo", "media": "attach://photo", "caption": words, "parse_mode": "HTML"}
            letter = replace(letter, method="editMessageMedia", payload={**parameters, "media": media})
            letter = replace(letter, file=picture.content, file_field="photo", file_name="ces.png")
        elif standing.has_picture:
            caption = {"caption": words, "parse_mode": "HTML"}
            letter = replace(letter, method="editMessageCaption", payload={**parameters, **caption})
        else:
            text = {"text": words, "parse_mode": "HTML"}
            letter = replace(letter, method="editMessageText", payload={**parameters, **text})
        await post(tx, letter, now)
        has_picture = standing.has_picture or picture is not None
        await live.redrawn(tx, chat_id, has_picture=has_picture, shown=shown, now=now)

    def _buttons(self, token: str) -> dict[str, Any]:
        return keyboard((explore_row(token, self._texts),))

    async def _mend_pin(self, standing: LiveMessage, now: datetime) -> None:
        """Pin it where nothing is pinned. What staff pinned over it stays on top: that is their choice."""
        try:
            chat: Mapping[str, Any] = await self._channel.call("getChat", {"chat_id": standing.chat_id})
        except ChannelError as error:
            log.info("live.chat_unseen", reason=error.reason)
            return
        if chat.get("pinned_message") is None:
            await self._store.write(lambda tx: self.pin(tx, standing.chat_id, standing.message_id or 0, now))

    async def pin(self, tx: Tx, chat_id: int, message_id: int, now: datetime) -> None:
        """Put it on top of the chat, without a sound."""
        parameters = {"message_id": message_id, "disable_notification": True}
        letter = Letter("pin", "pinChatMessage", parameters, ToChat(chat_id), coalesce_key=f"pin:{chat_id}")
        await post(tx, letter, now)

    async def gone(self, tx: Tx, chat_id: int, message_id: int, now: datetime) -> None:
        """A message was deleted. If it was the live one, another takes its place."""
        await views.forget(tx, chat_id, message_id)
        standing = await live.in_chat(tx, chat_id)
        if standing is not None and standing.message_id == message_id:
            await live.forget(tx, chat_id)
            await timers.ensure_by(tx, LIVE, chat_id, now)

    async def may_not(self, tx: Tx, chat_id: int, what: str, now: datetime) -> None:
        """The chat refused to pin, or to take the message at all: said once, where it can still be said."""
        name = f"{_REFUSED}{chat_id}"
        if await memory.recall(tx, name) == what:
            return
        await memory.remember(tx, name, what)
        to = chat_id if what == "pin" else self._chats.alerts
        if to is None or (what != "pin" and to == chat_id):
            log.warning("live.refused", chat_id=chat_id, what=what)
            return
        words = {"text": self._texts(f"staff.live.may_not.{what}"), "parse_mode": "HTML"}
        await post(tx, Letter("notice", "sendMessage", words, ToChat(to)), now)

    async def may_again(self, tx: Tx, chat_id: int, what: str) -> None:
        """It went well: should it be refused again, that is said again."""
        name = f"{_REFUSED}{chat_id}"
        if await memory.recall(tx, name) == what:
            await memory.drop(tx, name)
