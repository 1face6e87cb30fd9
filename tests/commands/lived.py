"""A bot that runs, with a few answers in its database: what ``summary`` and ``export`` read beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.adapters.clock import SystemClock
from bot.playground import cast
from bot.playground.play import Playground
from tests.settings_file import written

EMMA, XIAO, LEILA = (customer.id for customer in cast.CUSTOMERS[:3])
FORMULA, COMMENT = '=HYPERLINK("x")', '-2+3 I <had> to "repeat"\nmyself; see 你好 https://t.me/emma_c'


@dataclass
class Lived:
    """``playground`` still runs; ``config`` is a settings file for the same database."""

    playground: Playground
    config: Path


@asynccontextmanager
async def an_hour_ago(folder: Path) -> AsyncIterator[Lived]:
    """Emma found it hard, tapped a reason and commented; Xiao found it easy; nobody is known for the third episode."""
    start = SystemClock().now().replace(microsecond=0) - timedelta(hours=1)
    async with Playground(start=start, is_running=False) as playground:
        await playground.close_in_helpdesk(EMMA, team=FORMULA, tags=["@refund", "a|b"], customer_messages=6)
        await playground.close_in_helpdesk(XIAO, team="billing")
        await playground.close_in_helpdesk(1, resolved_by="bot")
        await playground.move(timedelta(minutes=6))
        await press(playground, EMMA, "v2")
        await press(playground, XIAO, "v5")
        await press(playground, EMMA, "rrepeat")
        await press(playground, EMMA, "c")
        playground.world.say(EMMA, EMMA, COMMENT)
        await playground.move(timedelta(minutes=3))
        database = playground.settings.sqlite_path()
        assert database is not None
        summary = '[summary]\nminimum_answers = 1\nwindows = ["24h"]\n'
        config = written(folder, f'{summary}[database]\nurl = "sqlite:///{database}"\n')
        yield Lived(playground, config)


async def press(playground: Playground, person_id: int, verb: str) -> None:
    """Press the newest button that means ``verb`` (``v2``, ``rrepeat``, ``c``) and let everything settle."""
    for message in reversed(playground.world.messages(person_id)):
        for row in message.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if button.get("callback_data", "").split(":")[2:] == [verb]:
                    playground.world.press(
                        person_id, person_id, message["message_id"], button["callback_data"]
                    )
                    await playground.move(timedelta(seconds=5))
                    return
    raise AssertionError(f"no button means {verb}")
