"""Does the database agree with itself? Every rule that the schema cannot enforce, one statement each. Only reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.scales import SCALES
from bot.store import memory, retention
from bot.store.engine import Tx, from_ms, to_ms

_ON_ITS_WAY_FOR = timedelta(minutes=15)  # far longer than any call may take


@dataclass(frozen=True)
class Flaw:
    """One rule that rows break: what is wrong, how many rows, and the first of them (its id, or its words)."""

    words: str
    rows: int
    first: str


@dataclass(frozen=True)
class _Rule:
    """``sql`` finds the rows that break it: their number as ``n``, the first as ``first``."""

    words: str
    sql: str


def _rows_of(table: str, where: str, first: str = "id") -> str:
    return f"SELECT count(*) AS n, min({first}) AS first FROM {table} WHERE {where}"


def _without_timer(state: str, kind: str) -> str:
    return f"state='{state}' AND CAST(id AS TEXT) NOT IN (SELECT subject FROM timer WHERE kind='{kind}')"


_QUESTION_WAITS = (
    "id IN (SELECT invitation_id FROM outbox WHERE kind='question' AND state IN ('waiting','sending')"
    " AND invitation_id IS NOT NULL)"
)
_LAST_TAP = (
    "(SELECT e.value FROM response_event e WHERE e.id=(SELECT max(t.id) FROM response_event t"
    " WHERE t.invitation_id=invitation.id AND t.kind='tap'))"
)
_OF_INVITATIONS = "'ask','remind','expire','edit_close','comment_close','hard_answer'"

_RULES = (
    _Rule(
        "waits for its question, but no timer and no letter will ask it",
        _rows_of("invitation", f"{_without_timer('scheduled', 'ask')} AND NOT {_QUESTION_WAITS}"),
    ),
    _Rule(
        "is said to be on its way, but no letter is",
        _rows_of("invitation", f"state='sending' AND NOT {_QUESTION_WAITS}"),
    ),
    _Rule(
        "was asked, but no timer will close it at its deadline",
        _rows_of("invitation", _without_timer("sent", "expire")),
    ),
    _Rule(
        "was asked, but nobody knows when",
        _rows_of("invitation", "state IN ('sent','answered','expired') AND sent_at IS NULL"),
    ),
    _Rule(
        "was not asked, or did not arrive, and no reason is given",
        _rows_of(
            "invitation",
            "state IN ('skipped','cancelled','undeliverable') AND (reason IS NULL OR reason='')",
        ),
    ),
    _Rule(
        "counts as answered without a score, or has a score and does not count",
        _rows_of(
            "invitation",
            "(state='answered' AND score IS NULL) OR (state<>'answered' AND score IS NOT NULL)",
        ),
    ),
    _Rule(
        "has another score than its last tap",
        _rows_of("invitation", f"score IS NOT NULL AND CAST(score AS TEXT)<>{_LAST_TAP}"),
    ),
    _Rule(
        "has a score that its scale does not have",
        _rows_of(
            "invitation",
            "score IS NOT NULL AND NOT ("
            + " OR ".join(
                f"(scale='{name}' AND score IN ({','.join(map(str, scale.values))}))"
                for name, scale in SCALES.items()
            )
            + ")",
        ),
    ),
    _Rule(
        "is a timer of an invitation that is not there",
        _rows_of(
            "timer",
            f"kind IN ({_OF_INVITATIONS}) AND subject NOT IN (SELECT CAST(id AS TEXT) FROM invitation)",
        ),
    ),
    _Rule(
        "is a letter about an invitation that is not there",
        _rows_of("outbox", "invitation_id IS NOT NULL AND invitation_id NOT IN (SELECT id FROM invitation)"),
    ),
    _Rule(
        "quotes an invitation that is not there to staff",
        _rows_of("staff_quote", "invitation_id NOT IN (SELECT id FROM invitation)", first="invitation_id"),
    ),
    _Rule(
        "links messages of a customer whom nobody knows",
        _rows_of(
            "message_link",
            "customer_key NOT IN (SELECT customer_key FROM respondent)",
            first="forum_message_id",
        ),
    ),
    _Rule(
        "was sent and yet still holds its words",
        _rows_of("outbox", "state='sent' AND payload IS NOT NULL"),
    ),
    _Rule(
        "was processed and yet still holds its body",
        _rows_of("delivery", "done_at IS NOT NULL AND error IS NULL AND body IS NOT NULL"),
    ),
)


def rules() -> Iterator[str]:
    """What is looked at, in words: “a row of … that …”."""
    return (rule.words for rule in _RULES)


async def flaws(tx: Tx, now: datetime) -> list[Flaw]:
    """Every rule that is broken."""
    found = []
    for rule in _RULES:
        row = await tx.one(rule.sql)
        if row is not None and row["n"]:
            found.append(Flaw(rule.words, row["n"], str(row["first"])))
    row = await tx.one(
        _rows_of("outbox", "state='sending' AND claimed_at < :at"), at=to_ms(now - _ON_ITS_WAY_FOR)
    )
    if row is not None and row["n"]:
        found.append(Flaw("has been on its way for more than 15 minutes", row["n"], str(row["first"])))
    return found + await _counted_twice(tx)


async def _counted_twice(tx: Tx) -> list[Flaw]:
    """What has aged into daily counts must not stand among the answers any more."""
    aged = await memory.recall(tx, retention.AGED_UNTIL)
    oldest = None if aged is None else await retention.oldest(tx, from_ms(int(aged)))
    if oldest is None:
        return []
    return [Flaw("is counted by the day already, and still there", 1, f"{oldest:%Y-%m-%d %H:%M} UTC")]


async def damage(tx: Tx, *, is_sqlite: bool) -> list[str]:
    """What the engine itself finds wrong with its file, indexes and constraints: its own words, 20 at most.

    On SQLite this reads the whole file.
    """
    if is_sqlite:
        verdicts = [str(row["integrity_check"]) for row in await tx.all("PRAGMA integrity_check(20)")]
        found = [verdict for verdict in verdicts if verdict != "ok"]
        broken = await tx.all("PRAGMA foreign_key_check")
        found += [f"{row['table']}: a row without its {row['parent']}" for row in broken[:20]]
        return found
    invalid = await tx.all(
        "SELECT conname AS name FROM pg_constraint WHERE NOT convalidated"
        " AND connamespace=current_schema()::regnamespace"
        " UNION ALL SELECT c.relname FROM pg_index x JOIN pg_class c ON c.oid=x.indexrelid"
        " WHERE NOT x.indisvalid AND c.relnamespace=current_schema()::regnamespace LIMIT 20"
    )
    return [f"{row['name']} is not valid" for row in invalid]
