"""``simulate``: rehearse other rules on the last days, in a terminal. Only reads, beside a running bot."""

from __future__ import annotations

from collections.abc import Sequence

from bot.adapters.catalogues import Catalogues
from bot.adapters.clock import SystemClock, backoff
from bot.commands.plain_text import plain
from bot.config import Settings, find_pepper
from bot.domain.errors import ConfigError
from bot.domain.rehearsal_request import Request, read_request
from bot.domain.rehearsal_text import mistakes_text
from bot.domain.survey import TriggerBook
from bot.flow.ports import Clock
from bot.flow.rehearsals import Rehearsals
from bot.flow.rulebook import Rulebook
from bot.store.opening import open_store
from bot.store.respondents import Pseudonyms


async def simulate(settings: Settings, words: Sequence[str], clock: Clock | None = None) -> int:
    """Print what ``/simulate`` with these words answers as of now. ``clock``: default, the machine's.

    0 done, 2 the words are no request (what would be right is printed). Raises StoreError without a database,
    ConfigError without the pepper, which draws the sample.
    """
    texts = Catalogues.load().for_staff(settings.chats.language)
    request = read_request(words)
    if not isinstance(request, Request):
        print(plain(mistakes_text(request, texts)))
        return 2
    now = (clock or SystemClock()).now()
    pepper = find_pepper(settings)
    rulebook = Rulebook(TriggerBook(settings.triggers_built()), settings.rules())
    async with await open_store(settings.database.url, pause=backoff, read_only=True) as store:
        if pepper is None:
            raise ConfigError("privacy.pepper_file: the pepper is not there, and the sample depends on it.")
        zone = settings.summary.timezone
        rehearsals = Rehearsals(store, rulebook, Pseudonyms(pepper).sample, texts, zone)
        print(plain(await rehearsals.told(words, now)))
    return 0
