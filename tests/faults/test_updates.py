"""Updates that come again, several at once, and older ones after newer ones, by webhook: each has its effect once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from pydantic import SecretStr

from tests.stage import EMMA, FORUM, Stage, button, said, stage

SECRET = "only-telegram-knows"
Update = dict[str, Any]


@pytest.fixture
async def s(unused_tcp_port: int) -> AsyncIterator[Stage]:
    telegram = {
        "mode": "webhook",
        "webhook_url": f"http://127.0.0.1:{unused_tcp_port}",
        "webhook_secret": SecretStr(SECRET),
    }
    async with stage(telegram=telegram, http={"port": unused_tcp_port}, summary={"live": False}) as on:
        yield on


class Post:
    """Takes updates away from Telegram and brings them by hand."""

    def __init__(self, s: Stage) -> None:
        self._s = s

    def line(self, text: str) -> Update:
        """Emma writes."""
        self._s.world.say(EMMA, EMMA, text)
        return self._taken()

    def tap(self, question: Any, verb: str) -> Update:
        """Emma taps."""
        self._s.world.press(EMMA, EMMA, question["message_id"], button(question, verb))
        return self._taken()

    def _taken(self) -> Update:
        newest = self._s.world.updates.pending()[-1]
        self._s.world.updates.forget(newest.update_id)
        return newest.update

    async def bring(self, *updates: Update) -> list[int]:
        """All at once; how each was answered."""
        url = f"http://127.0.0.1:{self._s.app.http_port}{urlsplit(self._s.world.webhook.url).path}"
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        async with aiohttp.ClientSession() as session:

            async def post(update: Update) -> int:
                async with session.post(url, json=update, headers=headers) as answer:
                    await answer.read()
                    return answer.status

            found = await asyncio.gather(*(post(update) for update in updates))
        await self._s.settle()
        return found


async def test_taps_that_come_again_and_after_newer_ones_count_once_and_the_newest_stays(s: Stage) -> None:
    question = await s.asked()
    post = Post(s)
    taps = [post.tap(question, verb) for verb in ("v2", "v1", "v5")]
    for tap in taps:
        assert await post.bring(tap) == [200]
    again = [*taps * 3]
    random.Random(1).shuffle(again)
    assert await post.bring(*again) == [200] * 9
    events = await s.rows("SELECT update_id, value FROM response_event WHERE kind='tap' ORDER BY update_id")
    assert [(row["update_id"], row["value"]) for row in events] == [
        (tap["update_id"], value) for tap, value in zip(taps, "215", strict=True)
    ]
    assert (await s.row("SELECT score FROM invitation"))["score"] == 5
    assert "now: 5 😄" in said(s.last(EMMA))


async def test_lines_that_come_again_and_after_newer_ones_are_passed_on_once(s: Stage) -> None:
    post = Post(s)
    lines = [post.line(f"line {number}") for number in range(6)]
    for line in lines:
        assert await post.bring(line, line, line) == [200] * 3
    again = [*lines * 2]
    random.Random(2).shuffle(again)
    assert await post.bring(*again) == [200] * 12
    shown = [text for text in s.texts(FORUM, s.topic_of("Emma Clarke")) if text.startswith("line ")]
    assert shown == [f"line {number}" for number in range(6)]


async def test_updates_that_overtake_each_other_are_all_there_in_the_order_in_which_they_came(
    s: Stage,
) -> None:
    question = await s.asked()
    post = Post(s)
    older, newer = post.tap(question, "v2"), post.tap(question, "v4")
    first, second = post.line("first"), post.line("second")
    for update in (newer, older, second, first):
        assert await post.bring(update) == [200]
    events = await s.rows("SELECT value FROM response_event WHERE kind='tap' ORDER BY id")
    assert [row["value"] for row in events] == ["4", "2"]
    assert (await s.row("SELECT score FROM invitation"))["score"] == 2
    shown = s.texts(FORUM, s.topic_of("Emma Clarke"))
    assert [text for text in shown if text in ("first", "second")] == ["second", "first"]
