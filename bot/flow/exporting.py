"""``/export``: all answers as a file, for admins; and the copying itself, which the command line shares."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

import structlog

from bot.domain.errors import ChannelError, ExportError
from bot.domain.texts import Texts
from bot.flow.export_columns import columns, row_of
from bot.flow.export_rows import CsvRows, JsonRows, Rows
from bot.flow.orders import Order, Orders
from bot.flow.ports import Channel, Upload
from bot.store import episodes
from bot.store.engine import Store, Tx
from bot.store.episodes import Episode
from bot.store.outbox import Letter, post
from bot.store.timers import Timer

log = structlog.get_logger(__name__)

EXPORT = "export"  # the timer
MOST_EPISODES = 150_000  # what one job can write in its time; the command line knows no limit
LARGEST_FILE = 50_000_000  # bytes; a bot may send 50 MB (Bot API: "Sending files")
_PAGE = 500
_WORTH_SAYING = 5_000  # fewer are there before anybody has read that they will be
_IN_MEMORY = 4_000_000  # bytes; more goes to disk while it grows
_FORMATS = ("csv", "jsonl", "xlsx")
_WITH_COMMENTS = "comments"

Sheet = Callable[[BinaryIO, Sequence[str]], AbstractContextManager[Rows]]


async def copy_rows(store: Store, rows: Rows, *, with_comments: bool) -> int:
    """Write every episode to ``rows``, page by page; how many. Each page is a snapshot of its own."""
    last_id, count = 0, 0

    async def page(tx: Tx) -> list[Episode]:
        return await episodes.episodes_after(tx, last_id, _PAGE, with_comments=with_comments)

    while found := await store.read(page):
        for episode in found:
            rows.write(row_of(episode, with_comments=with_comments))
        last_id = found[-1].id
        count += len(found)
    return count


@dataclass(frozen=True)
class _Wanted:
    format: str
    with_comments: bool


class Exporter:
    """The job ``export``. The file is sent straight from here: the outbox would keep it in the database meanwhile.

    ``sheet`` makes an Excel workbook out of rows; it raises ExportError where it cannot.
    """

    def __init__(
        self, store: Store, channel: Channel, orders: Orders, texts: Texts, zone: ZoneInfo, sheet: Sheet
    ) -> None:
        self._store = store
        self._channel = channel
        self._orders = orders
        self._texts = texts
        self._zone = zone
        self._sheet = sheet

    async def ordered(self, timer: Timer, now: datetime) -> None:
        """Send the file to where it was asked for, or say why not."""
        order = await self._orders.read(timer, now)
        if order is None:
            return
        wanted = _wanted(order.words)
        if wanted is None:
            await self._say(order, self._texts("admin.export.usage"), now)
            return
        n = await self._store.read(episodes.count)
        if n > MOST_EPISODES:
            await self._say(order, self._texts.plural("admin.export.too_large", n), now)
            return
        if n >= _WORTH_SAYING:
            await self._say(order, self._texts.plural("admin.export.begun", n), now)
        await self._announce(order)
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            try:
                count = await self._write(file, wanted)  # type: ignore[arg-type]  # it is a binary file
            except ExportError:
                await self._say(order, self._texts("admin.export.no_excel"), now)
                return
            if file.tell() > LARGEST_FILE:
                await self._say(order, self._texts.plural("admin.export.too_large", count), now)
                return
            file.seek(0)
            await self._send(order, wanted, count, await asyncio.to_thread(file.read), now)

    async def _announce(self, order: Order) -> None:
        where = {"chat_id": order.to.chat_id, "action": "upload_document"}
        try:
            await self._channel.call("sendChatAction", where)
        except ChannelError as error:
            log.info("export.unannounced", reason=error.reason)

    async def _write(self, file: BinaryIO, wanted: _Wanted) -> int:
        names = columns(with_comments=wanted.with_comments)
        if wanted.format == "xlsx":
            with self._sheet(file, names) as sheet:
                count = await copy_rows(self._store, sheet, with_comments=wanted.with_comments)
            file.seek(0, io.SEEK_END)
            return count
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        rows: Rows = JsonRows(text) if wanted.format == "jsonl" else CsvRows(text, names)
        count = await copy_rows(self._store, rows, with_comments=wanted.with_comments)
        text.flush()
        text.detach()
        return count

    async def _send(self, order: Order, wanted: _Wanted, count: int, content: bytes, now: datetime) -> None:
        lines = [self._texts.plural("admin.export.done", count, moment=self._texts.moment(now, self._zone))]
        if wanted.with_comments:
            lines.append(self._texts("admin.export.with_words"))
        parameters = {"chat_id": order.to.chat_id, "caption": "\n".join(lines)}
        if order.to.thread_id is not None:
            parameters["message_thread_id"] = order.to.thread_id
        name = f"answers-{now.astimezone(self._zone):%Y-%m-%d}.{wanted.format}"
        try:
            await self._channel.call("sendDocument", parameters, Upload("document", name, content))
        except ChannelError as error:
            if not error.is_permanent and not error.is_unknown:
                raise  # surely not sent: the timer comes again
            log.warning("export.not_sent", reason=error.reason, error=str(error))
            if error.is_permanent:
                await self._say(order, self._texts("admin.export.not_sent"), now)
            return
        log.info("export.sent", episodes=count, bytes=len(content))

    async def _say(self, order: Order, text: str, now: datetime) -> None:
        letter = Letter("reply", "sendMessage", {"text": text, "parse_mode": "HTML"}, order.to)
        await self._store.write(lambda tx: post(tx, letter, now))


def _wanted(words: Sequence[str]) -> _Wanted | None:
    """``/export [csv|jsonl|xlsx] [comments]``; ``None``: something else was written."""
    left = [word.lower() for word in words]
    with_comments = _WITH_COMMENTS in left
    formats = [word for word in left if word != _WITH_COMMENTS]
    if len(formats) > 1 or any(word not in _FORMATS for word in formats) or len(left) > len(set(left)):
        return None
    return _Wanted(formats[0] if formats else "csv", with_comments)
