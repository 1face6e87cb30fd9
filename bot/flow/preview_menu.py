"""``/preview``: the survey as customers see it, in each language and on each scale. Nothing of it is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.buttons import ButtonData
from bot.domain.messages import Message
from bot.domain.preview import Preview, drawn
from bot.domain.scales import SCALES
from bot.domain.survey import Trigger
from bot.domain.texts import CatalogueBook, Texts
from bot.flow.ports import Tokens
from bot.flow.rulebook import Rulebook
from bot.flow.staff_menus import Redraw, choice, in_rows
from bot.store import staff_buttons
from bot.store.engine import Tx
from bot.store.staff_buttons import StaffButton

PREVIEW_MENU = "preview"
PREVIEW = "preview_message"


class PreviewMenu:
    """Verbs of the menu: ``s`` a scale, ``l`` a language and a scale. A previewed message has those of a question."""

    def __init__(
        self,
        rulebook: Rulebook,
        catalogues: CatalogueBook,
        languages: Sequence[str],
        tokens: Tokens,
        texts: Texts,
        *,
        tells_staff: bool,
    ) -> None:
        self._rulebook = rulebook
        self._catalogues = catalogues
        self._languages = tuple(languages)
        self._tokens = tokens
        self._texts = texts
        self._tells_staff = tells_staff

    async def open(self, tx: Tx, chat_id: int, now: datetime) -> Message:
        """``/preview``: which language, on which scale (the first trigger's, to begin with)."""
        token = self._tokens.new()
        await staff_buttons.add(tx, token, StaffButton(chat_id, PREVIEW_MENU, ""), now)
        return self._menu(token, (await self._trigger(tx)).survey.scale_name)

    async def pressed(
        self, tx: Tx, row: StaffButton, button: ButtonData, who: str, now: datetime
    ) -> Redraw | None:
        """One press of the menu's buttons, or of a previewed message's (``StaffMenu``)."""
        if row.action == PREVIEW:
            return await self._go_on(tx, row, button, now)
        if button.verb == "s" and button.value in SCALES:
            return Redraw(message=self._menu(button.token, button.value))
        language, _, scale_name = button.value.partition("_")
        if button.verb != "l" or language not in self._languages or scale_name not in SCALES:
            return None
        return Redraw(below=(await self._post(tx, row.chat_id, Preview(language, scale_name), now),))

    def _menu(self, token: str, scale_name: str) -> Message:
        scales = [choice(name, token, "s", name, is_chosen=name == scale_name) for name in SCALES]
        languages = [
            choice(
                self._catalogues.of(language)("customer.language.own_name"),
                token,
                "l",
                f"{language}_{scale_name}",
            )
            for language in self._languages
        ]
        text = self._texts("admin.preview.menu", scale=scale_name)
        return Message(text, (*in_rows(scales, 3), *in_rows(languages, 3)))

    async def _go_on(self, tx: Tx, row: StaffButton, button: ButtonData, now: datetime) -> Redraw | None:
        before = Preview.from_text(row.subject)
        after = before.pressed(button.verb, button.value)
        if after is None:
            return None
        await staff_buttons.change(tx, button.token, after.as_text())
        below: tuple[Message, ...] = ()
        if after.asked_comment and not before.asked_comment:
            below = (await self._post(tx, row.chat_id, after.prompt, now),)
        return Redraw(self._texts("admin.preview.toast"), await self._drawn(tx, after, button.token), below)

    async def _post(self, tx: Tx, chat_id: int, preview: Preview, now: datetime) -> Message:
        token = self._tokens.new()
        await staff_buttons.add(tx, token, StaffButton(chat_id, PREVIEW, preview.as_text()), now)
        return await self._drawn(tx, preview, token)

    async def _drawn(self, tx: Tx, preview: Preview, token: str) -> Message:
        trigger = await self._trigger(tx)
        texts = self._catalogues.of(preview.language)
        return drawn(
            preview, trigger.survey, trigger.rules, token, texts, self._texts, tells_staff=self._tells_staff
        )

    async def _trigger(self, tx: Tx) -> Trigger:
        return (await self._rulebook.in_force(tx)).triggers[0]
