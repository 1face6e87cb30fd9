"""A channel-neutral message as the parameters of a Bot API call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.domain.messages import Button, Message


def payload(message: Message, *, is_modern: bool = False) -> dict[str, Any]:
    """Parameters of ``sendMessage`` or ``editMessageText`` without the address.

    ``is_modern`` (``telegram.modern``): Bot API 10.3 may carry ``force_reply`` inside an inline keyboard, so that the
    reply box opens *and* the buttons stay. Without it buttons win, because only they can end comment mode.
    """
    parameters: dict[str, Any] = {"text": message.text, "parse_mode": "HTML"}
    parameters["link_preview_options"] = {"is_disabled": True}
    markup: dict[str, Any] = {}
    if message.rows:
        markup["inline_keyboard"] = [
            [{"text": button.label, "callback_data": button.data} for button in row] for row in message.rows
        ]
    if message.force_reply and (is_modern or not message.rows):
        markup["force_reply"] = True
        if message.placeholder and not message.rows:
            markup["input_field_placeholder"] = message.placeholder
    if markup:
        parameters["reply_markup"] = markup
    return parameters


def keyboard(rows: Sequence[Sequence[Button]]) -> dict[str, Any]:
    """The parameter that puts these buttons below a message."""
    return {
        "reply_markup": {
            "inline_keyboard": [
                [{"text": button.label, "callback_data": button.data} for button in row] for row in rows
            ]
        }
    }


def caption_payload(message: Message) -> dict[str, Any]:
    """The same for words under a picture: parameters of ``sendPhoto`` or ``editMessageCaption``."""
    parameters = payload(message)
    parameters["caption"] = parameters.pop("text")
    del parameters["link_preview_options"]
    return parameters
