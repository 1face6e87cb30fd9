"""What a call wants to say: its text and entities, its caption, its keyboard, with Telegram's limits and phrases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.playground.botapi.html import HtmlError, parse_html, utf16_length
from bot.playground.botapi.refusals import bad_request

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LONGEST_TOAST = 200
LONGEST_CALLBACK_DATA_BYTES = 64
MOST_BUTTONS = 100
_FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/]))"
    r"|(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)])"
    r"|(?P<email>[\w.+-]+@[\w-]+\.[\w.-]*\w)"
    r"|(?P<mention>(?<!\w)@[A-Za-z]\w{3,31})"
)
_OPAQUE = frozenset({"code", "pre", "text_link", "text_mention"})

People = Mapping[int, dict[str, Any]]


def found_entities(text: str) -> list[dict[str, Any]]:
    """Commands, links, addresses and mentions that Telegram finds in a text by itself."""
    return [
        {
            "type": match.lastgroup,
            "offset": utf16_length(text[: match.start()]),
            "length": utf16_length(match.group()),
        }
        for match in _FOUND.finditer(text)
    ]


def text_of(params: Mapping[str, Any], people: People) -> dict[str, Any]:
    """``{"text", "entities"?}`` of a call. Raises Refusal."""
    text, entities = _formatted(params.get("text", ""), params, "entities", people)
    if not text:
        raise bad_request("message text is empty")
    if len(text) > LONGEST_TEXT:
        raise bad_request("message is too long")
    said: dict[str, Any] = {"text": text}
    if entities:
        said["entities"] = entities
    preview = params.get("link_preview_options")
    if preview:
        said["link_preview_options"] = preview
    return said


def caption_of(params: Mapping[str, Any], people: People) -> dict[str, Any]:
    """``{"caption", "caption_entities"?}`` of a call, empty without a caption. Raises Refusal."""
    text, entities = _formatted(params.get("caption", ""), params, "caption_entities", people)
    if len(text) > LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    said: dict[str, Any] = {}
    if text:
        said["caption"] = text
        if entities:
            said["caption_entities"] = entities
        if params.get("show_caption_above_media"):
            said["show_caption_above_media"] = True
    return said


def keyboard_of(params: Mapping[str, Any]) -> dict[str, Any] | None:
    """The reply markup of a call; an inline keyboard without buttons is none. Raises Refusal."""
    markup = params.get("reply_markup")
    if not isinstance(markup, dict):
        return None
    rows = markup.get("inline_keyboard")
    if rows is None:
        return markup or None
    buttons = [button for row in rows for button in row]
    if len(buttons) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    for button in buttons:
        if not button.get("text"):
            raise bad_request("inline keyboard button text must be non-empty")
        data = button.get("callback_data")
        if data is not None and not 1 <= len(data.encode()) <= LONGEST_CALLBACK_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    return markup if buttons else None


def examine(params: Mapping[str, Any]) -> None:
    """Raises the Refusal that Telegram itself has for mistakes which the schema finds too."""
    if isinstance(params.get("text"), str) and "callback_query_id" not in params:
        text_of(params, {})
    if (
        isinstance(params.get("text"), str)
        and len(params["text"]) > LONGEST_TOAST
        and "callback_query_id" in params
    ):
        raise bad_request("MESSAGE_TOO_LONG")
    if isinstance(params.get("caption"), str):
        caption_of(params, {})
    keyboard_of(params)


def _formatted(
    text: str, params: Mapping[str, Any], entities_key: str, people: People
) -> tuple[str, list[dict[str, Any]]]:
    mode = params.get("parse_mode", "")
    entities: list[dict[str, Any]] = []
    if mode:
        if mode.lower() != "html":
            raise bad_request("unsupported parse_mode")
        try:
            text, entities = parse_html(text)
        except HtmlError as error:
            raise bad_request(f"can't parse entities: {error}") from None
    elif given := params.get(entities_key):
        length = utf16_length(text)
        entities = [entity for entity in given if entity["length"] > 0 and 0 <= entity["offset"] < length]
    text, entities = _trimmed(text, entities)
    return text, _merged(entities, found_entities(text), people)


def _trimmed(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """Telegram cuts blanks at both ends; entities move and shrink with the text."""
    kept = text.strip()
    if kept == text:
        return text, entities
    cut = utf16_length(text[: len(text) - len(text.lstrip())])
    length = utf16_length(kept)
    moved = []
    for entity in entities:
        begin = max(0, entity["offset"] - cut)
        end = min(length, entity["offset"] - cut + entity["length"])
        if end > begin:
            moved.append(entity | {"offset": begin, "length": end - begin})
    return kept, moved


def _merged(given: list[dict[str, Any]], found: list[dict[str, Any]], people: People) -> list[dict[str, Any]]:
    """What the bot marked, and what Telegram finds outside code and links; mentions of strangers are dropped."""
    entities = []
    for entity in given:
        if entity["type"] == "text_mention":
            person = people.get(entity["user"]["id"])
            if person is None:
                continue
            entity = entity | {"user": person}
        entities.append(entity)
    opaque = [entity for entity in entities if entity["type"] in _OPAQUE]
    for entity in found:
        end = entity["offset"] + entity["length"]
        if all(
            end <= other["offset"] or other["offset"] + other["length"] <= entity["offset"]
            for other in opaque
        ):
            entities.append(entity)
    entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return entities
