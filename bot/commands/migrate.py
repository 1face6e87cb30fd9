"""``migrate``: bring the database's schema up to date, with a copy of what was there before."""

from __future__ import annotations

from bot.adapters.clock import backoff
from bot.config import Settings, load_pepper
from bot.store.opening import open_store


async def migrate(settings: Settings) -> int:
    """Upgrade and say what that took. 0 when the schema is up to date. Raises StoreError while the bot runs."""
    load_pepper(settings)  # a database that stands without its pepper would be refused at the first start
    async with await open_store(settings.database.url, pause=backoff) as store:
        upgrade = store.upgrade
    if upgrade.before == upgrade.after:
        print(f"The schema is up to date ({upgrade.after}).")
    else:
        print(f"The schema went from {upgrade.before} to {upgrade.after}.")
    if upgrade.copy:
        print(f"The database as it was before: {upgrade.copy}")
    return 0
