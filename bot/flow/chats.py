"""Which chat is which: the configured ids, followed through every move of a group to a supergroup."""

from __future__ import annotations

from bot.store import memory
from bot.store.engine import Tx

ANONYMOUS_ADMIN = 1087968824  # GroupAnonymousBot: whoever posts "as the group" (Bot API, Message.sender_chat)


class ChatBook:
    """The chats that the settings name. Ids may change while the bot runs: ask each time, keep none."""

    def __init__(
        self,
        *,
        staff: int | None,
        support_forum: int | None,
        alerts: int | None,
        admins: frozenset[int],
        tells_hard_answers: bool,
    ) -> None:
        self._staff = staff
        self._support_forum = support_forum
        self._alerts = alerts
        self._tells_hard_answers = tells_hard_answers
        self._moves: dict[int, int] = {}
        self.admins = admins

    async def load(self, tx: Tx) -> None:
        """Read every move that was heard of before, by any copy of the bot."""
        heard = await memory.with_prefix(tx, memory.MOVED)
        self._moves.update({int(old): int(new) for old, new in heard.items()})

    def moved(self, old_chat_id: int, new_chat_id: int) -> None:
        """A group became a supergroup (the row of it is written by whoever heard)."""
        self._moves[old_chat_id] = new_chat_id

    def now(self, chat_id: int | None) -> int | None:
        """The id that a chat has by now."""
        seen = set()
        while chat_id in self._moves and chat_id not in seen:
            seen.add(chat_id)
            chat_id = self._moves[chat_id]
        return chat_id

    @property
    def staff(self) -> int | None:
        """Where summaries are posted."""
        return self.now(self._staff)

    @property
    def support_forum(self) -> int | None:
        """Where staff answer, one topic per customer."""
        return self.now(self._support_forum)

    @property
    def alerts(self) -> int | None:
        """Where hard answers are told; ``None`` where nobody wants to hear of them."""
        if not self._tells_hard_answers:
            return None
        return self.drops

    @property
    def drops(self) -> int | None:
        """Where a drop is told: where hard answers would be, also if those are told nowhere."""
        return self.now(self._alerts) if self._alerts is not None else self.staff

    def is_house(self, chat_id: int) -> bool:
        """Whether a group or channel is the team's own *now*: Telegram sees to it that only its members press there."""
        return chat_id in (self.staff, self.support_forum, self.drops)

    @property
    def are_empty(self) -> bool:
        """True until the settings name a chat: as long, ``/id`` answers everybody."""
        return self._staff is None and self._support_forum is None and not self.admins
