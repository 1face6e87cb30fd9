"""How many answers a cumulative sum takes, on average, until it raises an alarm: its average run length.

With the baseline's own shares that is the distance between false alarms, with worse ones the delay of a true one.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

_CELLS = 240  # of the range from 0 to the threshold
_REST = 1e-5  # of the alarms: so much probability may be left undecided


def average_run_length(gains: Sequence[float], shares: Sequence[float], threshold: float) -> float:
    """Answers until S ≥ ``threshold``, from S = 0, where option j occurs with ``shares[j]`` and adds ``gains[j]``.

    The path is a chain of cycles from 0 back to 0 (or to the alarm), so by renewal the answer is
    E[length of a cycle] / P(a cycle ends in the alarm). The distribution of S within a cycle is followed on a grid of
    240 cells (after Brook & Evans 1972), each step shared out between two cells so that no drift is added.
    """
    moves: dict[int, float] = {}  # cells that S goes up, and with which chance
    for gain, share in zip(gains, shares, strict=True):
        cells = gain * _CELLS / threshold
        below = floor(cells)
        for step, chance in ((below, share * (1 - cells + below)), (below + 1, share * (cells - below))):
            if chance > 0:
                moves[step] = moves.get(step, 0.0) + chance
    alive = [1.0] + [0.0] * (_CELLS - 1)
    length = alarmed = 0.0
    while (left := sum(alive)) > _REST * max(alarmed, _REST):
        length += left
        after = [0.0] * _CELLS
        for step, chance in moves.items():
            if step >= 0:
                stays = max(0, _CELLS - step)
                alarmed += chance * sum(alive[stays:])
                moved = alive[:stays]
                after[step:] = [old + chance * mass for old, mass in zip(after[step:], moved, strict=True)]
            else:
                moved = alive[-step:]
                after[:step] = [old + chance * mass for old, mass in zip(after[:step], moved, strict=True)]
        after[0] = 0.0  # back at 0: this cycle is over
        alive = after
    return length / alarmed if alarmed else float("inf")
