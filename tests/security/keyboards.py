"""Finds every button that the bot ever shows, by pressing what it finds, so that no list of them has to be kept."""

from __future__ import annotations

import ast
import importlib
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import bot.flow
from bot.domain.buttons import ButtonData, parse_button
from bot.flow.rights import FORGET
from bot.store.engine import Tx
from handlers.commands import STAFF_COMMANDS
from tests.flow.answer_rows import Row, write
from tests.security.cast import MAX, SUE
from tests.stage import ADA, EMMA, FORUM, OLGA, TEAM, Message, Stage

QUESTION = "question"  # what the buttons of a question are about, for which there is no row
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Key:
    """One button as it is shown: where, what it carries, and what it is about (``StaffButton.action``)."""

    chat: int
    message: int
    data: str
    action: str

    @property
    def button(self) -> ButtonData:
        """What its data says."""
        button = parse_button(self.data)
        assert button is not None
        return button

    @property
    def wish(self) -> str:
        """Its data without the token: what would be done to whatever the token names."""
        return self.data.rsplit(":", 1)[-1]

    def forged(self, wish: str) -> Key:
        """The same token with another wish."""
        head = self.data.rsplit(":", 1)[0]
        return Key(self.chat, self.message, f"{head}:{wish}", self.action)


def actions_in_the_source() -> set[str]:
    """Whatever a ``StaffButton`` is made about, anywhere in the steps."""
    found = set()
    for path in sorted(Path(bot.flow.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "StaffButton"
            ):
                action = node.args[1]
                assert isinstance(action, ast.Name), f"{path.name}: what a button is about has a name"
                found.add(str(getattr(importlib.import_module(f"bot.flow.{path.stem}"), action.id)))
    return found


async def shown(s: Stage) -> list[Key]:
    """Every button that any chat shows now."""
    about = {row["token"]: row["action"] for row in await s.rows("SELECT token, action FROM staff_button")}
    keys = []
    for chat in s.world.chats.values():
        for message in chat.messages.values():
            for data in _data(message):
                button = parse_button(data)
                assert button is not None, data
                action = QUESTION if button.kind == "s1" else about.get(button.token)
                if action is not None:  # else its row has done its work
                    keys.append(Key(chat.id, message["message_id"], data, action))
    return keys


def _data(message: Message) -> Iterator[str]:
    for row in message.get("reply_markup", {}).get("inline_keyboard", []):
        for one in row:
            yield one["callback_data"]


async def lived(s: Stage) -> None:
    """Answers as usual, then a drop that is told; Emma's conversation ended twice; admins were busy."""
    now = s.clock.now()

    async def past(tx: Tx) -> None:
        for place in range(210):
            score = (2, 3, 4, 4, 4, 5, 5, 5, 5, 5)[place % 10]
            await write(tx, Row(now - (220 - place) * HOUR, score, team=("a", "b")[place % 2]), place)

    await s.app.store.write(past)
    for _ in range(9):
        await s.close_in_helpdesk(EMMA)
        await s.after("5s")
        [five] = [
            key for key in await shown(s) if key.message == s.last(EMMA)["message_id"] and key.wish == "v1"
        ]
        await s.press(EMMA, s.last(EMMA), five.wish)
    await s.after("3m")
    for text in ("My invoice is wrong.", "And my address."):
        await s.conversation(EMMA, text=text)
        await s.after("5s")
    for number in range(12):
        await s.say(ADA, "/pause" if number % 2 == 0 else "/resume", TEAM)


async def all_keyboards(s: Stage) -> None:
    """Everybody asks for every keyboard that they may have, each in their places."""
    topic = s.topic_of("Emma Clarke")
    for name, rule in STAFF_COMMANDS.items():
        if name in ("done", "ask", "export", "simulate", "id", "answered"):
            continue  # their answers carry no button; that they do not is looked at in the tests
        words = " generic" if name == "trigger" else ""
        if name == "why":
            s.world.say(OLGA, FORUM, "/why", thread_id=topic)
            continue
        if "staff_chat" in rule.places:
            s.world.say(ADA, TEAM, f"/{name}{words}")
        if "private" in rule.places:
            s.world.say(MAX, MAX, f"/{name}{words}")
            if rule.audience == "staff":
                s.world.say(SUE, SUE, f"/{name}{words}")
    s.world.say(EMMA, EMMA, "/forget_me")
    await s.after("5s")


async def crawl(s: Stage) -> AsyncIterator[tuple[Key, str]]:
    """Whoever may press presses one button of each kind until none is new: each with its toast, as it is pressed."""
    done: set[tuple[str, str]] = set()
    while True:
        for key in await shown(s):
            if key.chat in (MAX, SUE) or (key.action, key.button.verb) in done:
                continue
            if (key.action, key.wish) == (FORGET, "y"):
                continue  # nothing would be left to press
            done.add((key.action, key.button.verb))
            person = EMMA if key.chat == EMMA else ADA
            toast = await s.press(person, s.world.message(key.chat, key.message), key.data)
            yield key, toast
            break
        else:
            return


def newest(keys: Iterable[Key]) -> dict[tuple[int, str], Key]:
    """One button for each chat and thing that buttons are about: the newest message's."""
    return {(key.chat, key.action): key for key in sorted(keys, key=lambda key: key.message)}
