"""What summaries count: answers, questions, episodes and comments of a window.

Cohorts: scores go by answer time, the rate by ask date on matured questions, coverage and the ledger by end date.
Windows are half-open: from (included) to (excluded). Every statement reads a covering index of ``invitation``, one
series after the other, because the series is what those indexes begin with (EXPLAIN is tested).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from bot.domain.recount import Gone
from bot.domain.summary import BASELINE, Window
from bot.domain.summing import SeriesCounts, WindowCounts
from bot.domain.survey import MANUAL
from bot.store import memory
from bot.store.engine import Tx, from_ms, to_ms
from bot.store.retention import AGED_UNTIL
from bot.store.slicing import ALL, Where

_QUARTER_HOUR = timedelta(minutes=15)  # every time zone's midnight falls on one
_STEP = _QUARTER_HOUR // timedelta(milliseconds=1)
_DAY = timedelta(days=1) // timedelta(milliseconds=1)


@dataclass(frozen=True)
class Ground:
    """What the rows are read as: SQL for the score, the state and its reason, and which rows count at all."""

    score: str
    state: str
    reason: str
    is_there: str


NOW = Ground(score="i.score", state="i.state", reason="i.reason", is_there="")

_LAST_TAP = (
    "(SELECT CAST(e.value AS INTEGER) FROM response_event e WHERE e.id=(SELECT max(t.id) FROM response_event t"
    " WHERE t.invitation_id=i.id AND t.kind='tap' AND t.at <= :as_of))"
)
_WAS_CLOSED = (
    "i.state IN ('skipped','cancelled','expired','undeliverable')"
    " AND coalesce(i.closed_at, i.created_at) <= :as_of"
)
# As everything was at ``as_of``: an answer's value is the last tap until then (taps outside the edit window are
# ``late_tap``), and what has ended since still ran. Windows end before ``as_of``, so their answers were there already.
THEN = Ground(
    score=f"coalesce({_LAST_TAP}, i.score)",
    state=f"CASE WHEN i.answered_at <= :as_of THEN 'answered' WHEN {_WAS_CLOSED} THEN i.state ELSE 'sent' END",
    reason=f"CASE WHEN i.answered_at <= :as_of THEN NULL WHEN {_WAS_CLOSED} THEN i.reason END",
    is_there=" AND i.created_at <= :as_of",
)


async def _each_series(tx: Tx, marker: str) -> list[str]:
    """Every series that has rows in the partial index of ``marker``: one look into the index for each."""
    rows = await tx.all(
        f"WITH RECURSIVE known(series) AS (SELECT min(series) FROM invitation WHERE {marker} IS NOT NULL UNION ALL"
        f" SELECT (SELECT min(s.series) FROM invitation s WHERE s.{marker} IS NOT NULL AND s.series > known.series)"
        " FROM known WHERE known.series IS NOT NULL) SELECT series FROM known WHERE series IS NOT NULL"
    )
    return [row["series"] for row in rows]


async def window_counts(
    tx: Tx,
    window: Window,
    as_of: datetime,
    main_series: str,
    *,
    where: Where = ALL,
    ground: Ground = NOW,
    with_baseline: bool = False,
) -> WindowCounts:
    """Everything counted for one window. ``main_series`` comes first where it has answers; manual asks come last.

    ``with_baseline``: also the answers of the BASELINE before the window.
    """
    baseline: dict[tuple[str, bool], dict[int, int]] | None = None
    if with_baseline:
        baseline = await _answers(tx, Window.ending(window.from_at, BASELINE), as_of, where, ground)
    now = await _answers(tx, window, as_of, where, ground)
    before = await _answers(tx, window.before, as_of, where, ground)
    ranked = sorted(now, key=lambda key: (key[1], key[0] != main_series, -sum(now[key].values()), key[0]))
    asked, answered = await _matured(tx, window, as_of, where, ground)
    return WindowCounts(
        window=window,
        series=[
            SeriesCounts(
                series,
                now[series, is_manual],
                before.get((series, is_manual), {}),
                is_manual,
                None if baseline is None else baseline.get((series, is_manual), {}),
            )
            for series, is_manual in ranked
        ],
        asked_matured=asked,
        answered_matured=answered,
        episodes=await _episodes(tx, window, as_of, where, ground),
        outcomes=await _outcomes(tx, window, as_of, where, ground),
        n_comments=await _comments(tx, window, where),
    )


async def _answers(
    tx: Tx, window: Window, as_of: datetime, where: Where, ground: Ground
) -> dict[tuple[str, bool], dict[int, int]]:
    counts: dict[tuple[str, bool], dict[int, int]] = {}
    for series in await _each_series(tx, "answered_at"):
        # twice over one stretch of the index, and still half of what grouping by both at once costs
        of_all = await _by_score(tx, series, window, as_of, where, ground)
        by_hand = await _by_score(tx, series, window, as_of, where, ground, " AND i.trigger_name=:manual")
        asked = {score: n - by_hand.get(score, 0) for score, n in of_all.items()}
        for is_manual, by_score in ((False, asked), (True, by_hand)):
            if any(by_score.values()):
                counts[series, is_manual] = {score: n for score, n in by_score.items() if n}
    return counts


async def _by_score(
    tx: Tx, series: str, window: Window, as_of: datetime, where: Where, ground: Ground, which: str = ""
) -> dict[int, int]:
    rows = await tx.all(
        f"SELECT {ground.score} AS score, count(*) AS n FROM invitation i WHERE i.series=:series"
        " AND i.answered_at IS NOT NULL AND i.answered_at >= :a AND i.answered_at < :b"
        f"{which}{where.sql} GROUP BY {ground.score}",
        series=series,
        manual=MANUAL,
        **_bounds(window, as_of),
        **where.parameters,
    )
    return {row["score"]: row["n"] for row in rows}


async def _matured(tx: Tx, window: Window, as_of: datetime, where: Where, ground: Ground) -> tuple[int, int]:
    # a question that was withdrawn, or that nobody knows to have arrived, had no chance to be answered
    asked = answered = 0
    for series in await _each_series(tx, "sent_at"):
        row = await tx.one(
            "SELECT count(*) AS asked, count(i.answered_at) AS answered FROM invitation i"
            " WHERE i.series=:series AND i.sent_at IS NOT NULL AND i.sent_at >= :a AND i.sent_at < :b"
            f" AND i.expires_at <= :as_of{where.sql} AND {ground.state} IN ('sent', 'answered', 'expired')",
            series=series,
            **_bounds(window, as_of),
            **where.parameters,
        )
        if row is not None:
            asked, answered = asked + row["asked"], answered + row["answered"]
    return asked, answered


async def _outcomes(
    tx: Tx, window: Window, as_of: datetime, where: Where, ground: Ground
) -> list[tuple[str, str | None, int]]:
    rows = await tx.all(
        f"SELECT {ground.state} AS state, {ground.reason} AS reason, count(*) AS n FROM invitation i"
        f" WHERE i.ended_at >= :a AND i.ended_at < :b{ground.is_there}{where.sql}"
        f" GROUP BY {ground.state}, {ground.reason}",
        **_bounds(window, as_of),
        **where.parameters,
    )
    return [(row["state"], row["reason"], row["n"]) for row in rows]


async def _episodes(tx: Tx, window: Window, as_of: datetime, where: Where, ground: Ground) -> int:
    row = await tx.one(
        "SELECT count(*) AS n FROM invitation i"
        f" WHERE i.ended_at >= :a AND i.ended_at < :b{ground.is_there}{where.sql}",
        **_bounds(window, as_of),
        **where.parameters,
    )
    return 0 if row is None else int(row["n"])


async def _comments(tx: Tx, window: Window, where: Where) -> int:
    row = await tx.one(
        "SELECT count(*) AS n FROM invitation i WHERE i.commented_at IS NOT NULL"
        f" AND i.commented_at >= :a AND i.commented_at < :b{where.sql}",
        **_bounds(window, window.to_at),
        **where.parameters,
    )
    return 0 if row is None else int(row["n"])


async def daily_counts(
    tx: Tx, series: str, window: Window, as_of: datetime | None = None, *, ground: Ground = NOW
) -> dict[int, dict[int, int]]:
    """Answers of a series per stored value, by the 24 hours that they came in: 0 are the last ones of the window."""
    days_back = f"(:last - i.answered_at)/{_DAY}"
    rows = await tx.all(
        f"SELECT {days_back} AS days_back, {ground.score} AS score, count(*) AS n FROM invitation i"
        " WHERE i.series=:series AND i.answered_at IS NOT NULL AND i.answered_at >= :a AND i.answered_at < :b"
        f" AND i.trigger_name<>:manual GROUP BY {days_back}, {ground.score}",
        series=series,
        manual=MANUAL,
        last=to_ms(window.to_at) - 1,  # windows are half-open
        **_bounds(window, as_of or window.to_at),
    )
    days: dict[int, dict[int, int]] = defaultdict(dict)
    for row in rows:
        days[row["days_back"]][row["score"]] = row["n"]
    return dict(days)


async def slices(
    tx: Tx,
    series: str,
    window: Window,
    dimension: str,
    as_of: datetime | None = None,
    *,
    ground: Ground = NOW,
) -> Mapping[str, Mapping[int, int]]:
    """Answers of a series per stored value, by ``team``, ``touchpoint``, ``source``, ``trigger_name``, ``language``."""
    if dimension not in ("team", "touchpoint", "source", "trigger_name", "language"):
        raise ValueError(f"no such dimension: {dimension}")
    rows = await tx.all(
        f"SELECT i.{dimension} AS name, {ground.score} AS score, count(*) AS n FROM invitation i"
        " WHERE i.series=:series AND i.answered_at IS NOT NULL AND i.answered_at >= :a AND i.answered_at < :b"
        f" AND i.trigger_name<>:manual GROUP BY i.{dimension}, {ground.score}",
        series=series,
        manual=MANUAL,
        **_bounds(window, as_of or window.to_at),
    )
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for row in rows:
        found[row["name"]][row["score"]] = row["n"]
    return found


async def tag_slices(tx: Tx, series: str, window: Window) -> Mapping[str, Mapping[int, int]]:
    """Answers of a series per stored value, by tag; an episode with two tags counts in both."""
    rows = await tx.all(
        "SELECT t.tag AS name, i.score, count(*) AS n FROM invitation i CROSS JOIN invitation_tag t"
        " WHERE t.invitation_id=i.id AND i.series=:series AND i.answered_at IS NOT NULL AND i.answered_at >= :a"
        " AND i.answered_at < :b AND i.trigger_name<>:manual GROUP BY t.tag, i.score",
        series=series,
        manual=MANUAL,
        a=to_ms(window.from_at),
        b=to_ms(window.to_at),
    )
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for row in rows:
        found[row["name"]][row["score"]] = row["n"]
    return found


async def hour_slices(tx: Tx, series: str, window: Window, zone: tzinfo) -> Mapping[str, Mapping[int, int]]:
    """Answers of a series per stored value, by the local hour in which the conversation ended: ``"00"`` … ``"23"``."""
    rows = await tx.all(
        f"SELECT i.ended_at/{_STEP} AS bucket, i.score, count(*) AS n FROM invitation i"
        " WHERE i.series=:series AND i.answered_at IS NOT NULL AND i.answered_at >= :a AND i.answered_at < :b"
        f" AND i.trigger_name<>:manual GROUP BY i.ended_at/{_STEP}, i.score",
        series=series,
        manual=MANUAL,
        a=to_ms(window.from_at),
        b=to_ms(window.to_at),
    )
    found: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        hour = f"{from_ms(row['bucket'] * _STEP).astimezone(zone):%H}"
        found[hour][row["score"]] += row["n"]
    return found


async def changed_since(tx: Tx, window: Window, as_of: datetime) -> int:
    """How many answers of a window have another value now than they had at ``as_of``."""
    row = await tx.one(
        "SELECT count(*) AS n FROM invitation i WHERE i.changed_at IS NOT NULL AND i.changed_at > :as_of"
        f" AND i.answered_at >= :a AND i.answered_at < :b AND i.score <> {THEN.score}",
        **_bounds(window, as_of),
    )
    return 0 if row is None else int(row["n"])


async def gone_since(tx: Tx, as_of: datetime, reach: datetime) -> Gone:
    """What was erased after ``as_of``, and whether anything from ``reach`` on has aged out."""
    customers = episodes = 0
    for row in await tx.all(
        "SELECT detail FROM audit WHERE action='erased' AND at > :as_of", as_of=to_ms(as_of)
    ):
        customers += 1
        episodes += int(str(row["detail"]).split()[0])
    aged = await memory.recall(tx, AGED_UNTIL)
    until = None if aged is None else from_ms(int(aged))
    return Gone(customers, episodes, until if until is not None and until > reach else None)


def _bounds(window: Window, as_of: datetime) -> dict[str, Any]:
    return {"a": to_ms(window.from_at), "b": to_ms(window.to_at), "as_of": to_ms(as_of)}
