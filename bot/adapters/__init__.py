"""The edge, going out: the clock, Telegram, pictures, catalogues of texts."""
