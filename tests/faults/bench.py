"""Kills, and worse, by the thousand: ``python -m tests.faults.bench --rounds 1000 [--engine postgres] [--seed 7]``.

``--fault all``: rounds of every trouble that the engine knows, two at a time at times; ``--fault disk-full``: of one
(docs/faults.md). Prints a table, and what is wrong; the exit code says whether anything is. PostgreSQL: the server that
CES_TEST_POSTGRES names, in a schema of its own that is dropped afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from bot.adapters import logs
from tests.faults.town import Findings, kill_rounds, trouble_rounds
from tests.faults.troubles import TROUBLES, troubles_of

_ROUNDS_PER_DATABASE = 250  # then a fresh one: its beginning is worth being killed in too
_HEAD = (
    "| engine | rounds | lives that worked | updates | taps | webhooks | questions | lines repeated | wrong | time |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


@contextlib.contextmanager
def database(engine: str) -> Iterator[str]:
    """The url of an empty database; it is gone afterwards."""
    if engine == "sqlite":
        yield "sqlite:///{folder}/ces.db"
        return
    import psycopg

    url = os.environ.get("CES_TEST_POSTGRES", "postgresql://127.0.0.1:5432/test")
    schema = f"ces_faults_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA {schema}".encode())
        try:
            yield f"{url}{'&' if '?' in url else '?'}options={quote(f'-c search_path={schema}')}"
        finally:
            admin.execute(f"DROP SCHEMA {schema} CASCADE".encode())


def row(engine: str, found: Findings) -> str:
    """One line of the table."""
    return (
        f"| {engine} | {found.rounds} | {found.lives_in_full} | {found.updates} | {found.taps} | {found.webhooks} "
        f"| {found.questions} | {found.repeated_lines} | {len(found.wrong)} | {found.seconds:.0f} s |"
    )


def main() -> int:
    """Kill, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--fault", choices=("kill", "all", *TROUBLES), default="kill")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--keep", type=Path, help="a folder for the log and the database, where something is wrong"
    )
    given = parser.parse_args()
    troubles = troubles_of(given.engine) if given.fault == "all" else []
    if given.fault in TROUBLES:
        troubles = [TROUBLES[given.fault]]
        if given.engine not in troubles[0].engines:
            parser.error(f"{given.fault} is nothing that happens to {given.engine}")
    logs.configure(level="warning")
    wrong: list[str] = []
    print(_HEAD)
    for number, done in enumerate(range(0, given.rounds, _ROUNDS_PER_DATABASE)):
        rounds = min(_ROUNDS_PER_DATABASE, given.rounds - done)
        with database(given.engine) as url:
            keep = None if given.keep is None else given.keep / f"{given.engine}-{given.seed + number}"
            seed = given.seed + number
            how = (
                trouble_rounds(url, troubles, seed, rounds, keep)
                if troubles
                else kill_rounds(url, rounds, seed, keep)
            )
            found = asyncio.run(how)
        print(row(given.engine, found), *found.wrong, sep="\n", flush=True)
        wrong += found.wrong
    print(f"{len(wrong)} mistakes." if wrong else "Nothing was lost, nothing doubled.")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
