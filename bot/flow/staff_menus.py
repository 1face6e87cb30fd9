"""Menus that staff and admins press: one message each, redrawn in place. A token names the message's row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.buttons import ButtonData, button_data
from bot.domain.messages import Button, Message
from bot.store.engine import Tx
from bot.store.staff_buttons import StaffButton


@dataclass(frozen=True)
class Redraw:
    """What comes of a press: the toast (plain text), the message as it looks now, and what is posted below it."""

    toast: str = ""
    message: Message | None = None
    below: tuple[Message, ...] = ()


class StaffMenu(Protocol):
    """One kind of menu. Whoever calls it has made sure that the press is an admin's and comes from the row's chat."""

    async def pressed(
        self, tx: Tx, row: StaffButton, button: ButtonData, who: str, now: datetime
    ) -> Redraw | None:
        """Take one press; ``None``: the menu has no such button, so its data is forged or of another version."""


def choice(label: str, token: str, verb: str, value: str = "", *, is_chosen: bool = False) -> Button:
    """A button of a staff menu; the one that says how things are now carries a dot."""
    return Button(f"● {label}" if is_chosen else label, button_data(token, verb, value, kind="a1"))


def in_rows(buttons: list[Button], width: int) -> tuple[tuple[Button, ...], ...]:
    """The buttons, ``width`` to a row."""
    return tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))
