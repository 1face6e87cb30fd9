"""Who did not answer, in words: the answer to ``/answered``. Telegram HTML."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.chart_words import figure, interval_words, share_interval
from bot.domain.masking import cut
from bot.domain.messages import isolate, quote
from bot.domain.nonresponse import TIMES, BreakEven, Difference, FactKind, Nonresponse, Reach
from bot.domain.scales import Scale
from bot.domain.summary import ScoreFigures
from bot.domain.texts import Texts

_NAME_LIMIT = 40
_MOST_NAMED = 8  # lines of tags, languages and hours
_NAMED: frozenset[FactKind] = frozenset({"tag", "language", "hour"})
_MINUTE, _HOUR = 60, 3600


def nonresponse_text(figures: Nonresponse, span: timedelta, texts: Texts, minimum_answers: int = 5) -> str:
    """The whole answer: rate, score, bounds, break-even, balance, weighted scores; what is not known is left out."""
    rate = figures.rate
    blocks = [texts("staff.nonresponse.title", span=texts.duration(span))]
    if rate.value is None or rate.interval is None:
        return f"{blocks[0]}\n\n{texts('staff.nonresponse.none')}"
    lines = [
        texts(
            "staff.nonresponse.rate",
            share=texts.percent(rate.value),
            interval=share_interval(rate.interval, texts),
            answered=texts.number(rate.count),
            asked=texts.number(rate.n),
        )
    ]
    if figures.score is None or figures.bounds is None or figures.break_even is None:
        minimum = texts.number(minimum_answers)
        lines.append(texts.plural("staff.summary.so_far", rate.count, minimum=minimum))
        return "\n\n".join([*blocks, "\n".join(lines)])
    scale = figures.score.scale
    lines.append(_score(figures.score, texts))
    if figures.break_even.reach is not Reach.NOBODY:
        low, high = (figure(scale, end, texts) for end in (figures.bounds.low, figures.bounds.high))
        lines.append(texts("staff.nonresponse.bounds", low=low, high=high))
    blocks += ["\n".join(lines), _break_even(figures.break_even, scale, 1 - rate.value, texts)]
    if figures.break_even.reach is not Reach.NOBODY:
        blocks.append("\n".join(_balance(figures, texts)))
    return "\n\n".join(blocks)


def _score(score: ScoreFigures, texts: Texts) -> str:
    assert score.headline is not None
    assert score.headline_interval is not None
    value = figure(score.scale, score.headline, texts)
    interval = interval_words(score.scale, score.headline_interval, texts)
    if score.scale.headline == "easy_share":
        return texts("staff.nonresponse.easy_share", share=value, interval=interval)
    direction = "higher" if score.scale.higher_is_easier else "lower"
    return texts(
        "staff.nonresponse.score",
        score=value,
        top=texts.number(score.scale.highest),
        interval=interval,
        direction=texts(f"staff.summary.direction.{direction}"),
    )


def _break_even(at: BreakEven, scale: Scale, silent: float, texts: Texts) -> str:
    target = texts(
        "staff.nonresponse.own_target" if at.is_own else "staff.nonresponse.interval_end",
        value=_exact(scale, at.target, texts),
    )
    match at.reach:
        case Reach.NOBODY:
            return texts("staff.nonresponse.everybody")
        case Reach.PAST:
            return texts("staff.nonresponse.past", target=target)
        case Reach.UNREACHABLE:
            return texts("staff.nonresponse.unreachable", target=target, silent=texts.percent(silent))
        case _:
            assert at.value is not None
            side = "below" if scale.headline == "easy_share" or scale.higher_is_easier else "above"
            return texts(
                f"staff.nonresponse.break_even.{side}",
                target=target,
                silent=texts.percent(silent),
                value=_exact(scale, at.value, texts),
            )


def _exact(scale: Scale, value: float, texts: Texts) -> str:
    """Two decimals: with one, a target and what it takes may look alike."""
    return texts.percent(value) if scale.headline == "easy_share" else texts.number(value, 2)


def _balance(figures: Nonresponse, texts: Texts) -> list[str]:
    if not figures.differences:
        return [texts("staff.nonresponse.too_few")]
    plain = [each for each in figures.differences if each.kind not in _NAMED]
    named = [each for each in figures.differences if each.kind in _NAMED]
    clear = sorted((each for each in named if each.is_clear), key=lambda each: -abs(each.effect))
    lines = [texts("staff.nonresponse.differ"), *(_line(each, texts) for each in plain)]
    lines += [_line(each, texts) for each in clear[:_MOST_NAMED]]
    if named and not clear:
        lines.append(texts("staff.nonresponse.nothing_named"))
    lines.append(f"<i>{texts('staff.nonresponse.legend')}</i>")
    assert figures.score is not None
    assert figures.score.headline is not None
    scale = figures.score.scale
    for each in figures.weighted:
        lines.append(
            texts(
                "staff.nonresponse.weighted",
                fact=fact_words(each.kind, each.name, texts),
                value=_exact(scale, each.value, texts),
                raw=_exact(scale, figures.score.headline, texts),
            )
        )
    return lines


def _line(difference: Difference, texts: Texts) -> str:
    mark = ""
    if difference.is_clear:
        mark = " ❔" if difference.may_be_chance else " ⚠️"
    effect = (
        f"P {texts.number(difference.effect, 2)}"
        if difference.is_superiority
        else f"d {texts.signed(difference.effect, 2)}"
    )
    return texts(
        "staff.nonresponse.line",
        fact=fact_words(difference.kind, difference.name, texts),
        answered=_typical(difference, difference.answered, texts),
        silent=_typical(difference, difference.silent, texts),
        effect=effect,
        mark=mark,
    )


def fact_words(kind: FactKind, name: str, texts: Texts) -> str:
    """“First response”, “tag billing”."""
    return texts(f"staff.nonresponse.fact.{kind}", name=isolate(quote(cut(name, _NAME_LIMIT))))


def _typical(difference: Difference, value: float, texts: Texts) -> str:
    if difference.kind in TIMES:
        step = 1 if value < 2 * _MINUTE else _MINUTE if value < 2 * _HOUR else _HOUR
        return texts.duration(timedelta(seconds=round(value / step) * step))
    return texts.number(value, 1) if difference.is_superiority else texts.percent(value)
