"""Python's search for garbage: not during the start, and afterwards only among what came since."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from bot.adapters.garbage import put_off_search, search_only_what_is_new


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    gc.enable()


def test_a_start_is_not_interrupted_and_its_objects_are_never_looked_at_again() -> None:
    put_off_search()
    assert not gc.isenabled()
    made_by_the_start: list[object] = [[]]
    search_only_what_is_new()
    assert gc.isenabled()
    made_later: list[object] = [[]]
    searched = {id(each) for each in gc.get_objects()}
    assert id(made_later) in searched
    assert id(made_by_the_start) not in searched


def test_what_becomes_garbage_later_is_still_found() -> None:
    put_off_search()
    search_only_what_is_new()
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() > 0
