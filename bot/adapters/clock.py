"""Time and chance: the only file that may ask the machine for either.

``SystemClock`` is the machine's time. ``TravelClock`` is the playground's and the tests': it can stand still
and be moved, and it knows every sleeper, so that a jump stops at each due time on its way.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import string
import time
from datetime import UTC, datetime, timedelta

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_LONGEST_NAP_SECONDS = 60.0  # wall clocks jump (NTP, suspend); a long sleep looks again at least this often


class RandomTokens:
    """Names for rows that nobody can guess: 22 base62 characters from the system's random source."""

    def new(self) -> str:
        """22 base62 characters, more than 128 random bits."""
        return "".join(secrets.choice(_BASE62) for _ in range(22))


def dice(seed: str) -> random.Random:
    """Repeatable chance for made-up people; never for anything that must not be guessed."""
    return random.Random(seed)


async def breathe() -> None:
    """Let everything else that is ready go on for a moment of real time, whatever the clock says."""
    await asyncio.sleep(0.0005)


def new_pepper() -> bytes:
    """32 random bytes for the key of the pseudonyms (privacy.pepper_file)."""
    return secrets.token_bytes(32)


def monotonic() -> float:
    """Seconds of a clock that only goes forward, whatever the wall clock does: for ages and spans."""
    return time.monotonic()


async def backoff(attempt: int) -> None:
    """Wait in the machine's own time before trying again: about 20, 80, 320 ms … for attempt 1, 2, 3 …

    Half of it is chance, so that two who collided do not collide again. It is short and never travels:
    what it waits for is a lock of the machine.
    """
    longest = 0.02 * 4 ** (attempt - 1)
    await asyncio.sleep(longest * (0.5 + secrets.randbelow(1000) / 2000))


class SystemAlarm:
    """An alarm on the machine's clock."""

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the loop now, or make its next ``wait`` return at once."""
        self._rung.set()

    async def wait(self, until: datetime | None) -> None:
        """Sleep until ``until`` or until rung; also no longer than until it is seen that the clock was set back."""
        seen = self._clock.now()
        while not self._rung.is_set():
            now = self._clock.now()
            if now < seen:  # what was to come in a second may come in hours: whoever waits looks again
                break
            seen = now
            left = None if until is None else (until - now).total_seconds()
            if left is not None and left <= 0:
                break
            nap = _LONGEST_NAP_SECONDS if left is None else min(left, _LONGEST_NAP_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(nap):
                    await self._rung.wait()
        self._rung.clear()


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Sleep for real."""
        await asyncio.sleep(seconds)

    def alarm(self, name: str) -> SystemAlarm:
        """A new alarm on this clock."""
        del name
        return SystemAlarm(self)


class TravelAlarm:
    """An alarm on a clock that can be moved."""

    def __init__(self, clock: TravelClock, name: str) -> None:
        self._clock = clock
        self.name = name
        self.until: datetime | None = None
        self.is_waiting = False
        self._rung = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        """True while its loop sleeps and has no reason to wake at the present instant."""
        due = self.until is not None and self.until <= self._clock.now()
        return self.is_waiting and not self._rung.is_set() and not due

    def ring(self) -> None:
        """Wake the loop now, or make its next ``wait`` return at once."""
        self._rung.set()

    async def wait(self, until: datetime | None) -> None:
        """Sleep until the clock reaches ``until`` or until rung."""
        self.until = until
        self.is_waiting = True
        try:
            while not self._rung.is_set():
                if until is not None and until <= self._clock.now():
                    break
                await self._clock.until_moved_or(self._rung, until)
            self._rung.clear()
        finally:
            self.is_waiting = False
            self.until = None


class TravelClock:
    """A clock that runs at the machine's pace (or stands still) and can be moved forward.

    ``start`` is its first instant. While ``is_running`` it also goes forward by itself.
    """

    def __init__(self, start: datetime, *, is_running: bool = False) -> None:
        self._base = start
        self._is_running = is_running
        self._moved_at = asyncio.get_running_loop().time() if is_running else 0.0
        self._moved = asyncio.Event()
        self.alarms: list[TravelAlarm] = []

    @property
    def is_running(self) -> bool:
        """Whether it goes forward by itself."""
        return self._is_running

    def now(self) -> datetime:
        """The present instant of this clock, UTC."""
        if not self._is_running:
            return self._base
        ran = asyncio.get_running_loop().time() - self._moved_at
        return self._base + timedelta(seconds=ran)

    def move_to(self, instant: datetime) -> None:
        """Jump forward to ``instant`` (never back) and wake whoever is due."""
        if instant <= self.now():
            return
        self._base = instant
        if self._is_running:
            self._moved_at = asyncio.get_running_loop().time()
        self._moved.set()
        self._moved = asyncio.Event()

    def move(self, span: timedelta) -> None:
        """Jump forward by ``span``."""
        self.move_to(self.now() + span)

    def set_running(self, is_running: bool) -> None:
        """Let the clock go by itself, or hold it still (a long journey is made with the clock held)."""
        self._base = self.now()
        self._is_running = is_running
        self._moved_at = asyncio.get_running_loop().time()
        self._moved.set()
        self._moved = asyncio.Event()

    def next_due(self) -> datetime | None:
        """The nearest instant at which a sleeping loop wants to wake; ``None`` when none has one."""
        due = [alarm.until for alarm in self.alarms if alarm.is_waiting and alarm.until is not None]
        return min(due, default=None)

    def busy(self) -> list[str]:
        """Names of the loops that are at work, or due, at the present instant."""
        return [alarm.name for alarm in self.alarms if not alarm.is_idle]

    async def until_moved_or(self, rung: asyncio.Event, until: datetime | None) -> None:
        """Return when ``rung`` is set, the clock was moved, or (running) ``until`` was reached."""
        moved = self._moved
        waits = [asyncio.ensure_future(rung.wait()), asyncio.ensure_future(moved.wait())]
        left = None
        if self._is_running and until is not None:
            left = max(0.0, (until - self.now()).total_seconds())
        try:
            await asyncio.wait(waits, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def sleep(self, seconds: float) -> None:
        """Return when this clock has moved on by ``seconds``."""
        until = self.now() + timedelta(seconds=seconds)
        alarm = self.alarm("sleep")
        try:
            await alarm.wait(until)
        finally:
            self.alarms.remove(alarm)

    def alarm(self, name: str) -> TravelAlarm:
        """A new alarm on this clock."""
        alarm = TravelAlarm(self, name)
        self.alarms.append(alarm)
        return alarm
