"""Every button that exists, pressed by everybody who may not: nothing happens, nobody learns anything, every press is
answered.

The buttons are found by pressing what the bot shows; a kind of button that is not found fails the first test.
"""

from __future__ import annotations

import string
from collections import defaultdict
from collections.abc import Iterable

from bot.domain.views import EXPLORE
from bot.flow.alert_list import BASELINE
from bot.flow.alerts import DROP
from bot.flow.rights import FORGET
from bot.flow.stories import WHY
from tests.security.cast import MAX, NEWCOMER, SUE, TEAM_NOW, changed, people, refusals, spoken, state
from tests.security.keyboards import (
    QUESTION,
    Key,
    actions_in_the_source,
    all_keyboards,
    crawl,
    lived,
    newest,
    shown,
)
from tests.stage import ADA, ELSEWHERE, EMMA, LIN, OLGA, STRANGER, TEAM, Message, Stage, said, stage

QUIET = {"schedule": "", "live": False}
BEFORE = {"staff": TEAM, "admins": [ADA, MAX]}
POSTS = (DROP, BASELINE, EXPLORE, WHY)  # in a chat of staff any member may press them
ONE_MOMENT = "One moment…"  # a page is counted after the press, and so are the rights of whoever wants it

Attack = tuple[int, Message, str]  # who presses, on which message, carrying what


async def attacked(s: Stage, attacks: Iterable[Attack]) -> list[str]:
    """Press everything at once; what changed or was told although it should not have been."""
    before, calls = await state(s), len(s.world.calls)
    queries = [
        s.world.press(person, message["chat"]["id"], message["message_id"], data, forged=True)
        for person, message, data in attacks
    ]
    await s.after("5s")
    toasts = {s.toast(query) for query in queries}
    assert queries
    assert "" not in toasts, "whoever is refused reads why"
    told = [text for text in spoken(s.world.calls[calls:]) if text not in refusals() | {ONE_MOMENT}]
    return [*changed(before, await state(s)), *told]


def on(s: Stage, key: Key) -> Message:
    """The message that carries a button."""
    return s.world.message(key.chat, key.message)


async def test_no_button_does_anything_for_the_wrong_person() -> None:
    async with stage(chats=BEFORE, summary=QUIET, limits={"commands_per_minute": 0}) as s:
        people(s)
        await lived(s)
        await all_keyboards(s)

        # whoever may press them presses one of each, which shows that they work, and what there is to press
        wishes, worked = defaultdict(set), set()
        refused = refusals()
        calls = len(s.world.calls)
        async for key, toast in crawl(s):
            assert toast not in refused, f"{key}: {toast}"
            if toast or spoken(s.world.calls[calls:]):
                worked.add(key.action)
            calls = len(s.world.calls)
            for each in await shown(s):
                wishes[each.action].add(each.wish)
        known = actions_in_the_source()
        assert set(wishes) == known | {QUESTION}, "a kind of button that this test does not find"
        assert worked == set(wishes), "buttons that nobody can use"
        assert sum(map(len, wishes.values())) > 80

        await s.say(ADA, "/resume", TEAM)
        await s.asked(EMMA)
        await all_keyboards(s)
        keys = newest(await shown(s))
        there = {chat: await s.say(person, "hello", chat) for person, chat in ((STRANGER, ELSEWHERE),)}
        for person in (LIN, NEWCOMER, ADA):
            there[person] = await s.say(person, "/start")
        await s.say(LIN, "/forget_me")

        def attacks(person: int, where: int | None, *, chats: set[int], actions: set[str]) -> list[Attack]:
            """``where`` ``None``: on the message itself."""
            return [
                (person, on(s, key) if where is None else there[where], key.forged(wish).data)
                for (chat, action), key in keys.items()
                if chat in chats and action in actions
                for wish in few(wishes[action])
            ]

        everything = set(wishes)
        menus = everything - {*POSTS, QUESTION, FORGET}
        house, all_chats = {TEAM, key_chat(keys, WHY)}, {chat for chat, _ in keys}
        for person, where in ((LIN, LIN), (NEWCOMER, NEWCOMER), (STRANGER, ELSEWHERE)):
            assert await attacked(s, attacks(person, where, chats=all_chats, actions=everything)) == []
            # Telegram lets nobody press in a chat of staff who is not in it; where it counts pages, the bot asks
            in_place = everything - {DROP, BASELINE, WHY}
            assert await attacked(s, attacks(person, None, chats=all_chats, actions=in_place)) == []
        assert await attacked(s, attacks(OLGA, None, chats=house, actions=menus)) == []
        for person in (OLGA, ADA, MAX):
            assert await attacked(s, attacks(person, None, chats={EMMA}, actions={QUESTION, FORGET})) == []
        for where in (ADA, ELSEWHERE):  # the right person with a token of another chat
            assert await attacked(s, attacks(ADA, where, chats={TEAM}, actions=everything - {QUESTION})) == []

        # Max is no admin any more, Sue left the staff chat, and the staff chat is another one
        await s.stop_bot()
        s.changes["chats"] = {"staff": TEAM_NOW, "admins": [ADA]}
        await s.start_bot()
        s.world.leave(TEAM, SUE)
        s.world.leave(TEAM, MAX)
        await s.settle()
        for person in (MAX, SUE):
            assert {action for chat, action in keys if chat == person} >= {EXPLORE}
            assert await attacked(s, attacks(person, None, chats={person}, actions=everything)) == []
        assert await attacked(s, attacks(OLGA, None, chats={TEAM}, actions=everything)) == []

        # and they still work for whom they are for
        [last] = [key for (chat, action), key in keys.items() if chat == EMMA and action == QUESTION]
        assert await s.press(EMMA, on(s, last), last.forged("v5").data, forged=True) not in refused


def few(wishes: set[str]) -> list[str]:
    """Two of each verb: what a button would do decides, not to which of twenty settings."""
    ordered = sorted(wishes)
    return [
        wish for place, wish in enumerate(ordered) if [one[0] for one in ordered[:place]].count(wish[0]) < 2
    ]


def key_chat(keys: dict[tuple[int, str], Key], action: str) -> int:
    """The chat that shows buttons of this kind."""
    return next(chat for chat, about in keys if about == action)


async def test_what_is_forged_on_a_button_of_ones_own_breaks_nothing_and_is_answered() -> None:
    async with stage(chats=BEFORE, summary=QUIET, limits={"commands_per_minute": 0}) as s:
        people(s)
        await lived(s)
        await all_keyboards(s)
        odd = ("", "0", "9999999999999999999999", "-", "x_y_z", "..", "generic", "cooldown_30d_0s")
        queries = []
        for number, ((chat, _), key) in enumerate(newest(await shown(s)).items()):
            if chat in (MAX, SUE):
                continue
            for place, verb in enumerate(string.ascii_lowercase):
                if (place + number) % 2 or (key.action, verb) == (FORGET, "y"):
                    continue
                forged = key.forged(verb + odd[(place + number) % len(odd)])
                person = EMMA if chat == EMMA else ADA
                queries.append(s.world.press(person, chat, key.message, forged.data[:64], forged=True))
        for data in (
            "s1:",
            "a1::",
            "\x00",
            "s1:" + "0" * 22 + ":v5",
            "a1:" + "Z" * 22 + ":y",
            "🙂" * 16,
            "%s%n{0}",
        ):
            queries.append(s.world.press(ADA, TEAM, s.last(TEAM)["message_id"], data, forged=True))
        await s.after("5s")
        for query in queries:
            s.toast(query)  # was answered, once
        assert len(queries) > 100
        failed = await s.rows("SELECT key, error FROM delivery WHERE error IS NOT NULL")
        assert [row["error"] for row in failed] == []


# Keyboards from before


async def test_after_being_forgotten_old_buttons_bring_nothing_back() -> None:
    async with stage(chats=BEFORE, summary=QUIET) as s:
        question = await s.asked()
        await s.press(EMMA, question, "v1")
        await s.press(EMMA, question, "c")
        await s.say(EMMA, "/forget_me")
        old = [key for key in await shown(s) if key.chat == EMMA]
        await s.press(EMMA, s.last(EMMA), "y")
        queries = [s.world.press(EMMA, key.chat, key.message, key.data, forged=True) for key in old]
        await s.after("3m")
        assert {s.toast(query) for query in queries} == {"This button is out of date."}
        assert await s.rows("SELECT * FROM invitation WHERE customer_key=:key", key=s.key(EMMA)) == []
        assert await s.rows("SELECT * FROM respondent WHERE chat_id=:chat", chat=EMMA) == []
        assert await s.rows("SELECT * FROM response_event") == []


async def test_after_the_end_old_buttons_change_no_answer() -> None:
    async with stage(chats=BEFORE, summary=QUIET) as s:
        question = await s.asked()
        old = [key for key in await shown(s) if key.chat == EMMA]
        await s.press(EMMA, question, "v4")
        old += [key for key in await shown(s) if key.chat == EMMA]
        await s.after("2d")
        before = await s.row("SELECT score, state, comment FROM invitation")
        queries = [
            s.world.press(EMMA, key.chat, key.message, key.data, forged=True)
            for key in old
            if key.button.verb in "vrck"
        ]
        await s.after("5s")
        assert {s.toast(query) for query in queries} <= {
            "Your answer can no longer be changed. Thank you!",
            *refusals(),
        }
        after = await s.row("SELECT score, state, comment FROM invitation")
        assert [after[name] for name in ("score", "state", "comment")] == [
            before[name] for name in ("score", "state", "comment")
        ]
        assert await s.rows("SELECT * FROM invitation_reason") == []


async def test_an_old_menu_sets_nothing_that_was_set_otherwise_meanwhile() -> None:
    async with stage(chats={"staff": TEAM, "admins": [ADA, OLGA]}, summary=QUIET) as s:
        await s.say(ADA, "/set delay 1h", TEAM)
        old = s.last(TEAM)
        await s.say(OLGA, "/set delay 10m")
        await s.press(OLGA, s.last(OLGA), "ydelay_10m_5s")
        before = await state(s)
        await s.press(ADA, old, "ydelay_1h_5s")
        assert changed(before, await state(s)) == []
        assert "Somebody changed it meanwhile" in said(s.world.message(TEAM, old["message_id"]))


async def test_menus_of_long_ago_do_nothing_even_for_admins() -> None:
    async with stage(chats=BEFORE, summary=QUIET) as s:
        for command in ("/triggers", "/settings", "/pause 2h"):
            await s.say(ADA, command, TEAM)
        old = [key for key in await shown(s) if key.chat == TEAM]
        await s.after("32d")
        attacks = [(ADA, on(s, key), key.data) for key in old]
        before = await state(s)
        queries = [
            s.world.press(who, m["chat"]["id"], m["message_id"], data, forged=True)
            for who, m, data in attacks
        ]
        await s.settle()
        assert {s.toast(query) for query in queries} == {
            "This button is out of date. Send the command again."
        }
        assert changed(before, await state(s)) == []
