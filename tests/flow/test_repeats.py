"""A summary or an alert that is posted again says that it may be there already (telegram.md 4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.catalogues import Catalogues
from bot.flow.alerts import AnyAlertLetter
from bot.flow.letters import as_repeat
from bot.store.outbox import Letter, ToChat
from tests.flow.sending_bench import STAFF, Bench
from tests.scripted_api import DROPPED
from tests.stage import stage

EN = Catalogues.load().of("en")
MARK = "🔁 <i>Perhaps a repeat: nobody knows whether the first one arrived.</i>\n"


async def test_an_alert_whose_fate_is_unknown_is_posted_again_with_a_mark(quick: Bench) -> None:
    quick.kinds["alert"] = AnyAlertLetter(EN)
    quick.api.script["sendMessage"].extend([DROPPED] * 2)
    async with quick.sending():
        await quick.post(Letter("alert", "sendMessage", {"text": "<b>1 of 5</b>"}, ToChat(STAFF)))
        for _ in range(3):
            await quick.go(timedelta(minutes=10))
    assert quick.texts() == ["<b>1 of 5</b>", *[f"{MARK}<b>1 of 5</b>"] * 2]


async def test_a_summary_whose_fate_is_unknown_is_posted_again_with_a_mark() -> None:
    async with stage(summary={"live": False}) as s:
        s.world.faults.drop_after("sendPhoto")
        await s.after("1d")
        said = [str(call.params.get("caption")) for call in s.world.calls if call.method == "sendPhoto"]
    assert said[1:] == [f"{MARK}{said[0]}"]


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        ({"caption": "x" * 1023}, "x"),
        ({"caption": "x" * 1000}, "🔁 x"),
        ({"caption": "x" * 900}, MARK),
        ({"text": "x" * 1023}, MARK),
        ({"text": "x" * 4090}, "🔁 x"),
    ],
)
def test_the_mark_never_makes_a_message_too_long(payload: dict[str, Any], begins: str) -> None:
    [said] = as_repeat({**payload, "parse_mode": "HTML"}, EN).keys() & {"text", "caption"}
    assert str(as_repeat(payload, EN)[said]).startswith(begins)
