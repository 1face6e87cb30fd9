"""What summaries count, against a naive recount in Python over the same random rows, on both engines."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from bot.domain.summary import Ledger, Window
from bot.domain.survey import MANUAL
from bot.store import counting, reports
from bot.store.engine import Tx, from_ms, to_ms
from bot.store.opening import OpenStore

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
MAIN = "support/emoji5/question/1"
SERIES = (MAIN, MAIN, MAIN, "support/emoji3/question/1", "shop/ces5/question/2")
ENDS = {
    "skipped": ("cooldown", "no_address", "opted_out"),
    "undeliverable": ("bot_blocked", "unknown"),
    "cancelled": ("reopened", "paused"),
    "scheduled": (None,),
    "sent": (None,),
    "expired": (None,),
    "answered": (None,),
}
Row = dict[str, Any]


def episode(dice: random.Random, number: int) -> Row:
    """One random ending of the last sixty days, consistent in itself; instants often fall on whole hours."""
    ended_at = NOW - timedelta(hours=dice.randint(0, 1440), milliseconds=dice.choice((0, 0, 1, 999)))
    state = dice.choice(("answered", "answered", "answered", *ENDS))
    series = dice.choice(SERIES)
    row: Row = {
        "token": f"{number:022}",
        "source": "generic",
        "conversation_id": str(number),
        "episode": 1,
        "kind": "support_ended",
        "trigger_name": dice.choice(("generic", "generic", "forum", MANUAL)),
        "survey": series.split("/")[0],
        "scale": series.split("/")[1],
        "series": series,
        "team": dice.choice(("", "tier-1", "tier-2")),
        "touchpoint": dice.choice(("support", "purchase")),
        "language": dice.choice(("en", "zh-Hans", "ar")),
        "ended_at": ended_at,
        "created_at": ended_at,
        "state": state,
        "reason": dice.choice(ENDS[state]),
    }
    was_sent = state in ("sent", "answered", "expired") or (state != "scheduled" and dice.random() < 0.3)
    if was_sent and state != "skipped":
        row["sent_at"] = ended_at + timedelta(minutes=5)
        row["expires_at"] = row["sent_at"] + timedelta(hours=48)
    if state == "answered":
        row["answered_at"] = row["sent_at"] + timedelta(hours=dice.randint(0, 47))
        row["score"] = dice.randint(1, 3 if "emoji3" in series else 5)
        if dice.random() < 0.5:
            row["comment"] = f"words {number}"
            row["commented_at"] = row["answered_at"] + timedelta(minutes=1)
    return row


async def fill(store: OpenStore, seed: int, count: int = 400) -> list[Row]:
    """Random rows, stored; and the same as Python sees them."""
    dice = random.Random(seed)
    rows = [episode(dice, number) for number in range(1, count + 1)]

    async def op(tx: Tx) -> None:
        for row in rows:
            values = {
                name: to_ms(value) if isinstance(value, datetime) else value for name, value in row.items()
            }
            await tx.run(
                f"INSERT INTO invitation({', '.join(values)}) VALUES({', '.join(f':{name}' for name in values)})",
                **values,
            )

    await store.write(op)
    return rows


def inside(rows: Iterable[Row], column: str, window: Window) -> list[Row]:
    """The rows whose instant falls into a window: from included, to excluded."""
    return [row for row in rows if column in row and window.from_at <= row[column] < window.to_at]


def tally(rows: Iterable[Row]) -> dict[int, int]:
    """Answers per stored value."""
    return dict(Counter(row["score"] for row in rows))


WINDOWS = [
    Window.ending(NOW, timedelta(hours=24)),
    Window.ending(NOW, timedelta(days=7)),
    Window.ending(NOW, timedelta(days=30)),
    Window.ending(NOW - timedelta(days=3), timedelta(days=7)),
    Window.ending(NOW + timedelta(days=9), timedelta(days=1)),
]


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_figure_of_a_window_is_what_a_naive_recount_finds(store: OpenStore, seed: int) -> None:
    rows = await fill(store, seed)
    for window in WINDOWS:
        counts = await store.read(partial(counting.window_counts, window=window, as_of=NOW, main_series=MAIN))
        answered = inside(rows, "answered_at", window)
        before = inside(rows, "answered_at", window.before)
        for each in counts.series:
            mine = [
                r
                for r in answered
                if (r["series"], r["trigger_name"] == MANUAL) == (each.series, each.is_manual)
            ]
            earlier = [
                r
                for r in before
                if (r["series"], r["trigger_name"] == MANUAL) == (each.series, each.is_manual)
            ]
            assert each.now == tally(mine)
            assert each.before == tally(earlier)
        assert sum(sum(each.now.values()) for each in counts.series) == len(answered)
        asked = [
            row
            for row in inside(rows, "sent_at", window)
            if row["expires_at"] <= NOW and row["state"] in ("sent", "answered", "expired")
        ]
        assert counts.asked_matured == len(asked)
        assert counts.answered_matured == sum("answered_at" in row for row in asked)
        ended = inside(rows, "ended_at", window)
        assert counts.episodes == len(ended)
        assert {(state, reason): n for state, reason, n in counts.outcomes} == Counter(
            (row["state"], row["reason"]) for row in ended
        )
        assert Ledger.of(counts.episodes, counts.outcomes).balances
        assert counts.n_comments == len(inside(rows, "commented_at", window))


async def test_the_main_series_comes_first_and_what_was_asked_by_hand_last(store: OpenStore) -> None:
    await fill(store, 3)
    counts = await store.read(lambda tx: counting.window_counts(tx, WINDOWS[2], NOW, "shop/ces5/question/2"))
    assert counts.series[0].series == "shop/ces5/question/2"
    by_hand = [each.is_manual for each in counts.series]
    assert by_hand == sorted(by_hand)


async def test_the_days_of_a_trend_are_24_hours_counted_back_from_its_end(store: OpenStore) -> None:
    rows = await fill(store, 4)
    window = Window.ending(NOW, timedelta(days=40))
    found = await store.read(lambda tx: counting.daily_counts(tx, MAIN, window))
    for days_back in range(40):
        day = Window.ending(NOW - timedelta(days=days_back), timedelta(days=1))
        mine = [
            row
            for row in inside(rows, "answered_at", day)
            if row["series"] == MAIN and row["trigger_name"] != MANUAL
        ]
        assert found.pop(days_back, {}) == tally(mine)
    assert not found


@pytest.mark.parametrize("dimension", ["team", "touchpoint", "trigger_name", "language"])
async def test_slices_make_up_the_whole(store: OpenStore, dimension: str) -> None:
    rows = await fill(store, 5)
    window = WINDOWS[2]
    found = await store.read(lambda tx: counting.slices(tx, MAIN, window, dimension))
    mine = [
        row
        for row in inside(rows, "answered_at", window)
        if row["series"] == MAIN and row["trigger_name"] != MANUAL
    ]
    assert found == {
        name: tally(r for r in mine if r[dimension] == name) for name in {r[dimension] for r in mine}
    }


async def test_there_are_no_other_dimensions(store: OpenStore) -> None:
    with pytest.raises(ValueError, match="no such dimension"):
        await store.read(lambda tx: counting.slices(tx, MAIN, WINDOWS[0], "comment"))


async def test_the_latest_comments_come_newest_first(store: OpenStore) -> None:
    rows = await fill(store, 6)
    window = WINDOWS[1]
    found = await store.read(lambda tx: reports.latest_comments(tx, window, 3))
    expected = sorted(inside(rows, "commented_at", window), key=lambda row: row["commented_at"], reverse=True)
    assert [comment.at for comment in found] == [row["commented_at"] for row in expected[:3]]
    by_id = await store.read(lambda tx: reports.comments_of(tx, [comment.invitation_id for comment in found]))
    assert [comment.text for comment in by_id] == [comment.text for comment in found]


async def test_a_period_is_claimed_once_per_chat(store: OpenStore) -> None:
    async def claim(schedule: str, chat: int, at: datetime) -> bool:
        added = await store.write(lambda tx: reports.add(tx, schedule, chat, None, at, NOW, "{}"))
        return added is not None

    assert await claim("daily", -1, NOW)
    assert not await claim("daily", -1, NOW)
    assert await claim("daily", -2, NOW)
    assert await claim("daily", -1, NOW + timedelta(days=1))
    assert await claim("ces:7", -1, NOW)


async def test_a_report_is_found_by_its_message(store: OpenStore) -> None:
    async def op(tx: Tx) -> int | None:
        report_id = await reports.add(tx, "daily", -1, None, NOW, NOW, '{"a": 1}')
        assert report_id is not None
        await reports.posted(tx, report_id, 77, is_rest=False)
        await reports.posted(tx, report_id, 78, is_rest=True)
        return report_id

    report_id = await store.write(op)
    for message in (77, 78):
        found = await store.read(partial(reports.at_message, chat_id=-1, message_id=message))
        assert found is not None
        assert (found.id, found.figures, found.as_of) == (report_id, '{"a": 1}', NOW)
    assert await store.read(lambda tx: reports.at_message(tx, -2, 77)) is None


def test_instants_are_kept_to_the_millisecond() -> None:
    at = NOW + timedelta(microseconds=1999)
    assert from_ms(to_ms(at)) == NOW + timedelta(milliseconds=1)
