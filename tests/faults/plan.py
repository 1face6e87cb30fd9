"""What everybody does, by a seed: customers write, staff answer and close, a helpdesk reports, fingers tap."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp

from bot.playground.botapi import World
from tests.signing import ended, signed

ADA, OLGA = 900, 801
FORUM, STAFF = -1001000000001, -1001000000002
WRITERS = range(101, 107)  # they talk to support in the forum
REPORTED = range(201, 207)  # of them a helpdesk tells
CUSTOMERS = (*WRITERS, *REPORTED)


@dataclass(frozen=True)
class Tap:
    """One pressed button of a question. ``token`` is its invitation's, ``verb`` and ``value`` what it says."""

    update_id: int
    query_id: str
    token: str
    verb: str
    value: str


@dataclass
class Done:
    """What was done to the bot, and what it acknowledged."""

    said: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    answered: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    taps: list[Tap] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)  # webhook ids that got their 202


class Crowd:
    """Everybody, on one world. ``act`` is one thing that somebody does."""

    def __init__(self, world: World, port: int, seed: int, now: Callable[[], datetime]) -> None:
        self.done = Done()
        self._now = now
        self._world = world
        self._port = port
        self._dice = random.Random(seed)
        self._number = 0
        self._happened = world.subscribe()
        self._questions: dict[tuple[int, int], dict[str, Any]] = {}
        self._topics: dict[int, int] = {}

    def settle_in(self) -> None:
        """Everybody is there."""
        world = self._world
        world.add_person(ADA, "Ada")
        world.add_person(OLGA, "Olga")
        world.add_forum(FORUM, "Support", admins={ADA: None, OLGA: None})
        world.add_channel(STAFF, "Team", admins={ADA: None})
        for person in CUSTOMERS:
            world.add_person(person, f"Customer {person}", language_code="en")
            world.start(person)

    async def act_for(self, seconds: float, session: aiohttp.ClientSession) -> None:
        """Somebody does something every few milliseconds, for so long."""
        ends_at = asyncio.get_running_loop().time() + seconds
        async with asyncio.TaskGroup() as group:
            while asyncio.get_running_loop().time() < ends_at:
                await self._act(group, session)
                await asyncio.sleep(self._dice.uniform(0.002, 0.02))

    async def _act(self, group: asyncio.TaskGroup, session: aiohttp.ClientSession) -> None:
        self._look()
        what = self._dice.choices(
            ("write", "answer", "close", "report", "tap", "remark"), (4, 3, 3, 2, 6, 1)
        )[0]
        self._number += 1
        if what == "write":
            self._say(self._dice.choice(WRITERS))
        elif what == "remark":  # the comment, where one is waited for
            self._say(self._dice.choice(REPORTED))
        elif what == "report":
            person = self._dice.choice(REPORTED)
            group.create_task(self._report(person, f"c{self._number}", session))
        elif what == "tap":
            self._tap()
        elif self._topics:
            person = self._dice.choice(list(self._topics))
            topic = self._world.chat(FORUM).topics[self._topics[person]]
            if what == "close" and not topic.is_closed:
                self._world.close_topic(OLGA, FORUM, topic.thread_id)
            elif what == "answer":
                text = f"answer {self._number}"
                self._world.say(OLGA, FORUM, text, thread_id=topic.thread_id)
                self.done.answered[person].append(text)

    def _say(self, person: int) -> None:
        text = f"line {self._number}"
        self._world.say(person, person, text)
        self.done.said[person].append(text)

    async def _report(self, person: int, conversation: str, session: aiohttp.ClientSession) -> None:
        body = ended(person, self._now(), conversation=conversation)
        url = f"http://127.0.0.1:{self._port}/hooks/generic"
        try:
            async with session.post(url, data=body, headers=signed(body, id=conversation)) as response:
                if response.status == 202:
                    self.done.accepted.add(conversation)
        except (aiohttp.ClientError, TimeoutError):
            pass  # not acknowledged: the helpdesk would try again, and nothing was promised

    def _tap(self) -> None:
        """Mostly one of the newest questions; at times an old one, and at times twice."""
        if not self._questions:
            return
        chat, message_id = self._dice.choice(list(self._questions)[-12:])
        message = self._world.chat(chat).messages.get(message_id)
        if message is None:
            return
        buttons = [
            one["callback_data"]
            for row in message.get("reply_markup", {}).get("inline_keyboard", [])
            for one in row
            if one.get("callback_data", "").rpartition(":")[2][:1] in ("v", "r", "c")
        ]
        if buttons:
            data = self._dice.choice(buttons)
            for _ in range(self._dice.choice((1, 1, 1, 2))):
                query_id = self._world.press(chat, chat, message_id, data)
                update_id = self._world.updates.pending()[-1].update_id
                _, token, said = data.split(":")
                self.done.taps.append(Tap(update_id, query_id, token, said[0], said[1:]))

    def _look(self) -> None:
        while not self._happened.empty():
            event = self._happened.get_nowait()
            message = event.get("message", {})
            if event["type"] == "message" and "s1:" in str(message.get("reply_markup", "")):
                self._questions[event["chat_id"], message["message_id"]] = message
            elif event["type"] == "message" and message.get("text", "").startswith("line "):
                self._see_line(event["chat_id"], message)

    def _see_line(self, chat: int, message: dict[str, Any]) -> None:
        """Staff answer where a customer has spoken.

        A topic that stays empty is nobody's: nobody knows whether it was made when the bot died, so it makes another.
        """
        thread_id = message.get("message_thread_id")
        if chat == FORUM and thread_id is not None:
            name = self._world.chat(FORUM).topics[thread_id].name
            self._topics[int(name.rpartition(" ")[2])] = thread_id
