"""Everything that people do, once, on the second engine: every statement of the pipe is one that PostgreSQL takes."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from tests.flow.test_answers_in_any_order import FAILURES
from tests.signing import ended, reopened, signed
from tests.stage import ADA, CHANNEL, EMMA, FORUM, LIN, Message, Stage, buttons, stage

pytestmark = pytest.mark.postgres


async def customers(s: Stage) -> None:
    """Ask, answer, give a reason, comment, stop, undo; a helpdesk's conversation ends, and goes on."""
    question = await s.asked()
    for data in ("v1", "rwait", "rbot", "rwait", "x", "u", "c"):
        await s.press(EMMA, question, data)
    comment = await s.say(EMMA, "Too many steps")
    s.world.edit(EMMA, EMMA, comment["message_id"], "Far too many steps")
    await s.after("2m")
    assert "Far too many steps" in s.texts(CHANNEL)[-1]
    await s.say(LIN, "你好")
    body = ended(LIN, s.clock.now())
    await s.hook(body, signed(body))
    await s.after("5s")
    assert "1 😫" in buttons(s.last(LIN))
    again = reopened(s.clock.now())
    await s.hook(again, signed(again, id="evt_2"))
    assert "1 😫" not in buttons(s.last(LIN))


def choices(message: Message) -> list[str]:
    """The data of every button of a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [one["callback_data"] for row in rows for one in row if "callback_data" in one]


async def team(s: Stage) -> None:
    """Every command, and one press of every button of every answer."""
    topic = s.topic_of("Emma Clarke")
    for command in ("/why", "/ask", "/done"):
        await s.say(ADA, command, FORUM, topic)
    for command in (
        *(
            "/ces",
            "/alerts",
            "/answered",
            "/triggers",
            "/trigger generic",
            "/pause 2h",
            "/resume",
            "/settings",
        ),
        *("/audit", "/preview", "/simulate", "/set cooldown 10d", "/id", "/why acme-helpdesk/42"),
    ):
        known = len(s.messages(ADA))
        await s.say(ADA, command)
        await s.after("2s")
        for answer in s.messages(ADA)[known + 1 :]:
            for data in choices(answer):
                s.world.press(ADA, ADA, answer["message_id"], data, forged=True)
                await s.after("2s")
    assert any("photo" in one for one in s.messages(ADA))


async def farewell(s: Stage) -> None:
    """See what is held, and have it erased."""
    await s.say(EMMA, "/my_data")
    assert any("document" in one for one in s.messages(EMMA))
    await s.say(EMMA, "/forget_me")
    await s.press(EMMA, s.last(EMMA), "y")
    assert await s.rows("SELECT id FROM invitation WHERE customer_key=:key", key=s.key(EMMA)) == []


async def test_nothing_that_people_do_is_refused_by_postgresql(postgres_url: str) -> None:
    with capture_logs() as logged:
        async with stage(
            database={"url": postgres_url},
            privacy={"pepper": SecretStr("ab" * 32)},
            summary={"minimum_answers": 1},
        ) as s:
            await customers(s)
            await team(s)
            await farewell(s)
            assert await s.rows("SELECT id FROM delivery WHERE error IS NOT NULL") == []
            assert await s.rows("SELECT id FROM timer WHERE last_error IS NOT NULL") == []
    refused = {name for name in {line["event"] for line in logged} if name.endswith("store_failed")}
    assert [line for line in logged if line["event"] in FAILURES | refused] == []
