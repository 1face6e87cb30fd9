"""What is asked, of whom and by which numbers: the survey, the rules, the triggers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta, tzinfo
from typing import Literal

from bot.domain.cadence import Cadence
from bot.domain.events import ConversationEnded, EventKind, ResolvedBy
from bot.domain.quiet import QuietHours
from bot.domain.scales import SCALES, Scale

# One-tap causes of effort, in the fixed order of question version 1; "something else" last (measurement.md 6).
REASONS: tuple[str, ...] = ("wait", "repeat", "transfer", "unclear", "unresolved", "bot", "process", "other")


@dataclass(frozen=True)
class Survey:
    """One question on one scale. ``question_version`` goes up with every change of its words.

    ``wording``: pairs of a catalogue's language and the team's own question in it (plain text; ``{company}`` is filled
    in). Without any the catalogues' question is asked; with some, nobody is asked in another language than those:
    the catalogues' question would be another one, and unlike questions are never pooled.
    """

    name: str = "support"
    scale_name: str = "emoji5"
    form: Literal["question", "statement"] = "question"
    question_version: int = 1
    company: str = ""
    language: str = "en"  # where the customer's own is unknown or has no catalogue
    wording: tuple[tuple[str, str], ...] = ()

    @property
    def scale(self) -> Scale:
        """The row of the scales' table."""
        return SCALES[self.scale_name]

    def words_in(self, language: str) -> str | None:
        """The team's own question in a catalogue's language; ``None``: the catalogue's is asked."""
        return dict(self.wording).get(language)

    def spoken(self, language: str) -> str:
        """The language of the catalogue that this survey asks a reader of ``language`` in."""
        own = [tag for tag, _ in self.wording]
        if not own or language in own:
            return language
        return self.language if self.language in own else own[0]

    @property
    def series(self) -> str:
        """What must never be pooled with anything else: survey, scale (it fixes the direction), form, wording."""
        return f"{self.name}/{self.scale_name}/{self.form}/{self.question_version}"


@dataclass(frozen=True)
class Rules:
    """The numbers of the policy. Zero, or nothing, switches a rule off; the settings hold the advised defaults.

    ``quiet`` hours are those of ``zone`` unless the event carries the customer's own. ``sampling`` is a percentage.
    ``minimum_messages`` counts the customer's, ``minimum_characters`` those of both sides.
    """

    delay: timedelta = timedelta(minutes=5)
    deadline: timedelta = timedelta(hours=48)
    cooldown: timedelta = timedelta(days=14)
    edit_for: timedelta = timedelta(hours=24)
    comment_for: timedelta = timedelta(minutes=15)
    too_old: timedelta = timedelta(hours=24)
    quiet: QuietHours | None = None
    zone: tzinfo = UTC
    sampling: float = 100.0
    yearly_cap: int = 0
    minimum_messages: int = 0
    minimum_characters: int = 0
    needs_human: bool = True
    blocked_tags: tuple[str, ...] = ()
    reminder: timedelta = timedelta(0)

    @property
    def askable_for(self) -> timedelta | None:
        """How long after its end a conversation may still be asked about; ``None``: for ever.

        Always an hour more than the delay: a question that is due must not be too old for being a second late.
        """
        return max(self.too_old, self.delay + timedelta(hours=1)) if self.too_old else None


@dataclass(frozen=True)
class Trigger:
    """A configured rule: which events ask which survey. Empty filters let everything through."""

    name: str
    kind: EventKind = "support_ended"
    sources: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # any of them
    agents: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    resolved_by: tuple[ResolvedBy, ...] = ()
    touchpoint: str = "support"
    survey: Survey = field(default_factory=Survey)
    rules: Rules = field(default_factory=Rules)
    is_on: bool = True  # as the file says; admins switch over it
    own: frozenset[str] = frozenset()  # names of the rules that the file gives this trigger alone
    cadence: Cadence | None = None  # follow-up visits that the bot makes itself
    start_on: tuple[EventKind, ...] = ()  # what puts a customer on the cadence

    def matches(self, event: ConversationEnded) -> bool:
        """True where every filter that is set lets the event through."""
        return event.kind == self.kind and self._lets_through(event)

    def begins_with(self, event: ConversationEnded) -> bool:
        """True where this event puts its customer on the trigger's cadence."""
        return self.cadence is not None and event.kind in self.start_on and self._lets_through(event)

    def _lets_through(self, event: ConversationEnded) -> bool:
        return (
            (not self.sources or event.source in self.sources)
            and (not self.teams or event.team in self.teams)
            and (not self.tags or bool(set(self.tags) & set(event.tags)))
            and (not self.agents or event.agent in self.agents)
            and (not self.languages or event.language in self.languages)
            and (not self.resolved_by or event.facts.resolved_by in self.resolved_by)
        )


MANUAL = "manual"  # the trigger's name of what an admin's /ask started


@dataclass(frozen=True)
class TriggerBook:
    """Every configured trigger, in order."""

    triggers: tuple[Trigger, ...]

    def first_match(self, event: ConversationEnded) -> Trigger | None:
        """The first trigger, top to bottom, that the event matches."""
        return next((trigger for trigger in self.triggers if trigger.matches(event)), None)

    def by_name(self, name: str) -> Trigger | None:
        """The trigger of this name; ``manual`` asks as the first trigger would."""
        if name == MANUAL:
            first = self.triggers[0] if self.triggers else Trigger(MANUAL)
            return replace(first, name=MANUAL)
        return next((trigger for trigger in self.triggers if trigger.name == name), None)
