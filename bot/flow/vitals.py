"""How the bot is: the checks behind ``/healthz`` (does this process live?) and ``/readyz`` (does everything work?)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.errors import ChannelError, StoreError
from bot.flow.ports import Clock
from bot.flow.watched import Monotonic, WatchedChannel, WatchedStore
from bot.store.leadership import Leadership

Fact = float | int | str | bool | None

_MOST_LAG_SECONDS = 5.0
_LAG_SEEN_FOR_SECONDS = 15.0
_MOST_SILENCE_SECONDS = 120.0  # a long poll takes 35 s at most, the longest rest after a failure 30 s
_A_WRITE_COUNTS_FOR_SECONDS = 5.0
_AN_ANSWER_COUNTS_FOR_SECONDS = 10.0
_ERROR_IS_NEWS_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and its figures."""

    name: str
    is_ok: bool
    facts: Mapping[str, Fact] = field(default_factory=dict)


class Vitals:
    """Looks when asked. ``webhook_url``: where Telegram should deliver to; '' where this bot polls.

    ``lag(seconds)``: the loop's worst lag within so many seconds. ``clock`` is the machine's.
    """

    def __init__(
        self,
        *,
        store: WatchedStore,
        channel: WatchedChannel,
        leadership: Leadership,
        lag: Callable[[float], float],
        clock: Clock,
        monotonic: Monotonic,
        webhook_url: str,
    ) -> None:
        self.store = store
        self.channel = channel
        self.leadership = leadership
        self.lag = lag
        self._clock = clock
        self._monotonic = monotonic
        self._webhook_url = webhook_url
        self._told: tuple[float, Check] | None = None
        self._heard_at: float | None = None
        self.is_started = False

    def heard(self) -> None:
        """Telegram delivered something by webhook."""
        self._heard_at = self._monotonic()

    def is_alive(self) -> bool:
        """Whether a restart would not help: the loop turns, and whoever should poll does. For watchdogs."""
        return self._loop().is_ok and self._updates().is_ok

    async def health(self) -> list[Check]:
        """The loop, how updates come in, and a write to the database. A Telegram that is away is no fault of ours."""
        return [self._loop(), self._updates(), await self._writes()]

    async def readiness(self) -> list[Check]:
        """Started, the database takes writes, Telegram answers and (in webhook mode) delivers."""
        return [Check("started", self.is_started), await self._writes(), await self._telegram()]

    def _loop(self) -> Check:
        lag = self.lag(_LAG_SEEN_FOR_SECONDS)
        return Check("loop", lag < _MOST_LAG_SECONDS, {"lag_seconds": round(lag, 3)})

    def _updates(self) -> Check:
        if self._webhook_url:
            age = None if self._heard_at is None else round(self._monotonic() - self._heard_at, 1)
            return Check("updates", True, {"by": "webhook", "age_seconds": age})
        if not self.is_started or self.leadership.term is None:
            return Check("updates", True, {"by": "nobody yet" if not self.is_started else "another copy"})
        silence = self.channel.silent_for()
        is_ok = silence is None or silence < _MOST_SILENCE_SECONDS
        return Check(
            "updates", is_ok, {"by": "polling", "age_seconds": None if silence is None else round(silence, 1)}
        )

    async def _writes(self) -> Check:
        began = self._monotonic()
        try:
            await self.store.probe(not_older_than=_A_WRITE_COUNTS_FOR_SECONDS)
        except StoreError as error:
            since = self.store.refused_since
            lasts = 0.0 if since is None else self._monotonic() - since
            return Check("database", False, {"error": str(error), "for_seconds": round(lasts, 1)})
        return Check("database", True, {"seconds": round(self._monotonic() - began, 3)})

    async def _telegram(self) -> Check:
        """Ask Telegram, at most every ten seconds, however often we are asked."""
        if self._told is None or self._monotonic() - self._told[0] > _AN_ANSWER_COUNTS_FOR_SECONDS:
            self._told = (self._monotonic(), await self._ask_telegram())
        return self._told[1]

    async def _ask_telegram(self) -> Check:
        try:
            info = await self.channel.call("getWebhookInfo", {})
        except ChannelError as error:
            return Check("telegram", False, {"error": error.reason})
        facts: dict[str, Fact] = {"pending_update_count": int(info.get("pending_update_count", 0))}
        if not self._webhook_url:
            return Check("telegram", True, facts)
        is_ours = info.get("url") == self._webhook_url
        failed_ago = self._clock.now().timestamp() - float(info.get("last_error_date", 0))
        is_failing = failed_ago < _ERROR_IS_NEWS_FOR.total_seconds() and bool(facts["pending_update_count"])
        if not is_ours:
            facts["error"] = "the webhook is not set to this bot"
        elif is_failing:
            facts["error"] = str(info.get("last_error_message", ""))
        return Check("telegram", is_ours and not is_failing, facts)
