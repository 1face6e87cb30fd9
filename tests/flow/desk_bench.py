"""A support desk on a bench: the real relay, store, sender and catalogues; Telegram is a list of calls with answers."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.catalogues import Catalogues
from bot.adapters.clock import RandomTokens, TravelClock
from bot.domain.errors import ChannelError
from bot.domain.events import ConversationEnded
from bot.flow.budgets import Budgets
from bot.flow.chats import ChatBook
from bot.flow.desk import Desk
from bot.flow.outbox import Sender
from bot.flow.ports import Upload
from bot.flow.ringing import RingingStore
from bot.flow.timers import TimerLoop
from bot.store import desk as topics
from bot.store import respondents
from bot.store.desk import DeskTopic
from bot.store.engine import Tx
from bot.store.opening import OpenStore
from bot.store.respondents import Pseudonyms
from handlers.support import Support

FORUM, STAFF = -1001, -1002
EMMA, OLGA, IVAN, BOT = 71, 81, 82, 999
Json = dict[str, Any]


class Telegram:
    """Answers as the Bot API does when all is well, or as a test put into ``refuses``; ``meanwhile`` comes first."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Json]] = []
        self.refuses: dict[str, list[ChannelError]] = defaultdict(list)
        self.meanwhile: dict[str, Callable[[], Awaitable[None]]] = {}
        self._ids = 5000
        self._threads = 100

    async def call(self, method: str, payload: Mapping[str, Any], upload: Upload | None = None) -> Any:
        self.calls.append((method, dict(payload)))
        if method in self.meanwhile:
            await self.meanwhile.pop(method)()
        if self.refuses[method]:
            raise self.refuses[method].pop(0)
        if method == "createForumTopic":
            self._threads += 1
            return {"message_thread_id": self._threads, "name": payload["name"]}
        if method == "copyMessages":
            return [{"message_id": self._next()} for _ in payload["message_ids"]]
        if method.startswith(("send", "copy")):
            return {"message_id": self._next()}
        return True

    def _next(self) -> int:
        self._ids += 1
        return self._ids

    def made(self, *methods: str) -> list[Json]:
        """The calls of these methods, in order."""
        return [payload for method, payload in self.calls if method in methods]

    def said(self, chat_id: int) -> list[str]:
        """The texts that went to a chat."""
        return [payload["text"] for payload in self.made("sendMessage") if payload["chat_id"] == chat_id]


class Ledger:
    """Stands where intake stands, and writes down what it hears."""

    def __init__(self) -> None:
        self.ends: list[ConversationEnded] = []
        self.resumed: list[str] = []
        self.lost: list[str] = []
        self.is_waiting = False

    async def ended(self, tx: Tx, event: ConversationEnded, now: datetime) -> None:
        self.ends.append(event)

    async def goes_on(self, tx: Tx, source: str, conversation_id: str, now: datetime) -> None:
        self.resumed.append(conversation_id)

    async def waits_to_ask(self, tx: Tx, source: str, conversation_id: str) -> bool:
        return self.is_waiting

    async def unreachable(self, tx: Tx, customer_key: str, now: datetime) -> None:
        self.lost.append(customer_key)


class Bench:
    """One desk with its loops running. ``customer`` and ``staff`` write; then everything is let settle."""

    def __init__(self, store: OpenStore, clock: TravelClock, *, forum: int | None, budgets: Budgets) -> None:
        self.clock = clock
        self.telegram = Telegram()
        self.ledger = Ledger()
        self.catalogues = Catalogues.load()
        self.chats = ChatBook(
            staff=STAFF, support_forum=forum, alerts=None, admins=frozenset(), tells_hard_answers=False
        )
        self.pseudonyms = Pseudonyms(b"pepper")
        self.texts = self.catalogues.of("en")
        self.desk = Desk(self.ledger, self.chats, self.texts, self.catalogues)
        self.support = Support(self.desk, self.chats, self.pseudonyms)
        self._raw_store = store
        self.store = RingingStore(store, self._ring)
        tokens = RandomTokens()
        self.sender = Sender(self.store, clock, self.telegram, self.desk.kinds(), budgets, tokens)
        steps = {"live_location": self.desk.live_location_ended}
        self.timers = TimerLoop(self.store, clock, tokens, steps, {})
        self._message_ids: dict[int, int] = defaultdict(int)

    def _ring(self) -> None:
        self.sender.ring()
        self.timers.ring()

    async def settle(self) -> None:
        """Return when every loop sleeps."""
        quiet = 0
        while quiet < 3:
            await asyncio.sleep(0)
            quiet = 0 if self.clock.busy() else quiet + 1

    async def later(self, seconds: float) -> None:
        """Let time pass, from due time to due time."""
        end = self.clock.now() + timedelta(seconds=seconds)
        await self.settle()
        while (due := self.clock.next_due()) is not None and due <= end:
            self.clock.move_to(max(due, self.clock.now() + timedelta(milliseconds=1)))
            await self.settle()
        self.clock.move_to(end)
        await self.settle()

    @property
    def key(self) -> str:
        """Emma's pseudonym."""
        return self.pseudonyms.key(EMMA)

    async def topic(self) -> DeskTopic:
        """Emma's topic."""
        found = await self._raw_store.read(lambda tx: topics.topic_of(tx, self.key))
        assert found is not None
        return found

    async def thread(self) -> int:
        """Emma's thread."""
        thread_id = (await self.topic()).thread_id
        assert thread_id is not None
        return thread_id

    async def respondent(self) -> respondents.Respondent:
        """Emma, as she stands in the books."""
        found = await self._raw_store.read(lambda tx: respondents.by_key(tx, self.key))
        assert found is not None
        return found

    async def customer(
        self, text: str | None = None, *, edit_of: int | None = None, settle: bool = True, **fields: Any
    ) -> int:
        """Emma writes (or edits); the message's id."""
        person = {
            "id": EMMA,
            "is_bot": False,
            "first_name": "Emma",
            "last_name": "<3",
            "language_code": "en-GB",
        }
        message = self._message(EMMA, "private", person, text, edit_of, fields)

        async def op(tx: Tx) -> None:
            await respondents.seen(tx, self.key, EMMA, "en-GB", self.clock.now())
            await self.support.customer_message(tx, message, self.clock.now(), edit_of is not None)

        await self._hear(op, settle)
        return int(message["message_id"])

    async def staff(
        self,
        text: str | None = None,
        *,
        person: int = OLGA,
        edit_of: int | None = None,
        thread: int | None = None,
        settle: bool = True,
        **fields: Any,
    ) -> int:
        """Staff write in Emma's topic (or in ``thread``)."""
        thread = await self.thread() if thread is None else thread
        sender = {"id": person, "is_bot": person == BOT, "first_name": f"Staff {person}"}
        place = {"message_thread_id": thread, "is_topic_message": True}
        message = self._message(FORUM, "supergroup", sender, text, edit_of, {**place, **fields})

        async def op(tx: Tx) -> None:
            await self.support.forum_message(tx, message, self.clock.now(), edit_of is not None)

        await self._hear(op, settle)
        return int(message["message_id"])

    async def done(self, person: int = OLGA) -> None:
        """``/done``, and the service message that Telegram sends about the closing."""
        place = {"message_thread_id": await self.thread(), "is_topic_message": True}
        message = self._message(FORUM, "supergroup", {"id": person, "is_bot": False}, "/done", None, place)
        closings = len(self.telegram.made("closeForumTopic"))

        async def op(tx: Tx) -> None:
            await self.support.done(tx, message, self.clock.now())

        await self._hear(op, True)
        if len(self.telegram.made("closeForumTopic")) > closings:
            await self.close(person=BOT)

    async def close(self, person: int = OLGA, **fields: Any) -> None:
        """The topic is closed."""
        await self.staff(person=person, forum_topic_closed={}, **fields)

    async def member(self, status: str, chat_id: int = EMMA, kind: str = "private", **rights: bool) -> None:
        """``my_chat_member``."""
        change = {
            "chat": {"id": chat_id, "type": kind},
            "new_chat_member": {"status": status, **rights},
        }

        async def op(tx: Tx) -> None:
            await self.support.membership(tx, change, self.clock.now())

        await self._hear(op, True)

    async def write(self, op: Callable[[Tx], Any]) -> None:
        """Run ``op`` in a transaction and let everything settle."""
        await self._hear(op, True)

    async def _hear(self, op: Callable[[Tx], Any], settle: bool) -> None:
        await self.store.write(op)
        if settle:
            await self.settle()

    def _message(
        self, chat_id: int, kind: str, person: Json, text: str | None, edit_of: int | None, fields: Json
    ) -> Json:
        self._message_ids[chat_id] += 1
        message: Json = {
            "message_id": self._message_ids[chat_id] if edit_of is None else edit_of,
            "date": int(self.clock.now().timestamp()),
            "chat": {"id": chat_id, "type": kind},
            "from": person,
            **fields,
        }
        if text is not None:
            message["text"] = text
            if text.startswith("/") and not text.startswith("//"):
                command = text.split()[0]
                message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(command)}]
        return message


@asynccontextmanager
async def bench_on(
    store: OpenStore, clock: TravelClock, *, forum: int | None = FORUM, budgets: Budgets | None = None
) -> AsyncIterator[Bench]:
    """A desk with its loops running."""
    desk = Bench(
        store, clock, forum=forum, budgets=budgets or Budgets(per_group_minute=1000, per_second=1000)
    )
    loops = [asyncio.create_task(desk.sender.run()), asyncio.create_task(desk.timers.run())]
    try:
        await desk.settle()
        yield desk
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


def refusal(reason: str, said: str = "Bad Request: no") -> ChannelError:
    """What the Bot API says when it will never do it."""
    return ChannelError(said, reason=reason, is_permanent=True)
