"""Switches for trouble on the way: lost connections, late and slow answers, refusals, doubled updates.

Every switch names a method (``"*"`` is any) and works for the next ``times`` calls of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["drop_before", "drop_after", "delay", "trickle", "fail"]


@dataclass
class Fault:
    """One switch: what happens, to which method, how often still."""

    kind: FaultKind
    method: str
    times: int
    seconds: float = 0.0
    status: int = 500
    description: str = ""
    retry_after: int | None = None


class Faults:
    """The switches of one world; all off at first."""

    def __init__(self) -> None:
        self._switched: list[Fault] = []
        self._duplicates = 0

    def drop_before(self, method: str, times: int = 1) -> None:
        """The connection dies before the call has any effect."""
        self._switched.append(Fault("drop_before", method, times))

    def drop_after(self, method: str, times: int = 1) -> None:
        """The call takes effect, the connection dies before the answer."""
        self._switched.append(Fault("drop_after", method, times))

    def delay(self, method: str, seconds: float, times: int = 1) -> None:
        """The call takes effect, its answer comes ``seconds`` of real time later."""
        self._switched.append(Fault("delay", method, times, seconds=seconds))

    def trickle(self, method: str, seconds: float, times: int = 1) -> None:
        """The call takes effect, its answer comes byte by byte, the last one ``seconds`` of real time later."""
        self._switched.append(Fault("trickle", method, times, seconds=seconds))

    def fail(
        self, method: str, status: int, description: str, retry_after: int | None = None, times: int = 1
    ) -> None:
        """The call is refused with this answer and has no effect."""
        self._switched.append(
            Fault("fail", method, times, status=status, description=description, retry_after=retry_after)
        )

    def duplicate_updates(self, times: int = 1) -> None:
        """The next ``times`` updates that are delivered are delivered twice."""
        self._duplicates += times

    def clear(self) -> None:
        """Switch everything off."""
        self._switched.clear()
        self._duplicates = 0

    def take(self, kind: FaultKind, method: str) -> Fault | None:
        """Use up one turn of the first switch that fits; ``None`` when none does."""
        for fault in self._switched:
            if fault.kind == kind and fault.method in (method, "*"):
                fault.times -= 1
                if fault.times <= 0:
                    self._switched.remove(fault)
                return fault
        return None

    def take_duplicate(self) -> bool:
        """Whether this delivery is to happen twice; uses up one turn."""
        if self._duplicates == 0:
            return False
        self._duplicates -= 1
        return True
