"""How fast the bot may post: overall, per private chat, per group. Pure: every instant is an argument.

Sources: Telegram's bot FAQ (about 30 messages a second, one a second per chat, 20 a minute per group).

**Why no call is one too many.** Telegram counts a message at an instant that nobody here sees: after the letter was
taken (``Budgets.take``), before the answer came (``Trip.landed``). So a call holds its place in a window from the
taking on, and its span begins with the answer only. Then the message after the next ``count - 1`` ones is taken a whole
span after this one was answered, and no span that Telegram may look at holds more than ``count``, however late any of
them arrives.

**Why that costs next to nothing.** Places come round once a span and a round trip, which at 80 ms would be 7 % of a
budget by the second. But the way there and the way back take time in every round: what a call is sure to spend on its
way there after it was taken, and the earlier one spent on its way back before its answer was heard, need not be waited
for again. That time is taken to be the quickest round trip of late, less what the usual one takes longer (so that two
calls may be quicker than any one was). What remains to be paid is the jitter, twice: a line whose answers usually come
10 ms later than the quickest ones costs a fiftieth of the budget.

**Why letters come evenly.** Up to a whole budget may go at once after a rest. But once a budget was used up, the next
letters go some way apart for as long as there are many: the most urgent one then waits for the next place, which comes
soon, not for the next second.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

LONGEST_SPAN = timedelta(minutes=1)  # what was spent earlier counts no more
NEVER = datetime.max.replace(tzinfo=UTC)  # not before a call that is under way has landed
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_CROWD = 1024  # so many chats are remembered before those at rest are forgotten
_TOGETHER = timedelta(seconds=1)
_APART = 0.9  # of an even spacing, so that whoever goes late does not keep everybody behind late
_SECOND = timedelta(seconds=1)


class Limit(Protocol):
    """One limit. What is taken is under way until it has landed, or turns out not to have been sent."""

    def free_at(self) -> datetime:
        """From when on one more may go; ``NEVER``: not before one has landed."""

    def room(self, now: datetime) -> int:
        """How many more may go at once."""

    def rests_at(self) -> datetime:
        """From when on this limit is as good as new."""

    def take(self, now: datetime) -> None:
        """One goes."""

    def land(self, at: datetime) -> None:
        """One has arrived, at ``at`` or before."""

    def put_back(self) -> None:
        """One has not gone after all."""


class Window:
    """At most ``count`` in any span of ``span``, counted exactly; ``apart`` from each other once that is used up."""

    def __init__(self, count: int, span: timedelta, apart: timedelta = timedelta()) -> None:
        self._count = max(1, count)
        self._span = span
        self._apart = apart
        self._under_way = 0
        self._landed: deque[datetime] = deque(maxlen=self._count)
        self._taken_at = _LONG_AGO

    def free_at(self) -> datetime:
        """From when on one more may go; ``NEVER``: not before one has landed."""
        oldest_in_the_way = self._under_way + len(self._landed) - self._count
        if oldest_in_the_way < 0:
            return _LONG_AGO
        if oldest_in_the_way >= len(self._landed):
            return NEVER
        place = self._landed[oldest_in_the_way] + self._span
        if not self._apart:
            return place
        is_busy_until = self._landed[0] + 2 * self._span
        return max(place, min(self._taken_at + self._apart, is_busy_until))

    def room(self, now: datetime) -> int:
        """How many more may go at once."""
        counting = sum(at > now - self._span for at in self._landed)
        return max(0, self._count - self._under_way - counting)

    def rests_at(self) -> datetime:
        """From when on this window is as good as new."""
        if self._under_way:
            return NEVER
        return self._landed[-1] + self._span if self._landed else _LONG_AGO

    def take(self, now: datetime) -> None:
        """One goes."""
        self._under_way += 1
        self._taken_at = now

    def land(self, at: datetime) -> None:
        """One has arrived, at ``at`` or before."""
        self._under_way -= 1
        self._landed.append(max(at, self._landed[-1]) if self._landed else at)

    def put_back(self) -> None:
        """One has not gone after all."""
        self._under_way -= 1


class Bucket:
    """``per_second`` on average, ``burst`` at once: a token bucket, kept as the instant at which it is full (GCRA).

    One is under way at a time, or the others count from their taking on.
    """

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

    def take(self, now: datetime) -> None:
        """One goes."""
        self._full_at = max(self._full_at, now) + self._each

    def land(self, at: datetime) -> None:
        """One has arrived, at ``at`` or before."""
        self._full_at = max(self._full_at, at + self._each)

    def put_back(self) -> None:
        """One has not gone after all."""
        self._full_at -= self._each


class RoundTrips:
    """How long calls take."""

    def __init__(self) -> None:
        self._quickest = timedelta()  # of late: it falls at once and creeps up, from nothing at the start
        self._usual = timedelta()

    def took(self, span: timedelta) -> None:
        """A call was answered after ``span``."""
        self._quickest = min(span, self._quickest + (span - self._quickest) / 200)
        self._usual += (span - self._usual) / 50

    def surely_on_the_way(self) -> timedelta:
        """What one call spends on its way there and another on its way back, at the very least."""
        return max(timedelta(), 2 * self._quickest - self._usual)


class Trip:
    """What a call has taken from its limits: to be ended with ``landed``, or ``not_sent``."""

    def __init__(self, limits: Sequence[Limit], trips: RoundTrips, now: datetime) -> None:
        self._limits = limits
        self._trips = trips
        self._left_at = now
        self._count = 0
        self.carry(1, now)

    def carry(self, more: int, now: datetime) -> None:
        """So many more messages go with it."""
        self._count += more
        for limit in self._limits:
            for _ in range(more):
                limit.take(now)

    def leaves(self, now: datetime) -> None:
        """The call itself begins only now."""
        self._left_at = now

    def landed(self, now: datetime) -> None:
        """The call is over: if it was counted, then before now."""
        at = now - self._trips.surely_on_the_way()
        self._trips.took(now - self._left_at)
        for limit in self._limits:
            for _ in range(self._count):
                limit.land(at)
        self._count = 0

    def not_sent(self) -> None:
        """There was no call. Harmless after ``landed``."""
        for limit in self._limits:
            for _ in range(self._count):
                limit.put_back()
        self._count = 0


class Budgets:
    """The limits of ``[sending]``. Groups and channels have negative ids; all topics of a forum share one budget."""

    def __init__(
        self, per_second: int = 25, per_chat_second: float = 1.0, per_group_minute: int = 18, burst: int = 3
    ) -> None:
        self._per_second = per_second
        self._per_chat_second = per_chat_second
        self._per_group_minute = per_group_minute
        self._burst = burst
        self._trips = RoundTrips()
        self._overall = self._whole()
        self._chats: dict[int, Limit] = {}
        self._held: dict[int, datetime] = {}
        self._all_held = _LONG_AGO
        self._last_refusal: tuple[int, datetime] | None = None

    def restart(self, spent: Iterable[tuple[int, datetime]]) -> None:
        """Count anew, from what was sent of late by whoever: chat and instant, in order."""
        self._overall = self._whole()
        self._chats.clear()
        for chat_id, at in spent:
            for limit in (self._overall, self._chat(chat_id, at)):
                limit.take(at)
                limit.land(at)

    def release(self) -> None:
        """Nothing is held any more: the clock was set back, and until when would be anybody's guess."""
        self._held.clear()
        self._all_held = _LONG_AGO
        self._last_refusal = None

    def free_at(self, chat_id: int | None, *, counts: bool) -> datetime:
        """From when on a call to this chat (``None``: to none) may go; ``counts``: it needs budget.

        ``NEVER``: not before a call that is under way has landed.
        """
        if chat_id is None:
            return self._all_held
        free = max(self._all_held, self._held.get(chat_id, _LONG_AGO))
        if counts:
            free = max(free, self._overall.free_at())
            chat = self._chats.get(chat_id)
            free = free if chat is None else max(free, chat.free_at())
        return free

    def full_until(self) -> datetime:
        """Before this nothing goes anywhere that needs budget. ``NEVER``: not before a call has landed."""
        return max(self._all_held, self._overall.free_at())

    def shut(self, now: datetime) -> dict[int, datetime]:
        """The groups that can take nothing more at present, and until when."""
        free = {chat_id: chat.free_at() for chat_id, chat in self._chats.items() if chat_id < 0}
        return {chat_id: until for chat_id, until in free.items() if until > now}

    def room(self, chat_id: int, now: datetime) -> int:
        """How many more messages may go to this chat at once."""
        return min(self._overall.room(now), self._chat(chat_id, now).room(now))

    def take(self, chat_id: int | None, now: datetime, *, counts: bool = True) -> Trip:
        """A call goes to this chat (``None``: to none)."""
        limits = (self._overall, self._chat(chat_id, now)) if counts and chat_id is not None else ()
        return Trip(limits, self._trips, now)

    def hold(self, chat_id: int, now: datetime, until: datetime) -> None:
        """Telegram said 429: nothing to this chat before ``until``, nor to any when a second chat heard it too."""
        self._held[chat_id] = max(until, self._held.get(chat_id, until))
        last, self._last_refusal = self._last_refusal, (chat_id, now)
        if last is not None and last[0] != chat_id and now - last[1] <= _TOGETHER:
            self.hold_all(until)

    def hold_all(self, until: datetime) -> None:
        """Nothing to anybody before ``until``."""
        self._all_held = max(self._all_held, until)

    def _whole(self) -> Window:
        return Window(self._per_second, _SECOND, apart=_APART * _SECOND / self._per_second)

    def _chat(self, chat_id: int, now: datetime) -> Limit:
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
