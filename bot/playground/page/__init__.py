"""The playground's web page: every role of the product in one window, driven by a local stand-in for Telegram.

``PageServer`` shows a ``Stage`` (the stand-in's world, who is who in it, and what the control bar can do).
"""

from bot.playground.page.server import PageServer
from bot.playground.page.stage import Roles, Stage

__all__ = ["PageServer", "Roles", "Stage"]
