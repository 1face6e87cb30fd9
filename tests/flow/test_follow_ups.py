"""Follow-up visits in the whole bot: begun by a purchase, held to the rules, stopped by whoever may stop them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from bot.config import TriggerSettings
from tests.signing import ended, signed
from tests.stage import ADA, EMMA, FORUM, OLGA, Stage, said, stage

WORDS = "How easy or difficult is it to use what you bought?"
SUPPORT = TriggerSettings(name="support")


def visits(**changes: Any) -> TriggerSettings:
    """A trigger with the standard cadence and words of its own."""
    settings: dict[str, Any] = {
        "name": "visits",
        "kind": "follow_up",
        "cadence": "standard",
        "touchpoint": "follow_up",
        "wording": {"en": {"question": WORDS}},
    }
    return TriggerSettings.model_validate(settings | changes)


@asynccontextmanager
async def shop(*triggers: TriggerSettings, cooldown: timedelta = timedelta(0)) -> AsyncIterator[Stage]:
    """A stage where Emma is known and her support conversation is over, unasked."""
    listed = [*(triggers or (visits(),)), SUPPORT]
    async with stage(
        triggers=listed, survey={"cooldown": cooldown}, summary={"schedule": "", "live": False}
    ) as s:
        await s.conversation()
        await s.after("3d")
        yield s


async def bought(s: Stage, order: str = "order-1", key: str = "evt_1", **content: Any) -> None:
    """The shop's system tells of a purchase."""
    body = ended(EMMA, s.clock.now(), conversation=order, kind="purchase", **content)
    status, _ = await s.hook(body, signed(body, id=key))
    assert status == 202


async def outcomes(s: Stage) -> list[tuple[int, str, str | None]]:
    """What became of each visit: days after the first row, state, reason."""
    rows = await s.rows("SELECT * FROM invitation WHERE kind='follow_up' ORDER BY id")
    began = await s.rows("SELECT ended_at FROM invitation WHERE kind='purchase' ORDER BY id LIMIT 1")
    start = began[0]["ended_at"] if began else 0
    return [(round((row["ended_at"] - start) / 86_400_000), row["state"], row["reason"]) for row in rows]


def asked(s: Stage) -> int:
    """How often the visit's question went out."""
    return sum(
        call.method == "sendMessage" and WORDS in str(call.params.get("text")) for call in s.world.calls
    )


async def test_after_a_purchase_the_customer_is_asked_in_week_1_in_week_3_and_then_every_two_weeks() -> None:
    async with shop() as s:
        await bought(s)
        await s.after("6d")
        assert asked(s) == 0
        await s.after("1d")
        await s.after("10s")
        assert said(s.last(EMMA)).startswith(WORDS)
        await s.press(EMMA, s.last(EMMA), "v4")
        await s.after("29d")
        assert await outcomes(s) == [(7, "answered", None), (21, "expired", None), (35, "sent", None)]
        first = await s.row("SELECT * FROM invitation WHERE kind='follow_up' AND score IS NOT NULL")
        assert (first["series"], first["touchpoint"], first["source"]) == (
            "visits/emoji5/question/1",
            "follow_up",
            "follow_up",
        )


async def test_the_same_purchase_told_twice_begins_one_series() -> None:
    async with shop() as s:
        await bought(s)
        await bought(s, key="evt_2")
        assert len(await s.rows("SELECT * FROM follow_up")) == 1
        await s.after("8d")
        assert asked(s) == 1


async def test_a_later_purchase_begins_anew_and_an_earlier_one_changes_nothing() -> None:
    async with shop() as s:
        await bought(s)
        await s.after("5d")
        await bought(s, "order-2", "evt_2")
        early = (s.clock.now() - timedelta(days=30)).isoformat()
        await bought(s, "order-0", "evt_3", ended_at=early)
        await s.after("6d")
        assert asked(s) == 0
        await s.after("2d")
        assert await outcomes(s) == [(12, "sent", None)]


async def test_a_support_conversation_can_begin_the_visits_too() -> None:
    async with shop(visits(start_on=["support_ended"], cadence=["2d"])) as s:
        assert asked(s) == 1
        assert await s.rows("SELECT * FROM follow_up") == []


async def test_the_cooldown_holds_for_visits_as_for_everything() -> None:
    async with shop(visits(cooldown=timedelta(days=5))) as s:
        await bought(s)
        await s.after("4d")
        await s.conversation(text="And now the other one.")
        await s.after("4d")
        assert await outcomes(s) == [(7, "skipped", "cooldown")]
        await s.after("14d")
        assert (await outcomes(s))[1:] == [(21, "sent", None)]


async def test_one_visit_is_not_in_the_way_of_the_next_although_the_cooldown_is_as_long_as_the_gap() -> None:
    async with shop(cooldown=timedelta(days=14)) as s:
        await s.after("14d")
        await bought(s)
        await s.after("8d")
        await s.press(EMMA, s.last(EMMA), "v5")
        await s.after("28d")
        assert await outcomes(s) == [(7, "answered", None), (21, "expired", None), (35, "sent", None)]


async def test_whoever_ignores_three_questions_in_a_row_is_left_alone_for_twice_as_long() -> None:
    async with shop(cooldown=timedelta(days=14)) as s:  # the support question was the first of the three
        await s.after("14d")
        await bought(s)
        await s.after("50d")
        assert [row[1:] for row in await outcomes(s)] == [
            ("expired", None),
            ("expired", None),
            ("skipped", "cooldown"),
            ("sent", None),
        ]


async def test_nobody_is_visited_while_talking_with_support() -> None:
    async with shop() as s:
        await bought(s)
        await s.after("6d")
        await s.say(EMMA, "It does not start.")
        await s.after("2d")
        assert await outcomes(s) == []
        topic = s.topic_of("Emma Clarke")
        await s.say(OLGA, "Press the button.", FORUM, topic)
        await s.close(topic)
        await s.after("1d")
        await s.after("10s")
        assert [row[1:] for row in await outcomes(s)] == [("sent", None)]


async def test_whoever_opts_out_is_not_visited_any_more() -> None:
    async with shop() as s:
        await bought(s)
        await s.say(EMMA, "/survey_off")
        await s.after("8d")
        assert await outcomes(s) == []
        assert await s.rows("SELECT * FROM follow_up") == []
        assert await s.rows("SELECT * FROM timer WHERE kind='follow_up'") == []


async def test_whoever_opted_out_before_is_not_put_on_a_cadence() -> None:
    async with shop() as s:
        await s.say(EMMA, "/survey_off")
        await bought(s)
        assert await s.rows("SELECT * FROM follow_up") == []


async def test_being_forgotten_ends_the_visits() -> None:
    async with shop() as s:
        await bought(s)
        await s.say(EMMA, "/forget_me")
        await s.press(EMMA, s.last(EMMA), "y")
        assert await s.rows("SELECT * FROM follow_up") == []
        assert await s.rows("SELECT * FROM timer WHERE kind='follow_up'") == []


async def test_what_we_hold_names_the_visits_that_are_planned() -> None:
    async with shop() as s:
        await bought(s)
        await s.say(EMMA, "/my_data")
        _, content = s.world.file(s.last(EMMA)["document"]["file_id"])
        assert b'"trigger": "visits"' in content


async def test_a_trigger_that_is_switched_off_says_so_and_goes_on_when_it_is_on_again() -> None:
    async with shop() as s:
        await bought(s)
        await s.say(ADA, "/trigger visits off")
        await s.after("8d")
        assert await outcomes(s) == [(7, "skipped", "switched_off")]
        await s.say(ADA, "/trigger visits on")
        await s.after("14d")
        assert (await outcomes(s))[1:] == [(21, "sent", None)]


async def test_a_cadence_that_the_settings_have_no_more_ends() -> None:
    async with shop() as s:
        await bought(s)
        await s.stop_bot()
        s.changes["triggers"] = [SUPPORT]
        await s.start_bot()
        await s.after("8d")
        assert await outcomes(s) == []
        assert await s.rows("SELECT * FROM follow_up") == []
