"""The whole bot on a stage: real HTTP to the stand-in, a real database, a clock that stands still until it is moved."""

from __future__ import annotations

import contextlib
import io
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from bot.config import Settings, TriggerSettings, load_pepper
from bot.domain.durations import parse_duration
from bot.domain.errors import StoreError
from bot.playground import cast
from bot.playground.botapi.stage import ANONYMOUS_ADMIN
from bot.playground.play import Playground
from bot.store import soundness
from bot.store.engine import Row
from bot.store.respondents import Pseudonyms

EMMA, LIN, LAYLA, NOAH = 101, 102, 103, 104
OLGA, BEN = cast.AGENTS
ADA = cast.ADMIN
FORUM, CHANNEL = cast.FORUM, cast.STAFF
TEAM, ELSEWHERE = -1001000000003, -1001000000004  # a group of staff; a group that no setting names
STRANGER = 950  # in the group elsewhere, never met the bot
ANONYMOUS = ANONYMOUS_ADMIN["id"]
WEDNESDAY = datetime(2026, 11, 25, 10, tzinfo=UTC)

Message = Mapping[str, Any]
Changes = Mapping[str, Mapping[str, Any] | list[TriggerSettings]]


class Stage(Playground):
    """The playground for tests. ``changes``: settings by section that differ from the playground's."""

    def __init__(
        self,
        changes: Changes,
        *,
        language: str = "en",
        start: datetime = WEDNESDAY,
        is_production: bool = False,
    ) -> None:
        super().__init__(language=language, start=start, is_running=False)
        self.changes = dict(changes)
        self._is_production = is_production

    @property
    def settings(self) -> Settings:
        """The playground's settings with the changes."""
        settings = super().settings
        sections = {
            name: list(keys)
            if isinstance(keys, list)
            else getattr(settings, name).model_copy(update=dict(keys))
            for name, keys in self.changes.items()
        }
        return settings.model_copy(update=sections)

    async def _start_bot(self) -> None:
        if TEAM not in self.world.chats:
            self.world.add_person(STRANGER, "Mallory", language_code="en")
            self.world.add_group(TEAM, "Team", admins={ADA: None}, members=[OLGA])
            self.world.add_group(ELSEWHERE, "Elsewhere", admins={STRANGER: None}, members=[ADA])
        await super()._start_bot()

    async def stop_bot(self) -> None:
        """The bot stops; its database and the world stay."""
        await self._bot_life.aclose()

    async def start_bot(self) -> None:
        """The bot starts again on the same database."""
        await self._start_bot()

    async def settle(self) -> None:
        """Let a second pass, as after everything that people do: budgets hold letters back for less."""
        await self.move(timedelta(seconds=1))

    async def after(self, span: str) -> None:
        """Time passes, stopping wherever something is due."""
        await self.move(parse_duration(span))

    async def say(
        self, person: int, text: str, chat: int | None = None, topic: int | None = None, **how: Any
    ) -> Message:
        """Somebody writes: privately to the bot, or in ``chat``."""
        said = self.world.say(person, person if chat is None else chat, text, thread_id=topic, **how)
        await self.settle()
        return said

    async def press(self, person: int, message: Message, data: str, *, forged: bool = False) -> str:
        """Somebody presses the button whose data is, or ends in, ``data``; what their toast says."""
        chat = message["chat"]["id"]
        if not forged:
            data = button(self.world.message(chat, message["message_id"]), data)
        query = self.world.press(person, chat, message["message_id"], data, forged=forged)
        await self.settle()
        return self.toast(query)

    def toast(self, query: str) -> str:
        """What the answer to a pressed button says; fails where there was none."""
        answers = [
            call.params
            for call in self.world.calls
            if call.method == "answerCallbackQuery" and call.params["callback_query_id"] == query
        ]
        assert len(answers) == 1, "every press is answered, once"
        return str(answers[0].get("text", ""))

    def messages(self, chat: int, topic: int | None = None) -> list[Message]:
        """What a chat, or one topic of it, shows now; service messages left out."""
        shown = self.world.messages(chat) if topic is None else self.world.messages(chat, topic)
        return [message for message in shown if said(message) or "photo" in message or "document" in message]

    def texts(self, chat: int, topic: int | None = None) -> list[str]:
        """The texts and captions of a chat, or of one topic, as they are shown now."""
        return [said(message) for message in self.messages(chat, topic)]

    def last(self, chat: int, topic: int | None = None) -> Message:
        """The newest message."""
        return self.messages(chat, topic)[-1]

    def topic_of(self, name: str) -> int:
        """The thread of the customer with this name."""
        return next(int(one["thread_id"]) for one in self.world.topics(FORUM) if one["name"] == name)

    async def conversation(
        self, person: int = EMMA, name: str = "Emma Clarke", *, text: str = "My invoice is wrong."
    ) -> int:
        """A customer writes, Olga answers and closes the topic; its thread."""
        await self.say(person, text)
        topic = self.topic_of(name)
        await self.say(OLGA, "Let me look.", FORUM, topic)
        await self.close(topic)
        return topic

    async def close(self, topic: int, person: int = OLGA) -> None:
        """Staff close a topic."""
        self.world.close_topic(person, FORUM, topic)
        await self.settle()

    async def asked(self, person: int = EMMA, name: str = "Emma Clarke") -> Message:
        """A conversation, its end, the delay: the question."""
        await self.conversation(person, name)
        await self.after("5s")
        question = self.last(person)
        assert buttons(question), said(question)
        return question

    async def hook(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """POST to the generic source; the status and what came back."""
        url = f"http://127.0.0.1:{self.app.http_port}/hooks/generic"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=io.BytesIO(body), headers=headers) as response,
        ):
            answer = await response.json()
        await self.settle()
        return response.status, answer

    async def rows(self, sql: str, **parameters: Any) -> list[Row]:
        """What a query finds in the bot's database."""
        return await self.app.store.read(lambda tx: tx.all(sql, **parameters))

    async def row(self, sql: str, **parameters: Any) -> Row:
        """The only row that a query finds."""
        [row] = await self.rows(sql, **parameters)
        return row

    def key(self, person: int) -> str:
        """A person's pseudonym."""
        return Pseudonyms(load_pepper(self.settings)).key(person)


@contextlib.asynccontextmanager
async def stage(
    *,
    language: str = "en",
    start: datetime = WEDNESDAY,
    is_production: bool = False,
    **changes: Mapping[str, Any] | list[TriggerSettings],
) -> AsyncIterator[Stage]:
    """A stage: ``stage(survey={"cooldown": timedelta(0)})``. Afterwards every call of the bot fitted the Bot API,
    and its database agrees with itself.
    """
    on = Stage(changes, language=language, start=start, is_production=is_production)
    async with on:
        yield on
        assert on.world.violations == []
        with contextlib.suppress(StoreError):  # a bot that the test has stopped has no store to ask
            assert await on.app.store.read(lambda tx: soundness.flaws(tx, on.clock.now())) == []


def said(message: Message) -> str:
    """The text or caption of a message."""
    return str(message.get("text") or message.get("caption") or "")


def buttons(message: Message) -> list[str]:
    """The labels of a message's inline buttons."""
    return [one["text"] for row in _rows(message) for one in row]


def button(message: Message, ending: str) -> str:
    """The data of the one button whose data ends in ``ending``: ``v4``, ``rwait``, ``c``, ``k``, ``x``, ``u``."""
    found = [one["callback_data"] for row in _rows(message) for one in row]
    fitting = [data for data in found if data == ending or data.rsplit(":", 1)[-1] == ending]
    assert len(fitting) == 1, f"{ending!r} of {found}"
    return str(fitting[0])


def _rows(message: Message) -> list[list[dict[str, Any]]]:
    rows: list[list[dict[str, Any]]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return rows
