"""The windows of a summary in words: a block of scores each, and where its numbers come from. Telegram HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from bot.domain.chart_words import change_words, figure, interval_words, share_interval
from bot.domain.comparison import Outcome, Verdict
from bot.domain.intervals import Interval
from bot.domain.messages import isolate, quote
from bot.domain.scales import Scale
from bot.domain.scoring import Tier
from bot.domain.series import NewQuestion, survey_of
from bot.domain.summary import (
    BASELINE,
    Ledger,
    ScoreFigures,
    SeriesFigures,
    ShareFigures,
    Summary,
    WindowSummary,
    same_answers,
)
from bot.domain.texts import Texts

_SQUARES = 10
_HARD, _MIDDLE, _EASY = "🟧", "⬜", "🟦"  # the colours of the picture, safe for red-green blindness


def window_blocks(summary: Summary, texts: Texts) -> list[str]:
    """The scores of a summary's windows, then where each of them comes from; without a title."""
    return [*scores_blocks(summary, texts), *sources_blocks(summary, texts)]


def scores_blocks(summary: Summary, texts: Texts) -> list[str]:
    """One block for each window, or for several that hold the same answers."""
    return [
        "\n".join([_scores(first, summary, texts), *_same(longer, texts)])
        for first, *longer in same_answers(summary.windows)
    ]


def _scores(window: WindowSummary, summary: Summary, texts: Texts) -> str:
    lines = []
    for series in window.series:
        if series.score.n:
            label = _label(series, window, summary.new_question, texts)
            lines += _series(label, series, window, summary.minimum_answers, texts)
    return "\n".join(lines or [f"<b>{_window_name(texts, window)}</b>", texts("staff.summary.no_answers")])


def _same(windows: Sequence[WindowSummary], texts: Texts) -> list[str]:
    """What is to be said of windows that hold no other answers than a shorter one: their comparisons are their own."""
    lines = []
    for is_plain, alike in groupby(windows, key=lambda each: not _own_verdicts(each, texts)):
        for group in [tuple(alike)] if is_plain else [(each,) for each in alike]:
            name, n = _window_name(texts, *group), sum(series.score.n for series in group[0].series)
            plain = texts.plural("staff.summary.same", n, window=name)
            lines.append(plain if n else texts("staff.summary.none_either", window=name))
            lines += _own_verdicts(group[0], texts)
    return lines


def _own_verdicts(window: WindowSummary, texts: Texts) -> list[str]:
    return [line for series in window.series for line in _verdicts(series, window, texts)]


def _label(series: SeriesFigures, window: WindowSummary, new: NewQuestion | None, texts: Texts) -> str:
    name = _window_name(texts, window)
    if series.is_manual:
        return texts("staff.summary.by_hand", window=name)
    if new is not None and new.replaces(series.series):
        return texts("staff.summary.earlier", window=name)
    if series is window.main:
        return name
    survey = survey_of(series.series)
    if window.main is not None and survey == survey_of(window.main.series):
        survey = f"{survey} · {series.score.scale_name}"
    return texts("staff.summary.also", window=name, survey=isolate(quote(survey)))


def _series(name: str, series: SeriesFigures, window: WindowSummary, minimum: int, texts: Texts) -> list[str]:
    score = series.score
    if not score.tier.shows_score:
        so_far = texts.plural("staff.summary.so_far", score.n, minimum=texts.number(minimum))
        return [f"<b>{name}</b>", so_far]
    lines = [
        _headline(name, score, texts),
        _certainty(score, texts),
        squares(score),
        distribution(score, texts),
        _shares(score, texts),
    ]
    return [*lines, *_verdicts(series, window, texts)]


def _verdicts(series: SeriesFigures, window: WindowSummary, texts: Texts) -> list[str]:
    if not series.score.tier.shows_score:
        return []
    compared = [(series.verdict, window.window.span)]
    if series.baseline is not None:
        compared.append((series.baseline, BASELINE))
    scale = series.score.scale
    verdicts = (_verdict(verdict, scale, texts.duration(span), texts) for verdict, span in compared)
    return [line for line in verdicts if line is not None]


def _headline(name: str, score: ScoreFigures, texts: Texts) -> str:
    assert score.headline is not None
    value = figure(score.scale, score.headline, texts)
    if score.scale.headline == "easy_share":
        return texts("staff.summary.easy_share", window=name, share=value)
    direction = "higher" if score.scale.higher_is_easier else "lower"
    return texts(
        "staff.summary.score",
        window=name,
        score=value,
        top=texts.number(score.scale.highest),
        direction=texts(f"staff.summary.direction.{direction}"),
    )


def _certainty(score: ScoreFigures, texts: Texts) -> str:
    assert score.headline_interval is not None
    parts = [
        texts.plural("staff.summary.answers", score.n),
        texts("staff.summary.likely", interval=interval_words(score.scale, score.headline_interval, texts)),
    ]
    if score.tier is Tier.EARLY:
        parts.append(texts("staff.summary.early"))
    return " · ".join(parts)


def _shares(score: ScoreFigures, texts: Texts) -> str:
    return texts(
        "staff.summary.shares",
        easy=_share(score.easy, texts),
        hard=_share(score.hard, texts),
    )


def squares(score: ScoreFigures) -> str:
    """Ten squares, hard to easy, shared out by largest remainder; nothing that occurs is left out."""
    groups = [score.hard.count, score.n - score.hard.count - score.easy.count, score.easy.count]
    exact = [_SQUARES * count / score.n for count in groups]
    parts = [max(int(share), 1 if count else 0) for share, count in zip(exact, groups, strict=True)]
    while sum(parts) != _SQUARES:
        step = 1 if sum(parts) < _SQUARES else -1
        off_by = [step * (share - part) for share, part in zip(exact, parts, strict=True)]
        place = max(
            (place for place in range(3) if groups[place] and parts[place] + step > 0),
            key=off_by.__getitem__,
        )
        parts[place] += step
    return _HARD * parts[0] + _MIDDLE * parts[1] + _EASY * parts[2]


def distribution(score: ScoreFigures, texts: Texts) -> str:
    """“😫 2  🙁 1  …”, hard to easy; the options' digits where the scale has no faces."""
    scale = score.scale
    return "  ".join(
        f"{scale.face(value) or f'{value}:'}\u00a0{texts.number(count)}"
        for value, count in zip(scale.values, score.by_option, strict=True)
    )


def sources_blocks(summary: Summary, texts: Texts) -> list[str]:
    """One block for each window, or for several of which all of it is true."""
    told = ((_sources(each, texts), each) for each in summary.windows)
    return [
        f"<b>{_window_name(texts, *(window for _, window in group))}</b>\n{words}"
        for words, group in groupby(told, key=itemgetter(0))
    ]


def _sources(window: WindowSummary, texts: Texts) -> str:
    folded = _ledger(window.ledger, texts)
    if window.main is not None and window.tier.shows_score:
        folded.append(_details(window.main.score, texts))
    quoted = "<blockquote expandable>" + "\n".join(folded) + "</blockquote>"
    return "\n".join([*_rates(window, texts), quoted])


def _rates(window: WindowSummary, texts: Texts) -> list[str]:
    rate, coverage = window.rate, window.coverage
    lines = [texts("staff.summary.no_rate")]
    if rate.value is not None:
        counts = {"answered": texts.number(rate.count), "asked": texts.number(rate.n)}
        lines = [texts("staff.summary.rate", rate=_share(rate, texts), **counts)]
    if coverage.value is not None:
        counts = {"answered": texts.number(coverage.count), "episodes": texts.number(coverage.n)}
        lines.append(texts("staff.summary.coverage", share=texts.percent(coverage.value), **counts))
    return lines


def _ledger(ledger: Ledger, texts: Texts) -> list[str]:
    def words(outcome: str, count: int) -> str:
        return texts(f"staff.summary.outcome.{outcome}", count=texts.number(count))

    explained: dict[str, tuple[int, Mapping[str, int]]] = {
        "skipped": (ledger.n_skipped, ledger.skipped),
        "undeliverable": (ledger.n_undeliverable, ledger.undeliverable),
        "cancelled": (ledger.n_cancelled, ledger.cancelled),
    }
    plain = {"answered": ledger.answered, "waiting": ledger.waiting, "expired": ledger.expired}
    counts = plain | {outcome: total for outcome, (total, _) in explained.items()}
    parts = [words(outcome, count) for outcome, count in counts.items() if count]
    line = texts.plural("staff.summary.ended", ledger.episodes)
    lines = [f"{line} = {' + '.join(parts)}" if parts else line]
    for outcome, (total, reasons) in explained.items():
        if total:
            named = " · ".join(
                f"{_reason(reason, texts)} {texts.number(count)}" for reason, count in reasons.items()
            )
            lines.append(texts("staff.summary.because", outcome=words(outcome, total), reasons=named))
    if not ledger.balances:
        lines.append(texts("staff.summary.unbalanced"))
    return lines


def _reason(reason: str, texts: Texts) -> str:
    try:
        return texts(f"staff.outcome.{reason}")
    except KeyError:
        # a word that only an older or newer copy of the program knows; better shown raw than lost
        return isolate(quote(reason))


def _details(score: ScoreFigures, texts: Texts) -> str:
    assert score.median is not None
    assert score.net_easy is not None
    assert score.net_easy_interval is not None
    median = texts.number(score.median, 0 if score.median == int(score.median) else 1)
    return texts(
        "staff.summary.details",
        median=median,
        net=texts.signed(score.net_easy),
        low=texts.signed(score.net_easy_interval.low),
        high=texts.signed(score.net_easy_interval.high),
    )


def _share(share: ShareFigures, texts: Texts) -> str:
    assert share.value is not None
    assert share.interval is not None
    return f"{texts.percent(share.value)} ({share_interval(share.interval, texts)})"


def _verdict(verdict: Verdict, scale: Scale, span: str, texts: Texts) -> str | None:
    if verdict.interval is None or verdict.now is None or verdict.before is None:
        return None
    low, high = _bounds(scale, verdict.interval, texts)
    match verdict.outcome:
        case Outcome.EASIER | Outcome.HARDER:
            key = "staff.summary.easier" if verdict.outcome is Outcome.EASIER else "staff.summary.harder"
            is_share = scale.headline == "easy_share"
            now, before = (
                texts.percent(value) if is_share else texts.number(value, 2)
                for value in (verdict.now, verdict.before)
            )
            change = change_words(scale, verdict, texts, digits=2)
            if is_share:
                change = texts("staff.summary.points", value=change)
            return texts(key, span=span, now=now, before=before, change=change, low=low, high=high)
        case Outcome.STEADY:
            margin = texts.number(verdict.margin, 1)
            if scale.headline == "easy_share":
                margin = texts("staff.summary.points", value=texts.number(100 * verdict.margin, 1))
            return texts("staff.summary.steady", span=span, margin=margin)
        case _:
            return texts(
                "staff.summary.cannot_tell",
                span=span,
                n_now=texts.number(verdict.n_now),
                n_before=texts.number(verdict.n_before),
                low=low,
                high=high,
            )


def _bounds(scale: Scale, interval: Interval, texts: Texts) -> tuple[str, str]:
    """The ends of a difference, signed; of shares in points."""
    if scale.headline == "easy_share":
        return texts.signed(100 * interval.low), texts.signed(100 * interval.high)
    return texts.signed(interval.low, 2), texts.signed(interval.high, 2)


def _window_name(texts: Texts, *windows: WindowSummary) -> str:
    spans = texts.listed([texts.duration(each.window.span) for each in windows])
    return texts("staff.summary.window", span=spans)
