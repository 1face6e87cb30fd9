"""An invitation's life as one table of legal moves (the habit is h11's).

A move that is not in the table raises ``IllegalMove`` and changes nothing. SKIPPED has no moves.
"""

from __future__ import annotations

from enum import StrEnum

from bot.domain.errors import IllegalMove


class State(StrEnum):
    """Where an invitation stands; the value is what the database holds."""

    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    ANSWERED = "answered"
    EXPIRED = "expired"
    UNDELIVERABLE = "undeliverable"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class Move(StrEnum):
    """What may happen to an invitation."""

    CLAIMED = "claimed"  # the sender took it: the next thing is the call itself
    CANCELLED = "cancelled"  # before sending: reopened, opted out, switched off, too late
    ACCEPTED = "accepted"  # the channel took it
    TRY_LATER = "try_later"  # the channel surely did not take it, and may later
    GONE = "gone"  # the channel will never take it
    LOST = "lost"  # nobody knows whether it arrived: never asked again
    TAPPED = "tapped"
    COMMENTED = "commented"
    WITHDRAWN = "withdrawn"  # the customer wrote again before answering
    DEADLINE_PASSED = "deadline_passed"
    EDIT_CLOSED = "edit_closed"


MOVES: dict[State, dict[Move, State]] = {
    State.SCHEDULED: {Move.CLAIMED: State.SENDING, Move.CANCELLED: State.CANCELLED},
    State.SENDING: {
        Move.ACCEPTED: State.SENT,
        Move.TRY_LATER: State.SCHEDULED,
        Move.GONE: State.UNDELIVERABLE,
        Move.LOST: State.UNDELIVERABLE,
        Move.TAPPED: State.ANSWERED,
        Move.WITHDRAWN: State.CANCELLED,  # deleted as soon as it is accepted
    },
    State.SENT: {
        Move.TAPPED: State.ANSWERED,
        Move.DEADLINE_PASSED: State.EXPIRED,
        Move.WITHDRAWN: State.CANCELLED,
    },
    State.ANSWERED: {
        Move.TAPPED: State.ANSWERED,
        Move.COMMENTED: State.ANSWERED,
        Move.EDIT_CLOSED: State.ANSWERED,
        # the tap proves that it arrived, whatever the sender learns afterwards
        Move.ACCEPTED: State.ANSWERED,
        Move.LOST: State.ANSWERED,
        Move.TRY_LATER: State.ANSWERED,
    },
    State.UNDELIVERABLE: {Move.TAPPED: State.ANSWERED},  # before the deadline; after it the tap is late
    State.EXPIRED: {Move.TAPPED: State.EXPIRED, Move.COMMENTED: State.EXPIRED},  # thanked, stored as late
    State.CANCELLED: {
        Move.TAPPED: State.CANCELLED,
        Move.ACCEPTED: State.CANCELLED,
    },  # thanked, stored as late
    State.SKIPPED: {},
}


def after(state: State, move: Move) -> State:
    """The state that ``move`` leads to. Raises IllegalMove where the table has no such move."""
    try:
        return MOVES[state][move]
    except KeyError:
        raise IllegalMove(f"an invitation that is {state} cannot be {move}") from None
