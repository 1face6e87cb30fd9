"""Alerts and non-response in words: whole in both languages, valid HTML, true figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.catalogues import Catalogues
from bot.domain.alert_chart import SHOWN, alarm_chart, worded_alarm
from bot.domain.alert_figures import false_alarms
from bot.domain.alert_text import (
    AlertView,
    Reaction,
    WatchView,
    alert_message,
    normal_question,
    renew_question,
    renewed,
    watch_list,
)
from bot.domain.alerts import Sensitivity, Watch, frozen
from bot.domain.buttons import parse_button
from bot.domain.nonresponse import Asked, Fact, Nonresponse, nonresponse
from bot.domain.nonresponse_text import nonresponse_text
from bot.domain.report_text import CAPTION_LIMIT, visible_length
from bot.domain.scales import SCALES
from bot.domain.summary import ShareFigures
from bot.domain.texts import Texts
from tests.adapters.alarm_cases import CASES, DROP, EFFORT, FIRST_DAYS, THREE
from tests.telegram_html import visible

CATALOGUES = Catalogues.load()
EN, ZH = CATALOGUES.of("en"), CATALOGUES.of("zh-Hans")
TOKEN = "0" * 22
NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
OLGA = Reaction("Olga <b>", NOW)
SERIES = "support/emoji5/question/1"
both = pytest.mark.parametrize("texts", [EN, ZH], ids=["en", "zh-Hans"])


def test_an_alert_says_what_dropped_since_when_and_where_with_n_and_interval() -> None:
    message = alert_message(AlertView(DROP[0], TOKEN), EN, UTC)
    assert visible(message.text).split("\n") == [
        "📉 It has become harder to get help",
        "Since Nov 4, 2026 03:00: 3.5 of 5 in 22 answers (likely 3.0–4.0; higher = easier)",
        "Before: 4.3 of 5 (likely 4.1–4.4; baseline of 200 answers, higher = easier)",
        "Most of it: team \u2068Billing\u2069, 14 of these 22 answers, 81% of the drop",
        "Such a stretch is found because it looks low, so the true level is probably a little better.",
    ]
    [row] = message.rows
    assert [button.label for button in row] == ["👀 Seen", "🧭 New normal"]
    assert [parsed.verb for button in row if (parsed := parse_button(button.data))] == ["s", "n"]


def test_before_there_is_a_baseline_the_alert_says_so() -> None:
    text = visible(alert_message(AlertView(FIRST_DAYS[0], TOKEN), EN, UTC).text)
    assert "4 of the last 10 answers were hard" in text
    assert "There is no baseline to compare with yet (28 of 200 answers)." in text
    assert "no team, tag or language stands out" in text


def test_of_effort_lower_is_easier_and_of_faces_the_share_is_told() -> None:
    assert "lower = easier" in alert_message(AlertView(EFFORT[0], TOKEN), EN, UTC).text
    assert "found it easy" in alert_message(AlertView(THREE[0], TOKEN), EN, UTC).text


@both
@pytest.mark.parametrize("case", CASES)
def test_every_alert_fits_below_its_picture_whatever_was_pressed(case: str, texts: Texts) -> None:
    figures = CASES[case][0]
    for seen in (None, OLGA):
        for normal in (None, OLGA):
            view = AlertView(figures, TOKEN, seen, normal, 45, names_series=True)
            message = alert_message(view, texts, UTC)
            assert visible_length(message.text) < CAPTION_LIMIT
            assert visible(message.text)
            assert len(message.rows) == (0 if seen and normal else 1)
            assert ("Olga" in message.text) == bool(seen or normal)
    question = normal_question(AlertView(figures, TOKEN, normal_n=45), texts, UTC)
    assert visible_length(question.text) < CAPTION_LIMIT
    assert len(question.rows) == 2


@both
@pytest.mark.parametrize("case", CASES)
def test_every_picture_has_words_and_places_between_0_and_1(case: str, texts: Texts) -> None:
    words = worded_alarm(CASES[case][1], texts)
    assert len(words["dots"]["values"]) == len(words["line"]["values"]) <= SHOWN
    assert all(0 <= place <= 1 for place in words["dots"]["values"] + words["line"]["values"])
    assert words["line"]["values"][-1] >= words["line"]["threshold"]
    assert 0 <= words["begins"] < len(words["dots"]["values"])


def test_of_a_long_stretch_the_picture_shows_the_end() -> None:
    figures, _ = DROP
    stretch = [3] * 300 + [0] * 20
    chart = alarm_chart(figures, [4] * 50, stretch, (6, 10, 20, 54, 110), 4.0, UTC)
    assert chart.options == tuple(stretch[-SHOWN:])
    assert chart.begins == 0


def listed(sensitivity: Sensitivity, texts: Texts, **more: object) -> str:
    scale = SCALES["emoji5"]
    watch = more.pop("watch", frozen(Watch.begin(scale), (6, 10, 20, 54, 110), NOW))
    assert isinstance(watch, Watch)
    view = WatchView(
        series=SERIES,
        scale=scale,
        watch=watch,
        expected=None if sensitivity == "off" else false_alarms(watch, 4.0, 120),
        recent_answers=120,
        latest=[(DROP[0], NOW, OLGA), (None, NOW, None)],
        token=TOKEN,
        renewable=300,
    )
    message = watch_list([view], sensitivity, texts, UTC)
    assert len(message.rows) == 1
    return visible(message.text)


def test_the_list_tells_how_many_false_alarms_to_expect_a_year() -> None:
    text = listed("normal", EN)
    assert "one in 1,100 answers (likely 330 to 4,500)" in text
    assert "With 120 answers in the last 4 weeks that is 1.5 a year." in text
    assert "Baseline: 4.3 in 200 answers, fixed on Nov 25, 2026" in text
    assert "Now: calm (evidence of a drop: 0.0 of 4)" in text
    assert "seen by \u2068Olga <b>\u2069".lower() in text.lower()
    assert "nobody was told" in text


@both
@pytest.mark.parametrize("sensitivity", ["careful", "normal", "quick", "off"])
def test_the_list_stands_in_every_language_and_sensitivity(sensitivity: Sensitivity, texts: Texts) -> None:
    assert listed(sensitivity, texts)
    assert listed(sensitivity, texts, watch=Watch.begin(SCALES["emoji5"]))


@both
def test_renewing_asks_first_and_says_who_did_it(texts: Texts) -> None:
    question = renew_question(SERIES, 300, TOKEN, texts)
    assert len(question.rows) == 2
    assert "300" in visible(question.text)
    assert "Olga <b>" in visible(renewed(SERIES, 300, OLGA, texts, UTC).text)


FACTS = (
    Fact(
        "first_response", [Asked(100, 5, 60), Asked(100, None, 40), Asked(5000, 2, 10), Asked(5000, None, 90)]
    ),
    Fact("transfers", [Asked(0, 4, 70), Asked(1, None, 65), Asked(0, None, 65)]),
    Fact("tag", [Asked(1, 4, 5), Asked(0, 4, 65), Asked(1, None, 60), Asked(0, None, 70)], "a <tag>"),
    Fact("hour", [Asked(1, 4, 35), Asked(0, 4, 35), Asked(1, None, 65), Asked(0, None, 65)], "06–12"),
)


def test_the_whole_answer_about_who_answered() -> None:
    figures = nonresponse(SERIES, SCALES["emoji5"], {5: 60, 2: 10}, 200, FACTS, target=4.2)
    text = visible(nonresponse_text(figures, timedelta(days=30), EN))
    assert "35% answered (likely 29–42%): 70 of 200" in text
    assert "Their score: 4.6 of 5" in text
    assert "from 2.3 to 4.9" in text
    assert (
        "To push the score below 4.20 (your target), the 65% who did not answer would have to average below 4.00."
        in text
    )
    assert "• first response: 3 minutes / 25 minutes (d −1.33) ⚠️" in text
    assert "• transfers: 0.0 / 0.5 (P 0.25) ⚠️" in text
    assert "• tag \u2068a <tag>\u2069: 7% / 46%" in text
    assert "06–12" not in text
    assert "Weighted by first response like everybody asked: 3.50 instead of 4.57" in text


@both
def test_every_case_of_non_response_has_its_words(texts: Texts) -> None:
    five, effort = SCALES["emoji5"], SCALES["ten_effort"]
    cases = [
        Nonresponse(SERIES, ShareFigures.of(0, 0)),
        nonresponse(SERIES, five, {4: 3}, 20, ()),
        nonresponse(SERIES, five, {4: 30}, 30, ()),
        nonresponse(SERIES, five, {4: 30, 5: 5}, 36, FACTS[3:], target=2),
        nonresponse(SERIES, five, {4: 30, 5: 5}, 100, FACTS[3:], target=5),
        nonresponse("support/ten_effort/question/1", effort, {2: 30, 5: 5}, 100, FACTS[1:2]),
        nonresponse("support/emoji3/question/1", SCALES["emoji3"], {1: 5, 3: 20}, 100, FACTS[3:]),
    ]
    said = [visible(nonresponse_text(each, timedelta(days=30), texts)) for each in cases]
    assert len(set(said)) == len(cases)
