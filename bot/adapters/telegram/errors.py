"""What Telegram says when it refuses, and what it means here: the one table of vendor phrases.

Phrases are those of the Bot API server (tdlib/telegram-bot-api, Client.cpp) and of PTB's ``telegram.error``.
"""

from __future__ import annotations

from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from bot.adapters.telegram.request import NotSent, Unanswered
from bot.domain.errors import ChannelError, ChatMoved

PHRASES: tuple[tuple[str, str], ...] = (
    ("bot was blocked by the user", "bot_blocked"),
    ("user_is_blocked", "bot_blocked"),
    ("user is deactivated", "bot_blocked"),
    ("message thread not found", "no_topic"),
    ("topic_deleted", "no_topic"),
    ("topic_id_invalid", "no_topic"),
    ("bot can't initiate conversation", "no_chat"),
    ("bot can't send messages to bots", "no_chat"),
    ("bot was kicked", "no_chat"),
    ("bot is not a member", "no_chat"),
    ("chat not found", "no_chat"),
    ("user not found", "no_chat"),
    ("peer_id_invalid", "no_chat"),
    ("the group has been deactivated", "no_chat"),
    ("not enough rights", "no_rights"),
    ("have no rights", "no_rights"),
    ("chat_write_forbidden", "no_rights"),
    ("chat_admin_required", "no_rights"),
    ("chat is not a forum", "no_rights"),
    ("message is not modified", "nothing_to_do"),
    ("topic_not_modified", "nothing_to_do"),
    ("message can't be edited", "rejected"),
    ("message can't be deleted", "rejected"),
    ("message to edit not found", "message_gone"),
    ("message to pin not found", "message_gone"),
    ("message to delete not found", "nothing_to_do"),
    ("message to react not found", "nothing_to_do"),
    ("message_id_invalid", "nothing_to_do"),
    ("query is too old", "nothing_to_do"),
    ("query id is invalid", "nothing_to_do"),
    ("query_id_invalid", "nothing_to_do"),
)
"""(phrase in lower case, reason). The first that occurs in Telegram's description decides; all are permanent."""

# 504: a proxy gave up on a server that may have done the work.
_UNKNOWN_PHRASES = ("gateway time", "unknown error in http implementation", "invalid server response")


def channel_error(error: TelegramError) -> ChannelError:
    """The same failure in our words; ``str()`` is Telegram's own description, which holds no secret."""
    said = str(error)
    match error:
        case RetryAfter():
            return ChannelError(said, reason="too_many", retry_after_seconds=_seconds(error.retry_after))
        case ChatMigrated():
            return ChatMoved(said, error.new_chat_id)
        case Forbidden() | BadRequest():
            default = "no_chat" if isinstance(error, Forbidden) else "rejected"
            return ChannelError(said, reason=_reason(said, default), is_permanent=True)
        case InvalidToken() if "method not found" in said.lower():
            return ChannelError(said, reason="rejected", is_permanent=True)
        case InvalidToken():
            return ChannelError("Telegram does not accept the bot's token", reason="unauthorized")
        case Conflict():
            return ChannelError(said, reason="conflict")
        case NotSent():
            return ChannelError(said, reason="unreachable")
        case Unanswered():
            return ChannelError(said, reason="unreachable", is_unknown=True)
    is_unknown = any(phrase in said.lower() for phrase in _UNKNOWN_PHRASES)
    return ChannelError(said, reason="unreachable", is_unknown=is_unknown)


def _reason(said: str, default: str) -> str:
    lowered = said.lower()
    return next((reason for phrase, reason in PHRASES if phrase in lowered), default)


def _seconds(span: int | timedelta) -> float:
    return span.total_seconds() if isinstance(span, timedelta) else float(span)
