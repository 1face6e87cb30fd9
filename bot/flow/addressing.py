"""From a letter to the parameters of its call: where it goes, what it costs, what may travel together. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.store.heads import POSTING, SPENDING

_IN_A_THREAD = {
    "closeForumTopic",
    "reopenForumTopic",
    "editForumTopic",
    "deleteForumTopic",
    "unpinAllForumTopicMessages",
}
FROM_CUSTOMER = "from_customer_key"  # stored in place of from_chat_id: raw ids live in one table
_TRAVELS_TOGETHER = {"from_chat_id", FROM_CUSTOMER, "message_id", "disable_notification", "protect_content"}
MOST_TOGETHER = 100  # Bot API: copyMessages takes 1-100 identifiers


def addressed(
    method: str,
    payload: Mapping[str, Any],
    chat_id: int | None,
    thread_id: int | None,
    writer_chat_id: int | None = None,
) -> dict[str, Any]:
    """The call's parameters: ``payload`` with its chat, if it has one, and its thread where the method takes one.

    ``writer_chat_id``: the chat of the customer whose topic this is; what is copied into the topic comes from there.
    """
    if chat_id is None:
        return dict(payload)
    parameters = {**payload, "chat_id": chat_id}
    if parameters.pop(FROM_CUSTOMER, None) is not None:
        parameters["from_chat_id"] = writer_chat_id
    thread_id = parameters.pop("message_thread_id", None) or thread_id
    if thread_id is not None and (method.startswith(POSTING) or method in _IN_A_THREAD):
        parameters["message_thread_id"] = thread_id
    return parameters


def counts(method: str) -> bool:
    """Whether a call spends budget: those that post or edit do."""
    return method.startswith(SPENDING)


def may_travel(kind: str, method: str, payload: Mapping[str, Any]) -> bool:
    """Whether this letter may be one of several in a call: a relayed copy that is no reply and changes nothing."""
    return kind == "relay" and method == "copyMessage" and payload.keys() <= _TRAVELS_TOGETHER


def may_follow(last: Mapping[str, Any], payload: Mapping[str, Any]) -> bool:
    """Whether two copies may be one call: the same chat, the same manner, identifiers strictly increasing."""
    manner = _TRAVELS_TOGETHER - {"message_id"}
    return payload["message_id"] > last["message_id"] and all(
        payload.get(name) == last.get(name) for name in manner
    )


def together(payloads: list[dict[str, Any]]) -> dict[str, Any]:
    """One copyMessages for several copyMessage."""
    first = {name: value for name, value in payloads[0].items() if name != "message_id"}
    return {**first, "message_ids": [payload["message_id"] for payload in payloads]}
