"""Methods about the bot itself: who it is, its commands and texts, its files, its webhook."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from bot.playground.botapi.commands import scope_of
from bot.playground.botapi.media import BIGGEST_DOWNLOAD_BYTES
from bot.playground.botapi.methods.ask import Ask
from bot.playground.botapi.refusals import bad_request
from bot.playground.botapi.webhook import Webhook

_COMMAND = re.compile(r"/?[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_DEFAULT_CONNECTIONS = 40


def get_me(ask: Ask) -> dict[str, Any]:
    """getMe."""
    return ask.stage.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": ask.stage.reads_all_group_messages,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
    }


def set_my_commands(ask: Ask) -> bool:
    """setMyCommands."""
    commands = ask.params["commands"]
    for command in commands:
        if not _COMMAND.fullmatch(command["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
    shown = [command | {"command": command["command"].removeprefix("/")} for command in commands]
    ask.stage.menus.put(_scope(ask), ask.get("language_code", ""), shown)
    return True


def get_my_commands(ask: Ask) -> list[dict[str, Any]]:
    """getMyCommands."""
    return ask.stage.menus.get(_scope(ask), ask.get("language_code", ""))


def delete_my_commands(ask: Ask) -> bool:
    """deleteMyCommands."""
    ask.stage.menus.put(_scope(ask), ask.get("language_code", ""), [])
    return True


def set_my_text(name: str) -> Any:
    """setMyDescription and setMyShortDescription, for the parameter of that name."""

    def set_text(ask: Ask) -> bool:
        ask.stage.texts[name, ask.get("language_code", "")] = ask.get(name, "")
        return True

    return set_text


def set_chat_menu_button(ask: Ask) -> bool:
    """setChatMenuButton."""
    if "chat_id" in ask.params and ask.chat().kind != "private":
        raise bad_request("chat not found")
    return True


def get_file(ask: Ask) -> dict[str, Any]:
    """getFile: where to download a file, up to 20 MB."""
    file_id = ask.params["file_id"]
    try:
        stored = ask.stage.files.get(file_id)
    except KeyError:
        raise bad_request("wrong file_id or the file is temporarily unavailable") from None
    if len(stored.content) > BIGGEST_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return {
        "file_id": file_id,
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.content),
        "file_path": stored.path,
    }


def set_webhook(ask: Ask) -> bool:
    """setWebhook. As a local Bot API server it takes plain http and any port."""
    url = ask.params["url"]
    if not url:
        return delete_webhook(ask)
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    secret = ask.get("secret_token", "")
    if secret and not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    ask.stage.updates.allow(ask.get("allowed_updates"))
    if ask.get("drop_pending_updates"):
        ask.stage.updates.forget_all()
    ask.stage.webhook = Webhook(
        url=url,
        secret=secret,
        max_connections=ask.get("max_connections", _DEFAULT_CONNECTIONS),
        has_certificate="certificate" in ask.files,
    )
    ask.stage.updates.end_poll()
    ask.stage.updates.ring()
    return True


def delete_webhook(ask: Ask) -> bool:
    """deleteWebhook."""
    if ask.get("drop_pending_updates"):
        ask.stage.updates.forget_all()
    ask.stage.webhook = Webhook()
    ask.stage.updates.ring()
    return True


def get_webhook_info(ask: Ask) -> dict[str, Any]:
    """getWebhookInfo."""
    allowed = ask.stage.updates.allowed
    shown = ask.stage.webhook.as_json() | {"pending_update_count": len(ask.stage.updates.pending())}
    if allowed is not None:
        shown["allowed_updates"] = sorted(allowed)
    return shown


def _scope(ask: Ask) -> tuple[str, int | None, int | None]:
    given = ask.get("scope")
    if given is not None and "chat_id" in given and given["chat_id"] not in ask.stage.chats:
        raise bad_request("chat not found")
    return scope_of(given)
