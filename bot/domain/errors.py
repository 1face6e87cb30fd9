"""The whole error family on one screen.

"No" is a value (``Skip("cooldown")``), not an exception. These are for what must not go on.
"""

from __future__ import annotations


class CesError(Exception):
    """Base of every error that this project raises on purpose."""


class ConfigError(CesError):
    """The settings are wrong. ``str()`` lists every mistake: file, key, what is wrong, what would be right."""


class BadSignature(CesError):
    """A webhook's signature is missing, wrong or too old. The sender gets 401."""


class UnreadableDelivery(CesError):
    """The body of a delivery is not what its source promises (400 where it is not even JSON)."""


class IllegalMove(CesError):
    """A lifecycle was asked for a move that its table does not hold; nothing was changed."""


class StoreError(CesError):
    """The database did not take it: nothing is acknowledged, the sender redelivers."""


class SchemaBehind(StoreError):
    """The database was written by an older version; whoever may only read it cannot go on before an upgrade.

    ``version``: the step that it is at; 0: nothing is in it yet.
    """

    def __init__(self, message: str, version: int) -> None:
        super().__init__(message)
        self.version = version


class ConstraintBroken(CesError):
    """A rule of the schema (unique, check, foreign key) refused a row; nothing of this op was written."""


class ChartError(CesError):
    """The picture could not be drawn (no typst for this machine, a broken template): the text goes alone."""


class ExportError(CesError):
    """Answers cannot be exported in this form: an extra is missing, or they are too many for it."""


class ImportFileError(CesError):
    """A file cannot be imported. ``str()`` lists its mistakes, each with its row; nothing was written."""


class ChannelError(CesError):
    """A channel refused or lost a message.

    ``is_permanent``: never try again. ``retry_after_seconds``: try again, not before that.
    ``is_unknown``: the request went out and no answer came, so it may have arrived.
    ``reason``: a word of the ledger (``bot_blocked``, ``no_chat``, ``no_topic``, ``no_rights``, ``rejected``,
    ``unreachable``).
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        is_permanent: bool = False,
        is_unknown: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.is_permanent = is_permanent
        self.is_unknown = is_unknown
        self.retry_after_seconds = retry_after_seconds


class ChatMoved(ChannelError):
    """A group became a supergroup: everything goes to ``new_chat_id`` from now on."""

    def __init__(self, message: str, new_chat_id: int) -> None:
        super().__init__(message, reason="chat_moved")
        self.new_chat_id = new_chat_id
