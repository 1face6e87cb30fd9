"""What a button carries: ``s1:<token>:<verb><value>``, at most 64 bytes (Bot API: InlineKeyboardButton.callback_data).

``s1`` is a question's button, ``a1`` one of staff, admins or a confirmation. The token names a row; rights come from
that row and never from the button, whose data a modified client can forge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

ButtonKind = Literal["s1", "a1"]
VERBS = frozenset("vrckxu")  # of ``s1``: score, reason, comment, skip, stop asking, undo
_LIMIT_BYTES = 64
_DATA = re.compile(r"(s1|a1):([0-9A-Za-z]{22}):([a-z])([0-9A-Za-z_.-]*)", re.ASCII)


@dataclass(frozen=True)
class ButtonData:
    """What the data of a pressed button says. Whether it is true is for the row to tell."""

    kind: ButtonKind
    token: str
    verb: str
    value: str = ""


def button_data(token: str, verb: str, value: str = "", *, kind: ButtonKind = "s1") -> str:
    """The data of a button. Raises ValueError for what ``parse_button`` would not take back."""
    data = f"{kind}:{token}:{verb}{value}"
    match = _match(data)
    if match is None or match.groups() != (kind, token, verb, value):
        raise ValueError(f"no button can carry the verb {verb!r} with the value {value!r}")
    return data


def parse_button(data: str) -> ButtonData | None:
    """What ``button_data`` made; ``None`` for anything else, such as forged data or that of an older version."""
    match = _match(data)
    if match is None:
        return None
    return ButtonData("s1" if match[1] == "s1" else "a1", match[2], match[3], match[4])


def _match(data: str) -> re.Match[str] | None:
    if len(data) > _LIMIT_BYTES:  # what matches is ASCII
        return None
    match = _DATA.fullmatch(data)
    return None if match is None or (match[1] == "s1" and match[3] not in VERBS) else match
