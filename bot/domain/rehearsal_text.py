"""A rehearsal in words: what happened beside what would have, as Telegram HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from bot.domain.chart_words import share_interval
from bot.domain.masking import cut
from bot.domain.messages import isolate, quote
from bot.domain.overrides import SETTINGS
from bot.domain.rehearsal import Rehearsed
from bot.domain.rehearsal_request import LONGEST, NAMES, SHORTEST, Mistake, Request, changes
from bot.domain.survey import Rules
from bot.domain.texts import Texts

_MOST_MISTAKES = 8
_MOST_KEPT = 10
_WORD_LIMIT = 60
_EXAMPLES = {
    "too_old": "24h",
    "minimum_messages": "2",
    "minimum_characters": "250",
    "yearly_cap": "12",
    "switches": "on",
}


def rehearsal_text(
    rehearsed: Rehearsed,
    request: Request,
    rules: Rules,
    kept: Sequence[str],
    now: datetime,
    texts: Texts,
    zone: tzinfo,
) -> str:
    """The whole answer, under 4,096 characters. ``rules`` are those in force, before a trigger's own.

    ``kept``: triggers that have a proposed number of their own in the file, and keep it.
    """
    title = texts(
        "admin.simulate.title",
        span=texts.duration(request.span),
        begin=texts.day(now - request.span, zone),
        end=texts.day(now, zone),
    )
    blocks = [f"{title}\n{_by_which(request, rules, kept, texts)}"]
    if not rehearsed.happened.episodes:
        return "\n\n".join([*blocks, texts("admin.simulate.none")])
    blocks += [_figures(rehearsed, texts), _reasons(rehearsed, texts), texts("admin.simulate.limits")]
    return "\n\n".join(block for block in blocks if block)


def mistakes_text(mistakes: Sequence[Mistake], texts: Texts) -> str:
    """What is wrong with a request, and what would be right."""
    lines = [_mistake(mistake, texts) for mistake in mistakes[:_MOST_MISTAKES]]
    return "\n".join([*lines, "", texts("admin.simulate.usage", names=", ".join(NAMES))])


def _by_which(request: Request, rules: Rules, kept: Sequence[str], texts: Texts) -> str:
    told = [f"{name} {was} → <b>{proposed}</b>" for name, was, proposed in changes(request, rules)]
    if request.ignores_switches:
        told.append(texts("admin.simulate.switches"))
    if not told:
        return texts("admin.simulate.present")
    said = texts("admin.simulate.proposed", changes=", ".join(told))
    if not kept:
        return said
    names = ", ".join(quote(cut(name, _WORD_LIMIT)) for name in kept[:_MOST_KEPT])
    return f"{said} {texts('admin.simulate.kept', names=names)}"


def _figures(rehearsed: Rehearsed, texts: Texts) -> str:
    happened, would = rehearsed.happened, rehearsed.would
    lines = [
        texts.plural("admin.simulate.ended", happened.episodes),
        _line("asked", happened.asked, would.asked, texts),
    ]
    if happened.withdrawn or would.withdrawn:
        lines.append(_line("withdrawn", happened.withdrawn, would.withdrawn, texts))
    if happened.waiting or would.waiting:
        lines.append(_line("waiting", happened.waiting, would.waiting, texts))
    return "\n".join([*lines, *_answers(rehearsed, texts)])


def _line(name: str, then: int, would: int, texts: Texts) -> str:
    return texts(
        f"admin.simulate.{name}",
        then=texts.number(then),
        would=texts.number(would),
        change=texts.signed(would - then),
    )


def _answers(rehearsed: Rehearsed, texts: Texts) -> list[str]:
    then = texts.number(rehearsed.answers)
    expected, between, rate = rehearsed.expected, rehearsed.expected_between, rehearsed.rate
    if expected is None or between is None:
        return [texts("admin.simulate.answers_unknown", then=then)]
    if rate is None or not rehearsed.undecided:
        return [texts("admin.simulate.answers_known", then=then, would=texts.number(expected))]
    return [
        texts(
            "admin.simulate.answers",
            then=then,
            would=texts.number(expected),
            low=texts.number(between.low),
            high=texts.number(between.high),
        ),
        texts(
            "admin.simulate.rate",
            rate=texts.percent(rehearsed.rate_answered / rehearsed.rate_asked),
            interval=share_interval(rate, texts),
            answered=texts.number(rehearsed.rate_answered),
            asked=texts.number(rehearsed.rate_asked),
        ),
    ]


def _reasons(rehearsed: Rehearsed, texts: Texts) -> str:
    then, would = rehearsed.happened.not_asked, rehearsed.would.not_asked
    names = sorted({*then, *would}, key=lambda name: (-would.get(name, 0), -then.get(name, 0), name))
    lines = [
        texts(
            "admin.simulate.reason",
            reason=_reason(name, texts),
            then=texts.number(then.get(name, 0)),
            would=texts.number(would.get(name, 0)),
        )
        for name in names
    ]
    return "\n".join([texts("admin.simulate.not_asked"), *lines]) if lines else ""


def _reason(name: str, texts: Texts) -> str:
    try:
        return texts(f"staff.outcome.{name}")
    except KeyError:  # of an older or newer version; better shown raw than lost
        return isolate(quote(name))


def _mistake(mistake: Mistake, texts: Texts) -> str:
    name = (mistake.meant or mistake.word.partition("=")[0]).lower()
    example = SETTINGS[name].example if name in SETTINGS else _EXAMPLES.get(name, "")
    return texts(
        f"admin.simulate.wrong.{mistake.kind}",
        word=isolate(quote(cut(mistake.word, _WORD_LIMIT))) if mistake.word else "/simulate",
        example=f"{name}={example}",
        shortest=texts.duration(SHORTEST),
        longest=texts.duration(LONGEST),
    )
