"""What people write, send, edit and press. Each act makes the updates that Telegram would make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.playground.botapi.acquaintance import Acquaintance
from bot.playground.botapi.chat import Chat, Message
from bot.playground.botapi.content import LONGEST_CALLBACK_DATA_BYTES, LONGEST_TEXT, found_entities
from bot.playground.botapi.message import as_bot_sees, chat_instance
from bot.playground.botapi.refusals import Impossible
from bot.playground.botapi.samples import sample
from bot.playground.botapi.stage import ANONYMOUS_ADMIN, Tap
from bot.playground.botapi.updates import TAP_LIFETIME_SECONDS

# answerCallbackQuery has no published deadline; bots report failures from about this age on.
ANSWERABLE_SECONDS = 15
_LONGEST_PAYLOAD = 64


class Talk(Acquaintance):
    """Raises Impossible where the app would not let a person do it."""

    def start(self, person_id: int, payload: str = "") -> Message:
        """Press Start (or "Restart bot" after a block): opens the private chat and sends ``/start``."""
        if len(payload) > _LONGEST_PAYLOAD:
            raise Impossible("a start payload has at most 64 characters")
        if self.private(person_id).is_blocked:
            self.unblock(person_id)
        return self.say(person_id, person_id, f"/start {payload}".rstrip())

    def say(
        self,
        person_id: int,
        chat_id: int,
        text: str,
        *,
        thread_id: int | None = None,
        reply_to: int | None = None,
        anonymous: bool = False,
    ) -> Message:
        """Send a text; commands, links and mentions in it are found.

        ``anonymous``: an admin who hides behind the group. The first message to the bot opens the private chat.
        """
        if not 1 <= len(text.strip()) <= LONGEST_TEXT:
            raise Impossible("a text has 1 to 4096 characters")
        content: dict[str, Any] = {"text": text}
        if entities := found_entities(text):
            content["entities"] = entities
        return self._send(person_id, chat_id, content, thread_id, reply_to, anonymous)

    def send(
        self,
        person_id: int,
        chat_id: int,
        kind: str,
        *,
        thread_id: int | None = None,
        reply_to: int | None = None,
        caption: str | None = None,
        media_group_id: str | None = None,
        live_period: int | None = None,
        content: bytes | None = None,
        file_name: str | None = None,
        anonymous: bool = False,
        **fields: Any,
    ) -> Message:
        """Send anything else: a photo, voice, video, document, sticker, location, contact, poll, venue, dice, …

        ``content`` are the bytes of a file; ``live_period`` (seconds) makes a location a live one; ``fields``
        overwrite those of the kind's object (``duration=…``, ``latitude=…``).
        """
        said = sample(
            self.files,
            kind,
            fields,
            content=content,
            file_name=file_name,
            caption=caption,
            live_period=live_period,
        )
        if media_group_id is not None:
            said["media_group_id"] = media_group_id
        return self._send(person_id, chat_id, said, thread_id, reply_to, anonymous)

    def edit(
        self,
        person_id: int,
        chat_id: int,
        message_id: int,
        text: str | None = None,
        *,
        caption: str | None = None,
        location: Mapping[str, Any] | None = None,
    ) -> Message:
        """Edit one's own message; a live location moves, and ends when ``location`` has ``live_period: None``."""
        chat = self.chat(chat_id)
        message = self.shown_message(chat, message_id)
        sender_id = message.get("from", {}).get("id")
        if message_id in chat.sent_by_bot or (chat.kind != "channel" and sender_id != person_id):
            raise Impossible(f"message {message_id} is not {person_id}'s to edit")
        edited = dict(message)
        for key, said in (("text", text), ("caption", caption)):
            if said is None:
                continue
            entities_key = "entities" if key == "text" else "caption_entities"
            edited[key] = said
            edited.pop(entities_key, None)
            if entities := found_entities(said):
                edited[entities_key] = entities
        if location is not None:
            moved = {**message["location"], **location}
            edited["location"] = {key: value for key, value in moved.items() if value is not None}
        return self.change(chat, edited)

    def delete(self, chat_id: int, message_id: int) -> None:
        """Somebody deletes a message for everyone. The bot is not told."""
        chat = self.chat(chat_id)
        self.shown_message(chat, message_id)
        self.remove(chat, [message_id])

    def press(self, person_id: int, chat_id: int, message_id: int, data: str, *, forged: bool = False) -> str:
        """Press an inline button; returns the callback query's id.

        ``forged``: a modified client sends data that is on no button, even for a message that is gone.
        """
        person, chat = self.person(person_id), self.chat(chat_id)
        message = chat.messages.get(message_id)
        if forged:
            if not 1 <= len(data.encode()) <= LONGEST_CALLBACK_DATA_BYTES:
                raise Impossible("callback data has 1 to 64 bytes, even when forged")
        else:
            self._check_presence(chat, person_id)
            _check_button(self.shown_message(chat, message_id), data)
        query_id = str(4_300_000_000_000_000_000 + len(self.taps) + 1)
        now = self.clock.now().timestamp()
        self.taps[query_id] = Tap(person_id, chat_id, now + ANSWERABLE_SECONDS)
        gone = {"chat": chat.as_json(), "message_id": message_id, "date": 0}
        query = {
            "id": query_id,
            "from": person,
            "message": as_bot_sees(message) if message is not None else gone,
            "chat_instance": chat_instance(chat),
            "data": data,
        }
        self.updates.add("callback_query", query, f"tap {person_id}", TAP_LIFETIME_SECONDS)
        return query_id

    def shown_message(self, chat: Chat, message_id: int) -> Message:
        """A message that is in the chat now. Raises Impossible."""
        message = chat.messages.get(message_id)
        if message is None:
            raise Impossible(f"there is no message {message_id} in the chat {chat.id}")
        return message

    def _check_presence(self, chat: Chat, person_id: int) -> None:
        if chat.kind != "private":
            self.member_of(chat, person_id)
        elif person_id != chat.id:
            raise Impossible(f"{person_id} does not see the private chat of {chat.id}")

    def _send(
        self,
        person_id: int,
        chat_id: int,
        content: dict[str, Any],
        thread_id: int | None,
        reply_to: int | None,
        anonymous: bool,
    ) -> Message:
        person = self.person(person_id)
        chat = self.private(person_id) if chat_id == person_id else self.chat(chat_id)
        self._check_presence(chat, person_id)
        if chat.is_blocked:
            raise Impossible(f"{person_id} has blocked the bot: unblock or start first")
        if chat.migrated_to is not None:
            raise Impossible(f"{chat_id} became the supergroup {chat.migrated_to}")
        member = chat.member(person_id)
        is_admin = member is not None and member.is_admin
        if chat.kind == "channel" and not chat.may(person_id, "can_post_messages"):
            raise Impossible(f"{person_id} may not post in the channel {chat_id}")
        if thread_id is not None:
            topic = chat.topics.get(thread_id)
            if topic is None:
                raise Impossible(f"there is no topic {thread_id} in the chat {chat_id}")
            if topic.is_closed and not is_admin:
                raise Impossible(f"the topic {thread_id} is closed")
        if reply_to is not None:
            replied = self.shown_message(chat, reply_to)
            thread_id = replied.get("message_thread_id", thread_id)
        if anonymous:
            if not is_admin:
                raise Impossible("only admins can remain anonymous")
            person = ANONYMOUS_ADMIN
        return self.post(
            chat,
            content,
            sender=person,
            sender_chat=chat if anonymous else None,
            thread_id=thread_id,
            reply_to=reply_to,
        )


def _check_button(message: Message, data: str) -> None:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    for row in rows:
        for button in row:
            if button.get("callback_data") == data and "disabled" not in button:
                return
    raise Impossible(f"no button of message {message['message_id']} has the data {data!r}")
