"""Switches and pauses as they act on asking; mistyped commands are answered with what would be right."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.playground.settings import HOOK_SECRET, TOKEN
from tests.signing import ended, signed
from tests.stage import ADA, EMMA, FORUM, Stage, buttons, said, stage

PAUSE_USAGE = "Write /pause, or /pause with a duration such as 90m, 2h or 3d (at most 30 days)."


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """The stage."""
    async with stage() as on:
        yield on


async def outcome_of_an_ending(s: Stage, number: int = 1) -> tuple[str, str | None]:
    """A helpdesk's conversation ends now; what policy says of it."""
    body = ended(EMMA, s.clock.now(), conversation=str(number))
    await s.hook(body, signed(body, id=f"evt_{number}"))
    row = (await s.rows("SELECT state, reason FROM invitation ORDER BY id"))[-1]
    return row["state"], row["reason"]


async def told(s: Stage, command: str) -> str:
    """What an admin's private command is answered with."""
    await s.say(ADA, command)
    return said(s.last(ADA))


async def test_a_pause_of_two_hours_ends_by_itself(s: Stage) -> None:
    assert (await told(s, "/pause 2h")).startswith("⏸ Nobody is asked until Nov 25, 2026 12:00")
    await s.after("1h55m")
    assert await outcome_of_an_ending(s, 1) == ("skipped", "paused")
    await s.after("5m")
    assert await outcome_of_an_ending(s, 2) == ("scheduled", None)
    assert await told(s, "/resume") == "Nothing was paused."


async def test_a_pause_without_end_lasts_until_somebody_resumes(s: Stage) -> None:
    await told(s, "/pause")
    await s.after("5d")
    assert await outcome_of_an_ending(s, 1) == ("skipped", "paused")
    await s.stop_bot()
    await s.start_bot()
    assert await outcome_of_an_ending(s, 2) == ("skipped", "paused")
    assert await told(s, "/resume") == "▶️ Customers are asked again."
    assert await outcome_of_an_ending(s, 3) == ("scheduled", None)


@pytest.mark.parametrize("words", ["0s", "-2h", "31d", "soon", "2h please", "2", "999999999999d"])
async def test_a_pause_of_no_sensible_length_is_not_begun(s: Stage, words: str) -> None:
    assert await told(s, f"/pause {words}") == PAUSE_USAGE
    assert await s.rows("SELECT name FROM switch") == []


@pytest.mark.parametrize("words", ["generic", "generic maybe", "generic on off", "on generic"])
async def test_a_mistyped_trigger_command_switches_nothing_and_names_the_triggers(
    s: Stage, words: str
) -> None:
    answer = await told(s, f"/trigger {words}")
    assert "generic" in answer
    assert await s.rows("SELECT name FROM switch") == []


async def test_an_unknown_trigger_is_named_back(s: Stage) -> None:
    assert (
        await told(s, "/trigger lunch off") == "There is no trigger “lunch”. Names: telegram_topic, generic"
    )


async def test_a_switched_off_trigger_asks_nobody_and_the_others_go_on(s: Stage) -> None:
    await told(s, "/trigger generic OFF")
    assert await outcome_of_an_ending(s) == ("skipped", "switched_off")
    topic = await s.conversation()
    await s.after("5s")
    assert s.texts(FORUM, topic)[-1].startswith("📨")
    await told(s, "/trigger generic on")
    assert await outcome_of_an_ending(s, 2) == ("scheduled", None)


async def test_switches_outlive_a_restart(s: Stage) -> None:
    await told(s, "/trigger generic off")
    await s.stop_bot()
    await s.start_bot()
    assert await outcome_of_an_ending(s) == ("skipped", "switched_off")


async def test_all_settings_are_shown_page_by_page_and_no_secret(s: Stage) -> None:
    await told(s, "/settings")
    await s.press(ADA, s.last(ADA), "a0")
    shown = said(s.last(ADA))
    page = 0
    while "Next page ›" in buttons(s.last(ADA)):
        page += 1
        await s.press(ADA, s.last(ADA), f"a{page}")
        shown += said(s.last(ADA))
    for key in ("survey.scale", "survey.cooldown", "summary.windows", "sending.per_second"):
        assert key in shown
    for secret in (TOKEN, TOKEN.partition(":")[2], HOOK_SECRET):
        assert secret not in shown


async def test_every_change_is_in_the_audit_with_its_author(s: Stage) -> None:
    for command in ("/trigger generic off", "/pause 2h", "/resume", "/trigger generic on"):
        await told(s, command)
    lines = [
        (row["actor"], row["action"], row["subject"])
        for row in await s.rows("SELECT * FROM audit ORDER BY id")
    ]
    assert lines == [
        ("Ada King", "switch_off", "generic"),
        ("Ada King", "switch_on", "pause"),
        ("Ada King", "switch_off", "pause"),
        ("Ada King", "switch_on", "generic"),
    ]
