"""``/simulate``: rehearse the last days by other rules. Reads page by page beside the rest; writes one answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from functools import partial

import structlog

from bot.domain.messages import Message
from bot.domain.overrides import in_force
from bot.domain.policy import YEAR
from bot.domain.rehearsal import Rehearsal, Rehearsed
from bot.domain.rehearsal_request import Request, read_request
from bot.domain.rehearsal_text import mistakes_text, rehearsal_text
from bot.domain.texts import Texts
from bot.flow.intake import MANUAL_EXCUSES
from bot.flow.render import payload
from bot.flow.rulebook import Rulebook
from bot.store import rehearsals, timers
from bot.store.engine import Store, Tx
from bot.store.outbox import Letter, ToChat, ToCustomer, post
from bot.store.timers import Timer

log = structlog.get_logger(__name__)

SIMULATE = "simulate"
MOST_ENDINGS = 100_000  # half a minute of work on a small machine; a job may not take longer
_PAGE = 100  # endings: some 20 ms, then everybody else has their turn
Addressee = ToChat | ToCustomer


class TooMany(Exception):
    """More endings than a rehearsal can decide again in time."""


class Rehearsals:
    """The job ``simulate``, and the command that orders it. ``sample``: ``Pseudonyms.sample``. ``zone``: the team's."""

    def __init__(
        self, store: Store, rulebook: Rulebook, sample: Callable[[str], float], texts: Texts, zone: tzinfo
    ) -> None:
        self._store = store
        self._rulebook = rulebook
        self._sample = sample
        self._texts = texts
        self._zone = zone

    async def order(self, tx: Tx, words: Sequence[str], to: Addressee, now: datetime) -> Message:
        """``/simulate 30d cooldown=7d``: the answer at once; the figures follow to the same place."""
        request = read_request(words)
        if not isinstance(request, Request):
            return Message(mistakes_text(request, self._texts))
        address = [to.customer_key] if isinstance(to, ToCustomer) else [to.chat_id, to.thread_id]
        order = json.dumps({"words": list(words), "to": address})
        await timers.start(tx, SIMULATE, order, now)
        return Message(self._texts("admin.simulate.ordered"))

    async def ordered(self, timer: Timer, now: datetime) -> None:
        """Rehearse, and post what came out."""
        order = json.loads(timer.subject)
        to: Addressee = ToCustomer(*order["to"]) if len(order["to"]) == 1 else ToChat(*order["to"])
        message = Message(await self.told(order["words"], now))
        # a job that a crash made run twice answers once, unless the first answer has left already
        letter = Letter("reply", "sendMessage", payload(message), to, coalesce_key=f"{SIMULATE}:{timer.id}")
        await self._store.write(lambda tx: post(tx, letter, now))

    async def told(self, words: Sequence[str], now: datetime) -> str:
        """The rehearsal that these words ask for, or what is wrong with them, as Telegram HTML."""
        request = read_request(words)
        if not isinstance(request, Request):
            return mistakes_text(request, self._texts)
        rules = await self._store.read(self._rulebook.rules)
        try:
            rehearsed = await self.rehearse(request, now)
        except TooMany:
            return self._texts("admin.simulate.too_many", most=self._texts.number(MOST_ENDINGS))
        log.info("rehearsal.done", episodes=rehearsed.happened.episodes)
        kept = [each.name for each in self._rulebook.file.triggers if each.own & request.proposed.keys()]
        return rehearsal_text(rehearsed, request, rules, kept, now, self._texts, self._zone)

    async def rehearse(self, request: Request, now: datetime) -> Rehearsed:
        """What would have become of the endings of the last ``request.span``. Raises TooMany."""
        from_at = now - request.span

        async def beginning(tx: Tx) -> Rehearsal:
            if await rehearsals.count_since(tx, from_at) > MOST_ENDINGS:
                raise TooMany
            return Rehearsal(
                in_force(await self._rulebook.in_force(tx), request.proposed),
                await rehearsals.switchings(tx),
                from_at,
                now,
                excused_by_hand=MANUAL_EXCUSES,
                ignores_switches=request.ignores_switches,
            )

        rehearsal = await self._store.read(beginning)
        last_id = 0
        next_page = partial(
            rehearsals.past_after,
            from_at=from_at,
            asked_from=from_at - YEAR,
            limit=_PAGE,
            sample=self._sample,
        )
        while page := await self._store.read(partial(next_page, after_id=last_id)):
            for episode in page:
                rehearsal.hear(episode)
            last_id = page[-1].id
        return rehearsal.finish()
