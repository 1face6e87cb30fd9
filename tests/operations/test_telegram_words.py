"""Telegram as it is: every phrase of the table, said by the stand-in to the whole bot, has its defined reaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.adapters.telegram.errors import PHRASES
from tests.stage import CHANNEL, EMMA, FORUM, LIN, NOAH, OLGA, Message, Stage, buttons, stage

# Written so that Telegram's own capitals are met too: "Forbidden: USER_IS_BLOCKED".
FORBIDDEN = (
    "bot was blocked",
    "user_is_blocked",
    "user is deactivated",
    "bot can't",
    "bot was kicked",
    "bot is not",
)

GROUP = -4242  # a basic group


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    async with stage(summary={"live": False}) as on:
        yield on


def refused(s: Stage, method: str, phrase: str, times: int = 1) -> None:
    """From now on the next ``times`` calls of a method hear this phrase."""
    words = phrase.upper() if "_" in phrase else phrase
    if phrase.startswith(FORBIDDEN):
        s.world.faults.fail(method, 403, f"Forbidden: {words}", times=times)
    else:
        s.world.faults.fail(method, 400, f"Bad Request: {words}", times=times)


def tries(s: Stage, method: str, chat: int | None = None) -> int:
    """How often the bot has made a call, refused or not."""
    return sum(
        call.method == method and chat in (None, int(call.params.get("chat_id", 0))) for call in s.world.calls
    )


async def the_question(s: Stage, phrase: str) -> tuple[str, str | None]:
    """A question that hears the phrase; how its invitation ended. It is never tried again."""
    await s.conversation()
    refused(s, "sendMessage", phrase)
    before = tries(s, "sendMessage", EMMA)
    await s.after("1d")
    assert tries(s, "sendMessage", EMMA) == before + 1
    row = await s.row("SELECT state, reason FROM invitation")
    return row["state"], row["reason"]


async def bot_blocked(s: Stage, phrase: str) -> None:
    """Never asked again, and waiting questions go, until the customer writes."""
    assert await the_question(s, phrase) == ("undeliverable", "bot_blocked")
    gone = "SELECT unreachable_at FROM respondent WHERE customer_key=:key"
    assert (await s.row(gone, key=s.key(EMMA)))["unreachable_at"] is not None
    await s.close_in_helpdesk(EMMA)
    await s.after("1m")
    last = await s.row("SELECT state, reason FROM invitation ORDER BY id DESC LIMIT 1")
    assert (last["state"], last["reason"]) == ("skipped", "bot_blocked")
    await s.say(EMMA, "I am back.")
    assert (await s.row(gone, key=s.key(EMMA)))["unreachable_at"] is None


async def no_chat(s: Stage, phrase: str) -> None:
    """Never again."""
    assert await the_question(s, phrase) == ("undeliverable", "no_chat")


async def no_topic(s: Stage, phrase: str) -> None:
    """A new topic is made, and the message goes there."""
    topic = await s.conversation()
    refused(s, "copyMessage", phrase)
    await s.say(EMMA, "One more thing.")
    await s.after("1m")
    new = await s.row("SELECT thread_id FROM desk_topic")
    assert new["thread_id"] != topic
    assert "One more thing." in s.texts(FORUM, new["thread_id"])


async def no_rights(s: Stage, phrase: str) -> None:
    """What is for the forum waits, and staff hear once; when it works again everything arrives in order."""
    await s.conversation()
    refused(s, "copyMessage", phrase, times=2)
    before = len(s.texts(CHANNEL))
    await s.say(EMMA, "one")
    await s.say(EMMA, "two")
    await s.after("1m")
    assert len(s.texts(CHANNEL)) == before + 1
    await s.after("30m")
    shown = s.texts(FORUM, s.topic_of("Emma Clarke"))
    assert [text for text in shown if text in ("one", "two")] == ["one", "two"]


async def nothing_to_do(s: Stage, phrase: str) -> None:
    """It counts as done: what follows from it happens, and it is not repeated."""
    question = await s.asked()
    method = "answerCallbackQuery" if "query" in phrase else "editMessageText"
    refused(s, method, phrase)
    before = tries(s, method)
    s.world.press(EMMA, EMMA, question["message_id"], _option(question, "v4"))
    await s.after("1m")
    assert tries(s, method) == before + 1
    row = await s.row("SELECT state, score FROM invitation")
    assert (row["state"], row["score"]) == ("answered", 4)
    assert await s.rows("SELECT kind FROM outbox WHERE state<>'sent'") == []


async def message_gone(s: Stage, phrase: str) -> None:
    """It counts as done for a question; whoever needs the message makes a new one."""
    await nothing_to_do(s, phrase)


async def rejected(s: Stage, phrase: str) -> None:
    """Failed, never repeated; the tap counts all the same."""
    question = await s.asked()
    refused(s, "editMessageText", phrase)
    before = tries(s, "editMessageText")
    await s.press(EMMA, question, "v4")
    await s.after("1h")
    assert tries(s, "editMessageText") == before + 1
    assert [row["kind"] for row in await s.rows("SELECT kind FROM outbox WHERE state='failed'")] == ["edit"]
    assert (await s.row("SELECT score FROM invitation"))["score"] == 4


REACTIONS: dict[str, Callable[[Stage, str], Awaitable[None]]] = {
    "bot_blocked": bot_blocked,
    "no_chat": no_chat,
    "no_topic": no_topic,
    "no_rights": no_rights,
    "nothing_to_do": nothing_to_do,
    "message_gone": message_gone,
    "rejected": rejected,
}


def test_every_reason_of_the_table_has_a_reaction_and_no_other_is_defined() -> None:
    assert {reason for _, reason in PHRASES} == set(REACTIONS)


@pytest.mark.parametrize(("phrase", "reason"), PHRASES, ids=[phrase for phrase, _ in PHRASES])
async def test_a_phrase_of_telegrams_has_its_defined_reaction(s: Stage, phrase: str, reason: str) -> None:
    await REACTIONS[reason](s, phrase)


async def test_too_many_for_one_chat_holds_that_chat_alone(s: Stage) -> None:
    await s.conversation()
    await s.conversation(LIN, "林晓")
    s.world.faults.fail("sendMessage", 429, "Too Many Requests: retry after 30", retry_after=30)
    await s.after("6s")
    asked = {person: bool(buttons(s.last(person))) for person in (EMMA, LIN)}
    assert sorted(asked.values()) == [False, True]
    await s.after("22s")
    assert sum(bool(buttons(s.last(person))) for person in (EMMA, LIN)) == 1
    await s.after("5s")
    assert all(buttons(s.last(person)) for person in (EMMA, LIN))


async def test_too_many_for_two_chats_at_once_holds_everybody(s: Stage) -> None:
    for person in (EMMA, LIN):
        await s.close_in_helpdesk(person)
    await s.conversation(NOAH, "Noah Weber")
    s.world.faults.fail("sendMessage", 429, "Too Many Requests: retry after 60", retry_after=60, times=2)
    await s.after("10s")
    before = len(s.world.calls)
    await s.say(EMMA, "Is anybody there?")
    await s.after("30s")
    sent = [call.method for call in s.world.calls[before:] if call.method not in ("getUpdates", "getChat")]
    assert sent == []
    await s.after("40s")
    assert "Is anybody there?" in s.texts(FORUM, s.topic_of("Emma Clarke"))
    assert await s.rows("SELECT kind FROM outbox WHERE state<>'sent'") == []


async def test_a_group_that_became_a_supergroup_is_written_to_under_its_new_id() -> None:
    async with stage(chats={"alerts": GROUP}, summary={"live": False}) as s:
        s.world.add_group(GROUP, "Alerts", admins={OLGA: None})
        new = s.world.migrate(GROUP)
        await s.press(EMMA, await s.asked(), "v1")
        await s.after("5m")
        assert len([text for text in s.texts(new) if "1 of 5" in text]) == 1
        assert [call.error for call in s.world.calls if call.error] == [], "Telegram had told us"


def _option(message: Message, verb: str) -> str:
    rows: list[list[dict[str, str]]] = message["reply_markup"]["inline_keyboard"]
    return next(one["callback_data"] for row in rows for one in row if one["callback_data"].endswith(verb))
