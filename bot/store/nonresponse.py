"""The matured questions of a span with what is known of their episodes: counted, never one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from bot.domain.nonresponse import COMPARED_FROM, Asked, Fact, FactKind
from bot.domain.summary import Window
from bot.domain.survey import MANUAL
from bot.store.engine import Row, Tx, from_ms, to_ms

MOST_TAGS, MOST_LANGUAGES = 8, 6  # the most frequent ones
PART_OF_DAY = 6  # hours
_QUARTER_MS = timedelta(minutes=15) // timedelta(milliseconds=1)  # every time zone's hours fall on one

# What was sent in the span, surely arrived, and could be answered until its deadline.
_MATURED = (
    "i.trigger_name<>:manual AND i.sent_at IS NOT NULL AND i.sent_at >= :a AND i.sent_at < :b"
    " AND i.expires_at <= :as_of AND i.state IN ('sent', 'answered', 'expired')"
)
_COHORT = f"i.series=:series AND {_MATURED}"
_PLAIN: Sequence[tuple[FactKind, str]] = (
    ("first_response", "i.first_response_seconds"),
    ("resolution", "i.resolution_seconds"),
    ("messages", "i.customer_messages + i.agent_messages"),
    ("transfers", "i.transfers"),
    ("reopened", "CASE WHEN i.reopen_count > 0 THEN 1 WHEN i.reopen_count = 0 THEN 0 END"),
)


async def main_series(tx: Tx, window: Window, as_of: datetime, wanted: str) -> str:
    """``wanted`` where it was asked in the window, else the series that was asked most; '' where none was."""
    rows = await tx.all(
        f"SELECT i.series AS series, count(*) AS n FROM invitation i WHERE {_MATURED}"
        " GROUP BY i.series ORDER BY count(*) DESC, i.series",
        manual=MANUAL,
        a=to_ms(window.from_at),
        b=to_ms(window.to_at),
        as_of=to_ms(as_of),
    )
    asked = [row["series"] for row in rows]
    return wanted if wanted in asked else next(iter(asked), "")


async def answers(tx: Tx, series: str, window: Window, as_of: datetime) -> dict[int | None, int]:
    """Matured questions per score; under ``None`` those that were not answered."""
    rows = await _grouped(tx, "0", series, window, as_of)
    return {row["score"]: row["n"] for row in rows}


async def facts(tx: Tx, series: str, window: Window, as_of: datetime, zone: tzinfo) -> list[Fact]:
    """Every fact of the balance table; hours of the day are those of ``zone``, when the question was sent."""
    found = []
    for kind, expression in _PLAIN:
        rows = await _grouped(tx, expression, series, window, as_of)
        found.append(Fact(kind, [Asked(row["value"], row["score"], row["n"]) for row in rows]))
    totals = await answers(tx, series, window, as_of)
    tags = await tx.all(
        "SELECT t.tag AS value, i.score AS score, count(*) AS n FROM invitation i"
        f" JOIN invitation_tag t ON t.invitation_id=i.id WHERE {_COHORT} GROUP BY t.tag, i.score",
        **_where(series, window, as_of),
    )
    found += _yes_or_no("tag", _by_name(tags), totals, MOST_TAGS)
    languages = await _grouped(tx, "i.language", series, window, as_of)
    found += _yes_or_no("language", _by_name(languages), totals, MOST_LANGUAGES)
    parts: dict[str, dict[int | None, int]] = defaultdict(lambda: defaultdict(int))
    for row in await _grouped(tx, f"i.sent_at/{_QUARTER_MS}", series, window, as_of):
        hour = from_ms(row["value"] * _QUARTER_MS).astimezone(zone).hour // PART_OF_DAY * PART_OF_DAY
        parts[f"{hour:02}–{hour + PART_OF_DAY:02}"][row["score"]] += row["n"]
    return found + _yes_or_no("hour", parts, totals, len(parts))


def _where(series: str, window: Window, as_of: datetime) -> dict[str, Any]:
    return {
        "series": series,
        "manual": MANUAL,
        "a": to_ms(window.from_at),
        "b": to_ms(window.to_at),
        "as_of": to_ms(as_of),
    }


async def _grouped(tx: Tx, expression: str, series: str, window: Window, as_of: datetime) -> list[Row]:
    return await tx.all(
        f"SELECT {expression} AS value, i.score AS score, count(*) AS n FROM invitation i WHERE {_COHORT}"
        " GROUP BY 1, 2",
        **_where(series, window, as_of),
    )


def _by_name(rows: Sequence[Row]) -> dict[str, dict[int | None, int]]:
    found: dict[str, dict[int | None, int]] = defaultdict(dict)
    for row in rows:
        found[row["value"]][row["score"]] = row["n"]
    return found


def _yes_or_no(
    kind: FactKind,
    by_name: dict[str, dict[int | None, int]],
    totals: dict[int | None, int],
    most: int,
) -> list[Fact]:
    """A fact for each of the most frequent names: has it, has it not."""
    sizes = {name: sum(scores.values()) for name, scores in by_name.items() if name}
    frequent = sorted(sizes, key=lambda name: (-sizes[name], name))[:most]
    return [
        Fact(
            kind,
            [
                *(Asked(1, score, n) for score, n in by_name[name].items()),
                *(Asked(0, score, n - by_name[name].get(score, 0)) for score, n in totals.items()),
            ],
            name,
        )
        for name in frequent
        if COMPARED_FROM <= sizes[name] < sum(totals.values())
    ]
