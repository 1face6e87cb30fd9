"""One chat as Telegram keeps it: who is in it, its topics, its messages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal

Message = dict[str, Any]
Kind = Literal["private", "group", "supergroup", "channel"]
Status = Literal["creator", "administrator", "member", "left", "kicked"]

_EVERYWHERE = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)
_GROUP_ONLY = ("can_pin_messages", "can_manage_topics")
_CHANNEL_ONLY = ("can_post_messages", "can_edit_messages")


def all_rights(kind: Kind) -> tuple[str, ...]:
    """Every administrator right that exists in such a chat."""
    return _EVERYWHERE + (_CHANNEL_ONLY if kind == "channel" else _GROUP_ONLY)


@dataclass(frozen=True)
class Member:
    """Somebody's standing in a chat. ``rights`` counts for administrators only."""

    user: dict[str, Any]
    status: Status
    rights: frozenset[str] = frozenset()

    @property
    def is_present(self) -> bool:
        """True for members, administrators and the owner."""
        return self.status not in ("left", "kicked")

    @property
    def is_admin(self) -> bool:
        """True for administrators and the owner."""
        return self.status in ("creator", "administrator")

    def may(self, right: str) -> bool:
        """Whether they have an administrator right."""
        return self.status == "creator" or (self.status == "administrator" and right in self.rights)

    def as_json(self, kind: Kind) -> dict[str, Any]:
        """The Bot API's ChatMember."""
        shown: dict[str, Any] = {"user": self.user, "status": self.status}
        match self.status:
            case "creator":
                shown["is_anonymous"] = False
            case "administrator":
                shown |= {"can_be_edited": False, "is_anonymous": False}
                shown |= {right: right in self.rights for right in all_rights(kind)}
            case "kicked":
                shown["until_date"] = 0
            case _:
                pass
        return shown


@dataclass
class Topic:
    """A forum topic. Its id is the id of the message that created it."""

    thread_id: int
    name: str
    icon_color: int
    creator_id: int
    icon_custom_emoji_id: str | None = None
    is_closed: bool = False

    def as_json(self) -> dict[str, Any]:
        """The Bot API's ForumTopic."""
        shown: dict[str, Any] = {
            "message_thread_id": self.thread_id,
            "name": self.name,
            "icon_color": self.icon_color,
        }
        if self.icon_custom_emoji_id:
            shown["icon_custom_emoji_id"] = self.icon_custom_emoji_id
        return shown


@dataclass
class Chat:
    """Messages are values: an edit puts a new dict in place of the old one, so that updates keep what they saw."""

    id: int
    kind: Kind
    title: str | None = None
    is_forum: bool = False
    person: dict[str, Any] | None = None
    members: dict[int, Member] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    sent_by_bot: set[int] = field(default_factory=set)
    pinned: list[int] = field(default_factory=list)
    reactions: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    is_blocked: bool = False
    migrated_to: int | None = None
    last_message_id: int = 0

    def __post_init__(self) -> None:
        if self.kind in ("supergroup", "channel"):
            self.last_message_id = (
                1  # the message about its creation; as a thread id, 1 is General and never a topic
            )
        self._json: dict[str, Any] = {"id": self.id, "type": self.kind}
        if self.person is not None:
            names = ("first_name", "last_name", "username")
            self._json |= {name: self.person[name] for name in names if name in self.person}
        if self.title is not None:
            self._json["title"] = self.title
        if self.is_forum:
            self._json["is_forum"] = True

    def as_json(self) -> dict[str, Any]:
        """The Bot API's Chat; the same dict every time, not to be changed."""
        return self._json

    def next_message_id(self) -> int:
        """The next free message id; ids are counted per chat."""
        self.last_message_id += 1
        return self.last_message_id

    def member(self, user_id: int) -> Member | None:
        """Somebody's standing here, ``None`` when they were never here."""
        return self.members.get(user_id)

    def is_here(self, user_id: int) -> bool:
        """Whether somebody is in this chat now."""
        member = self.members.get(user_id)
        return member is not None and member.is_present

    def may(self, user_id: int, right: str) -> bool:
        """Whether somebody has an administrator right here."""
        member = self.members.get(user_id)
        return member is not None and member.may(right)

    def standing(self, user: dict[str, Any], rights: Collection[str] | None) -> Member:
        """An administrator with these rights; ``None`` is all of them, an empty collection a plain member."""
        if rights is not None and not rights:
            return Member(user, "member")
        granted = all_rights(self.kind) if rights is None else rights
        return Member(user, "administrator", frozenset(granted))
