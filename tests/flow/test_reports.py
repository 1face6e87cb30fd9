"""Summaries on schedule and on demand: once per period, through every change of the clocks, and never too much."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.flow.reports import DAILY
from bot.store import timers
from bot.store.engine import from_ms
from tests.signing import ended, signed
from tests.stage import ADA, CHANNEL, EMMA, TEAM, Stage, stage

NINE = datetime(2026, 11, 26, 9, tzinfo=UTC)
TITLE = "📊 How easy is it to get help?"


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """The stage; its summary is posted every day at nine, UTC."""
    async with stage() as on:
        yield on


def posts(s: Stage, chat: int = CHANNEL) -> list[str]:
    """The summaries in a chat."""
    return [text for text in s.texts(chat) if text.startswith(TITLE)]


async def reported(s: Stage) -> list[datetime]:
    """The ends of the periods that were reported on schedule."""
    rows = await s.rows("SELECT to_at FROM report WHERE schedule='daily' ORDER BY id")
    return [from_ms(row["to_at"]) for row in rows]


async def test_once_a_day_at_nine(s: Stage) -> None:
    await s.after("22h")
    assert posts(s) == []
    await s.after("3d")
    assert await reported(s) == [NINE + timedelta(days=day) for day in range(3)]
    assert len(posts(s)) == 3


async def test_a_job_that_runs_twice_posts_once(s: Stage) -> None:
    await s.after("24h")
    await s.app.store.write(lambda tx: timers.start(tx, "report", DAILY, NINE))
    s.app.loops.ring()
    await s.settle()
    assert await reported(s) == [NINE]
    assert len(posts(s)) == 1
    await s.after("24h")  # and the next day's is not lost by it
    assert len(posts(s)) == 2


async def test_after_a_week_off_one_summary_of_the_latest_day_catches_up(s: Stage) -> None:
    await s.stop_bot()
    s.clock.move(timedelta(days=7))
    await s.start_bot()
    await s.settle()
    assert await reported(s) == [NINE + timedelta(days=6)]
    assert len(posts(s)) == 1
    await s.after("24h")
    assert await reported(s) == [NINE + timedelta(days=6), NINE + timedelta(days=7)]


async def test_a_bot_that_starts_a_minute_late_still_reports_the_day_it_missed(s: Stage) -> None:
    await s.stop_bot()
    s.clock.move_to(NINE + timedelta(minutes=1))
    await s.start_bot()
    await s.settle()
    assert await reported(s) == [NINE]


@pytest.mark.parametrize(
    "start", [datetime(2026, 10, 23, 12, tzinfo=UTC), datetime(2027, 3, 26, 12, tzinfo=UTC)]
)
async def test_nine_in_berlin_stays_nine_when_the_clocks_change(start: datetime) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    async with stage(start=start, summary={"timezone": berlin}) as s:
        await s.after("4d")
        days = await reported(s)
        assert len(days) == 4
        assert [day.astimezone(berlin).hour for day in days] == [9] * 4
        assert len({day.hour for day in days}) == 2  # in UTC it moved


async def test_a_time_of_day_that_the_clocks_skip_or_repeat_reports_once_that_day() -> None:
    for start, changed in (
        (datetime(2026, 10, 24, 12, tzinfo=UTC), "2026-10-25"),
        (datetime(2027, 3, 27, 12, tzinfo=UTC), "2027-03-28"),
    ):
        berlin = ZoneInfo("Europe/Berlin")
        async with stage(start=start, summary={"timezone": berlin, "schedule": "30 2 * * *"}) as s:
            await s.after("3d")
            days = [f"{day.astimezone(berlin):%Y-%m-%d}" for day in await reported(s)]
            assert days.count(changed) == 1
            assert len(days) == len(set(days)) == 3


async def test_an_empty_schedule_posts_nothing_and_forgets_the_timer_of_an_earlier_one(s: Stage) -> None:
    await s.stop_bot()
    s.changes["summary"] = {"schedule": ""}
    await s.start_bot()
    await s.after("3d")
    assert posts(s) == []
    assert await s.rows("SELECT id FROM timer WHERE kind='report'") == []


async def test_a_new_schedule_holds_from_the_next_start(s: Stage) -> None:
    await s.stop_bot()
    s.changes["summary"] = {"schedule": "0 12 * * *"}
    await s.start_bot()
    await s.after("24h")
    assert await reported(s) == [NINE.replace(day=25, hour=12)]


async def test_while_telegram_is_away_the_summary_waits(s: Stage) -> None:
    s.world.faults.fail("sendPhoto", 502, "Bad Gateway", times=3)
    await s.after("23h")
    await s.after("10m")
    assert len(posts(s)) == 1


async def test_a_summary_whose_fate_is_unknown_is_posted_again(s: Stage) -> None:
    s.world.faults.drop_before("sendPhoto")
    await s.after("23h")
    assert posts(s) == []
    await s.after("11m")
    [repeat] = [text for text in s.texts(CHANNEL) if TITLE in text]
    assert repeat.startswith("🔁")


async def test_a_group_of_staff_is_as_good_as_a_channel() -> None:
    async with stage(chats={"staff": TEAM}) as s:
        await s.after("23h")
        assert len(posts(s, TEAM)) == 1


async def test_two_orders_at_once_are_two_summaries_where_they_were_ordered() -> None:
    async with stage(chats={"staff": TEAM}) as s:
        s.world.say(ADA, TEAM, "/ces")
        s.world.say(ADA, ADA, "/ces")
        await s.settle()
        assert len(posts(s, TEAM)) == len(posts(s, ADA)) == 1


# Small numbers


async def answer(s: Stage, person: int, number: int, score: str, comment: str | None = None) -> None:
    """A customer answers a helpdesk's question."""
    s.world.start(person)
    await s.settle()
    body = ended(person, s.clock.now(), conversation=str(number))
    await s.hook(body, signed(body, id=f"evt_{number}"))
    await s.after("5s")
    question = s.last(person)
    await s.press(person, question, score)
    if comment is not None:
        await s.press(person, question, "c")
        await s.say(person, comment)


async def summary(s: Stage) -> str:
    """What /ces says, all its messages."""
    known = len(s.texts(ADA))
    await s.say(ADA, "/ces")
    return "\n".join(s.texts(ADA)[known + 1 :])


@pytest.mark.parametrize("count", [1, 4])
async def test_below_the_minimum_nothing_but_the_number_of_answers_is_told(s: Stage, count: int) -> None:
    for number in range(count):
        await answer(s, 201 + number, number, "v2", "My words")
    told = await summary(s)
    answers = "1 answer" if count == 1 else f"{count} answers"
    assert f"{answers} so far. A score is shown from 5." in told
    for leak in ("of 5", "higher = easier", "Easy ", "hard ", "net easy", "Median", "😫", "🙁"):
        assert leak not in told
    data = await s.app.reports.compose(s.clock.now(), s.clock.now())
    assert all(point.value is None for point in data.trend)
    assert data.segments == ()


async def test_from_the_minimum_on_the_score_is_told_and_marked_as_early(s: Stage) -> None:
    for number in range(5):
        await answer(s, 201 + number, number, "v4")
    told = await summary(s)
    assert "4.0 of 5" in told
    assert "early figure" in told


async def test_a_comment_among_too_few_answers_does_not_tell_its_score(s: Stage) -> None:
    await answer(s, EMMA, 1, "v1", "Only my words")
    told = await summary(s)
    assert "1 😫" not in told
    assert "😫" not in told


async def test_the_figures_of_a_posted_summary_are_kept_and_never_change(s: Stage) -> None:
    for number in range(5):
        await answer(s, 201 + number, number, "v4")
    await s.say(ADA, "/ces")
    row = await s.row("SELECT figures FROM report")
    told = s.texts(ADA)
    await s.press(201, s.last(201), "v1")
    assert (await s.row("SELECT figures FROM report"))["figures"] == row["figures"]
    assert s.texts(ADA) == told


async def test_comments_are_quoted_newest_first_masked_and_never_stored_with_the_figures(s: Stage) -> None:
    for number in range(5):
        await answer(s, 201 + number, number, "v4", f"Words {number} call +49 170 1234567")
    told = await summary(s)
    assert told.index("Words 4") < told.index("Words 3") < told.index("Words 2")
    assert "Words 1" not in told
    assert "1234567" not in told
    assert "Words" not in (await s.row("SELECT figures FROM report"))["figures"]
