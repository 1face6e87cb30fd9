"""A summary in words: what is posted with the picture, and stands alone without it. Telegram HTML.

First what is read in ten seconds: one block of scores per window, or for windows that hold the same answers. Then where
the numbers come from (response rate, coverage, the ledger, folded), and the latest comments last.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from bot.domain.masking import cut
from bot.domain.messages import isolate, quote
from bot.domain.scales import SCALES
from bot.domain.summary import Comment, Summary
from bot.domain.texts import Texts
from bot.domain.window_text import scores_blocks, sources_blocks

CAPTION_LIMIT = 1024  # characters after entities parsing (Bot API, sendPhoto)
MESSAGE_LIMIT = 4096  # the same of sendMessage

_NAME_LIMIT = 40


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


def visible_length(text: str) -> int:
    """The length that Telegram counts: UTF-16 units of what is left when the HTML is parsed."""
    plain = html.unescape(re.sub(r"<[^>]*>", "", text))
    return len(plain.encode("utf-16-le")) // 2


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
    scores, sources = scores_blocks(summary, texts), sources_blocks(summary, texts)
    if summary.changed is not None:
        since = texts.moment(summary.changed.since, zone)
        sources.insert(0, texts.plural("staff.summary.changed", summary.changed.n, moment=since))
    return [head, *scores], sources


def _comments(summary: Summary, texts: Texts) -> list[str]:
    if not summary.comments:
        return []
    title = texts.plural("staff.summary.comments", summary.headline.n_comments)
    return [title, *(_comment(each, texts) for each in summary.comments)]


def _comment(comment: Comment, texts: Texts) -> str:
    scale = SCALES[comment.scale_name]
    choice = f"{scale.face(comment.score)} {texts.number(comment.score)}".strip()
    return texts("staff.summary.comment", choice=choice, text=isolate(quote(comment.text)))
