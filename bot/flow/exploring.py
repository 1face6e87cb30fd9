"""Looking into a summary: a press asks for a page of the drill-down, a job makes it, the same message shows it.

Counting takes longer than a toast may wait and must not hold a writing transaction, so a press only writes down what
is wanted. The page itself is in the button that was pressed; nothing depends on memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.domain.breakdown import Breakdown, break_down
from bot.domain.buttons import ButtonData
from bot.domain.explore_text import (
    CLOSE,
    COMMENTS_A_PAGE,
    CONVERSATIONS_A_PAGE,
    OPEN,
    ConversationLine,
    Look,
    comments_page,
    conversations_page,
    hidden_page,
    scores_page,
)
from bot.domain.messages import Message
from bot.domain.naming import Names
from bot.domain.summary import Summary, Window, scale_of
from bot.domain.summing import SeriesCounts, WindowCounts, summarize_window
from bot.domain.texts import Texts
from bot.domain.views import EXPLORE, Dimension, View, mark, view_of
from bot.flow.composing import ReportSettings, shown
from bot.flow.membership import Membership
from bot.flow.notices import TOPIC_SOURCE
from bot.flow.press import Press, Toast
from bot.flow.render import caption_payload, payload
from bot.flow.reports import Reports
from bot.store import counting, explored, live, reports, timers, views
from bot.store.engine import Store, Tx
from bot.store.explored import AnsweredConversation
from bot.store.outbox import Letter, ToChat, post
from bot.store.slicing import ALL, Where, column_of, slice_of
from bot.store.staff_buttons import StaffButton
from bot.store.timers import Timer
from bot.store.views import StaffView

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Target:
    """The message that is looked into: where its windows end, and whether its words stand under a picture."""

    is_live: bool
    to_at: datetime
    has_picture: bool


class Explorer:
    """The buttons under summaries and the live message, and the timer ``explore``."""

    def __init__(
        self,
        store: Store,
        membership: Membership,
        texts: Texts,
        settings: ReportSettings,
        posts: Reports,
    ) -> None:
        self._store = store
        self._membership = membership
        self._texts = texts
        self._settings = settings
        self._posts = posts

    async def pressed(
        self, tx: Tx, press: Press, button: ButtonData, row: StaffButton, now: datetime
    ) -> Toast | None:
        """Somebody pressed a button of a page, in the chat of its row; ``None``: there is no such button."""
        if press.message_id is None or press.chat_id != row.chat_id:
            return None
        if button.verb not in (OPEN, CLOSE) or (button.verb == OPEN and view_of(button.value) is None):
            return None
        await views.want(tx, row.chat_id, press.message_id, button.token, button.value, press.person_id, now)
        await timers.start(tx, EXPLORE, f"{row.chat_id}:{press.message_id}", now)
        return Toast(press.callback_query_id, self._texts("staff.explore.toast"))

    async def show(self, timer: Timer, now: datetime) -> None:
        """Make the page that was asked for last, if whoever asked may see it."""
        chat_id, message_id = (int(part) for part in timer.subject.split(":"))
        row = await self._store.read(lambda tx: views.at_message(tx, chat_id, message_id, is_to_change=False))
        if row is None or row.wanted is None:
            return
        if row.pressed_by is not None and not await self._membership.may_look(chat_id, row.pressed_by):
            log.warning("rights.button_refused", place="private" if chat_id > 0 else "other")
            refused = row
            await self._store.write(lambda tx: views.settle(tx, refused, refused.shown))
            return
        view = view_of(row.wanted) if row.wanted else None
        target = await self._store.read(lambda tx: self._target(tx, chat_id, message_id, now))
        if target is None:
            await self._store.write(lambda tx: views.forget(tx, chat_id, message_id))
            return
        if view is None:
            await self._store.write(lambda tx: self._close(tx, row, target, now))
            return
        token, at = row.token, target.to_at
        message = await self._store.read(lambda tx: self._page(tx, view, token, at, now))
        await self._store.write(lambda tx: self._redraw(tx, row, target, message, now))

    async def _target(self, tx: Tx, chat_id: int, message_id: int, now: datetime) -> _Target | None:
        lively = await live.in_chat(tx, chat_id)
        if lively is not None and lively.message_id == message_id:
            return _Target(True, now, lively.has_picture)
        report = await reports.at_message(tx, chat_id, message_id)
        if report is None:
            return None
        return _Target(False, report.to_at, self._posts.has_picture(report))

    async def _close(self, tx: Tx, row: StaffView, target: _Target, now: datetime) -> None:
        """Back to the summary: a posted one as it was posted, the live message as things are."""
        if not await self._is_still_wanted(tx, row):
            return
        await views.settle(tx, row, "")
        if target.is_live:
            await live.outdate(tx, row.chat_id)
            await timers.start(tx, live.LIVE, row.chat_id, now)
        else:
            await self._posts.without_quotes(tx, row.chat_id, row.message_id, now)

    async def _redraw(self, tx: Tx, row: StaffView, target: _Target, message: Message, now: datetime) -> None:
        if not await self._is_still_wanted(tx, row):
            return
        words = caption_payload(message) if target.has_picture else payload(message)
        method = "editMessageCaption" if target.has_picture else "editMessageText"
        letter = Letter(
            "view",
            method,
            {"message_id": row.message_id, **words},
            ToChat(row.chat_id),
            subject="page",
            coalesce_key=f"view:{row.chat_id}:{row.message_id}",
        )
        await post(tx, letter, now)
        await views.settle(tx, row, row.wanted or "")

    async def _is_still_wanted(self, tx: Tx, row: StaffView) -> bool:
        """False: somebody pressed again meanwhile, and their timer is due."""
        fresh = await views.at_message(tx, row.chat_id, row.message_id)
        return fresh is not None and (fresh.wanted, fresh.pressed_at) == (row.wanted, row.pressed_at)

    async def _page(self, tx: Tx, view: View, token: str, to_at: datetime, now: datetime) -> Message:
        """One page, counted as things are known now."""
        settings = self._settings
        window = Window.ending(to_at, view.span)
        counts = await counting.window_counts(tx, window, now, settings.main_series)
        main = next((each for each in counts.series if not each.is_manual), None)
        look = Look(view, token, None, to_at, settings.zone, Names(self._texts, settings.titles))
        where = ALL
        if view.by is not None and main is not None:
            split = await self._split(tx, view.by, main, window)
            if view.segment is None:
                return scores_page(look, self._summary(counts, now), split)
            name = next((each.name for each in split.segments if mark(each.name) == view.segment), None)
            if name is None:
                return hidden_page(look)
            look = replace(look, name=name)
            where = slice_of(view.by, name, window, settings.zone)
            counts = await counting.window_counts(tx, window, now, settings.main_series, where=where)
            counts = replace(counts, series=[each for each in counts.series if each.series == main.series])
            main = next((each for each in counts.series if not each.is_manual), None)
        if view.shows == "comments":
            return await self._comments(tx, look, main, window, where)
        if view.shows == "conversations":
            return await self._conversations(tx, look, main, window, where)
        return scores_page(look, self._summary(counts, now), None)

    def _summary(self, counts: WindowCounts, now: datetime) -> Summary:
        minimum = self._settings.minimum_answers
        return Summary(as_of=now, minimum_answers=minimum, windows=(summarize_window(counts, minimum),))

    async def _split(self, tx: Tx, by: Dimension, main: SeriesCounts, window: Window) -> Breakdown:
        column = column_of(by)
        if column is not None:
            slices = await counting.slices(tx, main.series, window, column)
        elif by == "tag":
            slices = await counting.tag_slices(tx, main.series, window)
        else:
            slices = await counting.hour_slices(tx, main.series, window, self._settings.zone)
        return break_down(by, slices, main.now, scale_of(main.series), self._settings.minimum_answers)

    async def _comments(
        self, tx: Tx, look: Look, main: SeriesCounts | None, window: Window, where: Where
    ) -> Message:
        if main is None:
            return comments_page(look, 0, [])
        offset = look.view.page * COMMENTS_A_PAGE
        total, found = await explored.comments(tx, main.series, window, offset, COMMENTS_A_PAGE, where=where)
        return comments_page(look, total, [shown(each) for each in found])

    async def _conversations(
        self, tx: Tx, look: Look, main: SeriesCounts | None, window: Window, where: Where
    ) -> Message:
        if main is None:
            return conversations_page(look, 0, [])
        offset = look.view.page * CONVERSATIONS_A_PAGE
        found = await explored.conversations(
            tx, main.series, window, offset, CONVERSATIONS_A_PAGE, where=where
        )
        return conversations_page(look, sum(main.now.values()), [_line(each) for each in found])


def _line(found: AnsweredConversation) -> ConversationLine:
    line = ConversationLine(found.at, found.score, found.scale_name)
    if found.source != TOPIC_SOURCE:
        return replace(line, source=found.source, id=found.conversation_id)
    # the id of a conversation in the forum is the customer's pseudonym, which nobody needs to see
    if found.thread_id is None or found.forum_chat_id is None:
        return line
    forum = str(found.forum_chat_id).removeprefix("-100")
    return replace(line, link=f"https://t.me/c/{forum}/{found.thread_id}")


async def close_all(tx: Tx, now: datetime) -> None:
    """Every message that shows single answers goes back to its summary: somebody asked to be forgotten."""
    await views.drop_waiting(tx)
    await close_forgotten(tx, now, now)


async def close_forgotten(tx: Tx, before: datetime, now: datetime) -> None:
    """Every page that nobody has turned since an instant (``before``, included) goes back to its summary."""
    for view in await views.opened(tx):
        if view.pressed_at <= before:
            await views.want(tx, view.chat_id, view.message_id, view.token, "", None, now)
            await timers.start(tx, EXPLORE, f"{view.chat_id}:{view.message_id}", now)
