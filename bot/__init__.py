"""A Telegram bot that asks how easy it was to get help, and tells the team a score it can trust."""

__version__ = "0.1.0"
