"""What counts as nothing but a thank-you."""

from __future__ import annotations

import pytest

from bot.domain.thanks import PHRASES, is_bare_thanks, is_only_emoji


@pytest.mark.parametrize(
    ("language", "phrase"),
    [(language, phrase) for language, phrases in PHRASES.items() for phrase in phrases],
)
def test_every_phrase_of_every_language_counts_as_it_is_and_shouted(language: str, phrase: str) -> None:
    assert is_bare_thanks(phrase), language
    assert is_bare_thanks(f"  {phrase.upper()}!!! 🙏\n"), language


@pytest.mark.parametrize(
    "text",
    [
        "OK, thank you so much!",
        "Thanks again, all good 👍🏽",
        "好的，谢谢！",
        "好的谢谢",
        "嗯嗯 收到～",
        "شكراً",
        "شكرًا جزيلًا 🌹",
        "شـــكرا",
        "D’accord, merci beaucoup.",
        "Danke schön",
        "Teşekkürler",
        "cảm ơn",
        "ありがとうございました！",
        "네, 감사합니다",
        "ＯＫ",
    ],
)
def test_thanks_in_many_words_and_scripts(text: str) -> None:
    assert is_bare_thanks(text)


@pytest.mark.parametrize("text", ["👍", "👍🏽", "❤️", "👨‍👩‍👧", "🇩🇪", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", " 🙏 🙏 "])
def test_emoji_alone_count(text: str) -> None:
    assert is_only_emoji(text)
    assert is_bare_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "   ", "!!!", "12", "1", "#"),
        "thanks, but it still fails",
        "ok then please cancel it",
        "thankless",
        "not ok",
        "谢谢，但是还有一个问题",
        "好的，那发票呢？",
        "不好",
        "شكرا لكن لم يصل",
        "👍 but when?",
    ],
)
def test_anything_more_is_a_message(text: str) -> None:
    assert not is_bare_thanks(text)
