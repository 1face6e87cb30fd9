"""docs/asking.md tells support leads what is in force: its defaults, ranges, words and scales are the program's."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.catalogues import Catalogues
from bot.config import Settings, load
from bot.domain.events import ConversationEnded, CustomerRef
from bot.domain.overrides import SETTINGS
from bot.domain.policy import SKIP_REASONS, Standing, Switches, decide
from bot.domain.scales import SCALES
from bot.domain.survey import Trigger
from tests.settings_file import no_settings_from_outside as no_settings_from_outside
from tests.settings_file import written

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
PAGE = (Path(__file__).parents[1] / "docs" / "asking.md").read_text("utf-8")
NOT_RULES = {"scale", "question_version", "wording", "company", "language", "comment_for", "timezone"}


def table(head: str) -> list[list[str]]:
    """The cells of the table with this head, without backticks."""
    lines = PAGE[PAGE.index(f"| {head} |") :].splitlines()
    end = next(place for place, line in enumerate(lines) if not line.startswith("|"))
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines[2:end]]


RULES = table("rule | setting | default | safe range | why")
KEPT = [row for row in table("what | setting | default | afterwards") if row[1]]
DEFAULTS = [(row[1], row[2]) for row in [*RULES, *KEPT]]


@pytest.mark.parametrize(("key", "default"), DEFAULTS, ids=[key for key, _ in DEFAULTS])
def test_a_default_on_the_page_is_the_one_in_force(key: str, default: str) -> None:
    section, name = key.split(".")
    part = getattr(Settings(), section)
    given = tomllib.loads(f"value = {default}")["value"]
    assert getattr(type(part)(**{name: given}), name) == getattr(part, name)


def test_every_rule_that_can_be_set_is_on_the_page() -> None:
    keys = {key.removeprefix("survey.") for _, key, *_ in RULES}
    assert keys == set(type(Settings().survey).model_fields) - NOT_RULES


def test_the_safe_ranges_are_those_of_the_chat() -> None:
    shown = {row[1]: row[3] for row in RULES if row[3]}
    expected = {
        one.key: f"{one.least} – {one.most}" if one.least else f"{one.most} at most"
        for one in SETTINGS.values()
    }
    assert shown == expected


def test_every_skip_is_explained_in_its_order_and_in_the_words_of_the_summary() -> None:
    rows = table("word | in the summary | what it tells you")
    texts = Catalogues.load().of("en")
    event = ConversationEnded("generic", "1", NOW, CustomerRef())
    checks = decide(event, Trigger("any"), Switches(), Standing(has_address=True), NOW).checks
    assert sorted(check.rule for check in checks) == sorted(SKIP_REASONS)
    assert [(row[0], row[1]) for row in rows] == [
        (check.rule, texts(f"staff.outcome.{check.rule}")) for check in checks
    ]


def test_every_scale_is_on_the_page_with_its_form_and_its_headline() -> None:
    for name, answers, form, shown in table("scale | answers | form | shown as"):
        scale = SCALES[name]
        assert int(answers) == len(scale.values)
        assert form == ("statement" if scale.anchors == "agree" else "question")
        if scale.headline == "mean":
            assert shown == f"mean, {'higher' if scale.higher_is_easier else 'lower'} = easier"
        else:
            assert shown.startswith("share of easy answers")
    assert [row[0] for row in table("scale | answers | form | shown as")] == list(SCALES)


def test_the_examples_load_and_are_wise(tmp_path: Path) -> None:
    examples = re.findall(r"(?s)```toml\n(.*?)```", PAGE)
    assert len(examples) == 2
    for example in examples:
        settings = load(written(tmp_path, example))
        assert [line for line in settings.warnings() if line.startswith(("survey", "triggers"))] == []
