"""The triggers as they are in force: the settings file's, with what admins changed by chat laid over them.

Read in the transaction that decides, so that a change counts at once, in every copy of the bot.
"""

from __future__ import annotations

from bot.domain.events import ConversationEnded
from bot.domain.overrides import SETTINGS, NotAValue, Value, applied, in_force
from bot.domain.survey import Rules, Trigger, TriggerBook
from bot.store.engine import Tx
from bot.store.overrides import all_overrides


class Rulebook:
    """Which trigger an event matches, and by which numbers it asks. ``rules``: the file's, before a trigger's own."""

    def __init__(self, book: TriggerBook, rules: Rules) -> None:
        self.file = book
        self.file_rules = rules

    async def in_force(self, tx: Tx) -> TriggerBook:
        """Every trigger, with what was changed."""
        return in_force(self.file, await changed(tx))

    async def rules(self, tx: Tx) -> Rules:
        """The numbers of the policy before a trigger's own, with what was changed."""
        return applied(self.file_rules, await changed(tx))

    async def first_match(self, tx: Tx, event: ConversationEnded) -> Trigger | None:
        """The first trigger, top to bottom, that the event matches."""
        return (await self.in_force(tx)).first_match(event)

    async def trigger(self, tx: Tx, name: str) -> Trigger | None:
        """The trigger of this name (``TriggerBook.by_name``)."""
        return (await self.in_force(tx)).by_name(name)


async def changed(tx: Tx) -> dict[str, Value]:
    """What admins changed, by the setting's name. A value that this version cannot read counts as not there."""
    rows = await all_overrides(tx)
    if not rows:
        return {}
    values: dict[str, Value] = {}
    for setting in SETTINGS.values():
        if setting.key in rows:
            try:
                values[setting.name] = setting.parse(rows[setting.key].value)
            except NotAValue:
                continue
    return values
