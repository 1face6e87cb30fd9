"""``summary``: the rolling summary as the staff channel gets it, in a terminal. Only reads, beside a running bot."""

from __future__ import annotations

import sys
from pathlib import Path

from bot.adapters.catalogues import Catalogues
from bot.adapters.charts import Charts
from bot.adapters.clock import SystemClock, backoff
from bot.commands.plain_text import plain
from bot.config import Settings
from bot.domain.chart_data import chart_data
from bot.domain.naming import Names
from bot.domain.report_text import report_text
from bot.flow.composing import compose
from bot.flow.ports import Clock
from bot.store.opening import open_store


async def summary(settings: Settings, picture: Path | None, clock: Clock | None = None) -> int:
    """Print it as of now, and write the picture (PNG) where ``picture`` says. ``clock``: default, the machine's.

    Raises StoreError without a database, ChartError where no picture can be drawn. 1: the file cannot be written.
    """
    now = (clock or SystemClock()).now()
    by = settings.reports_built()
    async with await open_store(settings.database.url, pause=backoff, read_only=True) as store:
        composed = await store.read(lambda tx: compose(tx, now, now, by))
    catalogues = Catalogues.load()
    texts = catalogues.for_staff(settings.chats.language)
    if picture is None:
        print(plain(report_text(composed, texts, by.zone)))
        return 0
    drawn = chart_data(composed, Names(texts, by.titles).of)
    painted = await Charts(catalogues.of("en")).render(drawn, texts, by.theme)
    print(plain(report_text(composed, texts, by.zone, painted.names)))
    return _write(picture, painted.content)


def _write(picture: Path, content: bytes) -> int:
    try:
        picture.write_bytes(content)
    except OSError as error:
        print(f"{picture}: cannot be written ({error.strerror}).", file=sys.stderr)
        return 1
    return 0
