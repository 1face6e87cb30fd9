"""A summary in words: what is posted with the picture, and stands alone without it. Telegram HTML.

First what is read in ten seconds: one block of scores per window, or for windows that hold the same answers. Then where
the numbers come from (response rate, coverage, the ledger, folded), and the latest comments last.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import groupby
from operator import itemgetter

from bot.domain.chart_words import change_words, figure, interval_words, share_interval
from bot.domain.comparison import Outcome, Verdict
from bot.domain.intervals import Interval
from bot.domain.masking import cut
from bot.domain.messages import isolate, quote
from bot.domain.scales import SCALES, Scale
from bot.domain.scoring import Tier
from bot.domain.series import NewQuestion, survey_of
from bot.domain.summary import (
    BASELINE,
    Comment,
    Ledger,
    ScoreFigures,
    SeriesFigures,
    ShareFigures,
    Summary,
    WindowSummary,
    same_answers,
)
from bot.domain.texts import Texts

CAPTION_LIMIT = 1024  # characters after entities parsing (Bot API, sendPhoto)
MESSAGE_LIMIT = 4096  # the same of sendMessage

_NAME_LIMIT = 40
_SQUARES = 10
_HARD, _MIDDLE, _EASY = "🟧", "⬜", "🟦"  # the colours of the picture, safe for red-green blindness


@dataclass(frozen=True)
class Post:
    """A report to be posted: ``caption`` goes under the picture, ``rest`` (or ``None``) in a message after it.

    Customers' words, if any, are in the last of the two.
    """

    caption: str
    rest: str | None


def report_text(summary: Summary, texts: Texts, zone: tzinfo, names: Sequence[str] = ()) -> str:
    """The whole summary as one message of at most 4,096 characters; what does not fit gives way from the end.

    ``names``: what stands as 1, 2, 3 … in the picture, because its fonts lack the letters.
    """
    scores, sources = _blocks(summary, texts, zone, names, title=_title(summary))
    return _joined(_fitting([*scores, *sources], _comments(summary, texts), MESSAGE_LIMIT))


def report_post(summary: Summary, texts: Texts, zone: tzinfo, names: Sequence[str] = ()) -> Post:
    """The same for a picture: all of it as caption if it fits, else the scores, and the rest in a second message."""
    scores, sources = _blocks(summary, texts, zone, names, title=_title(summary))
    comments = _comments(summary, texts)
    whole = _joined([*scores, *sources, *(["\n".join(comments)] if comments else [])])
    if visible_length(whole) <= CAPTION_LIMIT:
        return Post(whole, None)
    caption = _fitting(scores, [], CAPTION_LIMIT)
    rest = [*scores[len(caption) :], *sources]
    return Post(_joined(caption), _joined(_fitting(rest, comments, MESSAGE_LIMIT)))


def live_text(summary: Summary, texts: Texts, zone: tzinfo, names: Sequence[str] = ()) -> str:
    """The summary for a message that is kept up to date: short enough for a caption, its time in the title."""
    scores, sources = _blocks(summary, texts, zone, names, title="staff.live.title")
    return _joined(_fitting([*scores, *sources], [], CAPTION_LIMIT))


def window_blocks(summary: Summary, texts: Texts) -> list[str]:
    """The scores of a summary's windows, then where each of them comes from; without a title."""
    return [*_all_scores(summary, texts), *_all_sources(summary, texts)]


def visible_length(text: str) -> int:
    """The length that Telegram counts: UTF-16 units of what is left when the HTML is parsed."""
    plain = html.unescape(re.sub(r"<[^>]*>", "", text))
    return len(plain.encode("utf-16-le")) // 2


def distribution(score: ScoreFigures, texts: Texts) -> str:
    """“😫 2  🙁 1  …”, hard to easy; the options' digits where the scale has no faces."""
    scale = score.scale
    return "  ".join(
        f"{scale.face(value) or f'{value}:'}\u00a0{texts.number(count)}"
        for value, count in zip(scale.values, score.by_option, strict=True)
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


def _joined(blocks: Sequence[str]) -> str:
    return "\n\n".join(blocks)


def _fitting(blocks: Sequence[str], comments: Sequence[str], limit: int) -> list[str]:
    """As many blocks as the limit takes, then as many comments (their title first) as it leaves room for."""
    kept = list(blocks)
    while len(kept) > 1 and visible_length(_joined(kept)) > limit:
        kept.pop()
    for count in range(len(comments), 1, -1):
        all_of_it = [*kept, "\n".join(comments[:count])]
        if len(kept) == len(blocks) and visible_length(_joined(all_of_it)) <= limit:
            return all_of_it
    return kept


def _title(summary: Summary) -> str:
    return "staff.summary.weekly" if summary.is_weekly else "staff.summary.title"


def _blocks(
    summary: Summary, texts: Texts, zone: tzinfo, names: Sequence[str], title: str
) -> tuple[list[str], list[str]]:
    """The title and the scores; and where they come from. One block per window each."""
    head = texts(title, moment=texts.moment(summary.as_of, zone))
    if names:
        numbered = (
            f"{place} = {isolate(quote(cut(name, _NAME_LIMIT)))}" for place, name in enumerate(names, 1)
        )
        head += "\n" + texts("staff.summary.names", names=" · ".join(numbered))
    if summary.new_question:
        head += "\n" + texts("staff.summary.new_question", day=texts.day(summary.new_question.since, zone))
    scores, sources = _all_scores(summary, texts), _all_sources(summary, texts)
    if summary.changed is not None:
        since = texts.moment(summary.changed.since, zone)
        sources.insert(0, texts.plural("staff.summary.changed", summary.changed.n, moment=since))
    return [head, *scores], sources


def _window_name(texts: Texts, *windows: WindowSummary) -> str:
    spans = texts.listed([texts.duration(each.window.span) for each in windows])
    return texts("staff.summary.window", span=spans)


def _all_scores(summary: Summary, texts: Texts) -> list[str]:
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


def _all_sources(summary: Summary, texts: Texts) -> list[str]:
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


def _comments(summary: Summary, texts: Texts) -> list[str]:
    if not summary.comments:
        return []
    title = texts.plural("staff.summary.comments", summary.headline.n_comments)
    return [title, *(_comment(each, texts) for each in summary.comments)]


def _comment(comment: Comment, texts: Texts) -> str:
    scale = SCALES[comment.scale_name]
    choice = f"{scale.face(comment.score)} {texts.number(comment.score)}".strip()
    return texts("staff.summary.comment", choice=choice, text=isolate(quote(comment.text)))
