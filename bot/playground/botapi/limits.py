"""The sending limits of the Bot FAQ: 1 message/s per private chat with a small burst, 20/min per group, 30/s in all."""

from __future__ import annotations

import math
from collections import defaultdict, deque

from bot.flow.ports import Clock
from bot.playground.botapi.refusals import too_many_requests

PRIVATE_BURST = 3
PRIVATE_PER_SECOND = 1.0
GROUP_PER_MINUTE = 20
OVERALL_PER_SECOND = 30


class _Window:
    """At most ``most`` messages in any ``seconds``."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._sent: deque[float] = deque()

    def wait(self, now: float, count: int) -> float:
        while self._sent and self._sent[0] <= now - self._seconds:
            self._sent.popleft()
        over = len(self._sent) + count - self._most
        if over <= 0:
            return 0.0
        return self._sent[min(over, len(self._sent)) - 1] + self._seconds - now if self._sent else 0.0

    def add(self, now: float, count: int) -> None:
        self._sent.extend([now] * count)


class _Bucket:
    """A burst, refilled at a steady rate."""

    def __init__(self, burst: int, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._left = float(burst)
        self._at = 0.0

    def wait(self, now: float, count: int) -> float:
        self._left = min(float(self._burst), self._left + (now - self._at) * self._per_second)
        self._at = now
        needed = min(count, self._burst)
        return max(0.0, (needed - self._left) / self._per_second)

    def add(self, now: float, count: int) -> None:
        self._left -= count


class Limits:
    """Counts what a bot sends, on the world's clock. Nothing is counted while ``is_on`` is false."""

    def __init__(self, clock: Clock, *, is_on: bool = False) -> None:
        self.is_on = is_on
        self._clock = clock
        self._overall = _Window(OVERALL_PER_SECOND, 1.0)
        self._groups: defaultdict[int, _Window] = defaultdict(lambda: _Window(GROUP_PER_MINUTE, 60.0))
        self._privates: defaultdict[int, _Bucket] = defaultdict(
            lambda: _Bucket(PRIVATE_BURST, PRIVATE_PER_SECOND)
        )

    def charge(self, chat_id: int, count: int = 1) -> None:
        """Count ``count`` messages to a chat (negative ids are groups and channels). Raises Refusal 429."""
        if not self.is_on:
            return
        now = self._clock.now().timestamp()
        chat = self._groups[chat_id] if chat_id < 0 else self._privates[chat_id]
        wait = max(chat.wait(now, count), self._overall.wait(now, count))
        if wait > 0:
            raise too_many_requests(max(1, math.ceil(wait)))
        chat.add(now, count)
        self._overall.add(now, count)
