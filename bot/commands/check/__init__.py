"""``check``: read the settings, look at the database, ask Telegram, and say what is missing and how to fix it.

One file per thing that is looked at; each yields findings. Nothing is changed anywhere, and a bot that is running is
not disturbed.
"""

from __future__ import annotations

from rich.console import Console

from bot.adapters.clock import SystemClock
from bot.commands.check.database import soundness_findings
from bot.commands.check.files import config_option, database_findings, pepper_findings, settings_findings
from bot.commands.check.findings import Findings
from bot.commands.check.places import admin_findings, forum_findings, staff_findings
from bot.commands.check.schedule import schedule_findings
from bot.commands.check.seen import seen_findings
from bot.commands.check.telegram import (
    connected,
    delivery_findings,
    identity_findings,
    no_token,
    trouble,
    who_we_are,
)
from bot.config import Settings
from bot.domain.errors import ChannelError
from bot.flow.chats import ChatBook
from bot.flow.ports import Channel, Clock

__all__ = ["check"]


async def check(settings: Settings, clock: Clock | None = None, *, is_of_the_database: bool = False) -> int:
    """Look at everything and print it; 0 where nothing is wrong, else 1. ``clock``: default, the machine's.

    ``is_of_the_database``: look at the database alone, but at every row of it.
    """
    clock = clock or SystemClock()
    findings = Findings(Console(highlight=False, markup=False), settings.secrets())
    if is_of_the_database:
        findings.add("Database", await soundness_findings(settings, clock.now()))
        return findings.end("")
    chats = ChatBook(
        staff=settings.chats.staff,
        support_forum=settings.chats.support_forum,
        alerts=settings.chats.alerts,
        admins=frozenset(settings.chats.admins),
        tells_hard_answers=settings.alerts.hard_answers,
    )
    findings.add("Settings", settings_findings(settings))
    findings.add("Database", await database_findings(settings, chats))
    findings.add("Pepper", pepper_findings(settings))
    findings.add("Summaries", schedule_findings(settings, clock.now()))
    if settings.telegram.token.get_secret_value():
        async with connected(settings) as channel:
            try:
                await _ask_telegram(findings, channel, settings, chats, clock)
            except ChannelError as error:
                findings.add("Telegram", [trouble(error, settings)])
    else:
        findings.add("Telegram", [no_token()])
    return findings.end(f"python3 -m bot run{config_option(settings)}")


async def _ask_telegram(
    findings: Findings, channel: Channel, settings: Settings, chats: ChatBook, clock: Clock
) -> None:
    me = await who_we_are(channel)
    delivery, n_waiting = await delivery_findings(channel, settings, clock.now())
    findings.add("Telegram", [*identity_findings(me), *delivery])
    findings.add("Staff chat", await staff_findings(channel, settings, chats, me))
    findings.add("Support forum", await forum_findings(channel, chats, me))
    findings.add("Admins", await admin_findings(channel, settings, me))
    findings.add("Chats that wrote lately", await seen_findings(channel, settings, n_waiting))
