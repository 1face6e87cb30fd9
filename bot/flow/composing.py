"""What a summary is made of: the figures of every window, the trend behind them, the latest comments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from bot.domain.masking import mask
from bot.domain.scales import SCALES
from bot.domain.series import NewQuestion
from bot.domain.summary import BASELINE, Comment, SegmentKind, Summary, Window
from bot.domain.summing import rolling, segment, summarize_window
from bot.store import counting, reports
from bot.store.counting import NOW, Ground
from bot.store.engine import Tx

TREND_SPAN = timedelta(days=28)
ROLLING_DAYS = 7
WEEK = timedelta(days=7)
LATEST_COMMENTS = 3
_ON_ITS_WAY = timedelta(hours=1)  # a question that was in the outbox when the settings changed
_SEGMENT_KINDS: Mapping[str, SegmentKind] = {"team": "team", "trigger_name": "trigger"}


@dataclass(frozen=True)
class ReportSettings:
    """What the settings say about summaries. ``schedule`` and ``weekly``: cron expressions, '' for none.

    ``live``: keep one message in the staff chat up to date, at most every ``live_every``. ``titles``: what staff read
    instead of a trigger's name.
    """

    schedule: str
    zone: ZoneInfo
    windows: tuple[timedelta, ...]
    minimum_answers: int
    main_series: str
    theme: Literal["light", "dark"]
    weekly: str = ""
    live: bool = False
    live_every: timedelta = timedelta(minutes=5)
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def of_the_week(self) -> ReportSettings:
        """The same for the weekly digest: a week first, and whatever is longer."""
        longer = tuple(span for span in self.windows if span > WEEK)
        return replace(self, windows=(WEEK, *longer))


async def compose(
    tx: Tx,
    to_at: datetime,
    as_of: datetime,
    settings: ReportSettings,
    *,
    ground: Ground = NOW,
    is_weekly: bool = False,
) -> Summary:
    """The figures of every window that ends at ``to_at``, as they are known at ``as_of``. Comments are masked.

    ``ground`` THEN: as they were known at ``as_of``, from rows that have changed since. ``is_weekly``: each window
    that is short enough is compared with the 28 days before it, too.
    """
    windows = []
    for span in settings.windows:
        window = Window.ending(to_at, span)
        counts = await counting.window_counts(
            tx,
            window,
            as_of,
            settings.main_series,
            ground=ground,
            with_baseline=is_weekly and span < BASELINE,
        )
        windows.append(summarize_window(counts, settings.minimum_answers))
    summary = Summary(
        as_of=as_of,
        minimum_answers=settings.minimum_answers,
        windows=tuple(windows),
        is_weekly=is_weekly,
        new_question=await _new_question(tx, settings.main_series, windows[-1].window),
    )
    main = summary.headline.main
    if main is None:
        return summary
    scale = SCALES[main.score.scale_name]
    last_day = to_at.astimezone(settings.zone).date()
    first_day = last_day - TREND_SPAN
    reach = Window.ending(to_at, TREND_SPAN + timedelta(days=ROLLING_DAYS))
    counted = await counting.daily_counts(tx, main.series, reach, as_of, ground=ground)
    # a day of the trend ends at the time of day of the summary, so its last point is the week of the headline
    daily = {last_day - timedelta(days=days_back): counts for days_back, counts in counted.items()}
    window = summary.headline.window
    summary = await _with_segments(tx, summary, main.series, window, ground)
    # each comes with its score, and of a few that would be all of them (measurement.md 8)
    is_told = summary.headline.tier.shows_score
    written = await reports.latest_comments(tx, window, LATEST_COMMENTS) if is_told else []
    return replace(
        summary,
        trend=rolling(daily, scale, first_day, last_day, settings.minimum_answers, ROLLING_DAYS),
        trend_scale=main.score.scale_name,
        comments=tuple(shown(comment) for comment in written),
    )


async def _new_question(tx: Tx, series: str, longest: Window) -> NewQuestion | None:
    """Since when the present question is asked, where an earlier one stands in the longest window or the one before.

    Earlier is what was asked no more once the present one began; two questions of one survey that are asked side by
    side (by triggers with scales of their own) are no change.
    """
    since = await reports.began(tx, series)
    if since is None:
        return None
    new = NewQuestion(series, since)
    asked = await reports.last_asked(tx, Window(longest.before.from_at, longest.to_at))
    earlier = [at for other, at in asked.items() if new.replaces(other)]
    return new if earlier and max(earlier) <= since + _ON_ITS_WAY else None


async def _with_segments(tx: Tx, summary: Summary, series: str, window: Window, ground: Ground) -> Summary:
    """The first way of slicing that shows at least two slices: by team, else by trigger."""
    main = summary.headline.main
    assert main is not None
    for dimension in ("team", "trigger_name"):
        found = await counting.slices(tx, series, window, dimension, summary.as_of, ground=ground)
        slices = segment(found, main.score.scale, summary.minimum_answers)
        if len(slices) > 1:
            return replace(summary, segments=slices, segments_by=_SEGMENT_KINDS[dimension])
    return summary


def shown(comment: reports.WrittenComment) -> Comment:
    """A customer's words as staff see them: masked."""
    return Comment(comment.invitation_id, comment.at, comment.score, comment.scale_name, mask(comment.text))
