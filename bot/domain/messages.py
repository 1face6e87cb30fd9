"""The question and what becomes of it: records + wording → a message that no channel knows yet.

Texts are Telegram HTML; button labels and placeholders are plain. Values run from hard to easy, left to right, in
every language: one fixed order for all customers, for ever (measurement.md 3).
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Set
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from bot.domain.buttons import ButtonData, button_data, parse_button
from bot.domain.scales import Band, Scale
from bot.domain.survey import REASONS, Survey
from bot.domain.texts import Texts

__all__ = [
    "Button",
    "ButtonData",
    "Message",
    "answered",
    "choice_label",
    "closed",
    "comment_prompt",
    "expired",
    "isolate",
    "parse_button",
    "question",
    "quote",
    "reminder",
    "reminder_over",
    "stopped",
    "thanks",
    "withdrawn",
]

_CHOSEN = "●"  # a text character: as wide as a digit, so five options with faces still fit a phone's row
_TICK = "✅"
_HALF_A_ROW = 23  # columns, what half of a common phone holds; a longer reason gets a row of its own


@dataclass(frozen=True)
class Button:
    """One button: what it says (plain text) and what it carries (``bot.domain.buttons``)."""

    label: str
    data: str


@dataclass(frozen=True)
class Message:
    """A message to one person. ``text`` is Telegram HTML, ``rows`` are the buttons below it, top to bottom.

    ``force_reply`` asks the app to open its reply box, with ``placeholder`` in it (at most 64 characters).
    """

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()
    force_reply: bool = False
    placeholder: str | None = None


def quote(text: str) -> str:
    """Somebody's words, escaped for Telegram HTML: safe as text and inside an attribute."""
    return html.escape(text)


def isolate(name: str) -> str:
    """A name between U+2068 and U+2069: its direction does not disturb the sentence around it (UAX #9)."""
    return f"\u2068{name}\u2069"


def choice_label(scale: Scale, value: int, texts: Texts) -> str:
    """An option in words: “4 🙂 Easy”, “4 = Easy”; “6/7” where only the ends of the scale have words."""
    word = _word(scale, value, texts)
    number = str(value) if scale.labels else f"{value}/{scale.highest}"
    if not word:
        return number
    return f"{number} {scale.face(value) or '='} {word}"


def question(survey: Survey, token: str, texts: Texts, *, is_first: bool) -> Message:
    """The question as it is asked. ``is_first``: with the notice that the first question of all carries."""
    parts = [_asked(survey, texts), _options(survey.scale, texts)]
    if is_first:
        parts.append(texts("customer.question.first"))
    parts.append(f"<i>{texts('customer.question.privacy')}</i>")
    return Message("\n\n".join(parts), (*_answer_rows(survey.scale, token), _stop_row(token, texts)))


def answered(
    survey: Survey,
    token: str,
    texts: Texts,
    *,
    score: int,
    reasons: Set[str],
    edit_for: timedelta,
    has_comment: bool,
    comment_is_open: bool,
    is_opted_out: bool = False,
) -> Message:
    """The question while its answer may be changed: the choice marked, every option still live.

    A hard answer offers ``REASONS``, those in ``reasons`` ticked. [Add a comment] is there until a comment came or its
    prompt stands open. ``edit_for`` is the whole edit window; ``is_opted_out`` puts Undo in the place of the opt-out.
    """
    scale = survey.scale
    parts = [_answer_text(survey, texts, score, edit_for)]
    rows = list(_answer_rows(scale, token, chosen=score))
    if scale.band(score) == "low":
        parts.append(texts("customer.reason.intro"))
        rows.extend(_reason_rows(token, texts, reasons))
    if not (has_comment or comment_is_open):
        rows.append((Button(texts("customer.button.comment"), button_data(token, "c")),))
    if is_opted_out:
        parts.append(texts("customer.survey.off"))
    rows.append(_undo_row(token, texts) if is_opted_out else _stop_row(token, texts))
    return Message("\n\n".join(parts), tuple(rows))


@lru_cache(maxsize=512)  # a handful per language, and nothing of a person in any
def _answer_text(survey: Survey, texts: Texts, score: int, edit_for: timedelta) -> str:
    scale = survey.scale
    now = texts(
        "customer.answer.now",
        label=f"<b>{choice_label(scale, score, texts)}</b>",
        time=texts.duration(edit_for),
    )
    return "\n\n".join([_asked(survey, texts), _options(scale, texts, chosen=score), now])


def closed(survey: Survey, texts: Texts, *, score: int) -> Message:
    """The question after its edit window: what was asked and answered, and no buttons."""
    label = f"<b>{choice_label(survey.scale, score, texts)}</b>"
    return Message(f"{_asked(survey, texts)}\n\n{texts('customer.answer.final', label=label)}")


def expired(texts: Texts) -> Message:
    """The question after its deadline, unanswered: a friendly line, no buttons."""
    return Message(texts("customer.closed.expired"))


def withdrawn(texts: Texts) -> Message:
    """What a question that was taken back becomes where it is too old to be deleted."""
    return Message(texts("customer.closed.withdrawn"))


def stopped(token: str, texts: Texts) -> Message:
    """The unanswered question after “Don't ask me again”: what that means, and Undo."""
    return Message(texts("customer.survey.off"), (_undo_row(token, texts),))


def reminder(texts: Texts) -> Message:
    """The one reminder, sent as a reply to the question, which has the buttons."""
    return Message(texts("customer.reminder.text"))


def reminder_over(texts: Texts) -> Message:
    """What a reminder becomes where it is too old to be deleted."""
    return Message(texts("customer.reminder.over"))


def comment_prompt(survey: Survey, token: str, texts: Texts, *, score: int) -> Message:
    """The one request for a comment: it shows the customer's choice, is worded for its band, and may be skipped."""
    band = survey.scale.band(score)
    parts = (
        f"<i>{texts('customer.answer.chosen', label=choice_label(survey.scale, score, texts))}</i>",
        f"<b>{texts(f'customer.comment.prompt.{band}')}</b>",
        texts("customer.comment.hint"),
    )
    skip = Button(texts("customer.button.skip"), button_data(token, "k"))
    return Message(
        "\n\n".join(parts), ((skip,),), force_reply=True, placeholder=texts("customer.comment.placeholder")
    )


def thanks(texts: Texts, *, band: Band, passed_on: bool) -> Message:
    """What the prompt becomes after a comment or Skip.

    Only where staff are told of hard answers (``passed_on``) does it say that this one was passed on.
    """
    spoken: Band = "mid" if band == "low" and not passed_on else band
    return Message(texts(f"customer.thanks.{spoken}"))


def _asked(survey: Survey, texts: Texts) -> str:
    own = survey.words_in(texts.language)
    # The scale decides, not the form: options that agree answer a statement, and nothing else does.
    if own is not None:
        sentence = quote(own).replace("{company}", isolate(quote(survey.company)))
    elif survey.scale.anchors == "effort":
        sentence = texts("customer.question.effort")
    elif survey.scale.anchors == "ease":
        sentence = texts("customer.question.ask")
    elif survey.company:
        sentence = texts("customer.question.statement", company=isolate(quote(survey.company)))
    else:
        sentence = texts("customer.question.statement_plain")
    return f"<b>{sentence}</b>"


def _word(scale: Scale, value: int, texts: Texts) -> str:
    if scale.labels:
        place = scale.labels[scale.values.index(value)]
    elif value in (scale.values[0], scale.values[-1]):
        place = 1 if value == scale.values[0] else 5
    else:
        return ""
    return texts(f"customer.label.{scale.anchors}.{place}")


def _options(scale: Scale, texts: Texts, chosen: int | None = None) -> str:
    lines = []
    for value in scale.values:
        word = _word(scale, value, texts)
        if word:
            line = f"{value} {scale.face(value) or '='} {word}"
            lines.append(f"<b>{line}</b>" if value == chosen else line)
    return "\n".join(lines)


def _answer_rows(scale: Scale, token: str, chosen: int | None = None) -> tuple[tuple[Button, ...], ...]:
    buttons = [
        Button(
            " ".join(filter(None, (_CHOSEN if value == chosen else "", str(value), scale.face(value)))),
            button_data(token, "v", str(value)),
        )
        for value in scale.values
    ]
    width = -(-len(buttons) // scale.rows)
    return tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))


def _reason_rows(token: str, texts: Texts, ticked: Set[str]) -> list[tuple[Button, ...]]:
    rows: list[tuple[Button, ...]] = []
    is_open = False  # the last row has one button and room for a second
    for reason in REASONS:
        label = texts(f"customer.reason.{reason}")
        is_short = _columns(label) <= _HALF_A_ROW
        if reason in ticked:
            label = (
                f"{_TICK} {label.partition(' ')[2]}"  # in the emoji's place: a tick never moves the buttons
            )
        button = Button(label, button_data(token, "r", reason))
        if is_open and is_short:
            rows[-1] = (*rows[-1], button)
            is_open = False
        else:
            rows.append((button,))
            is_open = is_short
    return rows


@lru_cache
def _columns(label: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in label)


def _stop_row(token: str, texts: Texts) -> tuple[Button, ...]:
    return (Button(texts("customer.button.stop"), button_data(token, "x")),)


def _undo_row(token: str, texts: Texts) -> tuple[Button, ...]:
    return (Button(texts("customer.button.undo"), button_data(token, "u")),)
