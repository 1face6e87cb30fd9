"""The watch for drops: its state per series, the answers that enter it, and the alarms it raised.

An answer enters with the value that stood when its edit grace was over, whatever happens to it later: replaying
gives the same alarms. Answers that an admin asked for by hand are left out, as they are from the scores.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.alert_figures import AlarmFigures, Labelled, Part
from bot.domain.alerts import LAST, Alarm, Answer, Place, Watch
from bot.domain.figures_json import from_json, to_json
from bot.domain.scales import Scale
from bot.domain.survey import MANUAL
from bot.store.engine import Row, Tx, from_ms, to_ms

GRACE = timedelta(
    minutes=2
)  # after the first tap: until then a slip of the thumb is put right (measurement.md 5)

_VALUE = (
    "coalesce((SELECT CAST(e.value AS INTEGER) FROM response_event e WHERE e.invitation_id=i.id AND e.kind='tap'"
    f" AND e.at <= i.answered_at + {GRACE // timedelta(milliseconds=1)} ORDER BY e.id DESC LIMIT 1), i.score)"
)
_ENTERING = "i.series=:series AND i.answered_at IS NOT NULL AND i.trigger_name<>:manual"
_AFTER = "i.answered_at >= :after_at AND (i.answered_at > :after_at OR i.id > :after_id)"
_FROM = "i.answered_at >= :from_at AND (i.answered_at > :from_at OR i.id >= :from_id)"
_UPTO = "i.answered_at <= :to_at AND (i.answered_at < :to_at OR i.id <= :to_id)"
_BEFORE_ALL = Place(from_ms(0), 0)
_LABELS: Mapping[Part, str] = {
    "team": "team",
    "touchpoint": "touchpoint",
    "trigger": "trigger_name",
    "source": "source",
    "language": "language",
}


@dataclass(frozen=True)
class RaisedAlarm:
    """An alarm as it is kept. ``told_at``: when its message was posted; ``None``: nobody was told."""

    id: int
    series: str
    alarm: Alarm
    raised_at: datetime
    told_at: datetime | None
    figures: AlarmFigures | None
    chat_id: int | None
    message_id: int | None
    has_picture: bool
    seen_by: str | None
    seen_at: datetime | None
    normal_by: str | None
    normal_at: datetime | None
    normal_n: int


async def watch_of(tx: Tx, series: str, scale: Scale, *, is_to_change: bool = False) -> tuple[Watch, Place]:
    """The watch over a series and the last answer that entered it. ``is_to_change``: locked for this transaction."""
    lock = " /*pg: FOR UPDATE*/" if is_to_change else ""
    row = await tx.one(f"SELECT * FROM alert_state WHERE series=:series{lock}", series=series)
    if row is None:
        return Watch.begin(scale), _BEFORE_ALL
    watch = from_json(Watch, json.loads(row["state"]))
    entered = Place(from_ms(row["entered_at"]), row["entered_id"])
    if watch.is_collecting:
        after = watch.alarmed_at or _BEFORE_ALL
        watch = replace(watch, recent=tuple(await newest(tx, series, scale, after, entered, LAST - 1)))
    return watch, entered


async def keep(tx: Tx, series: str, watch: Watch, entered: Place) -> None:
    """Remember the watch as it stands after the answer ``entered``."""
    await tx.run(
        "INSERT INTO alert_state(series, state, entered_at, entered_id) VALUES(:series, :state, :at, :id)"
        " ON CONFLICT(series) DO UPDATE SET state=:state, entered_at=:at, entered_id=:id",
        series=series,
        state=json.dumps(to_json(watch)),
        at=to_ms(entered.at),
        id=entered.id,
    )


async def answers_after(
    tx: Tx, series: str, scale: Scale, entered: Place, now: datetime, limit: int
) -> list[Answer]:
    """The next answers whose grace is over, in answer order."""
    rows = await tx.all(
        f"SELECT i.id, i.answered_at, {_VALUE} AS value FROM invitation i WHERE {_ENTERING} AND {_AFTER}"
        " AND i.answered_at <= :until ORDER BY i.answered_at, i.id LIMIT :limit",
        series=series,
        manual=MANUAL,
        after_at=to_ms(entered.at),
        after_id=entered.id,
        until=to_ms(now - GRACE),
        limit=limit,
    )
    return _answers(rows, scale)


async def next_entry(tx: Tx, series: str, entered: Place) -> datetime | None:
    """When the next answer after this one enters, or entered; ``None``: there is none yet."""
    row = await tx.one(
        f"SELECT min(i.answered_at) AS at FROM invitation i WHERE {_ENTERING} AND {_AFTER}",
        series=series,
        manual=MANUAL,
        after_at=to_ms(entered.at),
        after_id=entered.id,
    )
    return None if row is None or row["at"] is None else from_ms(row["at"]) + GRACE


async def newest(
    tx: Tx, series: str, scale: Scale, after: Place, upto: Place, limit: int, *, but_alarms: bool = False
) -> list[Answer]:
    """At most ``limit`` answers after one place up to another, the newest ones, in answer order.

    ``but_alarms``: without the stretches of alarms, unless they were declared the new normal.
    """
    no_alarm = (
        " AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.series=i.series AND a.normal_at IS NULL"
        " AND (i.answered_at > a.first_at OR (i.answered_at = a.first_at AND i.id >= a.first_id))"
        " AND (i.answered_at < a.last_at OR (i.answered_at = a.last_at AND i.id <= a.last_id)))"
    )
    rows = await tx.all(
        f"SELECT i.id, i.answered_at, {_VALUE} AS value FROM invitation i WHERE {_ENTERING} AND {_AFTER} AND {_UPTO}"
        f"{no_alarm if but_alarms else ''} ORDER BY i.answered_at DESC, i.id DESC LIMIT :limit",
        series=series,
        manual=MANUAL,
        after_at=to_ms(after.at),
        after_id=after.id,
        to_at=to_ms(upto.at),
        to_id=upto.id,
        limit=limit,
    )
    return _answers(rows[::-1], scale)


async def counts_since(tx: Tx, series: str, scale: Scale, since: Place, upto: Place) -> tuple[int, ...]:
    """Answers per option, hard → easy, from one place up to another, both included."""
    rows = await tx.all(
        f"SELECT {_VALUE} AS value, count(*) AS n FROM invitation i WHERE {_ENTERING} AND {_FROM} AND {_UPTO}"
        " GROUP BY 1",
        series=series,
        manual=MANUAL,
        from_at=to_ms(since.at),
        from_id=since.id,
        to_at=to_ms(upto.at),
        to_id=upto.id,
    )
    found = {row["value"]: row["n"] for row in rows}
    return tuple(found.get(value, 0) for value in scale.values)


async def labelled(tx: Tx, series: str, scale: Scale, first: Place, last: Place) -> list[Labelled]:
    """The answers of a stretch with what they can be told apart by, in no particular order."""
    stretch = f"{_ENTERING} AND {_FROM} AND {_UPTO}"
    where = {
        "series": series,
        "manual": MANUAL,
        "from_at": to_ms(first.at),
        "from_id": first.id,
        "to_at": to_ms(last.at),
        "to_id": last.id,
    }
    columns = ", ".join(f"i.{column}" for column in _LABELS.values())
    rows = await tx.all(
        f"SELECT i.id, {_VALUE} AS value, {columns} FROM invitation i WHERE {stretch}", **where
    )
    tags: dict[int, list[str]] = defaultdict(list)
    for row in await tx.all(
        "SELECT t.invitation_id, t.tag FROM invitation_tag t JOIN invitation i ON i.id=t.invitation_id"
        f" WHERE {stretch}",
        **where,
    ):
        tags[row["invitation_id"]].append(row["tag"])
    return [
        Labelled(
            scale.values.index(row["value"]),
            {**{part: (row[column],) for part, column in _LABELS.items()}, "tag": tags[row["id"]]},
        )
        for row in rows
        if row["value"] in scale.values
    ]


async def watched_series(tx: Tx) -> list[str]:
    """Every series that an answer has entered."""
    rows = await tx.all("SELECT series FROM alert_state ORDER BY series")
    return [row["series"] for row in rows]


async def count_since(tx: Tx, series: str, since: datetime, until: datetime) -> int:
    """How many answers of a series came in a span (``until`` excluded)."""
    row = await tx.one(
        f"SELECT count(*) AS n FROM invitation i WHERE {_ENTERING}"
        " AND i.answered_at >= :since AND i.answered_at < :until",
        series=series,
        manual=MANUAL,
        since=to_ms(since),
        until=to_ms(until),
    )
    return 0 if row is None else int(row["n"])


async def add(tx: Tx, series: str, alarm: Alarm, now: datetime) -> int | None:
    """Write an alarm down; its id, or ``None`` where this answer has raised one already."""
    row = await tx.one(
        "INSERT INTO alert(series, first_at, first_id, last_at, last_id, alarm, raised_at)"
        " VALUES(:series, :first_at, :first_id, :last_at, :last_id, :alarm, :now)"
        " ON CONFLICT(series, last_at, last_id) DO NOTHING RETURNING id",
        series=series,
        first_at=to_ms(alarm.first.at),
        first_id=alarm.first.id,
        last_at=to_ms(alarm.last.at),
        last_id=alarm.last.id,
        alarm=json.dumps(to_json(alarm)),
        now=to_ms(now),
    )
    return None if row is None else int(row["id"])


async def by_id(tx: Tx, alarm_id: int) -> RaisedAlarm | None:
    """The alarm of this id."""
    row = await tx.one("SELECT * FROM alert WHERE id=:id", id=alarm_id)
    return None if row is None else _raised(row)


async def latest(tx: Tx, series: str, limit: int) -> list[RaisedAlarm]:
    """The last alarms of a series, newest first."""
    rows = await tx.all(
        "SELECT * FROM alert WHERE series=:series ORDER BY last_at DESC, last_id DESC LIMIT :limit",
        series=series,
        limit=limit,
    )
    return [_raised(row) for row in rows]


async def alarm_before(tx: Tx, series: str, place: Place) -> Place:
    """The answer that raised the alarm before the one that this answer raised; the beginning of time without one."""
    row = await tx.one(
        "SELECT last_at, last_id FROM alert WHERE series=:series"
        " AND (last_at < :at OR (last_at = :at AND last_id < :id)) ORDER BY last_at DESC, last_id DESC LIMIT 1",
        series=series,
        at=to_ms(place.at),
        id=place.id,
    )
    return _BEFORE_ALL if row is None else Place(from_ms(row["last_at"]), row["last_id"])


async def claim(
    tx: Tx, alarm_id: int, figures: AlarmFigures, chat_id: int, now: datetime, *, has_picture: bool
) -> bool:
    """Mark an alarm as told in a chat. False: it was told already, by an earlier run or another copy."""
    row = await tx.one(
        "UPDATE alert SET told_at=:now, figures=:figures, chat_id=:chat_id, has_picture=:has_picture"
        " WHERE id=:id AND told_at IS NULL RETURNING id",
        now=to_ms(now),
        figures=json.dumps(to_json(figures), ensure_ascii=False),
        chat_id=chat_id,
        has_picture=int(has_picture),
        id=alarm_id,
    )
    return row is not None


async def stands_at(tx: Tx, alarm_id: int, message_id: int) -> None:
    """The message of an alarm is in its chat."""
    await tx.run("UPDATE alert SET message_id=:message_id WHERE id=:id", message_id=message_id, id=alarm_id)


async def seen(tx: Tx, alarm_id: int, who: str, now: datetime) -> bool:
    """Somebody has seen it. False: somebody else was first."""
    row = await tx.one(
        "UPDATE alert SET seen_by=:who, seen_at=:now WHERE id=:id AND seen_at IS NULL RETURNING id",
        who=who,
        now=to_ms(now),
        id=alarm_id,
    )
    return row is not None


async def is_normal_now(tx: Tx, alarm_id: int, who: str, n: int, now: datetime) -> bool:
    """Somebody declares its level, ``n`` answers by now, the new normal. False: somebody else was first."""
    row = await tx.one(
        "UPDATE alert SET normal_by=:who, normal_at=:now, normal_n=:n WHERE id=:id AND normal_at IS NULL RETURNING id",
        who=who,
        now=to_ms(now),
        n=n,
        id=alarm_id,
    )
    return row is not None


def _answers(rows: Sequence[Row], scale: Scale) -> list[Answer]:
    """What fits the scale; anything else (a scale that was changed by hand) must not stop the watch."""
    return [
        Answer(Place(from_ms(row["answered_at"]), row["id"]), scale.values.index(row["value"]))
        for row in rows
        if row["value"] in scale.values
    ]


def _raised(row: Row) -> RaisedAlarm:
    def moment(column: str) -> datetime | None:
        return None if row[column] is None else from_ms(row[column])

    return RaisedAlarm(
        id=row["id"],
        series=row["series"],
        alarm=from_json(Alarm, json.loads(row["alarm"])),
        raised_at=from_ms(row["raised_at"]),
        told_at=moment("told_at"),
        figures=None if row["figures"] is None else from_json(AlarmFigures, json.loads(row["figures"])),
        chat_id=row["chat_id"],
        message_id=row["message_id"],
        has_picture=bool(row["has_picture"]),
        seen_by=row["seen_by"],
        seen_at=moment("seen_at"),
        normal_by=row["normal_by"],
        normal_at=moment("normal_at"),
        normal_n=row["normal_n"] or 0,
    )
