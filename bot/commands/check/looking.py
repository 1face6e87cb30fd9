"""Looking at one chat: what it is, what the bot may do there, and in plain words why it cannot be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.commands.check.findings import Finding, unwise, wrong
from bot.commands.check.telegram import Bot
from bot.domain.errors import ChannelError, ChatMoved
from bot.flow.ports import Channel

_SUPERGROUPS_BELOW = -1_000_000_000_000
_ADMINS = ("creator", "administrator")
_PRESENT = (*_ADMINS, "member", "restricted")


@dataclass(frozen=True)
class Chat:
    """A chat as getChat shows it, and the bot's standing in it."""

    id: int
    kind: str  # private, group, supergroup, channel
    title: str
    is_forum: bool
    standing: Mapping[str, Any]
    permissions: Mapping[str, Any]  # of plain members; empty where Telegram does not say

    @property
    def name(self) -> str:
        """“Support” (group with topics, -1001234567890)."""
        return f"“{self.title}” ({kind_words(self.kind, self.is_forum)}, {self.id})"

    @property
    def bot_is_admin(self) -> bool:
        """True where the bot is an admin."""
        return self.standing.get("status") in _ADMINS

    @property
    def bot_is_there(self) -> bool:
        """False where the bot was never added, or was removed."""
        status = self.standing.get("status")
        return status in _PRESENT and (status != "restricted" or bool(self.standing.get("is_member")))

    def bot_may(self, right: str) -> bool:
        """Whether the bot has this right: as an admin, as a restricted member, or as everybody in the group."""
        status = self.standing.get("status")
        if status == "creator":
            return True
        held = self.permissions if status == "member" else self.standing
        return bool(held.get(right, status == "member" and not self.permissions))


def kind_words(kind: str, is_forum: bool) -> str:
    """The kind of a chat as its owner would say it."""
    if kind == "supergroup":
        return "group with topics" if is_forum else "group"
    return {"group": "basic group", "private": "a person"}.get(kind, kind)


def title_of(chat: Mapping[str, Any]) -> str:
    """A chat's title, or a person's name."""
    names = filter(None, (chat.get("first_name"), chat.get("last_name")))
    return str(chat.get("title") or " ".join(names) or "?")


async def look(channel: Channel, key: str, chat_id: int, me: Bot) -> tuple[Chat | None, list[Finding]]:
    """The chat that the setting ``key`` names; ``None`` and why, where it cannot be seen. Follows a group that moved.

    Raises ChannelError where Telegram itself is the trouble.
    """
    try:
        shown = await channel.call("getChat", {"chat_id": chat_id})
        return await _known(channel, shown, me), []
    except ChatMoved as moved:
        remark = unwise(
            f"{key}: this group became a supergroup, and {chat_id} is its old id. The bot follows by itself.",
            f"Write into the settings: {key} = {moved.new_chat_id}",
        )
        chat, findings = await look(channel, key, moved.new_chat_id, me)
        return chat, [remark, *findings]
    except ChannelError as error:
        if not error.is_permanent:
            raise
        return None, [await _unseen(channel, key, chat_id, error, me)]


async def _known(channel: Channel, shown: Mapping[str, Any], me: Bot) -> Chat:
    chat_id, kind = int(shown["id"]), str(shown["type"])
    standing: Mapping[str, Any] = {}
    if kind != "private":
        try:
            standing = await channel.call("getChatMember", {"chat_id": chat_id, "user_id": me.id})
        except ChannelError as error:
            if not error.is_permanent:
                raise
            standing = {"status": "member"}  # a channel shows its list to admins only
    return Chat(
        id=chat_id,
        kind=kind,
        title=title_of(shown),
        is_forum=bool(shown.get("is_forum")),
        standing=standing,
        permissions=shown.get("permissions") or {},
    )


async def _unseen(channel: Channel, key: str, chat_id: int, error: ChannelError, me: Bot) -> Finding:
    said = str(error).lower()
    again = f"Add @{me.username} to it as an admin."
    if "kicked" in said:
        return wrong(f"{key}: the bot was removed from the chat {chat_id}.", again)
    if "not a member" in said:
        return wrong(f"{key}: the bot is not a member of the chat {chat_id}.", again)
    if "not found" not in said:
        return wrong(f"{key}: Telegram does not show the chat {chat_id}: {error}.")
    for likely in _misspelt(chat_id):
        try:
            shown = await channel.call("getChat", {"chat_id": likely})
        except ChannelError:
            continue
        return wrong(
            f"{key}: there is no chat {chat_id}.",
            f"Is it “{title_of(shown)}”? Then write: {key} = {likely}",
        )
    return wrong(
        f"{key}: there is no chat {chat_id}, or the bot was never added to it.",
        f"Add @{me.username} to the chat as an admin, send /id there while the bot runs, and copy the number.",
    )


def _misspelt(chat_id: int) -> tuple[int, ...]:
    """The ids that people mean when they leave out the minus, or the -100 that links do not show."""
    n = abs(chat_id)
    if n > -_SUPERGROUPS_BELOW:
        return (-n,) if chat_id > 0 else ()
    return (_SUPERGROUPS_BELOW - n, -n) if chat_id > 0 else (_SUPERGROUPS_BELOW - n,)
