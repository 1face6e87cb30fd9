"""A local stand-in for the Telegram Bot API: real URLs and JSON, true offsets, lifetimes, errors and limits.

``World`` is the state and the people in it, ``Server`` puts it on a socket. Both the playground and the tests use it.
"""

from bot.playground.botapi.server import Server
from bot.playground.botapi.world import World

__all__ = ["Server", "World"]
