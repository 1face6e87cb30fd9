"""Everything else that may go wrong, in an order that a seed decides, two at once where that is possible."""

from __future__ import annotations

import pytest

from tests.faults.town import trouble_rounds
from tests.faults.troubles import troubles_of

pytestmark = pytest.mark.timeout(300)


async def test_whatever_goes_wrong_nothing_is_lost_nothing_made_up_and_nobody_asked_twice() -> None:
    troubles = troubles_of("sqlite")
    found = await trouble_rounds("sqlite:///{folder}/ces.db", troubles, seed=1)
    assert found.wrong == []
    assert found.lives_in_full == found.rounds >= len(troubles) / 2
    assert found.questions >= 10
    assert found.taps >= 10
    assert found.webhooks >= 10


@pytest.mark.postgres
async def test_nor_with_a_database_on_the_network(postgres_url: str) -> None:
    troubles = [one for one in troubles_of("postgres") if one.engines == ("postgres",)]
    found = await trouble_rounds(postgres_url, troubles, seed=2)
    assert found.wrong == []
    assert found.lives_in_full == found.rounds == len(troubles)
    assert found.questions >= 5
