"""The chats that the settings name: can the bot do there what it is for?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands.check.findings import Finding, fine, unwise, wrong
from bot.commands.check.looking import Chat, look, title_of
from bot.commands.check.telegram import Bot
from bot.config import Settings
from bot.domain.errors import ChannelError
from bot.flow.chats import ChatBook
from bot.flow.ports import Channel


async def staff_findings(channel: Channel, settings: Settings, chats: ChatBook, me: Bot) -> list[Finding]:
    """Where summaries and alerts are posted."""
    found = []
    if chats.staff is not None:
        found += await _posting(channel, "chats.staff", chats.staff, me)
        if settings.summary.live:
            found += await _pinning(channel, chats.staff, me)
        if chats.staff == chats.support_forum:
            found.append(
                unwise(
                    "chats.staff and chats.support_forum are the same chat: summaries would take from the messages "
                    "a minute that belong to customers.",
                    "Make a channel or a group of its own for the summaries.",
                )
            )
    if chats.alerts is not None and chats.alerts != chats.staff:
        found += await _posting(channel, "chats.alerts", chats.alerts, me)
    return found


async def forum_findings(channel: Channel, chats: ChatBook, me: Bot) -> list[Finding]:
    """Where staff answer customers, one topic for each."""
    if chats.support_forum is None:
        return []
    key = "chats.support_forum"
    chat, found = await look(channel, key, chats.support_forum, me)
    return found if chat is None else [*found, *_forum(key, chat, me)]


async def admin_findings(channel: Channel, settings: Settings, me: Bot) -> list[Finding]:
    """Whether the bot can write to each admin. Negative ids are left out: a warning names them already."""
    found = []
    for person_id in settings.chats.admins:
        if person_id > 0:
            found.append(await _admin(channel, person_id, me))
    return found


async def _posting(channel: Channel, key: str, chat_id: int, me: Bot) -> list[Finding]:
    chat, found = await look(channel, key, chat_id, me)
    if chat is None:
        return found
    if chat.kind == "private":
        return [*found, await _reached(channel, key, chat.id, chat.name, me)]
    if chat.kind == "channel":
        return [*found, *_channel(key, chat, me)]
    return [*found, *_group(key, chat, me)]


async def _pinning(channel: Channel, chat_id: int, me: Bot) -> list[Finding]:
    """Whether the live summary can be pinned. What keeps the bot out of the chat is said already."""
    chat, _ = await look(channel, "chats.staff", chat_id, me)
    if chat is None or chat.kind == "private":
        return []
    right, name = (
        ("can_edit_messages", "Edit Messages of Others")
        if chat.kind == "channel"
        else ("can_pin_messages", "Pin Messages")
    )
    if chat.bot_is_admin and chat.bot_may(right):
        return [fine(f"summary.live: the bot can pin its message in {chat.name}.")]
    return [
        unwise(
            f"summary.live: the bot may not pin in {chat.name}, so the live summary will scroll away.",
            f"In that chat: Administrators → @{me.username} → switch on {name}.",
        )
    ]


def _channel(key: str, chat: Chat, me: Bot) -> Iterator[Finding]:
    if not chat.bot_is_admin:
        yield wrong(
            f"{key}: the bot is no admin of {chat.name}, so it cannot post there.",
            f"In that channel: Administrators → Add Admin → @{me.username}, with Post Messages.",
        )
    elif not chat.bot_may("can_post_messages"):
        yield wrong(
            f"{key}: the bot is an admin of {chat.name}, but without the right to post.",
            f"In that channel: Administrators → @{me.username} → switch on Post Messages.",
        )
    else:
        yield fine(f"{key}: the bot is an admin of {chat.name} and can post there.")


def _group(key: str, chat: Chat, me: Bot) -> Iterator[Finding]:
    if not chat.bot_is_there:
        yield wrong(
            f"{key}: the bot is not in {chat.name}.", f"Add @{me.username} to it and make it an admin."
        )
        return
    if chat.bot_is_admin:
        yield fine(f"{key}: the bot is an admin of {chat.name} and can post there.")
        return
    admin = f"In that group: Administrators → Add Admin → @{me.username}."
    if not chat.bot_may("can_send_messages"):
        yield wrong(f"{key}: members of {chat.name} may not write, and the bot is a plain member.", admin)
        return
    yield unwise(
        f"{key}: the bot can post in {chat.name}, but is not its admin: it may not see who is a member, "
        "and so who may ask for /ces privately.",
        admin,
    )
    if not chat.bot_may("can_send_photos"):
        yield unwise(
            f"{key}: members of {chat.name} may not send photos, so the picture will be missing.", admin
        )


def _forum(key: str, chat: Chat, me: Bot) -> Iterator[Finding]:
    if chat.kind not in ("group", "supergroup"):
        yield wrong(
            f"{key}: {chat.name} cannot have topics; only groups can.",
            f"Make a group, switch on its topics, add @{me.username} as an admin, and name that one.",
        )
        return
    if not chat.is_forum:
        new_id = " Its id changes with that: send /id there again." if chat.kind == "group" else ""
        yield wrong(
            f"{key}: {chat.name} has no topics.",
            f"In that group: Edit → Topics → on.{new_id}",
        )
    if not chat.bot_is_there:
        yield wrong(
            f"{key}: the bot is not in {chat.name}.",
            f"Add @{me.username} to it and make it an admin with Manage Topics.",
        )
        return
    rights = f"In that group: Administrators → @{me.username} → switch on "
    if not chat.bot_is_admin:
        yield wrong(
            f"{key}: the bot is no admin of {chat.name}: it can neither open topics nor read what staff answer.",
            f"In that group: Administrators → Add Admin → @{me.username}, with Manage Topics.",
        )
    elif not chat.bot_may("can_manage_topics"):
        yield wrong(
            f"{key}: the bot is an admin of {chat.name}, but may not manage topics.",
            f"{rights}Manage Topics.",
        )
    elif chat.is_forum:
        yield fine(f"{key}: the bot is an admin of {chat.name} and can manage its topics.")
    if chat.bot_is_admin and not chat.bot_may("can_delete_messages"):
        yield unwise(
            f"{key}: the bot may not delete messages in {chat.name}: the topic of a customer who asks to be "
            "forgotten has to be deleted by hand.",
            f"{rights}Delete Messages.",
        )


async def _admin(channel: Channel, person_id: int, me: Bot) -> Finding:
    key = f"chats.admins, {person_id}"
    try:
        person = await channel.call("getChat", {"chat_id": person_id})
    except ChannelError as error:
        if not error.is_permanent:
            raise
        return unwise(
            f"{key}: this person has never written to the bot, or the number is wrong.",
            f"Have them open @{me.username}, press Start and send /id.",
        )
    return await _reached(channel, key, person_id, title_of(person), me)


async def _reached(channel: Channel, key: str, chat_id: int, name: str, me: Bot) -> Finding:
    """Show “typing…” for an instant: the only way to learn that the bot is blocked without writing."""
    try:
        await channel.call("sendChatAction", {"chat_id": chat_id, "action": "typing"})
    except ChannelError as error:
        if not error.is_permanent:
            raise
        return unwise(
            f"{key}: the bot cannot write to {name}: {error}.",
            f"Have them open @{me.username} and press Start (or Restart).",
        )
    return fine(f"{key}: {name} can be reached.")
