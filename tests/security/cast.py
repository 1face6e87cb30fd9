"""Who attacks in these tests, what they must not be told, and how one sees that nothing has changed."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from bot.adapters.catalogues import Catalogues
from tests.stage import ADA, EMMA, OLGA, TEAM, Stage

MAX, SUE = 906, 907  # was an admin; was in the staff chat
NEWCOMER = 908  # never seen by the bot before they attack
TEAM_NOW = -1001000000005  # the staff chat after it has moved

_REFUSALS = (
    "admin.refused.not_admin",
    "admin.refused.anonymous",
    "admin.refused.toast",
    "admin.refused.old",
    "admin.refused.not_staff",
    "admin.refused.staff_only",
    "customer.toast.outdated",
    "customer.toast.not_yours",
    "customer.relay.unknown_command",
)
# Rows about the messages themselves: that somebody wrote, and what was answered (which is looked at in the chats).
_ABOUT_MESSAGES = frozenset({"delivery", "outbox"})
_VOLATILE = {
    "respondent": ("seen_at", "last_thread_id"),
    "staff_view": ("wanted", "pressed_by", "pressed_at"),
}


@functools.cache
def refusals() -> frozenset[str]:
    """Everything that may be said to the wrong person, in every language."""
    catalogues = Catalogues.load()
    said = {catalogues.for_staff("en")(key) for key in _REFUSALS}
    for language in catalogues.languages:
        texts = catalogues.of(language)
        said |= {texts(key) for key in _REFUSALS if key.startswith("customer.")}
    return frozenset(said)


def people(s: Stage) -> None:
    """The attackers, and a second staff chat."""
    for person, name in ((MAX, "Max"), (SUE, "Sue"), (NEWCOMER, "Nick")):
        s.world.add_person(person, name, language_code="en")
    for person in (MAX, SUE):
        s.world.join(TEAM, person)
        s.world.start(person)
    s.world.add_group(TEAM_NOW, "Team now", admins={ADA: None}, members=[])


async def state(s: Stage) -> Mapping[str, list[str]]:
    """Every row of every table, but for what any message changes: the log of updates, and when somebody was seen."""
    tables = await s.rows("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'")
    found = {}
    for table in (str(row["name"]) for row in tables):
        if table not in _ABOUT_MESSAGES:
            columns = await s.rows("SELECT name FROM pragma_table_info(:table)", table=table)
            names = [str(row["name"]) for row in columns if row["name"] not in _VOLATILE.get(table, ())]
            rows = await s.rows(f"SELECT * FROM {table}")
            found[table] = sorted(repr({name: row[name] for name in names}) for row in rows)
    # a refused look into a summary leaves the summary as it stands
    found["staff_view"] = [row for row in found["staff_view"] if "'shown': ''" not in row]
    found["bot_memory"] = [row for row in found["bot_memory"] if "'probe'" not in row]
    return found


def changed(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> list[str]:
    """The rows that came, went or are different."""
    return [
        f"{table}: {sign}{row}"
        for table in before
        for sign, one, other in (("-", before, after), ("+", after, before))
        for row in one[table]
        if row not in other[table]
    ]


def spoken(calls: Iterable[Any]) -> list[str]:
    """What the bot has said or shown to anybody in these calls: texts, captions, toasts; and every file."""
    said = []
    for call in calls:
        if call.method in ("getUpdates", "getChatMember", "setMyCommands"):
            continue
        text = call.params.get("text") or call.params.get("caption") or ""
        if text or call.method != "answerCallbackQuery":
            said.append(text or f"({call.method})")
    return said


__all__ = [
    "EMMA",
    "MAX",
    "NEWCOMER",
    "OLGA",
    "SUE",
    "TEAM_NOW",
    "changed",
    "people",
    "refusals",
    "spoken",
    "state",
]
