"""``/audit``: who changed what, when; newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.buttons import ButtonData
from bot.domain.messages import Message, isolate, quote
from bot.domain.texts import Texts
from bot.flow.ports import Tokens
from bot.flow.staff_menus import Redraw, choice
from bot.store import audit, staff_buttons
from bot.store.audit import AuditLine
from bot.store.engine import Tx
from bot.store.staff_buttons import StaffButton
from bot.store.switches import PAUSE

AUDIT_MENU = "audit"
_LINES, _MOST_LINES = 10, 20
_LONGEST_NAME = 40  # twenty lines must fit a message


class AuditMenu:
    """Verbs: ``b`` before the line of this id, ``a`` after it. The row's subject is the length of a page."""

    def __init__(self, tokens: Tokens, texts: Texts, zone: ZoneInfo) -> None:
        self._tokens = tokens
        self._texts = texts
        self._zone = zone

    async def open(self, tx: Tx, words: list[str], chat_id: int, now: datetime) -> Message:
        """``/audit``, or ``/audit 20``."""
        size = int(words[0]) if words and words[0].isdecimal() else 0
        if words and (len(words) > 1 or not 1 <= size <= _MOST_LINES):
            return Message(self._texts("admin.audit.usage", most=_MOST_LINES))
        size = size or _LINES
        token = self._tokens.new()
        await staff_buttons.add(tx, token, StaffButton(chat_id, AUDIT_MENU, str(size)), now)
        return await self._page(tx, token, await audit.before(tx, None, size))

    async def pressed(
        self, tx: Tx, row: StaffButton, button: ButtonData, who: str, now: datetime
    ) -> Redraw | None:
        """One press of one of these buttons (``StaffMenu``)."""
        if button.verb not in "ab" or not button.value.isdecimal() or len(button.value) > 15:
            return None
        turned = audit.before if button.verb == "b" else audit.after
        lines = await turned(tx, int(button.value), int(row.subject))
        lines = lines or await audit.before(tx, None, int(row.subject))
        return Redraw(message=await self._page(tx, button.token, lines))

    async def _page(self, tx: Tx, token: str, lines: Sequence[AuditLine]) -> Message:
        if not lines:
            return Message(self._texts("admin.audit.empty"))
        text = "\n".join((self._texts("admin.audit.title"), *map(self._said, lines)))
        turning = []
        if await audit.after(tx, lines[0].id, 1):
            turning.append(choice(self._texts("admin.button.newer"), token, "a", str(lines[0].id)))
        if await audit.before(tx, lines[-1].id, 1):
            turning.append(choice(self._texts("admin.button.older"), token, "b", str(lines[-1].id)))
        return Message(text, (tuple(turning),) if turning else ())

    def _said(self, line: AuditLine) -> str:
        when = self._texts.moment(line.at, self._zone)
        what = self._texts(
            _key_of(line),
            who=isolate(quote(line.actor[:_LONGEST_NAME])),
            subject=quote(line.subject),
            detail=self._detail(line),
        )
        return f"<i>{when}</i>  {what}"

    def _detail(self, line: AuditLine) -> str:
        if line.subject == PAUSE and line.detail:
            return self._texts.moment(datetime.fromisoformat(line.detail), self._zone)
        if line.action == "not_asked":
            return self._texts(f"staff.outcome.{line.detail}")
        return quote(line.detail)


def _key_of(line: AuditLine) -> str:
    is_pause = line.subject == PAUSE
    if line.action == "switch_on":
        if is_pause:
            return "admin.audit.paused_until" if line.detail else "admin.audit.paused"
        return "admin.audit.switched_on"
    if line.action == "switch_off":
        return "admin.audit.resumed" if is_pause else "admin.audit.switched_off"
    return _KEYS.get(line.action, "admin.audit.other")


_KEYS = {
    "setting": "admin.audit.setting",
    "setting_reset": "admin.audit.setting_reset",
    "setting_undone": "admin.audit.setting_undone",
    "asked": "admin.audit.asked",
    "not_asked": "admin.audit.not_asked",
    "erased": "admin.audit.erased",
}
