"""How fast the bot may post: overall, per private chat, per group. Pure: every instant is an argument.

Sources: Telegram's bot FAQ (about 30 messages a second, one a second per chat, 20 a minute per group).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

LONGEST_SPAN = timedelta(minutes=1)  # what was spent earlier counts no more
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_CROWD = 1024  # so many chats are remembered before those at rest are forgotten
_TOGETHER = timedelta(seconds=1)


class Window:
    """At most ``count`` in any span of ``span``, counted exactly."""

    def __init__(self, count: int, span: timedelta) -> None:
        self._span = span
        self._spent: deque[datetime] = deque(maxlen=max(1, count))

    def free_at(self) -> datetime:
        """From when on one more may go."""
        is_full = len(self._spent) == self._spent.maxlen
        return self._spent[0] + self._span if is_full else _LONG_AGO

    def room(self, now: datetime) -> int:
        """How many more may go at once."""
        while self._spent and self._spent[0] <= now - self._span:
            self._spent.popleft()
        return (self._spent.maxlen or 0) - len(self._spent)

    def rests_at(self) -> datetime:
        """From when on this window is as good as new."""
        return self._spent[-1] + self._span if self._spent else _LONG_AGO

    def spend(self, now: datetime) -> None:
        """One goes."""
        self._spent.append(now)


class Bucket:
    """``per_second`` on average, ``burst`` at once: a token bucket, kept as the instant at which it is full (GCRA)."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._each = timedelta(seconds=1 / per_second)
        self._slack = self._each * (burst - 1)
        self._full_at = _LONG_AGO

    def free_at(self) -> datetime:
        """From when on one more may go."""
        return self._full_at - self._slack

    def room(self, now: datetime) -> int:
        """How many more may go at once."""
        full_at = max(self._full_at, now)
        return max(0, (now + self._slack - full_at) // self._each + 1)

    def rests_at(self) -> datetime:
        """From when on this bucket is as good as new."""
        return self._full_at

    def spend(self, now: datetime) -> None:
        """One goes."""
        self._full_at = max(self._full_at, now) + self._each


class Budgets:
    """The limits of ``[sending]``. Groups and channels have negative ids; all topics of a forum share one budget."""

    def __init__(
        self, per_second: int = 25, per_chat_second: float = 1.0, per_group_minute: int = 18, burst: int = 3
    ) -> None:
        self._per_second = per_second
        self._per_chat_second = per_chat_second
        self._per_group_minute = per_group_minute
        self._burst = burst
        self._overall = Window(per_second, timedelta(seconds=1))
        self._chats: dict[int, Window | Bucket] = {}
        self._held: dict[int, datetime] = {}
        self._all_held = _LONG_AGO
        self._last_refusal: tuple[int, datetime] | None = None

    def restart(self, spent: Iterable[tuple[int, datetime]]) -> None:
        """Count anew, from what was sent of late by whoever: chat and instant, in order."""
        self._overall = Window(self._per_second, timedelta(seconds=1))
        self._chats.clear()
        for chat_id, at in spent:
            self.spend(chat_id, at)

    def free_at(self, chat_id: int | None, *, counts: bool) -> datetime:
        """From when on a call to this chat (``None``: to none) may go; ``counts``: it needs budget."""
        if chat_id is None:
            return self._all_held
        free = max(self._all_held, self._held.get(chat_id, _LONG_AGO))
        if counts:
            free = max(free, self._overall.free_at())
            chat = self._chats.get(chat_id)
            free = free if chat is None else max(free, chat.free_at())
        return free

    def full_until(self) -> datetime:
        """Before this no call that counts may go anywhere, so there is no use in looking for one."""
        return max(self._all_held, self._overall.free_at())

    def room(self, chat_id: int, now: datetime) -> int:
        """How many more messages may go to this chat at once."""
        return min(self._overall.room(now), self._chat(chat_id, now).room(now))

    def spend(self, chat_id: int, now: datetime, count: int = 1) -> None:
        """``count`` messages go to this chat."""
        chat = self._chat(chat_id, now)
        for _ in range(count):
            self._overall.spend(now)
            chat.spend(now)

    def hold(self, chat_id: int, now: datetime, until: datetime) -> None:
        """Telegram said 429: nothing to this chat before ``until``, nor to any when a second chat heard it too."""
        self._held[chat_id] = max(until, self._held.get(chat_id, until))
        last, self._last_refusal = self._last_refusal, (chat_id, now)
        if last is not None and last[0] != chat_id and now - last[1] <= _TOGETHER:
            self.hold_all(until)

    def hold_all(self, until: datetime) -> None:
        """Nothing to anybody before ``until``."""
        self._all_held = max(self._all_held, until)

    def _chat(self, chat_id: int, now: datetime) -> Window | Bucket:
        chat = self._chats.get(chat_id)
        if chat is None:
            if len(self._chats) >= _CROWD:
                self._forget_resting(now)
            if chat_id < 0:
                chat = Window(self._per_group_minute, LONGEST_SPAN)
            else:
                chat = Bucket(self._per_chat_second, self._burst)
            self._chats[chat_id] = chat
        return chat

    def _forget_resting(self, now: datetime) -> None:
        self._chats = {chat_id: chat for chat_id, chat in self._chats.items() if chat.rests_at() > now}
        self._held = {chat_id: until for chat_id, until in self._held.items() if until > now}
