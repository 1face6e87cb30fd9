"""A local stand-in for the Telegram Bot API, and the page that shows its chats."""
