"""The settings: ``load`` them once, then hand each part its own slice.

Read in this order: ``sections`` (every key, its type and default), ``model`` (all of them together), ``loading``
(file, environment, secret files), ``mistakes`` (what is said about wrong ones), ``advice`` (what is said about
unwise ones), ``pepper``.
"""

from bot.config.loading import load
from bot.config.model import Settings
from bot.config.pepper import find_pepper, load_pepper
from bot.config.sections import TriggerSettings

__all__ = ["Settings", "TriggerSettings", "find_pepper", "load", "load_pepper"]
