"""Every text that the code asks for exists in every language that needs it, and every text is asked for."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot.adapters.catalogues import Catalogues
from bot.config.sections import SOURCE_NAMES, TriggerSettings
from bot.domain.alert_figures import PARTS
from bot.domain.alerts import Sensitivity
from bot.domain.controls import CUSTOMER_COMMANDS
from bot.domain.invitation import State
from bot.domain.nonresponse import FactKind
from bot.domain.overrides import SETTINGS
from bot.domain.policy import SKIP_REASONS
from bot.domain.rehearsal_request import MistakeKind
from bot.domain.scales import Band
from bot.domain.story import HAS_FIGURES, SETTINGS_CHANGED, SWITCHINGS
from bot.domain.summary import SegmentKind
from bot.domain.survey import REASONS
from bot.domain.views import DIMENSIONS, WINDOWS
from bot.flow.menus import ADMIN_MENU, FORUM_MENU, STAFF_MENU
from tests.telegram_html import visible

ROOT = Path(__file__).parents[1]
LOCALES = ROOT / "bot" / "locales"
LANGUAGES = sorted(path.stem for path in LOCALES.glob("*.po"))
OUTCOMES = frozenset({"answered", "waiting", "expired", "skipped", "undeliverable", "cancelled"})
# Who reads what: a prefix and the languages that must have all of its keys.
NEEDED: dict[str, list[str]] = {
    "customer.": LANGUAGES,
    "chart.": ["ar", "en", "zh-Hans"],
    "staff.": ["en", "zh-Hans"],
    "admin.": ["en", "zh-Hans"],
    "command.": ["en", "zh-Hans"],
}
# Keys that the code puts together: the fixed beginning, and everything that may follow it.
PUT_TOGETHER: dict[str, frozenset[str]] = {
    "admin.setting.": frozenset(
        f"{name}.{what}"
        for name in SETTINGS
        for what in ("name", "about", "means", "off", "means_off")
        if name != "sampling" or "off" not in what  # a share has no word for nothing
    ),
    "command.": frozenset({*FORUM_MENU, *STAFF_MENU, *ADMIN_MENU}),
    "customer.command.": frozenset(CUSTOMER_COMMANDS),
    "customer.comment.prompt.": frozenset(get_args(Band)),
    "customer.thanks.": frozenset(get_args(Band)),
    "customer.reason.": frozenset(REASONS),
    "customer.label.": frozenset(
        {
            *(f"{words}.{place}" for words in ("ease", "agree") for place in range(1, 6)),
            "effort.1",
            "effort.5",
        }
    ),
    "chart.by.": frozenset({*get_args(SegmentKind), "window"}),
    "chart.direction.": frozenset({"higher", "lower"}),
    "chart.outcome.": OUTCOMES,
    "staff.alert.chart.subtitle.": frozenset({"higher", "lower"}),
    "staff.alert.level.": frozenset({"now", "before", "now_share", "before_share"}),
    "staff.alert.part.": frozenset(PARTS),
    "staff.alerts.sensitivity.": frozenset(get_args(Sensitivity)),
    "staff.alerts.word.": frozenset({"calm", "a_little", "lower", "close"}),
    "staff.nonresponse.break_even.": frozenset({"below", "above"}),
    "staff.nonresponse.fact.": frozenset(get_args(FactKind)),
    "staff.outcome.": frozenset(
        {*SKIP_REASONS, "too_late", "reopened", "unknown", "no_chat", "rejected", "unreachable"}
    ),
    "staff.explore.by.": frozenset(DIMENSIONS.values()),
    "staff.explore.window.": frozenset(WINDOWS),
    "staff.live.may_not.": frozenset({"pin", "post"}),
    "staff.name.source.": frozenset({*SOURCE_NAMES, "import"}),
    "staff.name.touchpoint.": frozenset(get_args(TriggerSettings.model_fields["touchpoint"].annotation)),
    "staff.summary.direction.": frozenset({"higher", "lower"}),
    "admin.simulate.": frozenset({"asked", "withdrawn", "waiting"}),
    "admin.simulate.wrong.": frozenset(get_args(MistakeKind)),
    "staff.why.change.": frozenset({*SWITCHINGS, "pause_on", "pause_off", *SETTINGS_CHANGED}),
    "staff.why.fact.": frozenset(
        {
            *("customer_messages", "agent_messages", "characters", "first_response", "resolution"),
            *("transfers", "reopened", "team", "language", "tags"),
        }
    ),
    "staff.why.no.": frozenset(SKIP_REASONS),
    "staff.why.outcome.": frozenset({*State, "withdrawn"}),
    "staff.why.plain.": frozenset(SKIP_REASONS),
    "staff.why.yes.": frozenset(HAS_FIGURES),
    "staff.summary.outcome.": OUTCOMES,
}
PLAIN = re.compile(
    r"(customer\.(toast|button|command|language)\.|admin\.button\.|admin\.set\.(done|too_late|undone)|customer\.reason\.(?!intro)|command\.).*|.*\.placeholder"
)
KEY = re.compile(r"(?:customer|staff|admin|chart|command)(?:\.[a-z0-9_]+)+")
HEAD = re.compile(r"(?:customer|staff|admin|chart|command)\.(?:[a-z0-9_]+\.)*")
every_language = pytest.mark.parametrize("tag", LANGUAGES)


def catalog(tag: str) -> Catalog:
    return read_po(BytesIO((LOCALES / f"{tag}.po").read_bytes()), abort_invalid=True)


def key_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def texts_of(tag: str) -> dict[str, tuple[str, ...]]:
    return {key_of(message): forms(message) for message in catalog(tag) if message.id}


def placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def strings_in_the_code() -> Iterator[tuple[str, str, bool]]:
    """Where, what, and whether more follows (an f-string), for each string that looks like a key."""
    for package in ("bot", "handlers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            heads = {
                id(node.values[0])
                for node in ast.walk(tree)
                if isinstance(node, ast.JoinedStr) and node.values
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    is_head = id(node) in heads
                    if (HEAD if is_head else KEY).fullmatch(node.value):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value, is_head


def test_every_key_in_the_code_is_in_the_english_catalogue() -> None:
    have = texts_of("en")
    missing = [
        f"{place} {key}" for place, key, is_head in strings_in_the_code() if not is_head and key not in have
    ]
    assert not missing


def test_every_key_that_the_code_puts_together_is_declared_and_complete() -> None:
    have = texts_of("en")
    heads = {head: place for place, head, is_head in strings_in_the_code() if is_head}
    undeclared = [f"{place} {head}" for head, place in heads.items() if head not in PUT_TOGETHER]
    assert not undeclared, "say in PUT_TOGETHER what may follow"
    assert set(PUT_TOGETHER) == set(heads), "declared, but put together nowhere"
    for head, endings in PUT_TOGETHER.items():
        assert not [head + ending for ending in endings if head + ending not in have]


def test_no_text_is_left_that_nobody_asks_for() -> None:
    asked = {key for _, key, is_head in strings_in_the_code() if not is_head}
    for head, endings in PUT_TOGETHER.items():
        asked |= {head + ending for ending in endings}
    assert not sorted(set(texts_of("en")) - asked)


@pytest.mark.parametrize("prefix", NEEDED)
def test_every_language_has_all_it_needs_and_nothing_else(prefix: str) -> None:
    english = {key for key in texts_of("en") if key.startswith(prefix)}
    for tag in LANGUAGES:
        have = {key for key in texts_of(tag) if key.startswith(prefix)}
        assert have == (english if tag in NEEDED[prefix] else set()), tag


@every_language
def test_every_key_has_a_known_prefix_and_stands_once(tag: str) -> None:
    written = re.findall(r'^msgid "(.+)"$', (LOCALES / f"{tag}.po").read_text(encoding="utf-8"), re.MULTILINE)
    assert not [key for key, count in Counter(written).items() if count > 1]
    assert not [key for key in written if not KEY.fullmatch(key)]


@every_language
def test_nothing_is_empty_fuzzy_or_short_of_a_plural_form(tag: str) -> None:
    read = catalog(tag)
    for message in read:
        if message.id:
            assert not message.fuzzy, message.id
            assert all(form.strip() == form != "" for form in forms(message)), message.id
            assert isinstance(message.id, str) or len(forms(message)) == read.num_plurals, message.id


@every_language
def test_every_language_fills_in_the_same(tag: str) -> None:
    english = texts_of("en")
    for key, said in texts_of(tag).items():
        wanted = placeholders(english[key][0]).union(*map(placeholders, english[key]))
        # “one answer” may do without its number; nothing may ask for more than it gets
        assert frozenset().union(*map(placeholders, said)) == wanted, key
        if len(said) == 1:
            assert placeholders(said[0]) == wanted, key


@every_language
def test_every_text_is_html_that_telegram_takes_and_plain_where_it_must_be(tag: str) -> None:
    for key, said in texts_of(tag).items():
        for form in said:
            if PLAIN.fullmatch(key):
                assert not {"<", ">", "&"} & set(form), key
            elif not key.startswith("chart."):
                visible(form)


@every_language
def test_every_text_keeps_to_telegrams_lengths(tag: str) -> None:
    for key, said in texts_of(tag).items():
        longest = max(map(len, said))
        if key.startswith("customer.toast."):
            assert longest <= 200, key
        elif key.endswith(".placeholder"):
            assert longest <= 64, key
        elif key.startswith(("command.", "customer.command.")):
            assert longest <= 256, key
        else:
            assert longest <= 4096, key


@every_language
def test_the_tick_can_take_the_place_of_each_reasons_emoji(tag: str) -> None:
    texts = Catalogues.load().of(tag)
    for reason in REASONS:
        emoji, _, words = texts(f"customer.reason.{reason}").partition(" ")
        assert not any(character.isalnum() for character in emoji), reason
        assert words[:1].isalnum(), reason


@pytest.mark.parametrize("tag", sorted({"ar", "hi", "ja", "ru", "zh-Hans"} & set(LANGUAGES)))
def test_languages_of_another_script_hold_no_english(tag: str) -> None:
    customers = {key: said for key, said in texts_of(tag).items() if key.startswith("customer.")}
    for key, said in customers.items():
        for form in said:
            words = re.sub(r"<[^>]*>|\{[^}]*\}|/[a-z_]+|Telegram|\bID\b", "", form)
            assert not re.search(r"[A-Za-z]{2,}", words), f"{key}: {words}"


@pytest.mark.parametrize("tag", [tag for tag in LANGUAGES if tag != "en"])
def test_nothing_was_left_untranslated(tag: str) -> None:
    english = texts_of("en")
    wordless = {"customer.help.line"}
    same = {
        key for key, said in texts_of(tag).items() if said == english[key] and key.startswith("customer.")
    }
    assert same <= wordless


def test_right_to_left_commands_keep_their_slash_on_the_left() -> None:
    for key, (text, *_) in texts_of("ar").items():
        assert not re.search(r"(?<![\u200e<])/[a-z{]", text), key
