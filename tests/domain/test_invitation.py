"""The lifecycle table, row by row, and what any walk through it keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import IllegalMove
from bot.domain.invitation import MOVES, Move, State, after

S, M = State, Move

# Written down a second time, by hand: a change of the table has to be meant twice.
LEGAL: dict[tuple[State, Move], State] = {
    (S.SCHEDULED, M.CLAIMED): S.SENDING,
    (S.SCHEDULED, M.CANCELLED): S.CANCELLED,
    (S.SENDING, M.ACCEPTED): S.SENT,
    (S.SENDING, M.TRY_LATER): S.SCHEDULED,
    (S.SENDING, M.GONE): S.UNDELIVERABLE,
    (S.SENDING, M.LOST): S.UNDELIVERABLE,
    (S.SENDING, M.TAPPED): S.ANSWERED,
    (S.SENDING, M.WITHDRAWN): S.CANCELLED,
    (S.SENT, M.TAPPED): S.ANSWERED,
    (S.SENT, M.DEADLINE_PASSED): S.EXPIRED,
    (S.SENT, M.WITHDRAWN): S.CANCELLED,
    (S.ANSWERED, M.TAPPED): S.ANSWERED,
    (S.ANSWERED, M.COMMENTED): S.ANSWERED,
    (S.ANSWERED, M.EDIT_CLOSED): S.ANSWERED,
    (S.ANSWERED, M.ACCEPTED): S.ANSWERED,
    (S.ANSWERED, M.LOST): S.ANSWERED,
    (S.ANSWERED, M.TRY_LATER): S.ANSWERED,
    (S.UNDELIVERABLE, M.TAPPED): S.ANSWERED,
    (S.EXPIRED, M.TAPPED): S.EXPIRED,
    (S.EXPIRED, M.COMMENTED): S.EXPIRED,
    (S.CANCELLED, M.TAPPED): S.CANCELLED,
    (S.CANCELLED, M.ACCEPTED): S.CANCELLED,
}
ALL = [(state, move) for state in State for move in Move]


@pytest.mark.parametrize(("state", "move"), ALL, ids=[f"{state}-{move}" for state, move in ALL])
def test_every_move_is_in_the_table_or_is_refused(state: State, move: Move) -> None:
    if (state, move) in LEGAL:
        assert after(state, move) == LEGAL[state, move]
    else:
        with pytest.raises(IllegalMove, match=f"{state} cannot be {move}"):
            after(state, move)


def test_the_table_has_a_row_for_every_state() -> None:
    assert set(MOVES) == set(State)


def test_a_skip_is_for_good() -> None:
    assert MOVES[State.SKIPPED] == {}
    assert not any(State.SKIPPED in row.values() for row in MOVES.values())


walks = st.lists(st.sampled_from(Move), max_size=30)


def walk(moves: list[Move], state: State = State.SCHEDULED) -> list[tuple[Move, State]]:
    """The legal part of a walk: each move that was made, and where it led."""
    made = []
    for move in moves:
        if move in MOVES[state]:
            state = after(state, move)
            made.append((move, state))
    return made


@given(walks)
def test_an_answer_is_never_lost(moves: list[Move]) -> None:
    states = [state for _, state in walk(moves)]
    if State.ANSWERED in states:
        assert set(states[states.index(State.ANSWERED) :]) == {State.ANSWERED}


@given(walks)
def test_nothing_that_may_have_been_sent_is_ever_sent_again(moves: list[Move]) -> None:
    made = [move for move, _ in walk(moves)]
    for sign in (Move.ACCEPTED, Move.LOST, Move.TAPPED):
        if sign in made:
            assert Move.CLAIMED not in made[made.index(sign) :]


@given(walks)
def test_what_was_called_off_or_ran_out_stays_so(moves: list[Move]) -> None:
    states = [state for _, state in walk(moves)]
    for end in (State.CANCELLED, State.EXPIRED):
        if end in states:
            assert set(states[states.index(end) :]) == {end}
