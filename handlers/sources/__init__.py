"""One pure file per source: recorded JSON in, records out."""

from __future__ import annotations

from handlers.sources import generic
from handlers.sources.source import Source

SOURCES: dict[str, Source] = {source.name: source for source in (generic.SOURCE,)}
