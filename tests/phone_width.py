"""How wide a button's label is on a phone, and how much room it has: Telegram for Android, which has the least.

Measured with the bundled fonts, good to a few percent. Figures are the app's own (ChatMessageCell,
MessageObject.measureInlineBotButtons): 15 dp text, 5 dp between buttons, 15 dp of padding inside one, and a keyboard
15 dp narrower than the screen.
"""

from __future__ import annotations

from functools import cache

from fontTools.ttLib import TTFont

from bot.adapters.fonts import FOLDER

SMALL, COMMON = 360, 412  # dp; what a phone's screen is wide at least, and most often

_TEXT, _GAP, _PADDING, _MARGIN = 15, 5, 15, 15
_EMOJI_EM = 1.3
_APP_FONT = 0.95  # Roboto Medium, which the app has, against Noto Sans
_JOINED = 0.75  # Arabic letters as they are written, against each by itself
_JOINERS = ("\u200d", "\ufe0f")
_FILES = (
    "NotoSans-Regular.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansSC-Regular.otf",
    "NotoSansMath-Regular.ttf",
    "NotoSansSymbols2-Regular.ttf",
)


@cache
def _fonts() -> tuple[tuple[dict[int, str], dict[str, tuple[int, int]], int], ...]:
    fonts = [TTFont(FOLDER / name) for name in _FILES]
    return tuple((font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm) for font in fonts)


def _em(character: str) -> float:
    for names, metrics, units in _fonts():
        if ord(character) in names:
            alone = _APP_FONT * metrics[names[ord(character)]][0] / units
            return alone * _JOINED if "\u0600" <= character <= "\u06ff" else alone
    return 0.0 if character in _JOINERS else _EMOJI_EM


def label_dp(label: str) -> float:
    """How wide a label is, in dp."""
    return _TEXT * sum(map(_em, label))


def button_dp(screen: int, in_a_row: int) -> float:
    """How wide each button of a row is at most, in dp."""
    return (screen - _MARGIN - _GAP * (in_a_row - 1) - 2) / in_a_row


def room_dp(screen: int, in_a_row: int) -> float:
    """How wide a label may be before the app cuts it, in dp."""
    return button_dp(screen, in_a_row) - _PADDING
