"""Who belongs to the team: Telegram is asked each time, because people come and go."""

from __future__ import annotations

from bot.domain.errors import ChannelError
from bot.flow.chats import ChatBook
from bot.flow.ports import Channel

_MEMBER_STATES = frozenset({"creator", "administrator", "member"})


class Membership:
    """Looks up members of the staff's chats (Bot API: getChatMember)."""

    def __init__(self, channel: Channel, chats: ChatBook) -> None:
        self._channel = channel
        self._chats = chats

    async def is_staff(self, person_id: int) -> bool:
        """An admin, or a member of the staff chat. Raises ChannelError where Telegram did not say."""
        if person_id in self._chats.admins:
            return True
        return self._chats.staff is not None and await self._is_in(self._chats.staff, person_id)

    async def may_look(self, chat_id: int, person_id: int) -> bool:
        """May this person look into a summary that stands in this chat? Raises ChannelError.

        In the team's chats their members may; anywhere else, privately or where the team was once, staff alone.
        """
        if person_id in self._chats.admins:
            return True
        is_house = self._chats.is_house(chat_id)
        return await (self._is_in(chat_id, person_id) if is_house else self.is_staff(person_id))

    async def _is_in(self, chat_id: int, person_id: int) -> bool:
        try:
            member = await self._channel.call("getChatMember", {"chat_id": chat_id, "user_id": person_id})
        except ChannelError as error:
            if error.is_permanent:
                return False
            raise
        return member["status"] in _MEMBER_STATES or (
            member["status"] == "restricted" and bool(member.get("is_member"))
        )
