"""Alerts in words: the post about a drop, what its buttons turn it into, and the list that ``/alerts`` shows.

Telegram HTML. Every figure stands with its number of answers and its interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from bot.domain.alert_figures import AlarmFigures, Explained, FalseAlarms
from bot.domain.alerts import BASELINE_FROM, HARD_AMONG_LAST, LAST, THRESHOLDS, Rule, Sensitivity, Watch
from bot.domain.buttons import button_data
from bot.domain.chart_words import figure, interval_words
from bot.domain.masking import cut
from bot.domain.messages import Button, Message, isolate, quote
from bot.domain.naming import Names
from bot.domain.scales import Scale
from bot.domain.scoring import Counts
from bot.domain.summary import ScoreFigures
from bot.domain.texts import Texts

_NAME_LIMIT = 40


@dataclass(frozen=True)
class Reaction:
    """Who of the staff did what with an alert, and when."""

    who: str
    at: datetime


@dataclass(frozen=True)
class AlertView:
    """What the post about an alarm shows at a time. ``normal_n``: answers of the new normal so far.

    ``token``: of its buttons. ``names_series``: the team has several questions, so it says which. ``titles``: what the
    settings call triggers.
    """

    figures: AlarmFigures
    token: str
    seen: Reaction | None = None
    normal: Reaction | None = None
    normal_n: int = 0
    names_series: bool = False
    titles: Mapping[str, str] = field(default_factory=dict)


def alert_message(view: AlertView, texts: Texts, zone: tzinfo) -> Message:
    """The post: what dropped, since when, how sure, where most of it comes from; and two buttons until they are used.

    Verbs of the buttons: ``s`` seen, ``n`` new normal.
    """
    figures = view.figures
    lines = [alert_title(figures, texts)]
    if view.names_series:
        lines.append(series_words(figures.series, texts))
    lines.append(_level("now", figures.now, texts, since=texts.moment(figures.since, zone)))
    if figures.before is not None:
        lines.append(_level("before", figures.before, texts))
    else:
        counts = {"collected": texts.number(figures.collected), "needed": texts.number(BASELINE_FROM)}
        lines.append(texts("staff.alert.no_baseline", **counts))
    lines.append(_part(figures.explained, figures.now.n, Names(texts, view.titles)))
    if figures.rule is Rule.CUSUM:
        lines.append(f"<i>{texts('staff.alert.caution')}</i>")
    if view.seen is not None:
        lines.append(_reaction("staff.alert.seen", view.seen, texts, zone))
    if view.normal is not None:
        outcome = normal_words(view.normal_n, texts)
        lines.append(_reaction("staff.alert.normal", view.normal, texts, zone, outcome=outcome))
    return Message("\n".join(lines), _buttons(view, texts))


def normal_question(view: AlertView, texts: Texts, zone: tzinfo) -> Message:
    """What the post becomes while somebody is asked whether they mean it. Verbs: ``y`` yes, ``b`` back."""
    text = texts(
        "staff.alert.ask_normal",
        since=texts.moment(view.figures.since, zone),
        n=texts.number(view.normal_n),
        needed=texts.number(BASELINE_FROM),
        hard=HARD_AMONG_LAST,
        last=LAST,
    )
    rows = (
        (Button(texts("staff.alert.button.yes"), button_data(view.token, "y", kind="a1")),),
        (Button(texts("staff.alert.button.no"), button_data(view.token, "b", kind="a1")),),
    )
    return Message(f"{alert_title(view.figures, texts)}\n\n{text}", rows)


def alert_title(figures: AlarmFigures, texts: Texts) -> str:
    """The first line."""
    if figures.rule is Rule.CUSUM:
        return texts("staff.alert.title")
    return texts("staff.alert.title_last", hard=figures.now.hard.count, last=figures.now.n)


def normal_words(n: int, texts: Texts) -> str:
    """What the new normal means by now: a baseline of ``n`` answers, or one that is being collected."""
    key = "staff.alert.normal_frozen" if n >= BASELINE_FROM else "staff.alert.normal_collecting"
    return texts(key, n=texts.number(n), needed=texts.number(BASELINE_FROM))


def series_words(series: str, texts: Texts) -> str:
    """Which question it is about: its scale and the version of its wording."""
    _, scale, _, version = series.rsplit("/", 3)
    return texts("staff.alert.series", scale=quote(scale), version=quote(version))


def _level(which: str, score: ScoreFigures, texts: Texts, **values: str) -> str:
    assert score.headline is not None
    assert score.headline_interval is not None
    scale = score.scale
    if scale.headline == "easy_share":
        return texts.plural(
            f"staff.alert.level.{which}_share",
            score.n,
            share=figure(scale, score.headline, texts),
            interval=interval_words(scale, score.headline_interval, texts),
            **values,
        )
    direction = "higher" if scale.higher_is_easier else "lower"
    return texts.plural(
        f"staff.alert.level.{which}",
        score.n,
        score=figure(scale, score.headline, texts),
        top=texts.number(scale.highest),
        interval=interval_words(scale, score.headline_interval, texts),
        direction=texts(f"staff.summary.direction.{direction}"),
        **values,
    )


def _part(explained: Explained | None, of: int, names: Names) -> str:
    texts = names.texts
    if explained is None:
        return texts("staff.alert.spread")
    name = isolate(quote(cut(names.of(explained.kind, explained.name), _NAME_LIMIT)))
    return texts(
        "staff.alert.most_of_it",
        part=texts(f"staff.alert.part.{explained.kind}", name=name),
        n=texts.number(explained.n),
        of=texts.number(of),
        share=texts.percent(min(1.0, explained.share)),
    )


def _reaction(key: str, reaction: Reaction, texts: Texts, zone: tzinfo, **values: str) -> str:
    who = isolate(quote(cut(reaction.who, _NAME_LIMIT)))
    return texts(key, who=who, when=texts.moment(reaction.at, zone), **values)


def _buttons(view: AlertView, texts: Texts) -> tuple[tuple[Button, ...], ...]:
    row = []
    if view.seen is None:
        row.append(Button(texts("staff.alert.button.seen"), button_data(view.token, "s", kind="a1")))
    if view.normal is None:
        row.append(Button(texts("staff.alert.button.normal"), button_data(view.token, "n", kind="a1")))
    return (tuple(row),) if row else ()


@dataclass(frozen=True)
class WatchView:
    """One series as ``/alerts`` shows it.

    ``latest`` alarms: figures (``None``: nobody was told), when they were raised, who has seen them. ``token`` is that
    of its button, '' for none; ``renewable`` the answers that a new baseline would have.
    """

    series: str
    scale: Scale
    watch: Watch
    expected: FalseAlarms | None
    recent_answers: int
    latest: Sequence[tuple[AlarmFigures | None, datetime, Reaction | None]]
    token: str = ""
    renewable: int = 0


def watch_list(views: Sequence[WatchView], sensitivity: Sensitivity, texts: Texts, zone: tzinfo) -> Message:
    """The answer to ``/alerts``: how watchful it is, and for each question how things stand. Verb ``w``: renew."""
    blocks = [f"{texts('staff.alerts.title')}\n{texts(f'staff.alerts.sensitivity.{sensitivity}')}"]
    rows = []
    for view in views:
        lines = [f"<b>{series_words(view.series, texts)}</b>", *_standing(view, sensitivity, texts, zone)]
        blocks.append("\n".join(lines))
        if view.token and view.renewable >= BASELINE_FROM:
            label = texts("staff.alerts.button.renew")
            if len(views) > 1:
                label = f"{label} · {series_words(view.series, texts)}"
            rows.append((Button(label, button_data(view.token, "w", kind="a1")),))
    return Message("\n\n".join(blocks), tuple(rows))


def renew_question(series: str, n: int, token: str, texts: Texts) -> Message:
    """Whether the baseline shall be renewed from the last ``n`` answers. Verbs: ``y`` yes, ``b`` back."""
    rows = (
        (Button(texts("staff.alerts.button.yes"), button_data(token, "y", kind="a1")),),
        (Button(texts("staff.alerts.button.no"), button_data(token, "b", kind="a1")),),
    )
    return Message(
        f"<b>{series_words(series, texts)}</b>\n{texts('staff.alerts.ask', n=texts.number(n))}", rows
    )


def renewed(series: str, n: int, by: Reaction, texts: Texts, zone: tzinfo) -> Message:
    """What the question becomes after yes."""
    outcome = texts("staff.alert.normal_frozen", n=texts.number(n))
    line = _reaction("staff.alerts.renewed", by, texts, zone, outcome=outcome)
    return Message(f"<b>{series_words(series, texts)}</b>\n{line}")


def _standing(view: WatchView, sensitivity: Sensitivity, texts: Texts, zone: tzinfo) -> list[str]:
    watch = view.watch
    if watch.baseline is None:
        counts = {"n": texts.number(sum(watch.collected)), "needed": texts.number(BASELINE_FROM)}
        lines = [texts("staff.alerts.collecting", hard=HARD_AMONG_LAST, last=LAST, **counts)]
    else:
        lines = [_baseline(watch, view.scale, texts, zone)]
        if sensitivity != "off":
            lines.append(_sum(watch, THRESHOLDS[sensitivity], texts))
    if view.expected is not None:
        lines.append(_expected(view.expected, view.recent_answers, texts))
    if not view.latest:
        return [*lines, texts("staff.alerts.none_yet")]
    lines.append(texts("staff.alerts.latest"))
    return lines + [_past(figures, at, seen, texts, zone) for figures, at, seen in view.latest]


def _baseline(watch: Watch, scale: Scale, texts: Texts, zone: tzinfo) -> str:
    assert watch.baseline is not None
    assert watch.frozen_at is not None
    score = ScoreFigures.of(Counts(scale, watch.baseline))
    assert score.headline is not None
    return texts.plural(
        "staff.alerts.baseline",
        score.n,
        score=figure(scale, score.headline, texts),
        day=texts.day(watch.frozen_at, zone),
    )


def _sum(watch: Watch, threshold: float, texts: Texts) -> str:
    words = ("calm", "a_little", "lower", "close")
    word = words[min(len(words) - 1, int(len(words) * watch.s / threshold))]
    return texts(
        "staff.alerts.sum",
        word=texts(f"staff.alerts.word.{word}"),
        s=texts.number(watch.s, 1),
        h=texts.number(threshold),
    )


def _expected(expected: FalseAlarms, recent: int, texts: Texts) -> str:
    line = texts(
        "staff.alerts.expected",
        between=texts.number(_rounded(expected.answers_between)),
        low=texts.number(_rounded(expected.low)),
        high=texts.number(_rounded(expected.high)),
    )
    if expected.per_year is None:
        return f"{line}\n{texts('staff.alerts.no_volume')}"
    yearly = texts.number(expected.per_year, 0 if expected.per_year >= 9.5 else 1)
    return f"{line}\n{texts.plural('staff.alerts.volume', recent, yearly=yearly)}"


def _past(
    figures: AlarmFigures | None, at: datetime, seen: Reaction | None, texts: Texts, zone: tzinfo
) -> str:
    when = texts.moment(at, zone)
    if figures is None or figures.now.headline is None:
        return texts("staff.alerts.past_untold", when=when)
    line = texts.plural(
        "staff.alerts.past",
        figures.now.n,
        when=when,
        score=figure(figures.scale, figures.now.headline, texts),
    )
    return line if seen is None else f"{line} · {_reaction('staff.alert.seen', seen, texts, zone)}"


def _rounded(answers: float) -> int:
    """Two figures that mean something: 1,054 → 1,100."""
    digits = len(str(int(answers)))
    return int(round(answers, min(0, 2 - digits)))
