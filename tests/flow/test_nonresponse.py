"""Who answered and who did not, counted by the store: the same as counting one by one, on both engines."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.adapters.clock import TravelClock
from bot.domain.nonresponse import Fact
from bot.domain.summary import Window
from bot.store import nonresponse
from bot.store.engine import Tx
from bot.store.opening import OpenStore
from tests.flow.answer_rows import SERIES, Row, write

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KATHMANDU = ZoneInfo("Asia/Kathmandu")  # a quarter to six hours before UTC


def made_up(now: datetime, n: int = 300) -> list[Row]:
    """Questions of the last month, with facts that are sometimes unknown; all have matured."""
    dice = random.Random("questions")
    rows = []
    for _ in range(n):
        facts = {
            "first_response_seconds": dice.randrange(0, 5000, 50),
            "resolution_seconds": dice.randrange(0, 90_000, 900),
            "customer_messages": dice.randrange(8),
            "agent_messages": dice.randrange(8),
            "transfers": dice.randrange(3),
            "reopen_count": dice.randrange(3),
        }
        for name in dice.sample(sorted(facts), dice.randrange(3)):
            del facts[name]
        rows.append(
            Row(
                at=now - dice.uniform(50, 600) * HOUR,
                score=dice.choice((None, None, 1, 3, 4, 5)),
                tags=dice.sample(("refund", "urgent", "vip", "rare"), dice.randrange(3)),
                language=dice.choice(("en", "en", "zh-Hans", "")),
                facts=tuple(facts.items()),
            )
        )
    return rows


async def written(store: OpenStore, rows: list[Row]) -> None:
    async def op(tx: Tx) -> None:
        for number, row in enumerate(rows):
            await write(tx, row, number)

    await store.write(op)


def counted(fact: Fact) -> Counter[tuple[float | None, int | None]]:
    found: Counter[tuple[float | None, int | None]] = Counter()
    for asked in fact.asked:
        found[asked.value, asked.score] += asked.n
    return +found


async def test_every_fact_is_counted_as_one_by_one(store: OpenStore, clock: TravelClock) -> None:
    now = clock.now()
    rows = made_up(now)
    await written(store, rows)
    window = Window.ending(now, 30 * DAY)
    facts = await store.read(lambda tx: nonresponse.facts(tx, SERIES, window, now, KATHMANDU))
    by_name = {(fact.kind, fact.name): counted(fact) for fact in facts}

    def expected(value: object) -> Counter[tuple[float | None, int | None]]:
        return Counter((value(row), row.score) for row in rows)  # type: ignore[operator]  # always a function

    def known(name: str) -> object:
        return lambda row: dict(row.facts).get(name)

    def messages(row: Row) -> int | None:
        facts = dict(row.facts)
        both = facts.get("customer_messages"), facts.get("agent_messages")
        return None if None in both else sum(each for each in both if each is not None)

    def reopened(row: Row) -> int | None:
        count = dict(row.facts).get("reopen_count")
        return None if count is None else int(count > 0)

    assert by_name["first_response", ""] == expected(known("first_response_seconds"))
    assert by_name["resolution", ""] == expected(known("resolution_seconds"))
    assert by_name["transfers", ""] == expected(known("transfers"))
    assert by_name["messages", ""] == expected(messages)
    assert by_name["reopened", ""] == expected(reopened)
    assert by_name["tag", "refund"] == expected(lambda row: int("refund" in row.tags))
    assert by_name["language", "zh-Hans"] == expected(lambda row: int(row.language == "zh-Hans"))
    assert ("language", "") not in by_name

    def asked_in_the_morning(row: Row) -> int:
        sent_at = row.at - (HOUR if row.score is not None else 48 * HOUR)
        return int(6 <= sent_at.astimezone(KATHMANDU).hour < 12)

    assert by_name["hour", "06–12"] == expected(asked_in_the_morning)
    totals = await store.read(lambda tx: nonresponse.answers(tx, SERIES, window, now))
    assert totals == Counter(row.score for row in rows)


async def test_only_matured_questions_of_the_span_count(store: OpenStore, clock: TravelClock) -> None:
    now = clock.now()
    rows = [
        Row(now - HOUR, 4),  # its deadline has not passed
        Row(now - 40 * DAY, 4),  # sent before the span
        Row(now - 5 * DAY, 4, trigger="manual"),
        Row(now - 5 * DAY, 4, series="support/ces5/question/1"),
        Row(now - 5 * DAY, 5),
        Row(now - 5 * DAY, None),
    ]
    await written(store, rows)
    await store.write(lambda tx: tx.run("UPDATE invitation SET state='cancelled' WHERE conversation_id='5'"))
    window = Window.ending(now, 30 * DAY)
    assert await store.read(lambda tx: nonresponse.answers(tx, SERIES, window, now)) == {5: 1}


async def test_the_wanted_series_comes_first_and_else_the_one_asked_most(
    sqlite_store: OpenStore, clock: TravelClock
) -> None:
    now, other = clock.now(), "support/ces5/question/1"
    window = Window.ending(now, 30 * DAY)

    async def main(wanted: str) -> str:
        return await sqlite_store.read(lambda tx: nonresponse.main_series(tx, window, now, wanted))

    assert await main(SERIES) == ""
    await written(sqlite_store, [Row(now - 5 * DAY, 4, series=other), Row(now - 5 * DAY, None)])
    assert await main(SERIES) == SERIES
    assert await main("support/likert7/statement/1") == other
