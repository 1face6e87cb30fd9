"""The customer's own controls: greeting, help, privacy, their data, being forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.buttons import button_data
from bot.domain.messages import Button, Message, isolate, quote
from bot.domain.texts import Texts

CUSTOMER_COMMANDS: tuple[str, ...] = (
    "start",
    "help",
    "survey_off",
    "survey_on",
    "privacy",
    "my_data",
    "forget_me",
)


@dataclass(frozen=True)
class Retention:
    """How long what is kept (measurement.md 7); the defaults are what the customer is promised."""

    scores_months: int = 24
    comments: timedelta = timedelta(days=180)
    address: timedelta = timedelta(
        days=7
    )  # the raw Telegram id, after the last topic or open question is gone

    def as_json(self) -> dict[str, int]:
        """For the file of ``/my_data``."""
        return {
            "answers_months": self.scores_months,
            "comments_days": self.comments.days,
            "telegram_id_days_after_last_use": self.address.days,
        }


def menu(texts: Texts) -> tuple[tuple[str, str], ...]:
    """The customer's command menu: pairs of command (without slash) and description (plain text)."""
    return tuple((command, texts(f"customer.command.{command}")) for command in CUSTOMER_COMMANDS)


def greeting(texts: Texts, *, company: str, has_desk: bool) -> Message:
    """The answer to /start. ``company`` may be empty; ``has_desk``: whether messages here reach a support team."""
    hello = (
        texts("customer.start.company", company=isolate(quote(company)))
        if company
        else texts("customer.start.hello")
    )
    return Message("\n\n".join((hello, _purpose(texts, has_desk=has_desk), _line(texts, "help"))))


def help_message(texts: Texts, *, has_desk: bool) -> Message:
    """The answer to /help: what this chat is for, and every command but /start."""
    lines = [_line(texts, command) for command in CUSTOMER_COMMANDS if command != "start"]
    return Message(f"{_purpose(texts, has_desk=has_desk)}\n\n" + "\n".join(lines))


def privacy(texts: Texts, retention: Retention) -> Message:
    """The answer to /privacy: what is kept, why, and for how long."""
    return Message(
        texts(
            "customer.privacy.text",
            scores=texts.plural("customer.privacy.months", retention.scores_months),
            comments=texts.duration(retention.comments),
            address=texts.duration(retention.address),
        )
    )


def survey_off(texts: Texts) -> Message:
    """The answer to /survey_off."""
    return Message(texts("customer.survey.off"))


def survey_on(texts: Texts) -> Message:
    """The answer to /survey_on."""
    return Message(texts("customer.survey.on"))


def my_data(texts: Texts, *, holds_any: bool) -> Message:
    """The answer to /my_data: the caption of the file, or that there is none."""
    return Message(texts("customer.my_data.caption" if holds_any else "customer.my_data.empty"))


def forget_confirmation(token: str, texts: Texts) -> Message:
    """The answer to /forget_me: what erasing means, with an ``a1`` button for yes (verb ``y``) and no (``n``)."""
    yes = Button(texts("customer.button.forget_yes"), button_data(token, "y", kind="a1"))
    no = Button(texts("customer.button.forget_no"), button_data(token, "n", kind="a1"))
    return Message(texts("customer.forget.confirm"), ((yes,), (no,)))


def forgotten(texts: Texts, *, held_any: bool) -> Message:
    """What the confirmation becomes after yes."""
    return Message(texts("customer.forget.done" if held_any else "customer.forget.nothing"))


def not_forgotten(texts: Texts) -> Message:
    """What the confirmation becomes after no."""
    return Message(texts("customer.forget.cancelled"))


def _purpose(texts: Texts, *, has_desk: bool) -> str:
    asks = texts("customer.help.asks")
    return f"{texts('customer.help.desk')}\n\n{asks}" if has_desk else asks


def _line(texts: Texts, command: str) -> str:
    return texts("customer.help.line", command=command, description=texts(f"customer.command.{command}"))
