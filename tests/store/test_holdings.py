"""What is held about one customer, and erasing it, on both engines; the neighbour keeps everything."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.events import ConversationEnded, CustomerRef
from bot.domain.policy import Verdict
from bot.domain.survey import Trigger
from bot.store import deliveries, holdings, invitations, outbox, quotes, respondents, staff_buttons, timers
from bot.store.engine import Tx
from bot.store.opening import OpenStore
from bot.store.outbox import Letter, ToCustomer
from bot.store.staff_buttons import StaffButton

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
ANN, BEN = "a" * 32, "b" * 32
CHATS = {ANN: 7_000_111_222, BEN: 7_000_333_444}


async def life(tx: Tx, key: str) -> int:
    """One answered question and everything around it; the invitation's id."""
    await respondents.seen(tx, key, CHATS[key], "en", NOW)
    event = ConversationEnded("generic", key[:3], NOW, CustomerRef(), tags=("vip",))
    one = await invitations.add(
        tx,
        event,
        Trigger("support"),
        Verdict(None, NOW, ()),
        token=key[:22],
        episode=1,
        customer_key=key,
        now=NOW,
    )
    assert one is not None
    await invitations.change(
        tx, one, state="answered", score=1, answered_at=NOW, comment=f"words of {key}", commented_at=NOW
    )
    await invitations.log_event(tx, one, "comment", f"words of {key}", NOW, one)
    await invitations.toggle_reason(tx, one, "wait")
    await quotes.remember(tx, -1, one, [one])
    await timers.start(tx, "edit_close", one, NOW)
    await staff_buttons.add(tx, key[:22], StaffButton(CHATS[key], "forget_me", key), NOW)
    await outbox.post(tx, Letter("reply", "sendMessage", {"text": "x"}, ToCustomer(key)), NOW)
    await deliveries.add(tx, "telegram", str(one), key, None, NOW, is_done=True)
    return one


async def everything(tx: Tx, tables: list[str]) -> dict[str, str]:
    """All rows of these tables as text."""
    found = {}
    for table in tables:
        rows = await tx.all(f"SELECT * FROM {table}")
        found[table] = json.dumps([[str(value) for value in _values(row)] for row in rows])
    return found


def _values(row: Any) -> list[Any]:
    return list(row.values()) if hasattr(row, "values") else list(row)


TABLES = [
    *("respondent", "invitation", "invitation_reason", "invitation_tag", "response_event", "staff_quote"),
    *("timer", "staff_button", "outbox", "delivery", "desk_topic", "message_link", "report", "audit"),
]


async def test_what_is_held_is_read_out_whole_and_is_plain_json(store: OpenStore) -> None:
    async def op(tx: Tx) -> Any:
        await life(tx, ANN)
        await life(tx, BEN)
        return await holdings.of_customer(tx, ANN)

    held = await store.write(op)
    text = json.dumps(held)
    assert f"words of {ANN}" in text
    assert BEN not in text
    [episode] = held["conversations"]
    assert (episode["score"], episode["reasons"], episode["tags"]) == (1, ["wait"], ["vip"])
    assert held["shown_to_staff"] == 1
    assert held["bookkeeping"] == {"updates_received": 1, "messages_sent": 1, "confirmations_asked": 1}


async def test_nobody_known_is_nothing_held(store: OpenStore) -> None:
    assert await store.read(lambda tx: holdings.of_customer(tx, ANN)) is None


async def test_erasing_one_customer_leaves_no_trace_of_them_and_all_of_the_other(store: OpenStore) -> None:
    async def op(tx: Tx) -> None:
        await life(tx, ANN)
        ben = await life(tx, BEN)
        await outbox.forget_customer(tx, ANN)
        assert await holdings.erase(tx, ANN, NOW) == 1
        stored = await everything(tx, TABLES)
        for trace in (ANN, str(CHATS[ANN])):
            assert [table for table, text in stored.items() if trace in text] == []
        kept = await holdings.of_customer(tx, BEN)
        assert kept is not None
        assert kept["bookkeeping"] == {"updates_received": 1, "messages_sent": 1, "confirmations_asked": 1}
        assert await timers.runs(tx, "edit_close", str(ben))
        assert await quotes.of_customer(tx, BEN) == [(-1, ben)]

    await store.write(op)


async def test_erasing_nobody_is_harmless(store: OpenStore) -> None:
    async def op(tx: Tx) -> None:
        await life(tx, BEN)
        assert await holdings.erase(tx, ANN, NOW) == 0
        assert await holdings.of_customer(tx, BEN) is not None

    await store.write(op)


async def test_only_an_opt_out_survives_without_chat_and_language(store: OpenStore) -> None:
    async def op(tx: Tx) -> None:
        await life(tx, ANN)
        await respondents.set_opted_out(tx, ANN, NOW)
        await outbox.forget_customer(tx, ANN)
        await holdings.erase(tx, ANN, NOW + timedelta(hours=1))
        left = await respondents.by_key(tx, ANN)
        assert left is not None
        assert (left.chat_id, left.language, left.opted_out_at) == (None, None, NOW)

    await store.write(op)
