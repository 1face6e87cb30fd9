"""What is allowed and yet unwise, and the settings as people are shown them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from bot.adapters.logs import HIDDEN, redact
from bot.domain.durations import duration_text
from bot.domain.quiet import QuietHours, quiet_hours_text

if TYPE_CHECKING:
    from bot.config.model import Settings

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def unwise(settings: Settings) -> list[str]:
    """One sentence for each setting that works and that most teams would regret."""
    parts = (_chats, _survey, _triggers, _keeping, _summary, _sending, _network, _files)
    return [sentence for part in parts for sentence in part(settings)]


def shown(settings: Settings) -> list[tuple[str, str]]:
    """(key, value) of every setting, in the file's order; secrets and passwords hidden, nothing set: ``-``."""
    return list(_shown("", settings))


def _chats(settings: Settings) -> Iterator[str]:
    chats = settings.chats
    if chats.staff is None:
        yield "chats.staff is not set: no summaries and no alerts. Send /id in the staff chat to learn its id."
    if chats.support_forum is None and not settings.sources.generic.secrets:
        yield (
            "neither chats.support_forum nor sources.generic.secrets is set: the bot hears of no conversation, "
            "so nobody is ever asked."
        )
    if not chats.admins:
        yield "chats.admins is empty: nobody can use /triggers, /pause and /settings. Send /id to the bot for yours."
    if any(admin < 0 for admin in chats.admins):
        yield "chats.admins holds a negative number: that is a group; admins are people."
    positive = [name for name in ("staff", "support_forum") if (getattr(chats, name) or -1) > 0]
    for name in positive:
        yield f"chats.{name} is a positive number: that is a person; groups and channels have negative ids."


def _survey(settings: Settings) -> Iterator[str]:
    survey = settings.survey
    if survey.delay < _MINUTE:
        yield "survey.delay is under a minute: customers who add one more thing are asked too soon."
    if survey.delay > _DAY:
        yield "survey.delay is over a day: what is asked late measures memory (5m is the default)."
    if survey.deadline < _HOUR:
        yield "survey.deadline is under an hour: most answers would come too late."
    if survey.deadline > 14 * _DAY:
        yield "survey.deadline is over two weeks: late answers measure something else (48h is the default)."
    if survey.cooldown < _DAY:
        yield "survey.cooldown is under a day: the same customer is asked again and again (14d is the default)."
    if survey.edit_for < _MINUTE:
        yield "survey.edit_for is under a minute: a slip of the thumb can hardly be put right."
    if timedelta(0) < survey.reminder < _HOUR:
        yield "survey.reminder is under an hour: that is asking twice (24h is usual, none the default)."
    if survey.reminder and survey.reminder > survey.deadline - _HOUR:
        yield "survey.reminder is within an hour of survey.deadline, or after it: nobody will be reminded."
    if survey.comment_for < _MINUTE:
        yield "survey.comment_for is under a minute: comments would go to support as messages."


def _triggers(settings: Settings) -> Iterator[str]:
    for trigger in settings.triggers_built():
        if trigger.kind in ("purchase", "follow_up") and not trigger.survey.wording:
            yield (
                f'triggers "{trigger.name}" asks how easy it was to get help, and its customers asked for none: '
                "give it words of its own in [triggers.wording.en]."
            )


def _keeping(settings: Settings) -> Iterator[str]:
    months = settings.privacy.keep_scores
    if months < 12 and settings.survey.yearly_cap:
        yield "privacy.keep_scores is under a year: survey.yearly_cap cannot count what is not kept."
    if max(settings.summary.windows) > timedelta(days=30 * months):
        yield "summary.windows goes back further than privacy.keep_scores: those answers are not there any more."


def _summary(settings: Settings) -> Iterator[str]:
    if not settings.summary.schedule:
        yield "summary.schedule is empty: no summary is posted by itself; /ces still shows it."
    if settings.summary.minimum_answers < 5:
        yield "summary.minimum_answers is under 5: a score of so few is noise, and may give away who said what."


def _sending(settings: Settings) -> Iterator[str]:
    sending = settings.sending
    if sending.per_second > 30:
        yield "sending.per_second is above 30: Telegram answers 429 and the bot has to wait."
    if sending.per_group_minute > 20:
        yield "sending.per_group_minute is above 20: Telegram answers 429 and the forum falls behind."
    if sending.per_chat_second > 1:
        yield "sending.per_chat_second is above 1: Telegram allows short bursts only."


def _network(settings: Settings) -> Iterator[str]:
    api = urlsplit(settings.telegram.api_url)
    if api.scheme == "http" and api.hostname not in _LOOPBACK:
        yield "telegram.api_url is plain http to another machine: the token travels unencrypted."
    if settings.http.host in ("0.0.0.0", "::"):
        yield "http.host listens on every network; put a TLS proxy before it, or use 127.0.0.1."
    if settings.log.level == "debug":
        yield "log.level is debug: good for a search, too much for every day."


def _files(settings: Settings) -> Iterator[str]:
    for path in (
        settings.file if settings.is_file_secret else None,
        settings.telegram.token_file,
        settings.pepper_path(),
    ):
        if path and _is_open_to_others(path):
            yield f"{path} holds a secret and others on this machine can read it: chmod 600 {path}"


def _is_open_to_others(path: Path) -> bool:
    try:
        return bool(os.stat(path).st_mode & 0o077)
    except OSError:
        return False


def _shown(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _shown(f"{prefix}.{name}", item)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _shown(f"{prefix}.{name}" if prefix else name, getattr(value, name))
    elif isinstance(value, list) and value and isinstance(value[0], BaseModel):
        for number, item in enumerate(value):
            yield from _shown(f"{prefix}[{number}]", item)
    else:
        yield prefix, redact(_value_text(value))


def _value_text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else "-"
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, QuietHours):
        return quiet_hours_text(value)
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(_value_text(item) for item in value) or "-"
    return "-" if value is None or value == "" else str(value)
