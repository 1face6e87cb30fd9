"""The survey as an admin tries it: the customer's own messages, stage by stage, from the question to its end."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Literal

from bot.domain import messages
from bot.domain.buttons import button_data, parse_button
from bot.domain.messages import Button, Message
from bot.domain.scales import SCALES
from bot.domain.survey import REASONS, Rules, Survey
from bot.domain.texts import Texts

Stage = Literal["question", "answered", "closed", "expired", "prompt", "thanks"]


@dataclass(frozen=True)
class Preview:
    """One previewed message and how far it has come. ``prompt`` and ``thanks`` are a message of their own."""

    language: str
    scale_name: str
    stage: Stage = "question"
    score: int | None = None
    reasons: tuple[str, ...] = ()
    asked_comment: bool = False
    is_opted_out: bool = False

    def as_text(self) -> str:
        """For the row of the message's buttons."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Preview:
        """What ``as_text`` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "reasons": tuple(fields["reasons"])})

    @property
    def prompt(self) -> Preview:
        """The request for a comment that belongs to this answer."""
        return Preview(self.language, self.scale_name, "prompt", self.score)

    def pressed(self, verb: str, value: str) -> Preview | None:
        """How it looks after a press; ``None``: it has no such button.

        The verbs are those of a real question, and ``e``: time passes until the end, ``b``: from the beginning.
        """
        scale = SCALES[self.scale_name]
        if self.stage == "prompt":
            return replace(self, stage="thanks") if verb == "k" else None
        if verb == "b":
            return Preview(self.language, self.scale_name)
        if self.stage not in ("question", "answered"):
            return None
        if verb == "e":
            return replace(self, stage="closed" if self.score is not None else "expired")
        if verb in ("x", "u"):
            return replace(self, is_opted_out=verb == "x")
        if verb == "v" and value.isdecimal() and int(value) in scale.values:
            is_hard = scale.band(int(value)) == "low"
            reasons = self.reasons if is_hard else ()
            return replace(self, stage="answered", score=int(value), reasons=reasons)
        if self.score is None:
            return None
        if verb == "r" and value in REASONS and scale.band(self.score) == "low":
            others = tuple(reason for reason in self.reasons if reason != value)
            return replace(self, reasons=others if value in self.reasons else (*others, value))
        if verb == "c" and not self.asked_comment:
            return replace(self, asked_comment=True)
        return None


def drawn(
    preview: Preview,
    survey: Survey,
    rules: Rules,
    token: str,
    texts: Texts,
    staff: Texts,
    *,
    tells_staff: bool,
) -> Message:
    """The message as the customer would see it, marked as a preview, with buttons that mean nothing but the preview.

    ``texts`` are the customer's, ``staff`` those of the mark and of the buttons that let time pass.
    """
    scale = SCALES[preview.scale_name]
    form: Literal["question", "statement"] = "statement" if scale.anchors == "agree" else "question"
    shown = replace(survey, scale_name=preview.scale_name, form=form)
    message = _as_customer_sees(preview, shown, rules, token, texts, tells_staff=tells_staff)
    mark = staff("admin.preview.mark", language=texts("customer.language.own_name"), scale=preview.scale_name)
    rows = tuple(tuple(_harmless(button) for button in row) for row in message.rows)
    controls = _controls(preview, rules, token, staff)
    return Message(f"{mark}\n\n{message.text}", (*rows, controls) if controls else rows)


def _as_customer_sees(
    preview: Preview, survey: Survey, rules: Rules, token: str, texts: Texts, *, tells_staff: bool
) -> Message:
    if preview.stage == "expired":
        return messages.expired(texts)
    if preview.score is None:
        if preview.is_opted_out:
            return messages.stopped(token, texts)
        return messages.question(survey, token, texts, is_first=True)
    if preview.stage == "closed":
        return messages.closed(survey, texts, score=preview.score)
    if preview.stage == "prompt":
        return messages.comment_prompt(survey, token, texts, score=preview.score)
    if preview.stage == "thanks":
        return messages.thanks(texts, band=survey.scale.band(preview.score), passed_on=tells_staff)
    return messages.answered(
        survey,
        token,
        texts,
        score=preview.score,
        reasons=frozenset(preview.reasons),
        edit_for=rules.edit_for,
        has_comment=False,
        comment_is_open=preview.asked_comment,
        is_opted_out=preview.is_opted_out,
    )


def _harmless(button: Button) -> Button:
    """The same button as one of staff's: a press of it can reach no question."""
    data = parse_button(button.data)
    assert data is not None
    return Button(button.label, button_data(data.token, data.verb, data.value, kind="a1"))


def _controls(preview: Preview, rules: Rules, token: str, staff: Texts) -> tuple[Button, ...]:
    if preview.stage in ("prompt", "thanks"):
        return ()
    again = Button(staff("admin.button.again"), button_data(token, "b", kind="a1"))
    if preview.stage in ("closed", "expired"):
        return (again,)
    span = rules.deadline if preview.score is None else rules.edit_for
    later = Button(staff("admin.button.later", time=staff.duration(span)), button_data(token, "e", kind="a1"))
    return (later,) if preview == Preview(preview.language, preview.scale_name) else (later, again)
