"""Telegram itself: does it answer, does it know the token, how do updates reach the bot?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.adapters.telegram.channel import TelegramChannel, build_bot
from bot.commands.check.findings import Finding, fine, unwise, wrong
from bot.config import Settings
from bot.domain.errors import ChannelError
from bot.flow.ports import Channel

_ERROR_IS_NEWS_FOR = timedelta(days=1)
_MANY_WAITING = 100
_PUBLIC_API = "https://api.telegram.org"


@dataclass(frozen=True)
class Bot:
    """Who we are, as Telegram says."""

    id: int
    username: str
    name: str
    reads_all_group_messages: bool
    can_join_groups: bool


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Channel]:
    """The Bot API, with the connections closed afterwards. Needs a token."""
    bot = build_bot(settings.telegram.token.get_secret_value(), settings.telegram.api_url)
    await bot.open()
    try:
        yield TelegramChannel(bot)
    finally:
        await bot.shutdown()


def no_token() -> Finding:
    """What is said where the settings hold no token."""
    return wrong(
        "telegram.token is missing, so Telegram was not asked.",
        "@BotFather gives one (/newbot, or /mybots → API Token); put it into the environment variable "
        "CES_TELEGRAM__TOKEN or into a file named by telegram.token_file.",
    )


async def who_we_are(channel: Channel) -> Bot:
    """Ask Telegram. Raises ChannelError."""
    me = await channel.call("getMe", {})
    return Bot(
        id=me["id"],
        username=me["username"],
        name=me["first_name"],
        reads_all_group_messages=bool(me.get("can_read_all_group_messages")),
        can_join_groups=bool(me.get("can_join_groups")),
    )


def trouble(error: ChannelError, settings: Settings) -> Finding:
    """Telegram could not be asked at all: why, and what helps."""
    url = settings.telegram.api_url
    if error.reason == "unauthorized":
        own = "" if url == _PUBLIC_API else f", and see that {url} (telegram.api_url) is a Bot API server"
        return wrong(
            "Telegram does not know the bot's token.",
            f"Copy it again from @BotFather (/mybots → API Token){own}.",
        )
    if error.reason == "too_many":
        return wrong(
            "Telegram has had too many calls of this bot.",
            f"Check again in {error.retry_after_seconds or 60:.0f} seconds.",
        )
    if error.reason == "unreachable":
        return wrong(
            f"Telegram cannot be reached at {url} ({error}).",
            "Look at this machine's network, its firewall and proxy, and at telegram.api_url.",
        )
    return wrong(f"Telegram refuses: {error}.")


def identity_findings(me: Bot) -> Iterator[Finding]:
    """Who we are, and what @BotFather was told about us."""
    yield fine(f"Telegram knows the bot: {me.name}, @{me.username}.")
    if not me.can_join_groups:
        yield unwise(
            "The bot cannot be added to groups any more.",
            f"@BotFather: /setjoingroups, @{me.username}, Enable (at least until it is in all its groups).",
        )
    if me.reads_all_group_messages:
        yield unwise(
            "Privacy mode is off: the bot is sent every message of every group that it is in.",
            f"It needs that nowhere. @BotFather: /setprivacy, @{me.username}, Enable.",
        )
    else:
        yield fine("Privacy mode is on: only where the bot is an admin is it sent all messages.")


async def delivery_findings(
    channel: Channel, settings: Settings, now: datetime
) -> tuple[list[Finding], int | None]:
    """How updates reach the bot, against ``telegram.mode``; and how many wait (``None``: for a webhook)."""
    info = await channel.call("getWebhookInfo", {})
    n_waiting = int(info.get("pending_update_count", 0))
    has_webhook = bool(info.get("url"))
    if settings.telegram.mode == "webhook":
        found = list(_by_webhook(info, n_waiting, settings, now))
    else:
        found = list(_by_polling(info, n_waiting))
    if n_waiting > _MANY_WAITING:
        found.append(
            unwise(
                f"{n_waiting} updates wait.",
                "If the bot is running, look into its log; Telegram keeps updates for 24 hours.",
            )
        )
    return found, None if has_webhook else n_waiting


def _by_polling(info: dict[str, Any], n_waiting: int) -> Iterator[Finding]:
    if url := info.get("url"):
        yield unwise(
            f'Telegram delivers updates to {_site(url)}, but telegram.mode is "polling".',
            "`run` takes that webhook away when it starts. If another program has set it, give one of the two "
            "a bot of its own: one bot cannot serve both.",
        )
    else:
        yield fine(f"No webhook is in the way of polling; updates that wait: {n_waiting}.")


def _by_webhook(info: dict[str, Any], n_waiting: int, settings: Settings, now: datetime) -> Iterator[Finding]:
    ours = settings.telegram.webhook_url
    url = info.get("url", "")
    if not url:
        yield unwise("No webhook is set yet.", f"`run` sets it to {ours} when it starts.")
    elif not url.startswith(f"{ours}/telegram/"):
        yield unwise(
            f"Telegram delivers updates to {_site(url)}, not to {ours} (telegram.webhook_url).",
            "`run` changes that when it starts. If another program has set it, give one of the two a bot of its own.",
        )
    else:
        yield fine(f"Telegram delivers updates to {ours}; updates that wait: {n_waiting}.")
    failed_at = datetime.fromtimestamp(info.get("last_error_date", 0), UTC)
    if url and (n_waiting or now - failed_at < _ERROR_IS_NEWS_FOR) and info.get("last_error_message"):
        yield unwise(
            f"The last delivery that failed was on {failed_at:%Y-%m-%d %H:%M} UTC: {info['last_error_message']}.",
            f"{ours} must be reachable from outside, with a valid certificate, and lead to "
            f"{settings.http.host}:{settings.http.port} (http.host, http.port) while the bot runs.",
        )


def _site(url: str) -> str:
    """The address without its path, which may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
