"""What is kept goes when its time is up: words, raw ids, single answers. Real stores, the clock moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.controls import Retention
from bot.domain.events import ConversationEnded, CustomerRef
from bot.domain.policy import Verdict
from bot.domain.survey import Survey, Trigger
from bot.flow.housekeeping import HOUSEKEEPING, Housekeeping
from bot.store import desk, follow_ups, invitations, respondents, timers
from bot.store.engine import Row, Tx, from_ms
from bot.store.follow_ups import FollowUp
from bot.store.opening import OpenStore
from tests.flow.test_housekeeping import quoted_nowhere
from tests.stage import ADA, CHANNEL, EMMA, NOAH, Stage, said, stage

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
PROMISED = Retention()
INVITED = Verdict(None, NOW, ())


def aged(at: datetime, months: int = 24) -> datetime:
    """So many months later."""
    return at.replace(year=at.year + months // 12)


async def customer(tx: Tx, key: str, seen_at: datetime = NOW) -> None:
    """A customer whose raw id is known."""
    await respondents.seen(tx, key, sum(map(ord, key)), "en", seen_at)


async def episode(
    tx: Tx,
    conversation: str,
    answered_at: datetime,
    score: int | None = 4,
    *,
    key: str | None = None,
    trigger: str = "support",
    scale: str = "emoji5",
) -> int:
    """An episode that ended a minute before it was answered; without a score it was never asked about."""
    asked = Trigger(trigger, survey=Survey(scale_name=scale))
    event = ConversationEnded(
        "generic", conversation, answered_at - timedelta(minutes=1), CustomerRef(), tags=("vip",)
    )
    verdict = INVITED if score is not None else Verdict("cooldown", None, ())
    row = await invitations.add(
        tx, event, asked, verdict, token=f"t-{conversation}", episode=1, customer_key=key, now=answered_at
    )
    assert row is not None
    if score is not None:
        await invitations.change(
            tx,
            row,
            state="answered",
            sent_at=answered_at,
            score=score,
            answered_at=answered_at,
            message_id=row,
        )
        await invitations.log_event(tx, row, "tap", str(score), answered_at, None)
    return row


async def rows(store: OpenStore, sql: str) -> list[Row]:
    return await store.read(lambda tx: tx.all(sql))


async def count(store: OpenStore, table: str) -> int:
    return int((await rows(store, f"SELECT count(*) AS n FROM {table}"))[0]["n"])


async def sweep(
    store: OpenStore, now: datetime, promised: Retention = PROMISED, zone: ZoneInfo = BERLIN
) -> None:
    """One run of the timer."""
    await store.write(lambda tx: Housekeeping(promised, zone, quoted_nowhere).sweep(tx, HOUSEKEEPING, now))


async def cells(store: OpenStore) -> list[tuple[str, str, int, int]]:
    """The daily counts: day, scale, score, answers."""
    found = await rows(store, "SELECT * FROM daily_count ORDER BY day, series, score")
    return [(row["day"], row["series"].split("/")[1], row["score"], row["answers"]) for row in found]


@pytest.mark.parametrize(("off", "is_kept"), [(-SECOND, True), (timedelta(), True), (SECOND, False)])
async def test_a_comment_keeps_its_words_for_180_days(
    store: OpenStore, off: timedelta, is_kept: bool
) -> None:
    async def written(tx: Tx) -> None:
        row = await episode(tx, "1", NOW)
        await invitations.change(tx, row, comment="Slow!", commented_at=NOW, comment_message_id=9)
        await invitations.log_event(tx, row, "comment", "Slow!", NOW, 77)

    await store.write(written)
    await sweep(store, NOW + 180 * DAY + off)
    [row] = await rows(store, "SELECT comment, commented_at, score FROM invitation")
    [event] = await rows(store, "SELECT value FROM response_event WHERE kind='comment'")
    assert (row["comment"], event["value"]) == (("Slow!", "Slow!") if is_kept else (None, None))
    assert (row["commented_at"] is not None, row["score"]) == (True, 4)


@pytest.mark.parametrize(("off", "is_kept"), [(-SECOND, True), (timedelta(), True), (SECOND, False)])
async def test_a_raw_id_is_kept_for_7_days(store: OpenStore, off: timedelta, is_kept: bool) -> None:
    async def met(tx: Tx) -> None:
        await customer(tx, "emma")
        await episode(tx, "1", NOW, key="emma")

    await store.write(met)
    await sweep(store, NOW + 7 * DAY + off)
    [row] = await rows(store, "SELECT chat_id FROM respondent")
    assert (row["chat_id"] is not None) is is_kept


async def test_a_raw_id_stays_while_a_topic_a_question_or_a_follow_up_needs_it(store: OpenStore) -> None:
    async def met(tx: Tx) -> None:
        for key in ("topic", "question", "visits", "opted out", "nothing"):
            await customer(tx, key)
            await episode(tx, key, NOW, key=key)
        await desk.add_topic(tx, "topic", -100, "Emma", NOW)
        open_question = await episode(tx, "open", NOW, key="question")
        await invitations.change(tx, open_question, expires_at=NOW + 35 * DAY)
        for key in ("visits", "opted out"):
            await follow_ups.begin(tx, FollowUp("visits", key, NOW, None, None), NOW + 14 * DAY)
        await respondents.set_opted_out(tx, "opted out", NOW)

    await store.write(met)
    await sweep(store, NOW + 30 * DAY)
    kept = await rows(
        store, "SELECT customer_key FROM respondent WHERE chat_id IS NOT NULL ORDER BY customer_key"
    )
    assert [row["customer_key"] for row in kept] == ["question", "topic", "visits"]


async def test_a_customer_of_whom_nothing_is_left_is_forgotten_but_not_their_opt_out(
    store: OpenStore,
) -> None:
    async def met(tx: Tx) -> None:
        await customer(tx, "passer-by")
        await customer(tx, "objector")
        await respondents.set_opted_out(tx, "objector", NOW)

    await store.write(met)
    await sweep(store, NOW + 8 * DAY)
    assert [row["customer_key"] for row in await rows(store, "SELECT * FROM respondent")] == ["objector"]


@pytest.mark.parametrize(
    ("now", "is_kept"),
    [  # 24 months after 25 November in Berlin, an hour ahead of UTC
        ("2028-11-25T22:59:59+00:00", True),
        ("2028-11-25T23:00:00+00:00", False),
        ("2028-11-25T23:00:01+00:00", False),
    ],
)
async def test_answers_are_kept_for_24_months_of_whole_local_days(
    store: OpenStore, now: str, is_kept: bool
) -> None:
    async def answered(tx: Tx) -> None:
        for number in range(5):
            await episode(tx, str(number), NOW)

    await store.write(answered)
    await sweep(store, datetime.fromisoformat(now))
    assert await count(store, "invitation") == (5 if is_kept else 0)
    assert await cells(store) == ([] if is_kept else [("2026-11-25", "emoji5", 4, 5)])


async def test_what_is_left_of_answers_are_counts_per_day_series_and_option_none_under_five(
    store: OpenStore,
) -> None:
    async def answered(tx: Tx) -> None:
        place = 0
        for score, many in ((5, 7), (4, 5), (1, 4)):
            for _ in range(many):
                await episode(tx, f"e{place}", NOW, score)
                place += 1
        for number in range(5):
            await episode(tx, f"l{number}", NOW, 4, scale="likert7")
            await episode(tx, f"m{number}", NOW, 3, trigger="manual")
        for number in range(6):
            await episode(tx, f"s{number}", NOW, None)

    await store.write(answered)
    await sweep(store, aged(NOW) + 2 * DAY)
    assert await cells(store) == [
        ("2026-11-25", "emoji5", 4, 5),
        ("2026-11-25", "emoji5", 5, 7),
        ("2026-11-25", "likert7", 4, 5),
    ]
    for table in ("invitation", "response_event", "invitation_tag"):
        assert await count(store, table) == 0, table


async def test_days_age_one_by_one_and_each_is_counted_once(store: OpenStore) -> None:
    async def answered(tx: Tx) -> None:
        for day in range(4):
            for number in range(5):
                await episode(tx, f"{day}-{number}", NOW + day * DAY)

    await store.write(answered)
    now = aged(NOW) + 3 * DAY
    for left in (15, 10, 5, 5, 5):  # the fourth day is young enough
        await sweep(store, now)
        assert await count(store, "invitation") == left
        now += timedelta(minutes=1)
    assert [day for day, *_ in await cells(store)] == ["2026-11-25", "2026-11-26", "2026-11-27"]


async def test_a_backlog_goes_on_after_a_minute_and_else_the_next_run_is_tomorrow(store: OpenStore) -> None:
    async def answered(tx: Tx) -> None:
        await episode(tx, "1", NOW)
        await episode(tx, "2", NOW + DAY)

    await store.write(answered)
    now = aged(NOW) + 10 * DAY
    for wait in (timedelta(minutes=1), DAY, DAY):
        await sweep(store, now)
        assert await store.read(timers.next_due) == now + wait


async def test_an_answer_given_on_another_day_than_its_conversation_ended_ages_with_its_own_day(
    store: OpenStore,
) -> None:
    evening = datetime(2026, 11, 25, 22, 59, tzinfo=UTC)  # a minute before midnight in Berlin

    async def answered(tx: Tx) -> None:
        for number in range(5):
            await episode(tx, str(number), evening + timedelta(minutes=1))

    await store.write(answered)
    await sweep(store, datetime(2028, 11, 25, 23, 30, tzinfo=UTC))
    assert await count(store, "invitation") == 5
    await sweep(store, datetime(2028, 11, 26, 23, 30, tzinfo=UTC))
    assert await cells(store) == [("2026-11-26", "emoji5", 4, 5)]


async def test_a_question_that_is_still_open_does_not_age(store: OpenStore) -> None:
    async def asked(tx: Tx) -> None:
        row = await episode(tx, "1", NOW, None)
        await invitations.change(tx, row, state="sent")

    await store.write(asked)
    await sweep(store, aged(NOW) + 10 * DAY)
    assert await count(store, "invitation") == 1


async def test_the_terms_are_those_of_the_settings(store: OpenStore) -> None:
    async def answered(tx: Tx) -> None:
        await customer(tx, "emma")
        for number in range(5):
            await episode(tx, str(number), NOW, key="emma")

    await store.write(answered)
    short = Retention(scores_months=1, comments=DAY, address=DAY)
    await sweep(store, NOW + 2 * DAY, short)
    [row] = await rows(store, "SELECT chat_id FROM respondent")
    assert row["chat_id"] is None
    await sweep(store, datetime(2026, 12, 26, tzinfo=UTC), short)
    assert await count(store, "invitation") == 0
    assert await count(store, "respondent") == 0


async def test_it_runs_by_itself_and_privacy_and_my_data_tell_the_terms() -> None:
    terms = {"keep_comments": 30 * DAY, "keep_scores": 6, "keep_address": 2 * DAY}
    async with stage(
        privacy=terms, summary={"schedule": "", "live": False}, sending={"per_second": 1000}
    ) as s:
        question = await s.asked()
        await s.press(EMMA, question, "v5")
        await s.press(EMMA, question, "c")
        await s.say(EMMA, "Splendid.")
        await s.say(NOAH, "/privacy")
        text = said(s.last(NOAH))
        assert [term in text for term in ("6 Monate", "30 Tage", "48 Stunden")] == [True] * 3
        await s.say(EMMA, "/my_data")
        _, content = s.world.file(s.last(EMMA)["document"]["file_id"])
        assert b'"answers_months": 6' in content
        assert b"Splendid." in content

        await s.after("3d")
        assert await s.rows("SELECT * FROM respondent WHERE customer_key=:key", key=s.key(NOAH)) == []
        await s.after("28d")
        row = await s.row("SELECT * FROM invitation")
        assert (row["comment"], row["score"]) == (None, 5)
        assert from_ms(row["commented_at"]).year == 2026
        await s.after("155d")
        assert await s.rows("SELECT * FROM invitation") == []
        assert await s.rows("SELECT * FROM daily_count") == []  # one answer alone would tell whose it was


async def quoted(s: Stage, person: int, name: str, score: str, words: str) -> None:
    """An answer with a comment that staff were shown."""
    question = await s.asked(person, name)
    await s.press(person, question, score)
    await s.press(person, question, "c")
    await s.say(person, words)
    await s.after("3m")


SHORT = {"keep_comments": 30 * DAY}
QUOTING = {"schedule": "", "live": False, "minimum_answers": 1}


async def test_an_aged_comment_leaves_the_posts_that_quote_it_and_their_figures_stay() -> None:
    async with stage(privacy=SHORT, summary=QUOTING) as s:
        await quoted(s, EMMA, "Emma Clarke", "v1", "My xylophone")
        await s.after("5d")
        await quoted(s, NOAH, "Noah Weber", "v2", "The queue is long.")
        await s.say(ADA, "/ces")
        summary = said(s.last(ADA))
        lines = [text for text in s.texts(CHANNEL) if "My xylophone" in text]
        assert len(lines) == 1
        assert "My xylophone" in summary
        assert "The queue is long." in summary

        await s.after("26d")  # Emma's words are 31 days old, Noah's 26
        shown = [*s.texts(CHANNEL), said(s.last(ADA))]
        assert not [text for text in shown if "xylophone" in text]
        assert len([text for text in shown if "The queue is long." in text]) == 2
        assert [line for line in summary.splitlines() if "of 5" in line] == [
            line for line in said(s.last(ADA)).splitlines() if "of 5" in line
        ]
        assert lines[0].replace("“My xylophone”\n", "") in s.texts(CHANNEL), "only the quote has gone"

        await s.after("6d")
        assert not [text for text in [*s.texts(CHANNEL), said(s.last(ADA))] if "queue" in text]
        assert {row["message_id"] for row in await s.rows("SELECT message_id FROM staff_quote")} == {
            message["message_id"] for message in s.messages(CHANNEL)
        }, "lines still show an answer, summaries nothing of anybody"


async def test_a_post_that_can_not_be_edited_any_more_stops_nothing() -> None:
    async with stage(privacy=SHORT, summary=QUOTING) as s:
        await quoted(s, EMMA, "Emma Clarke", "v1", "My xylophone")
        await s.say(ADA, "/ces")
        await s.after("29d")
        for method in ("editMessageText", "editMessageCaption"):
            s.world.faults.fail(method, 400, "Bad Request: message can't be edited", times=9)
        await s.after("3d")
        assert (await s.row("SELECT comment FROM invitation"))["comment"] is None
        assert await s.rows("SELECT id FROM outbox WHERE state='waiting'") == []


async def test_a_page_with_words_that_somebody_left_open_goes_back_to_its_summary_within_two_days() -> None:
    async with stage(privacy=SHORT, summary=QUOTING) as s:
        await quoted(s, EMMA, "Emma Clarke", "v5", "My xylophone")
        await s.say(ADA, "/ces")
        posted = said(s.last(ADA))
        for page in ("f", "c"):
            await s.press(ADA, s.last(ADA), f"ew-.-.{page}0")
            await s.settle()
        assert "Comments 1–1 of 1" in said(s.last(ADA))
        await s.after("48h")
        assert said(s.last(ADA)) == posted
