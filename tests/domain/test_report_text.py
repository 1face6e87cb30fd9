"""A summary in words: everything that is owed, in the right order, short enough for a caption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.catalogues import Catalogues, CatalogueTexts
from bot.domain.report_text import CAPTION_LIMIT, MESSAGE_LIMIT, report_post, report_text, visible_length
from bot.domain.scales import SCALES
from bot.domain.scoring import Counts
from bot.domain.summary import Comment, ScoreFigures, Summary, Window, same_answers
from bot.domain.summing import SeriesCounts, WindowCounts, summarize_window
from bot.domain.window_text import squares
from tests.adapters.chart_cases import AS_OF, CASES, FEW, NOTHING, THREE_FACES, WEEK, summary
from tests.telegram_html import visible

CATALOGUES = Catalogues.load()
EN = CATALOGUES.of("en")
STAFF = [CATALOGUES.of(tag) for tag in CATALOGUES.staff_languages]
in_every_staff_language = pytest.mark.parametrize("texts", STAFF, ids=lambda texts: texts.language)


def said(text: str) -> str:
    return visible(text.replace("<blockquote expandable>", "<blockquote>"))


def one_window(*series: SeriesCounts) -> Summary:
    window = WindowCounts(
        Window.ending(AS_OF, timedelta(days=7)), series, 10, 4, 6, [("answered", None, 4), ("sent", None, 2)]
    )
    return Summary(AS_OF, 5, (summarize_window(window),))


def five(now: Mapping[int, int], before: Mapping[int, int] | None = None) -> Summary:
    return one_window(SeriesCounts("support/emoji5/question/1", now, before or {}))


def test_the_worked_example_reads_3_8_of_5() -> None:
    text = said(report_text(five({4: 2, 5: 1, 3: 2}), EN, UTC))
    assert "Last 7 days: 3.8 of 5 (higher = easier)" in text
    assert "5 answers · likely 2.9–4.3 · early figure" in text
    assert "😫\u00a00  🙁\u00a00  😐\u00a02  🙂\u00a02  😄\u00a01" in text
    assert "Easy 60% (23–88%) · hard 0% (0–43%)" in text
    assert "Response rate 40% (17–69%): 4 of 10 questions whose time is up" in text
    assert "Coverage 67%: 4 of 6 conversations" in text
    assert "6 conversations ended = 4 answered + 2 waiting" in text
    assert "net easy +60 (0 to +86)" in text


def test_below_the_minimum_there_is_a_count_and_no_score() -> None:
    text = said(report_text(five({1: 3}), EN, UTC))
    assert "3 answers so far. A score is shown from 5." in text
    assert "1.0" not in text
    assert "🟧" not in text
    assert "Median" not in text


def test_without_answers_there_is_no_score_of_zero() -> None:
    text = said(report_text(NOTHING, EN, UTC))
    assert "Last 24 hours\nNo answers yet.\nLast 7 days: none either." in text
    assert "0.0" not in text


def test_a_clear_change_says_which_way_and_how_much() -> None:
    worse = said(report_text(five({1: 30, 2: 10, 5: 5}, {5: 30, 4: 12, 1: 2}), EN, UTC))
    assert "▼ Harder than the 7 days before: 1.67 now, 4.55 then (−2.88, likely between" in worse
    better = said(report_text(five({5: 30, 4: 12, 1: 2}, {1: 30, 2: 10, 5: 5}), EN, UTC))
    assert "▲ Easier than the 7 days before" in better


def test_little_data_is_never_called_no_change() -> None:
    text = said(report_text(five({5: 6, 4: 3, 1: 2}, {5: 6, 4: 3, 1: 2}), EN, UTC))
    assert "Too few answers to tell a change (11 now, 11 in the 7 days before)" in text
    assert "▲" not in text
    assert "▼" not in text


def test_the_same_large_windows_are_about_the_same() -> None:
    text = said(report_text(five({5: 400, 4: 200, 1: 50}, {5: 400, 4: 201, 1: 50}), EN, UTC))
    assert "About the same as the 7 days before: any change is smaller than 0.3." in text


def test_three_faces_lead_with_the_easy_share_and_have_no_mean() -> None:
    text = said(report_text(THREE_FACES, EN, UTC))
    assert "Last 7 days: 72% found it easy" in text
    assert "of 3" not in text


def test_a_low_effort_score_says_that_lower_is_easier() -> None:
    text = said(report_text(CASES["effort"], EN, UTC))
    assert "Last 7 days: 3.2 of 10 (lower = easier)" in text


def test_answers_asked_for_by_hand_and_other_series_stand_apart() -> None:
    text = said(
        report_text(
            one_window(
                SeriesCounts("support/emoji5/question/1", {5: 10}),
                SeriesCounts("support/emoji5/question/1", {1: 6}, is_manual=True),
                SeriesCounts("returns <b>/ces5/question/1", {3: 7}),
            ),
            EN,
            UTC,
        )
    )
    assert "Last 7 days: 5.0 of 5" in text
    assert "Last 7 days, asked by hand: 1.0 of 5" in text
    assert "Last 7 days, \u2068returns <b>\u2069: 3.0 of 5" in text


def test_a_ledger_that_does_not_add_up_says_so() -> None:
    window = five({5: 5}).windows[0]
    broken = replace(window, ledger=replace(window.ledger, episodes=7))
    assert "do not add up" in said(report_text(Summary(AS_OF, 5, (broken,)), EN, UTC))


def test_reasons_are_in_words_and_an_unknown_one_is_still_shown() -> None:
    window = five({5: 5}).windows[0]
    ledger = replace(window.ledger, episodes=9, skipped={"cooldown": 2, "<new>": 1})
    text = said(report_text(Summary(AS_OF, 5, (replace(window, ledger=ledger),)), EN, UTC))
    assert f"3 not asked: {EN('staff.outcome.cooldown')} 2 · \u2068<new>\u2069 1" in text


def windows(*given: WindowCounts) -> Summary:
    return Summary(AS_OF, 5, tuple(summarize_window(each) for each in given))


def of_days(
    days: int, now: Mapping[int, int], before: Mapping[int, int] | None = None, waiting: int = 2
) -> WindowCounts:
    n = sum(now.values())
    return WindowCounts(
        Window.ending(AS_OF, timedelta(days=days)),
        [SeriesCounts("support/emoji5/question/1", now, before or {})] if n else [],
        n + 2,
        n,
        n + waiting,
        [("answered", None, n), ("sent", None, waiting)],
    )


def test_windows_that_hold_the_same_answers_say_so_once() -> None:
    few = {4: 3, 5: 4}
    text = said(report_text(windows(of_days(1, few), of_days(7, few), of_days(30, few)), EN, UTC))
    assert text.count("4.6 of 5") == text.count("likely") == 1
    assert "Last 24 hours: 4.6 of 5 (higher = easier)\n7 answers · likely 3.7–4.8" in text
    assert "\nLast 7 days and 30 days: the same 7 answers.\n\n" in text
    assert "\nLast 24 hours, 7 days, and 30 days\nResponse rate 78% (45–94%): 7 of 9" in text
    assert text.count("Coverage 78%: 7 of 9") == text.count("Median 5") == 1


def test_what_differs_between_windows_of_the_same_answers_is_said_of_each() -> None:
    few, then = {3: 5, 4: 3, 5: 4}, {5: 40}
    text = said(report_text(windows(of_days(1, {5: 1}), of_days(7, few), of_days(30, few, then, 9)), EN, UTC))
    assert "Last 24 hours\n1 answer so far." in text
    assert (
        "\nLast 30 days: the same 12 answers.\n▼ Harder than the 30 days before: 3.92 now, 5.00 then" in text
    )
    for days, of in ((7, 14), (30, 21)):
        assert f"Last {days} days\nResponse rate" in text
        assert f": 12 of {of} conversations" in text


def test_equal_figures_of_other_answers_are_never_taken_for_the_same() -> None:
    mixed = windows(of_days(1, {4: 3, 5: 4}), of_days(7, {4: 4, 5: 4}), of_days(30, {4: 3, 5: 5}))
    assert "the same" not in said(report_text(mixed, EN, UTC))
    assert [len(group) for group in same_answers(mixed.windows)] == [1, 1, 1]


@in_every_staff_language
@pytest.mark.parametrize("name", CASES)
def test_every_summary_is_html_that_telegram_takes_in_every_language(
    name: str, texts: CatalogueTexts
) -> None:
    post = report_post(CASES[name], texts, UTC, ["ᚠᚢᚦ <team>"])
    assert len(said(post.caption).encode("utf-16-le")) // 2 == visible_length(post.caption) <= CAPTION_LIMIT
    assert "ᚠᚢᚦ <team>" in said(post.caption)
    if post.rest is not None:
        assert visible_length(post.rest) <= MESSAGE_LIMIT
        said(post.rest)


def test_a_caption_holds_the_scores_and_a_second_message_the_rest() -> None:
    post = report_post(WEEK, EN, UTC)
    assert post.rest is not None
    assert all(f"Last {span}:" in said(post.caption) for span in ("24 hours", "7 days", "30 days"))
    assert "Coverage" not in post.caption
    assert said(post.rest).count("conversations ended =") == 3
    assert "over an hour without a reply <b>& no & end" in said(post.rest)


def test_a_short_summary_is_one_caption() -> None:
    assert report_post(replace(FEW, comments=()), EN, UTC).rest is None


def test_the_longest_summary_keeps_to_telegram_s_limits() -> None:
    long = Comment(1, AS_OF, 5, "emoji5", "<" * 200)
    week = replace(summary("ten_ease", dict.fromkeys(range(1, 11), 9999)), comments=(long,) * 40)
    post = report_post(week, EN, UTC, ["x" * 100] * 6)
    assert visible_length(post.caption) <= CAPTION_LIMIT
    assert post.rest is not None
    assert visible_length(post.rest) <= MESSAGE_LIMIT
    assert post.rest.count("&lt;&lt;") > 10
    assert visible_length(report_text(week, EN, UTC)) <= MESSAGE_LIMIT


@given(st.tuples(*[st.integers(0, 400)] * 5).filter(lambda counts: sum(counts) > 0))
def test_the_squares_are_ten_and_show_every_group_that_occurs(by_option: tuple[int, ...]) -> None:
    score = ScoreFigures.of(Counts(SCALES["emoji5"], by_option))
    drawn = squares(score)
    assert len(drawn) == 10
    assert ("🟧" in drawn) == (score.hard.count > 0)
    assert ("🟦" in drawn) == (score.easy.count > 0)
    assert ("⬜" in drawn) == (by_option[2] > 0)
