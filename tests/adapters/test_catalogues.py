"""Which language a person gets, and how numbers, spans and dates read in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from gettext import c2py
from io import BytesIO
from pathlib import Path

import pytest
from babel import Locale
from babel.messages.pofile import read_po

from bot.adapters.catalogues import Catalogues, CatalogueTexts
from bot.domain.texts import CatalogueBook, Texts

LOCALES = Path(__file__).parents[2] / "bot" / "locales"
PO = """\
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "customer.hello"
msgstr "Hello, {name}!"

#, fuzzy
msgid "customer.doubtful"
msgstr "Perhaps"

msgid "customer.empty"
msgstr ""

msgid "customer.answers"
msgid_plural "customer.answers"
msgstr[0] "{n} answer from {name}"
msgstr[1] "{n} answers from {name}"
"""


@pytest.fixture(scope="module")
def catalogues() -> Catalogues:
    return Catalogues.load()


@pytest.fixture
def small(tmp_path: Path) -> Catalogues:
    (tmp_path / "en.po").write_text(PO, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a catalogue", encoding="utf-8")
    return Catalogues.load(tmp_path)


def test_it_fits_what_the_domain_asks_for(catalogues: Catalogues) -> None:
    book: CatalogueBook = catalogues
    texts: Texts = book.of("en")
    assert texts.language == "en"


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-hans-SG", "zh-Hans"),
        ("ar-EG", "ar"),
        ("AR", "ar"),
    ],
)
def test_a_person_gets_the_nearest_language(catalogues: Catalogues, tag: str, language: str) -> None:
    assert catalogues.of(tag, "en" if language != "en" else "ar").language == language


@pytest.mark.parametrize("tag", [None, "", "tlh", "not a tag!", "x" * 300, "yue", "zh-TW"])
def test_an_unknown_empty_or_malformed_tag_gets_the_default(catalogues: Catalogues, tag: str | None) -> None:
    assert catalogues.of(tag).language == "en"
    assert catalogues.of(tag, "ar-MA").language == "ar"
    assert catalogues.of(tag, "also not a tag!").language == "en"


def test_staff_get_a_language_that_has_all_staff_texts(catalogues: Catalogues) -> None:
    assert catalogues.for_staff("zh-CN").language == "zh-Hans"
    assert catalogues.for_staff("ar").language == "en"
    assert catalogues.for_staff("ar", "zh").language == "zh-Hans"


def test_english_comes_first_and_must_be_there(catalogues: Catalogues, tmp_path: Path) -> None:
    assert catalogues.languages[0] == "en"
    assert {"en", "zh-Hans", "ar"} <= set(catalogues.languages)
    with pytest.raises(KeyError, match="en"):
        Catalogues.load(tmp_path)


@pytest.mark.parametrize("key", ["customer.nowhere", "customer.doubtful", "customer.empty"])
def test_a_missing_fuzzy_or_empty_text_is_an_error_and_not_its_key(small: Catalogues, key: str) -> None:
    with pytest.raises(KeyError, match=key):
        small.of("en")(key)
    with pytest.raises(KeyError, match=key):
        small.of("en").plural(key, 2)


def test_placeholders_are_filled_and_braces_in_a_value_stay(small: Catalogues) -> None:
    texts = small.of("en")
    assert texts("customer.hello", name="{name} {0}") == "Hello, {name} {0}!"
    assert texts.plural("customer.answers", 1, name="x") == "1 answer from x"
    assert texts.plural("customer.answers", 1200, name="x") == "1,200 answers from x"
    with pytest.raises(KeyError, match="name"):
        texts("customer.hello")


def test_arabic_has_six_plural_forms(catalogues: Catalogues) -> None:
    texts = catalogues.of("ar")
    said = {n: texts.plural("customer.privacy.months", n) for n in (3, 10, 11, 24, 100)}
    assert said == {3: "3 أشهر", 10: "10 أشهر", 11: "11 شهرًا", 24: "24 شهرًا", 100: "100 شهر"}


def test_plural_formulas_agree_with_the_cldr(catalogues: Catalogues) -> None:
    """Index and category name each other: Babel's own Arabic header, for one, does not fit the CLDR's order."""
    for tag in catalogues.languages:
        path, locale = LOCALES / f"{tag}.po", Locale.parse(tag, sep="-")
        formula = c2py(read_po(BytesIO(path.read_bytes())).plural_expr)
        pairs = {(formula(n), locale.plural_form(n)) for n in range(201)}
        assert len({index for index, _ in pairs}) == len({name for _, name in pairs}) == len(pairs), tag


def test_right_to_left_is_known(catalogues: Catalogues) -> None:
    assert [tag for tag in catalogues.languages if catalogues.of(tag).is_right_to_left] == ["ar"]


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1234.5, 1, "1,234.5"),
        (1234567, 0, "1,234,567"),
        (-0.3, 1, "−0.3"),
        (4.25, 1, "4.3"),
        (4.35, 1, "4.4"),
        (2.675, 2, "2.68"),
        (-0.04, 1, "0.0"),
        (3, 2, "3.00"),
        (0, 0, "0"),
    ],
)
def test_numbers_round_by_hand_and_have_a_true_minus(
    catalogues: Catalogues, value: float, digits: int, text: str
) -> None:
    assert catalogues.of("en").number(value, digits) == text
    assert catalogues.of("zh").number(value, digits) == text
    assert catalogues.of("ar").number(value, digits) == text  # Latin digits in every language


def test_a_signed_number_shows_its_sign_and_zero_has_none(catalogues: Catalogues) -> None:
    texts = catalogues.of("en")
    assert [texts.signed(value, 1) for value in (0.3, -0.3, 0.0, 0.04, -0.04)] == [
        "+0.3",
        "−0.3",
        "0.0",
        "0.0",
        "0.0",
    ]


def test_percents_are_whole(catalogues: Catalogues) -> None:
    assert catalogues.of("en").percent(0.412) == "41%"
    assert catalogues.of("zh").percent(0.125) == "13%"
    assert catalogues.of("en").percent(-0.05) == "−5%"
    assert "٪" not in catalogues.of("ar").percent(1.0)


@pytest.mark.parametrize(
    ("span", "english", "chinese"),
    [
        (timedelta(0), "0 minutes", "0分钟"),
        (timedelta(seconds=45), "45 seconds", "45秒钟"),
        (timedelta(seconds=90), "90 seconds", "90秒钟"),
        (timedelta(minutes=5), "5 minutes", "5分钟"),
        (timedelta(minutes=90), "90 minutes", "90分钟"),
        (timedelta(hours=1), "1 hour", "1小时"),
        (timedelta(hours=24), "24 hours", "24小时"),
        (timedelta(hours=48), "48 hours", "48小时"),
        (timedelta(hours=50), "50 hours", "50小时"),
        (timedelta(hours=72), "3 days", "3天"),
        (timedelta(days=14), "14 days", "14天"),
        (timedelta(days=180), "180 days", "180天"),
        (timedelta(hours=24) - timedelta(seconds=3), "23 hours", "23小时"),
        (timedelta(days=6, hours=5, seconds=9), "6 days", "6天"),
    ],
)
def test_a_span_is_told_in_its_largest_exact_unit(
    catalogues: Catalogues, span: timedelta, english: str, chinese: str
) -> None:
    assert catalogues.of("en").duration(span) == english
    assert catalogues.of("zh").duration(span) == chinese


def test_moments_are_told_in_the_zone_that_is_asked_for(catalogues: Catalogues) -> None:
    late, zone = datetime(2026, 11, 25, 21, 7, tzinfo=UTC), timezone(timedelta(hours=8))
    assert catalogues.of("en").moment(late, zone) == "Nov 26, 2026 05:07"
    assert catalogues.of("zh").moment(late, zone) == "2026年11月26日 05:07"
    assert catalogues.of("en").day(late, UTC) == "Nov 25, 2026"
    assert catalogues.of("zh").day(late, zone) == "2026年11月26日"


def test_no_narrow_space_reaches_a_picture(catalogues: Catalogues) -> None:
    for tag in catalogues.languages:
        texts: CatalogueTexts = catalogues.of(tag)
        said = (
            texts.number(1234567.5, 1) + texts.percent(0.5) + texts.day(datetime(2026, 1, 2, tzinfo=UTC), UTC)
        )
        assert "\u202f" not in said, tag
