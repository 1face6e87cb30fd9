"""What policy needs to know of the moment: how the switches stand, and how the customer does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.domain.policy import Standing, Switches
from bot.domain.survey import Trigger
from bot.store import desk, invitations, respondents, switches
from bot.store.engine import Tx


class Standings:
    """Reads it from the store. ``staff`` and ``test_accounts`` are pseudonyms that the settings name."""

    def __init__(self, *, staff: Collection[str] = (), test_accounts: Collection[str] = ()) -> None:
        self._staff = frozenset(staff)
        self._test_accounts = frozenset(test_accounts)

    async def of(self, tx: Tx, customer_key: str | None, but: int, now: datetime) -> Standing:
        """What is known of the customer; the invitation ``but`` does not count against itself."""
        respondent = await respondents.by_key(tx, customer_key) if customer_key else None
        if respondent is None or respondent.chat_id is None:
            return Standing(has_address=False)
        key = respondent.customer_key
        return Standing(
            has_address=True,
            is_unreachable=respondent.unreachable_at is not None,
            is_opted_out=respondent.opted_out_at is not None,
            is_staff=key in self._staff or await desk.is_agent(tx, key),
            is_test_account=key in self._test_accounts,
            language=respondent.language,
            asks=await invitations.asks_of(tx, key, but, now),
        )


async def switched(tx: Tx, trigger: Trigger | None, now: datetime) -> Switches:
    """How the switches stand for this trigger: what admins set, else what the file says."""
    touched = await switches.all_switches(tx)
    switch = touched.get(trigger.name) if trigger else None
    is_on = switch.is_on if switch else (trigger.is_on if trigger else True)
    return Switches(is_on=is_on, is_paused=switches.is_paused(touched, now))
