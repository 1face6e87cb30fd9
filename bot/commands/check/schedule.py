"""When the summary will be posted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from cronsim import CronSim

from bot.commands.check.findings import Finding, fine
from bot.config import Settings

_SHOWN_RUNS = 3


def schedule_findings(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Both schedules in words, each with its next three runs. Without a daily one a warning says so already."""
    summary = settings.summary
    for what, cron in (("", summary.schedule), ("The weekly digest: ", summary.weekly)):
        if cron:
            runs = CronSim(cron, now.astimezone(summary.timezone))
            shown = ", ".join(f"{run:%a %Y-%m-%d %H:%M}" for run in islice(runs, _SHOWN_RUNS))
            yield fine(f"{what}{runs.explain()}, time zone {summary.timezone}. Next: {shown}.")
