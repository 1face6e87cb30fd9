"""Who exists, who is where, who lets the bot write: people, chats and standing in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bot.playground.botapi.chat import Chat, Kind, Member
from bot.playground.botapi.refusals import Impossible
from bot.playground.botapi.stage import Stage

Admins = Mapping[int, Collection[str] | None]
_SUPERGROUPS_BELOW = -1_000_000_000_000


class Acquaintance(Stage):
    """Persons and chats are named by their ids; a person's private chat has the person's id."""

    def add_person(
        self,
        person_id: int,
        first_name: str,
        *,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = None,
    ) -> dict[str, Any]:
        """Make a person; returns the Bot API's User. Nobody has met the bot before ``start`` or ``say``."""
        person: dict[str, Any] = {"id": person_id, "is_bot": False, "first_name": first_name}
        optional = {"last_name": last_name, "username": username, "language_code": language_code}
        person |= {name: value for name, value in optional.items() if value}
        self.people[person_id] = person
        return person

    def add_forum(
        self,
        chat_id: int,
        title: str,
        *,
        admins: Admins,
        members: Iterable[int] = (),
        bot_rights: Collection[str] | None = None,
    ) -> None:
        """A supergroup with topics. Rights: ``None`` is all, an empty collection makes a plain member.

        The first admin with all rights owns the chat.
        """
        self._add_chat(chat_id, "supergroup", title, admins, members, bot_rights, is_forum=True)

    def add_group(
        self,
        chat_id: int,
        title: str,
        *,
        admins: Admins,
        members: Iterable[int] = (),
        bot_rights: Collection[str] | None = None,
    ) -> None:
        """A basic group (``-123``), or a supergroup without topics (``-100…``); rights as in ``add_forum``."""
        kind: Kind = "supergroup" if chat_id < _SUPERGROUPS_BELOW else "group"
        self._add_chat(chat_id, kind, title, admins, members, bot_rights)

    def add_channel(
        self,
        chat_id: int,
        title: str,
        *,
        admins: Admins,
        members: Iterable[int] = (),
        bot_rights: Collection[str] | None = None,
    ) -> None:
        """A channel; rights as in ``add_forum``."""
        self._add_chat(chat_id, "channel", title, admins, members, bot_rights)

    def join(self, chat_id: int, person_id: int) -> None:
        """Enter a group or channel."""
        chat, person = self.chat(chat_id), self.person(person_id)
        if chat.kind != "channel":
            self.post(chat, {"new_chat_members": [person]}, sender=person)
        self.set_member(chat, Member(person, "member"), by=person)

    def leave(self, chat_id: int, person_id: int) -> None:
        """Leave a group or channel."""
        chat = self.chat(chat_id)
        person = self.member_of(chat, person_id)
        if chat.kind != "channel":
            self.post(chat, {"left_chat_member": person}, sender=person)
        self.set_member(chat, Member(person, "left"), by=person)

    def appoint(self, chat_id: int, user_id: int, rights: Collection[str] | None, *, by: int) -> None:
        """Make somebody, or the bot, an admin with these rights (``None``: all; empty: a plain member)."""
        chat = self.chat(chat_id)
        user = self.bot if user_id == self.bot_id else self.person(user_id)
        self.set_member(chat, chat.standing(user, rights), by=self.member_of(chat, by))

    def kick_bot(self, chat_id: int, *, by: int) -> None:
        """Throw the bot out: my_chat_member ``kicked``, then 403 for every call about this chat."""
        chat = self.chat(chat_id)
        self.set_member(chat, Member(self.bot, "kicked"), by=self.member_of(chat, by))

    def block(self, person_id: int) -> None:
        """Stop the bot: my_chat_member ``kicked``, and 403 for whatever the bot sends."""
        self._set_blocked(person_id, True)

    def unblock(self, person_id: int) -> None:
        """Let the bot write again: my_chat_member ``member``."""
        self._set_blocked(person_id, False)

    def deactivate(self, person_id: int) -> None:
        """Delete the account. The bot learns of it by 403 only."""
        self.person(person_id)
        self.deactivated.add(person_id)

    def migrate(self, chat_id: int, *, is_forum: bool = False) -> int:
        """A basic group becomes a supergroup (with topics when ``is_forum``); returns the new id.

        Calls about the old id are refused with ``migrate_to_chat_id`` from now on.
        """
        old = self.chat(chat_id)
        if old.kind != "group" or old.migrated_to is not None:
            raise Impossible(f"{chat_id} is no basic group")
        new = Chat(_SUPERGROUPS_BELOW + chat_id, "supergroup", old.title, is_forum)
        for member in old.members.values():
            is_appointed = member.status == "administrator"
            new.members[member.user["id"]] = new.standing(member.user, None) if is_appointed else member
        owners = (member for member in old.members.values() if member.status == "creator")
        by = next(owners).user
        self.chats[new.id] = new
        self.post(old, {"migrate_to_chat_id": new.id}, sender=by)
        old.migrated_to = new.id
        self.post(new, {"migrate_from_chat_id": old.id}, sender=by)
        self.happenings.tell("chat", old.id, migrated_to=new.id)
        return new.id

    def private(self, person_id: int) -> Chat:
        """Somebody's chat with the bot, opened when it was not."""
        person = self.person(person_id)
        if person_id not in self.chats:
            self.chats[person_id] = Chat(person_id, "private", person=person)
            self.happenings.tell("chat", person_id, chat=self.chats[person_id].as_json())
        return self.chats[person_id]

    def member_of(self, chat: Chat, person_id: int) -> dict[str, Any]:
        """The person, who is in this chat. Raises Impossible."""
        person = self.person(person_id)
        if not chat.is_here(person_id):
            raise Impossible(f"{person_id} is not in the chat {chat.id}")
        return person

    def _add_chat(
        self,
        chat_id: int,
        kind: Kind,
        title: str,
        admins: Admins,
        members: Iterable[int],
        bot_rights: Collection[str] | None,
        *,
        is_forum: bool = False,
    ) -> None:
        if chat_id >= 0:
            raise Impossible("ids of groups and channels are negative")
        chat = Chat(chat_id, kind, title, is_forum)
        owner = next((person_id for person_id, rights in admins.items() if rights is None), None)
        for person_id in members:
            chat.members[person_id] = Member(self.person(person_id), "member")
        for person_id, rights in admins.items():
            person = self.person(person_id)
            is_owner = person_id == owner
            chat.members[person_id] = Member(person, "creator") if is_owner else chat.standing(person, rights)
        chat.members[self.bot_id] = chat.standing(self.bot, bot_rights)
        self.chats[chat_id] = chat
        self.happenings.tell("chat", chat_id, chat=chat.as_json())

    def _set_blocked(self, person_id: int, is_blocked: bool) -> None:
        chat = self.private(person_id)
        if chat.is_blocked == is_blocked:
            return
        chat.is_blocked = is_blocked
        chat.members.setdefault(self.bot_id, Member(self.bot, "kicked" if not is_blocked else "member"))
        status = Member(self.bot, "kicked" if is_blocked else "member")
        self.set_member(chat, status, by=self.person(person_id))
