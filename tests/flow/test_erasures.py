"""Who was forgotten stays forgotten, also by a database from before."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.adapters.clock import TravelClock
from bot.adapters.erasure_file import ErasureFile
from bot.config import load_pepper
from bot.flow.erasures import ERASURES, Erasures
from bot.store import erasures, respondents, timers
from bot.store.engine import Tx
from bot.store.opening import OpenStore
from bot.store.respondents import Pseudonyms
from tests.stage import EMMA, NOAH, stage

PSEUDONYMS = Pseudonyms(b"p" * 32)
GONE, STAYS = PSEUDONYMS.key(1), PSEUDONYMS.key(2)


async def two_customers(store: OpenStore, clock: TravelClock) -> None:
    async def op(tx: Tx) -> None:
        for chat_id, key in ((1, GONE), (2, STAYS)):
            await respondents.seen(tx, key, chat_id, "en", clock.now())
            await tx.run(
                "INSERT INTO delivery(source, key, lane, body, received_at) VALUES('telegram', :key, :key, '{}', 0)",
                key=key,
            )

    await store.write(op)


async def held(store: OpenStore) -> set[str]:
    rows = await store.read(
        lambda tx: tx.all("SELECT customer_key AS key FROM respondent UNION ALL SELECT lane FROM delivery")
    )
    return {row["key"] for row in rows}


async def test_a_database_from_before_an_erasure_forgets_the_customer_when_it_is_opened(
    store: OpenStore, clock: TravelClock, tmp_path: Path
) -> None:
    kept = ErasureFile(tmp_path / "ces.db.erased")
    kept.append({PSEUDONYMS.erasure(GONE): clock.now()})
    await two_customers(store, clock)
    assert await Erasures(store, PSEUDONYMS, kept).catch_up(clock.now()) == 1
    assert await held(store) == {STAYS}


async def test_a_customer_who_came_back_after_an_erasure_stays(
    store: OpenStore, clock: TravelClock, tmp_path: Path
) -> None:
    steps = Erasures(store, PSEUDONYMS, ErasureFile(tmp_path / "ces.db.erased"))
    await store.write(lambda tx: steps.record(tx, GONE, clock.now()))
    assert await steps.catch_up(clock.now()) == 0
    clock.move(timedelta(days=1))
    await two_customers(store, clock)
    assert await steps.catch_up(clock.now()) == 0
    assert await held(store) == {GONE, STAYS}


async def test_the_list_names_nobody_and_gets_what_it_lacks(
    store: OpenStore, clock: TravelClock, tmp_path: Path
) -> None:
    path = tmp_path / "ces.db.erased"
    steps = Erasures(store, PSEUDONYMS, ErasureFile(path))
    await store.write(lambda tx: steps.record(tx, GONE, clock.now()))
    assert await store.read(lambda tx: timers.runs(tx, ERASURES, ERASURES))
    path.write_text("17000")  # a line that a crash tore
    await steps.catch_up(clock.now())
    await steps.catch_up(clock.now())
    assert GONE not in path.read_text()
    assert ErasureFile(path).read() == {PSEUDONYMS.erasure(GONE): clock.now()}
    assert path.read_text().count(PSEUDONYMS.erasure(GONE)) == 1


async def test_a_list_is_readable_by_its_owner_alone(tmp_path: Path, clock: TravelClock) -> None:
    path = tmp_path / "ces.db.erased"
    ErasureFile(path).append({"a" * 32: clock.now()})
    assert path.stat().st_mode & 0o777 == 0o600


async def test_an_erasure_by_a_customer_is_on_the_list_at_once() -> None:
    async with stage() as s:
        await s.conversation(NOAH, "Noah Weber")
        await s.say(EMMA, "/forget_me")
        await s.press(EMMA, s.last(EMMA), "y")
        path = s.settings.erasures_path()
        assert path is not None
        emma = Pseudonyms(load_pepper(s.settings)).erasure(s.key(EMMA))
        assert set(ErasureFile(path).read()) == {emma}
        assert set(await s.app.store.read(erasures.all_erasures)) == {emma}
        assert await s.app.store.read(lambda tx: respondents.by_key(tx, s.key(NOAH)))
