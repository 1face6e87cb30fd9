"""How often somebody may do something: a burst, then a steady rate, for each key by itself. Kept in memory only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

_MOST_KEYS = 10_000


@dataclass
class _Bucket:
    left: float
    at: datetime


class Rate:
    """``burst`` at once and ``per_second`` from then on. ``burst`` 0: no limit."""

    def __init__(self, burst: int, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._buckets: dict[str, _Bucket] = {}

    def take(self, key: str, now: datetime) -> float:
        """0.0: it may be done, and counts. Else in how many seconds it may; trying does not count."""
        if not self._burst:
            return 0.0
        bucket = self._buckets.get(key)
        if bucket is None:
            self._forget_the_idle(now)
            bucket = self._buckets[key] = _Bucket(float(self._burst), now)
        self._refill(bucket, now)
        if bucket.left < 1:
            return (1 - bucket.left) / self._per_second
        bucket.left -= 1
        return 0.0

    def _refill(self, bucket: _Bucket, now: datetime) -> None:
        passed = max(0.0, (now - bucket.at).total_seconds())  # clocks are set back at times
        bucket.left = min(float(self._burst), bucket.left + passed * self._per_second)
        bucket.at = now

    def _forget_the_idle(self, now: datetime) -> None:
        """Whoever invents keys fills no memory: the longest idle make room."""
        if len(self._buckets) < _MOST_KEYS:
            return
        for key in sorted(self._buckets, key=lambda key: self._buckets[key].at)[: _MOST_KEYS // 10]:
            del self._buckets[key]
