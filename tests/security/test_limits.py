"""Nobody can make the bot work without end: commands by chat, webhooks by source, bodies by size."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import aiohttp

from bot.flow.rates import Rate
from tests.signing import ended, signed
from tests.stage import EMMA, LIN, WEDNESDAY, Stage, stage

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)


async def test_commands_beyond_the_limit_of_a_chat_are_dropped_and_nobody_else_notices() -> None:
    async with stage(limits={"commands_per_minute": 5}) as s:
        s.world.start(EMMA)
        s.world.start(LIN)
        await s.after("1m")
        before = len(s.messages(EMMA))
        for _ in range(20):
            s.world.say(EMMA, EMMA, "/my_data")
        s.world.say(EMMA, EMMA, "My invoice is wrong.")
        s.world.say(LIN, LIN, "/my_data")
        await s.after("10s")
        answers = [one for one in s.messages(EMMA)[before:] if one.get("from", {}).get("is_bot")]
        assert len(answers) == 5
        assert "My invoice is wrong." in s.texts(EMMA), "words are never dropped"
        assert s.topic_of("Emma Clarke")
        assert s.messages(LIN)[-1].get("from", {}).get("is_bot")
        await s.after("1m")
        await s.say(EMMA, "/my_data")
        assert s.last(EMMA).get("from", {}).get("is_bot")


async def test_a_source_that_floods_is_told_when_to_come_again_and_loses_nothing() -> None:
    async with stage(limits={"hooks_per_second": 3}) as s:
        statuses = [await post(s, f"c{number}") for number in range(5)]
        assert statuses == [202, 202, 202, 429, 429]
        assert [await post(s, f"bad{number}", secret_is_right=False) for number in range(5)] == [401] * 5
        await s.after("1s")
        assert await post(s, "c3") == 202
        known = {row["key"] for row in await s.rows("SELECT key FROM delivery WHERE source='generic'")}
        assert known == {"c0", "c1", "c2", "c3"}


async def post(s: Stage, name: str, *, secret_is_right: bool = True) -> int:
    """One delivery, without the second that passes after it."""
    body = ended(EMMA, WEDNESDAY, conversation=name)
    headers = signed(body, id=name)
    if not secret_is_right:
        headers["webhook-signature"] = "v1,AAAA"
    url = f"http://127.0.0.1:{s.app.http_port}/hooks/generic"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=io.BytesIO(body), headers=headers) as response,
    ):
        return response.status


def test_a_burst_then_a_steady_rate_for_each_key_by_itself() -> None:
    rate = Rate(2, 0.5)
    assert [rate.take("a", NOW) for _ in range(3)] == [0.0, 0.0, 2.0]
    assert rate.take("b", NOW) == 0.0
    assert rate.take("a", NOW + timedelta(seconds=2)) == 0.0
    assert rate.take("a", NOW + timedelta(seconds=3)) == 1.0


def test_a_clock_that_is_set_back_gives_nothing_away_and_takes_nothing() -> None:
    rate = Rate(1, 1.0)
    assert rate.take("a", NOW) == 0.0
    assert rate.take("a", NOW - timedelta(hours=1)) == 1.0
    assert rate.take("a", NOW - timedelta(hours=1) + timedelta(seconds=1)) == 0.0


def test_zero_is_no_limit() -> None:
    rate = Rate(0, 0)
    assert {rate.take("a", NOW) for _ in range(1000)} == {0.0}


def test_invented_keys_fill_no_memory() -> None:
    rate = Rate(1, 1.0)
    for number in range(30_000):
        rate.take(str(number), NOW + timedelta(milliseconds=number))
    assert len(rate._buckets) <= 10_000
