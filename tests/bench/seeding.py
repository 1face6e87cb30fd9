"""A made-up year of any size, written by the database itself: a million answers in seconds, the same every time.

One text for both engines. Chance is arithmetic on the row's number, so that the rows are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from bot.store.engine import Store, Tx, to_ms

YEAR = timedelta(days=365)
SERIES = "support/emoji5/question/1"
_STATES = (  # per cent of the episodes
    ("skipped", 20),
    ("answered", 40),
    ("expired", 34),
    ("cancelled", 4),
    ("undeliverable", 2),
)
_ANSWERED_PERCENT = 40
_AT_ONCE = 100_000  # a statement may take 15 s on PostgreSQL
_DRAWN = {
    "luck": (1, 100),
    "team": (2, 8),
    "agent": (3, 25),
    "way": (4, 100),
    "tongue": (5, 100),
    "feel": (6, 100),
    "wait": (7, 600),
}
_PRIME = 2_147_483_647
_MULTIPLIER = 48_271


def _chance(columns: Mapping[str, tuple[int, int]], rows: str) -> str:
    """Two common table expressions after ``rows(n)``: ``s`` has every column as a whole number below its bound.

    ``columns``: name → (salt, bound). The number is (x² mod p) mod bound with x = n·a + b mod p, p = 2³¹ − 1.
    """

    def modulo(value: str, by: int) -> str:  # neither engine's sign for it may stand in a shared text
        return f"({value} - {value} / {by} * {by})"

    first = ", ".join(
        f"{modulo(f'(n * {_MULTIPLIER + 2 * salt} + {salt * salt * 7919})', _PRIME)} AS {name}"
        for name, (salt, _) in columns.items()
    )
    second = ", ".join(f"{modulo(f'({name} * {name})', _PRIME)} AS {name}" for name in columns)
    last = ", ".join(f"{modulo(name, bound)} AS {name}" for name, (_, bound) in columns.items())
    return f"x AS (SELECT n, {first} FROM {rows}), y AS (SELECT n, {second} FROM x), s AS (SELECT n, {last} FROM y)"


def _pick(value: str, choices: tuple[tuple[str, int], ...]) -> str:
    """SQL for one of the choices by their per cents; ``value`` is 0 to 99."""
    cases, upto = [], 0
    for name, percent in choices[:-1]:
        upto += percent
        cases.append(f"WHEN {value} < {upto} THEN '{name}'")
    return f"CASE {' '.join(cases)} ELSE '{choices[-1][0]}' END"


async def seed_year(store: Store, answers: int, to_at: datetime) -> int:
    """Fill an empty database with a year that ends at ``to_at`` and has about ``answers`` answers; the episodes.

    Eight teams with 25 agents each, four triggers, four languages, three sources, twelve tags; one answer in a
    hundred was asked for by hand, one in ten has a comment.
    """
    episodes = answers * 100 // _ANSWERED_PERCENT
    from_ms = to_ms(to_at - YEAR)
    step = YEAR // timedelta(milliseconds=1) / episodes
    for first in range(1, episodes + 1, _AT_ONCE):
        last = min(first + _AT_ONCE - 1, episodes)
        for sql in (_invitations(first, last, from_ms, int(step)), _tags(first, last), _taps(first, last)):
            await store.write(partial(_run, sql))

    async def analyze(tx: Tx) -> None:
        await tx.run("ANALYZE")

    await store.write(analyze)
    return episodes


async def _run(sql: str, tx: Tx) -> int:
    return await tx.run(sql)


def _invitations(first: int, last: int, from_ms: int, step: int) -> str:
    state = _pick("e.luck", _STATES)
    sent = "e.luck >= 20 AND e.luck < 94"
    minute = 60_000
    return (
        f"WITH RECURSIVE numbers(n) AS (SELECT CAST({first} AS BIGINT) UNION ALL"
        f" SELECT n + 1 FROM numbers WHERE n < {last}),"
        f" {_chance(_DRAWN, 'numbers')}, e AS (SELECT s.*, {from_ms} + n * {step} AS at FROM s)"
        " INSERT INTO invitation(token, source, conversation_id, episode, kind, trigger_name, survey, scale, series,"
        " touchpoint, team, agent, language, ended_at, state, reason, created_at, ask_at, sent_at, expires_at,"
        " closed_at, score, answered_at, comment, commented_at)"
        f" SELECT 'bench-' || n, {_pick('e.way', (('telegram_topic', 60), ('generic', 30), ('chatwoot', 10)))},"
        f" 'c-' || n, 1, 'support_ended', CASE WHEN e.way = 99 THEN 'manual' WHEN e.way < 50 THEN 'support'"
        " WHEN e.way < 80 THEN 'orders' ELSE 'billing' END, 'support', 'emoji5',"
        f" '{SERIES}', CASE WHEN e.way < 80 THEN 'support' ELSE 'purchase' END, 'team ' || e.team,"
        " 'agent ' || e.team || '-' || e.agent,"
        f" {_pick('e.tongue', (('en', 60), ('zh-Hans', 25), ('ar', 10), ('de', 5)))}, e.at, {state},"
        " CASE WHEN e.luck < 20 THEN 'cooldown' WHEN e.luck >= 98 THEN 'bot_blocked' WHEN e.luck >= 94"
        f" THEN 'reopened' END, e.at, e.at + 5 * {minute},"
        f" CASE WHEN {sent} THEN e.at + 5 * {minute} END, CASE WHEN {sent} THEN e.at + 2885 * {minute} END,"
        f" CASE WHEN e.luck < 20 OR e.luck >= 94 THEN e.at WHEN e.luck >= 60 THEN e.at + 2885 * {minute} END,"
        " CASE WHEN e.luck >= 20 AND e.luck < 60 THEN CASE WHEN e.feel < 5 + e.team THEN 1 WHEN e.feel < 14 + e.team"
        " THEN 2 WHEN e.feel < 28 THEN 3 WHEN e.feel < 60 THEN 4 ELSE 5 END END,"
        f" CASE WHEN e.luck >= 20 AND e.luck < 60 THEN e.at + (6 + e.wait) * {minute} END,"
        " CASE WHEN e.luck >= 20 AND e.luck < 24 THEN 'It took three tries to find the form, number ' || n END,"
        f" CASE WHEN e.luck >= 20 AND e.luck < 24 THEN e.at + (7 + e.wait) * {minute} END"
        " FROM e"
    )


def _tags(first: int, last: int) -> str:
    drawn = {"tag": (8, 12), "has_tag": (9, 3)}
    return (
        f"WITH numbers AS (SELECT id AS n FROM invitation WHERE id BETWEEN {first} AND {last}),"
        f" {_chance(drawn, 'numbers')}"
        " INSERT INTO invitation_tag(invitation_id, tag) SELECT n, 'tag ' || s.tag FROM s WHERE s.has_tag = 0"
    )


def _taps(first: int, last: int) -> str:
    return (
        "INSERT INTO response_event(invitation_id, kind, value, at)"
        " SELECT id, 'tap', CAST(score AS TEXT), answered_at FROM invitation"
        f" WHERE score IS NOT NULL AND id BETWEEN {first} AND {last}"
    )
