"""Is this message only a thank-you? Such a message is no new request, so it need not reopen a conversation.

``PHRASES`` is the whole knowledge, one line per language. A message counts when nothing is left of it after these
phrases, emoji and punctuation: “OK, thanks!! 🙏” and “好的谢谢” do, “thanks, but it still fails” does not.
"""

from __future__ import annotations

import re
import unicodedata

PHRASES: dict[str, tuple[str, ...]] = {
    "en": (
        *("thanks", "thank you", "thank u", "thx", "ty", "tysm", "cheers", "ok", "okay", "okey", "k", "kk"),
        *(
            "great",
            "perfect",
            "super",
            "cool",
            "nice",
            "awesome",
            "got it",
            "all good",
            "all right",
            "alright",
        ),
        *(
            "very much",
            "so much",
            "a lot",
            "again",
            "bye",
            "goodbye",
            "have a nice day",
            "you too",
            "much appreciated",
        ),
    ),
    "zh": (
        *(
            "谢谢",
            "谢谢你",
            "谢谢您",
            "谢谢啦",
            "谢谢了",
            "多谢",
            "感谢",
            "非常感谢",
            "十分感谢",
            "谢啦",
            "谢了",
            "辛苦了",
        ),
        *(
            "好的",
            "好",
            "好滴",
            "好哒",
            "好吧",
            "嗯",
            "嗯嗯",
            "明白",
            "明白了",
            "知道了",
            "了解",
            "收到",
            "行",
            "可以",
            "ok",
        ),
        *("謝謝", "謝謝你", "謝謝您", "多謝", "感謝", "非常感謝", "辛苦啦", "再见", "拜拜"),
    ),
    "ar": (
        *("شكرا", "شكرا لك", "شكرا لكم", "شكرا جزيلا", "شكرا كثيرا", "جزيلا", "مشكور", "مشكورين", "الف شكر"),
        *(
            "تمام",
            "حسنا",
            "طيب",
            "اوكي",
            "اوك",
            "ممتاز",
            "جزاك الله خيرا",
            "يعطيك العافية",
            "تسلم",
            "مع السلامة",
        ),
    ),
    "ru": (
        "спасибо",
        "большое спасибо",
        "спасибо большое",
        "благодарю",
        "ок",
        "окей",
        "хорошо",
        "понятно",
        "ясно",
        "супер",
    ),
    "uk": ("дякую", "щиро дякую", "дуже дякую", "добре", "гаразд", "зрозуміло"),
    "es": (
        "gracias",
        "muchas gracias",
        "mil gracias",
        "vale",
        "de acuerdo",
        "perfecto",
        "genial",
        "muy amable",
    ),
    "pt": (
        "obrigado",
        "obrigada",
        "muito obrigado",
        "muito obrigada",
        "valeu",
        "perfeito",
        "otimo",
        "beleza",
        "ta bom",
    ),
    "de": (
        "danke",
        "danke schon",
        "danke schoen",
        "vielen dank",
        "dankeschon",
        "besten dank",
        "alles klar",
        "prima",
        "gut",
    ),
    "fr": ("merci", "merci beaucoup", "merci bien", "d'accord", "parfait", "super", "tres bien"),
    "it": ("grazie", "grazie mille", "molte grazie", "va bene", "perfetto", "ottimo"),
    "tr": (
        "tesekkurler",
        "tesekkur ederim",
        "cok tesekkurler",
        "cok tesekkur ederim",
        "sag ol",
        "sag olun",
        "tamam",
    ),
    "id": ("terima kasih", "terimakasih", "makasih", "trims", "baik", "oke", "sip"),
    "vi": ("cam on", "cam on ban", "cam on nhieu", "vang", "da"),
    "ja": (
        *(
            "ありがとう",
            "ありがとうございます",
            "ありがとうございました",
            "どうも",
            "感謝します",
            "了解",
            "了解です",
        ),
        *("わかりました", "分かりました", "承知しました", "はい", "オーケー"),
    ),
    "ko": ("감사합니다", "고맙습니다", "고마워요", "감사해요", "네", "네네", "알겠습니다", "오케이"),
    "hi": ("धन्यवाद", "बहुत धन्यवाद", "शुक्रिया", "बहुत शुक्रिया", "ठीक है", "अच्छा", "थैंक्यू"),
    "fa": ("ممنون", "خیلی ممنون", "متشکرم", "مرسی", "سپاس", "باشه", "خوبه"),
}

_JOINERS = frozenset("\u200d\ufe0e\ufe0f\u20e3")  # zero-width joiner, variation selectors, keycap


def is_bare_thanks(text: str) -> bool:
    """True for nothing but thanks, assent or emoji. False for an empty text."""
    if is_only_emoji(text):
        return True
    plain = _plain(text)
    return bool(plain) and _ONLY_PHRASES.fullmatch(plain) is not None


def is_only_emoji(text: str) -> bool:
    """True where every visible character is (part of) an emoji; at least one is needed."""
    visible = [c for c in text if not c.isspace()]
    keycaps = "\u20e3" in visible
    return any(_is_emoji(c) for c in visible) and all(
        _is_emoji(c) or (keycaps and c in "0123456789#*") for c in visible
    )


def _is_emoji(character: str) -> bool:
    is_tag = 0xE0020 <= ord(character) <= 0xE007F
    is_skin = 0x1F3FB <= ord(character) <= 0x1F3FF
    return character in _JOINERS or is_tag or is_skin or unicodedata.category(character) == "So"


def _plain(text: str) -> str:
    """Lower case, no marks over letters, no punctuation or emoji; single spaces."""
    letters = (
        " " if unicodedata.category(c)[0] in "PSZC" and c != "'" else c
        for c in unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
        if unicodedata.category(c) != "Mn" and c != "\u0640"  # Arabic tatweel only stretches a word
    )
    return " ".join("".join(letters).split())


def _is_spaced(phrase: str) -> bool:
    """Whether the phrase's script puts spaces between words."""
    return not any(unicodedata.name(c, "").startswith(("CJK", "HIRAGANA", "KATAKANA")) for c in phrase)


def _pattern() -> re.Pattern[str]:
    phrases = {_plain(phrase) for of_language in PHRASES.values() for phrase in of_language}
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    ends = (re.escape(phrase) + (r"(?:\s+|$)" if _is_spaced(phrase) else r"\s*") for phrase in longest_first)
    return re.compile("(?:" + "|".join(ends) + ")+")


_ONLY_PHRASES = _pattern()
