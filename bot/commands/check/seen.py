"""Which chats have written to the bot lately: their ids, ready to be copied into the settings.

Looking confirms nothing (getUpdates with offset 0), so whatever waits still reaches the bot when it starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.commands.check.findings import Finding, fine, unwise
from bot.commands.check.looking import kind_words, title_of
from bot.config import Settings
from bot.domain.errors import ChannelError
from bot.flow.ports import Channel

_MOST_UPDATES = 100  # Bot API: getUpdates, limit


def has_all_chats(settings: Settings) -> bool:
    """True where there is nothing left to copy: then nobody's name is looked for."""
    chats = settings.chats
    return chats.staff is not None and chats.support_forum is not None and bool(chats.admins)


async def seen_findings(channel: Channel, settings: Settings, n_waiting: int | None) -> list[Finding]:
    """The chats in the updates that wait, with the setting that each fits. People only while ``chats.admins`` is
    empty. ``n_waiting``: how many there are, ``None`` where a webhook takes them. Raises ChannelError.
    """
    hint = (
        "Add the bot to your chats as an admin, and send it /id there and privately; then check again, or start the "
        "bot: it answers /id with the number."
    )
    if has_all_chats(settings):
        return []
    if n_waiting is None:
        return [
            unwise("Settings for chats are missing, and what goes to a webhook cannot be looked at.", hint)
        ]
    if n_waiting == 0:
        return [unwise("Settings for chats are missing, and no chat has written to the bot lately.", hint)]
    try:
        # no allowed_updates: whatever the bot asked for last stays as it is
        updates = await channel.call("getUpdates", {"offset": 0, "limit": _MOST_UPDATES, "timeout": 0})
    except ChannelError as error:
        if error.reason != "conflict":
            raise
        return [fine("The bot is running: send /id in a chat and it answers with the number.")]
    found = list(_named(_chats_of(updates).values(), settings))
    return found or [unwise("None of the chats that wrote lately is one that the settings lack.", hint)]


def _chats_of(updates: Iterable[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """Every chat by its id, as the newest update shows it."""
    chats: dict[int, Mapping[str, Any]] = {}
    for update in updates:
        for body in update.values():
            if not isinstance(body, Mapping):
                continue
            holder = body.get("message", body)  # a press carries its message
            chat = holder.get("chat") if isinstance(holder, Mapping) else None
            if isinstance(chat, Mapping) and "id" in chat:
                chats[int(chat["id"])] = chat
    return chats


def _named(chats: Iterable[Mapping[str, Any]], settings: Settings) -> Iterator[Finding]:
    known = {settings.chats.staff, settings.chats.support_forum, settings.chats.alerts}
    for chat in chats:
        is_person = chat["type"] == "private"
        if chat["id"] in known or (is_person and settings.chats.admins):
            continue
        is_forum = bool(chat.get("is_forum"))
        kind = kind_words(str(chat["type"]), is_forum)
        yield fine(
            f"{chat['id']} is “{title_of(chat)}” ({kind}). It fits: {_fits(chat, is_person, is_forum)}"
        )


def _fits(chat: Mapping[str, Any], is_person: bool, is_forum: bool) -> str:
    if is_person:
        return f"chats.admins = [{chat['id']}], if this person is an admin"
    return f"chats.support_forum = {chat['id']}" if is_forum else f"chats.staff = {chat['id']}"
