"""A page of the drill-down in words and buttons. Telegram HTML, short enough to stand under a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from bot.domain.breakdown import Breakdown
from bot.domain.buttons import button_data
from bot.domain.chart_words import figure, interval_words
from bot.domain.masking import cut
from bot.domain.messages import Button, Message, isolate, quote
from bot.domain.naming import Names
from bot.domain.report_text import CAPTION_LIMIT, visible_length
from bot.domain.scales import SCALES
from bot.domain.summary import Comment, Segment, Summary
from bot.domain.texts import Texts
from bot.domain.views import DIMENSIONS, WINDOWS, Dimension, View, mark
from bot.domain.window_text import squares, window_blocks

OPEN, CLOSE = "e", "o"  # the verbs of its buttons: a page (its value says which), and back to the summary
SEGMENTS_A_PAGE = 6
COMMENTS_A_PAGE = 5
CONVERSATIONS_A_PAGE = 8
COMMENT_LIMIT = 120  # characters, so that five of them fit under a picture
_NAME_LIMIT = 32
_BUTTONS_A_ROW = 4


@dataclass(frozen=True)
class Look:
    """What every page needs: the view, the token of its buttons, the segment's name (if one is looked at alone), and
    the end of its window."""

    view: View
    token: str
    name: str | None
    to_at: datetime
    zone: tzinfo
    names: Names

    @property
    def texts(self) -> Texts:
        """The catalogue."""
        return self.names.texts


@dataclass(frozen=True)
class ConversationLine:
    """One answered conversation. ``link``: to its topic; else ``source`` and ``id`` as the helpdesk knows it.

    Both missing: its topic is gone.
    """

    at: datetime
    score: int
    scale_name: str
    link: str | None = None
    source: str | None = None
    id: str | None = None


def explore_row(token: str, texts: Texts) -> tuple[Button, ...]:
    """The one row under a summary that leads into the drill-down."""
    return (Button(texts("staff.explore.open"), button_data(token, OPEN, View().value, kind="a1")),)


def scores_page(look: Look, summary: Summary, split: Breakdown | None) -> Message:
    """The figures of the window, or of one segment; or (``split``) its segments, hardest first."""
    if split is not None:
        return _split_page(look, summary, split)
    blocks = [_title(look), *window_blocks(summary, look.texts)]
    while len(blocks) > 2 and visible_length("\n\n".join(blocks)) > CAPTION_LIMIT:
        blocks.pop()
    return Message("\n\n".join(blocks), _rows(look, []))


def comments_page(look: Look, total: int, comments: Sequence[Comment]) -> Message:
    """What customers wrote, newest first; each is masked already."""
    texts = look.texts
    first = look.view.page * COMMENTS_A_PAGE
    if not comments:
        lines = [texts("staff.explore.no_comments")]
    else:
        lines = [_counted("staff.explore.comments", first, len(comments), total, texts)]
        lines += [_comment(each, look) for each in comments]
    has_more = first + len(comments) < total
    return Message("\n".join([_title(look), "", *lines]), _rows(look, _pages(look, has_more=has_more)))


def conversations_page(look: Look, total: int, lines: Sequence[ConversationLine]) -> Message:
    """The conversations behind the answers, the hardest first."""
    texts = look.texts
    first = look.view.page * CONVERSATIONS_A_PAGE
    if not lines:
        shown = [texts("staff.explore.no_conversations")]
    else:
        shown = [_counted("staff.explore.conversations", first, len(lines), total, texts)]
        shown += [_conversation(each, look) for each in lines]
    has_more = first + len(lines) < total
    return Message("\n".join([_title(look), "", *shown]), _rows(look, _pages(look, has_more=has_more)))


def hidden_page(look: Look) -> Message:
    """The segment has too few answers (by now) to be looked at alone."""
    return Message(f"{_title(look)}\n\n{look.texts('staff.explore.too_few')}", _rows(look, []))


def _title(look: Look) -> str:
    texts, view = look.texts, look.view
    title = texts(
        "staff.explore.title",
        span=texts.duration(view.span),
        moment=texts.moment(look.to_at, look.zone),
    )
    if view.by is not None and look.name is not None:
        name = _name(look, view.by, look.name)
        title += "\n" + texts("staff.explore.only", by=texts(f"staff.explore.by.{view.by}"), name=name)
    return title


def _split_page(look: Look, summary: Summary, split: Breakdown) -> Message:
    texts = look.texts
    first = look.view.page * SEGMENTS_A_PAGE
    segments = split.segments[first : first + SEGMENTS_A_PAGE]
    lines = [texts("staff.explore.split", by=texts(f"staff.explore.by.{split.by}"))]
    lines += [_segment(place, each, split.by, look) for place, each in enumerate(segments, first + 1)]
    if not split.segments:
        lines.append(texts("staff.explore.no_segments"))
    if split.n_hidden:
        minimum = texts.number(summary.minimum_answers)
        lines.append(texts.plural("staff.explore.hidden", split.n_hidden, minimum=minimum))
    numbers = [
        Button(
            texts.number(place),
            button_data(
                look.token, OPEN, replace(look.view, segment=mark(each.name), page=0).value, kind="a1"
            ),
        )
        for place, each in enumerate(segments, first + 1)
    ]
    has_more = first + len(segments) < len(split.segments)
    extra = [tuple(numbers)] if numbers else []
    return Message(
        "\n".join([_title(look), "", *lines]), _rows(look, [*extra, *_pages(look, has_more=has_more)])
    )


def _name(look: Look, by: Dimension, name: str) -> str:
    return isolate(quote(cut(look.names.of(by, name), _NAME_LIMIT)))


def _segment(place: int, segment: Segment, by: Dimension, look: Look) -> str:
    score, texts = segment.score, look.texts
    assert score.headline is not None
    assert score.headline_interval is not None
    return texts(
        "staff.explore.segment",
        place=texts.number(place),
        name=_name(look, by, segment.name),
        score=figure(score.scale, score.headline, texts),
        interval=interval_words(score.scale, score.headline_interval, texts),
        answers=texts.plural("staff.summary.answers", score.n),
        squares=squares(score),
    )


def _counted(key: str, first: int, shown: int, total: int, texts: Texts) -> str:
    return texts(
        key, first=texts.number(first + 1), last=texts.number(first + shown), total=texts.number(total)
    )


def _choice(score: int, scale_name: str, texts: Texts) -> str:
    return f"{SCALES[scale_name].face(score)} {texts.number(score)}".strip()


def _comment(comment: Comment, look: Look) -> str:
    return look.texts(
        "staff.explore.comment",
        choice=_choice(comment.score, comment.scale_name, look.texts),
        when=look.texts.month_day(comment.at, look.zone),
        text=isolate(quote(cut(comment.text, COMMENT_LIMIT))),
    )


def _conversation(line: ConversationLine, look: Look) -> str:
    texts = look.texts
    if line.link is not None:
        where = f'<a href="{quote(line.link)}">{texts("staff.explore.topic")}</a>'
    elif line.source is not None and line.id is not None:
        where = texts(
            "staff.explore.helpdesk",
            source=_name(look, "source", line.source),
            id=quote(cut(line.id, _NAME_LIMIT)),
        )
    else:
        where = texts("staff.explore.no_topic")
    return texts(
        "staff.explore.conversation",
        choice=_choice(line.score, line.scale_name, texts),
        when=texts.moment(line.at, look.zone),
        where=where,
    )


def _pages(look: Look, *, has_more: bool) -> list[tuple[Button, ...]]:
    page = look.view.page
    turns = []
    if page:
        turns.append(_to(look, "◀", replace(look.view, page=page - 1)))
    if has_more:
        turns.append(_to(look, "▶", replace(look.view, page=page + 1)))
    return [tuple(turns)] if turns else []


def _rows(look: Look, extra: Sequence[tuple[Button, ...]]) -> tuple[tuple[Button, ...], ...]:
    """Windows; what to split by; what this page adds; comments and conversations; the ways back."""
    texts, view = look.texts, look.view
    rows: list[tuple[Button, ...]] = [
        tuple(
            _to(
                look,
                texts(f"staff.explore.window.{code}"),
                replace(view, window=code, page=0),
                is_chosen=code == view.window,
            )
            for code in WINDOWS
        )
    ]
    if view.segment is None and view.shows == "scores":
        splits = [
            _to(
                look,
                texts(f"staff.explore.by.{by}"),
                View(view.window, by),
                is_chosen=by == view.by,
            )
            for by in DIMENSIONS.values()
        ]
        rows += [
            tuple(splits[start : start + _BUTTONS_A_ROW]) for start in range(0, len(splits), _BUTTONS_A_ROW)
        ]
    rows += extra
    if view.shows == "scores" and (view.by is None or view.segment is not None):
        rows.append(
            (
                _to(look, texts("staff.explore.show_comments"), replace(view, shows="comments", page=0)),
                _to(
                    look,
                    texts("staff.explore.show_conversations"),
                    replace(view, shows="conversations", page=0),
                ),
            )
        )
    close = Button(texts("staff.explore.close"), button_data(look.token, CLOSE, kind="a1"))
    back = view.back
    rows.append((close,) if back is None else (_to(look, texts("staff.explore.back"), back), close))
    return tuple(rows)


def _to(look: Look, label: str, view: View, *, is_chosen: bool = False) -> Button:
    return Button(f"● {label}" if is_chosen else label, button_data(look.token, OPEN, view.value, kind="a1"))
