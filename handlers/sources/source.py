"""What a source is: data plus pure functions. Adding one is adding one file and its line in ``__init__``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.events import Delivery, Heard


@dataclass(frozen=True)
class Source:
    """One system that tells us by webhook that conversations end.

    ``name`` is its file, its URL (``/hooks/<name>``) and its section in the settings. ``verify`` checks the signature
    over the raw bytes against several secrets (rotation) and raises BadSignature. ``key`` names the delivery: the
    same on every retry. ``parse`` raises UnreadableDelivery. ``setup`` is what an admin has to click.
    """

    name: str
    verify: Callable[[Delivery, Sequence[str]], None]
    key: Callable[[Delivery], str]
    parse: Callable[[Delivery], Heard]
    setup: str
