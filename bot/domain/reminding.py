"""The one reminder of a question that nobody answered: whether it may go, and when (measurement.md 4: at most one)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.domain.policy import zone_of
from bot.domain.survey import Rules

# A nudge for what closes within the hour presses; it does not remind.
LEAST_TIME_LEFT = timedelta(hours=1)


def remind_at(
    sent_at: datetime, expires_at: datetime, rules: Rules, time_zone: str | None, now: datetime
) -> datetime | None:
    """When to remind of a question that was sent at ``sent_at`` and closes at ``expires_at``; ``None``: not at all.

    ``rules.reminder`` after the question, never before ``now``; inside quiet hours (those of ``time_zone`` where it
    names one) it waits for the morning. Less than an hour before the deadline nobody is reminded.
    """
    if not rules.reminder:
        return None
    at = max(now, sent_at + rules.reminder)
    if rules.quiet:
        at = rules.quiet.next_allowed(at, zone_of(time_zone) or rules.zone).astimezone(UTC)
    return at if at <= expires_at - LEAST_TIME_LEFT else None
