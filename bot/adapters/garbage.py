"""Python's search for cyclic garbage, kept out of the way of start and of taps.

The search goes through every object there is. What a start leaves behind (modules, catalogues, schemas: a hundred
thousand objects) never becomes garbage, and each look at it holds everything up for 50 ms and more.
"""

from __future__ import annotations

import gc

# So many new objects before the young ones are searched. Python's 700 is less than one burst of taps has in hand.
_YOUNG = 10_000


def put_off_search() -> None:
    """From now on until ``search_only_what_is_new`` nothing is searched: a start makes next to no garbage."""
    gc.disable()


def search_only_what_is_new() -> None:
    """Everything is there: what exists now is never looked at again."""
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
    gc.enable()
