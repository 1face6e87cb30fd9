"""Telegram: the client, its aiohttp request backend, receiving."""
