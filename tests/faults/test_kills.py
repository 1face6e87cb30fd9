"""kill -9 at random instants under load, a hundred times: nothing acknowledged is lost, nobody is asked twice."""

from __future__ import annotations

import pytest

from tests.faults.town import kill_rounds

pytestmark = pytest.mark.timeout(300)


async def test_a_bot_that_is_killed_a_hundred_times_loses_nothing_and_asks_nobody_twice() -> None:
    found = await kill_rounds("sqlite:///{folder}/ces.db", rounds=80, seed=1)
    assert found.wrong == []
    assert found.rounds == 80
    assert found.lives_in_full >= 10, "many lived long enough to work, even on a busy machine"
    assert found.questions >= 10
    assert found.taps >= 40


@pytest.mark.postgres
async def test_neither_does_it_on_postgresql(postgres_url: str) -> None:
    found = await kill_rounds(postgres_url, rounds=20, seed=2)
    assert found.wrong == []
    assert found.rounds == 20
    assert found.questions >= 5
