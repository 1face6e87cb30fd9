"""Whatever people call themselves and write, and whatever a helpdesk names its teams: it stays words.

One life of the bot in which every name, message, comment, tag and id is an attempt at something. The stand-in parses
Telegram's HTML as strictly as Telegram does, so that broken markup is a refused call.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.domain.export_names import FORMULA_STARTS
from bot.domain.masking import mask
from bot.domain.views import EXPLORE
from bot.flow.desk_topics import title_of
from bot.playground.botapi.html import parse_html
from tests.security.keyboards import shown
from tests.signing import ended, signed
from tests.stage import ADA, FORUM, OLGA, TEAM, Stage, said, stage

# No text of the bot's own uses these marks, so where one comes alive somebody's words did it.
NASTY = {
    "tags": "<u>u</u><s>s</s>",
    "an open tag": "<u>open",
    "a closing tag": "</i></b></code></a> out",
    "half a tag": "< b <3 <",
    "entities": "&lt;u&gt; &amp;amp; &#60;u&#62; &unknown; &",
    "a link": '<a href="https://evil.example">click</a>',
    "a mention": '<a href="tg://user?id=900">Ada</a>',
    "out of an attribute": "\"><u>x</u> '><s>y</s>",
    "markdown": "*b* _i_ [l](tg://user?id=900) `c` ||s||",
    "braces": "{0} {name} {who} {{x}} ${HOME} %s %(a)s %n",
    "typst": '#read("/etc/passwd") $x$ #panic("x") ]) \\ "',
    "sql": "'; DROP TABLE invitation; --",
    "a sum": "=1+1",
    "a command": "=cmd|'/C calc'!A0",
    "plus": "+1+1",
    "minus": "-2+3",
    "at": "@SUM(1+1)",
    "a full-width sum": "\uff1d1+1",
    "separators": 'a;=1+1,"=2+2"|=3+3',
    "turned round": "\u202egnp.exe\u202c\u2067x",
    "nothing to see": "\u200b\u2060\u200da\u00ad",
    "a family": "👨‍👩‍👧‍👦🏳️‍🌈🇩🇪",
    "marks upon marks": "Z" + "\u0301\u0323\u0489" * 12,
    "schemes": "javascript:alert(1) data:text/html,<script>alert(1)</script>",
    "scripts": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a command of ours": "now /pause",
    "json": '"}], "x": [{"',
    "xml": "]]>&xxe;<!DOCTYPE x>",
    "paths": "../../etc/passwd",
    "colours": "\x1b[31mred\x1b[0m",
}
ALIVE = {"underline", "strikethrough", "spoiler", "pre", "text_mention", "custom_emoji", "date_time"}
LONG = "<u>" * 1300 + "&" * 190
FIRST = 3000


@pytest.fixture(scope="module")
def words() -> dict[int, str]:
    """Every attempt, by the person who makes it."""
    return dict(enumerate(NASTY.values(), FIRST))


async def lived(s: Stage, words: dict[int, str]) -> None:
    """Everybody writes, is answered, asked, answers and comments; their helpdesk tells of them too."""
    s.world.people[ADA]["first_name"] = NASTY["tags"] + NASTY["a link"]
    s.world.people[OLGA]["first_name"] = NASTY["an open tag"]
    for person, text in words.items():
        s.world.add_person(person, text, last_name=text[:20], language_code=("en", "ar", "de")[person % 3])
        s.world.say(person, person, f".{text}")
    await s.settle()
    topics = {one["name"]: one["thread_id"] for one in s.world.topics(FORUM)}
    for person in words:
        thread = topics[_title(s, person)]
        s.world.say(OLGA, FORUM, f".{words[person]}", thread_id=thread)
    await s.settle()
    for thread in topics.values():
        s.world.close_topic(OLGA, FORUM, thread)
    await s.settle()
    await answered(s, words, "v1")
    for person in words:
        question = s.last(person)
        [add] = [key for key in await shown(s) if key.message == question["message_id"] and key.wish == "c"
                 and key.chat == person]  # fmt: skip
        s.world.press(person, person, add.message, add.data)
    await s.settle()
    for person, text in words.items():
        s.world.say(person, person, text)
    await s.after("2m")
    for person, text in words.items():
        body = _ending(s, person, text)
        assert (await s.hook(body, signed(body, id=f"evt_{person}")))[0] == 202
    await answered(s, words, "v2")


async def answered(s: Stage, words: dict[int, str], value: str) -> None:
    """Everybody is asked, and answers."""
    await s.after("5s")
    for person in words:
        question = s.last(person)
        data = [one for row in question["reply_markup"]["inline_keyboard"] for one in row]
        [press] = [one["callback_data"] for one in data if one["callback_data"].endswith(f":{value}")]
        s.world.press(person, person, question["message_id"], press)
    await s.settle()


def _title(s: Stage, person: int) -> str:
    who = s.world.people[person]
    return title_of(f"{who['first_name']} {who['last_name']}", "Customer")


def _ending(s: Stage, person: int, text: str) -> bytes:
    return ended(
        person,
        s.clock.now(),
        conversation=text,
        source=text,
        agent={"id": text},
        team={"name": text},
        tags=[text, "ordinary"],
        language=text,
        closed_by=text,
    )


async def looked_at(s: Stage, words: dict[int, str]) -> None:
    """Staff look at everything that can be looked at."""
    for text in words.values():
        s.world.say(OLGA, TEAM, f"/why {text}")
    for command in ("/pause", "/triggers", "/audit", "/settings", "/answered", "/alerts", "/ces"):
        await s.say(ADA, command, TEAM)
    for text in words.values():
        s.world.say(ADA, TEAM, f"/trigger {text} on")
        s.world.say(ADA, TEAM, f"/set {text} {text}")
        s.world.say(ADA, TEAM, f"/set delay {text}")
    await s.after("5s")
    done: Counter[str] = Counter()
    for _ in range(
        25
    ):  # through the pages of the summary, by team, by tag, by source, words and conversations
        keys = [key for key in await shown(s) if key.action == EXPLORE and key.chat == TEAM]
        if not keys:
            break
        key = min(keys, key=lambda key: (done[key.wish], key.wish[:3]))
        done[key.wish] += 1
        await s.press(ADA, s.world.message(key.chat, key.message), key.data)


@pytest.fixture
async def s(words: dict[int, str]) -> AsyncIterator[Stage]:
    """All of it has happened."""
    summary = {"schedule": "", "live": False, "minimum_answers": 1}
    limits = {"commands_per_minute": 0, "hooks_per_second": 0}
    async with stage(chats={"staff": TEAM}, summary=summary, limits=limits) as on:
        await lived(on, words)
        await looked_at(on, words)
        yield on


async def test_words_stay_words_wherever_they_are_shown(s: Stage, words: dict[int, str]) -> None:
    assert refused(s) == [], "broken markup is refused by Telegram"
    assert await failures(s) == []
    texts = []
    for call in s.world.calls:
        for key in ("text", "caption"):
            marked = call.params.get(key)
            if marked is None:
                continue
            plain, entities = parse_html(marked) if call.params.get("parse_mode") == "HTML" else (marked, [])
            texts.append(plain)
            assert not ALIVE & {one["type"] for one in entities}, marked
            links = [one["url"] for one in entities if one["type"] == "text_link"]
            assert all(link.startswith("https://t.me/c/") for link in links), links
    told = "\n".join(texts)
    for seen in ("tags", "a link", "braces", "typst"):
        assert NASTY[seen] in told, "names of teams and tags, in the pages of the summary"

    shown_in_forum = s.texts(FORUM)
    titles = {one["name"] for one in s.world.topics(FORUM)}
    for person, text in words.items():
        assert f".{text}" in shown_in_forum, "relayed as it was written"
        assert f".{text}" in s.texts(person)
        assert _title(s, person) in titles
        quoted = [line for line in s.texts(TEAM) if f"“{mask(text)}”" in line]
        assert quoted, f"the hard answer quotes {text!r}"
    assert any("photo" in message for message in s.messages(TEAM)), "the picture was painted"
    assert [row["state"] for row in await s.rows("SELECT state FROM invitation")] == ["answered"] * (
        2 * len(words)
    )
    assert s.world.topics(FORUM)
    comments = {
        row["comment"] for row in await s.rows("SELECT comment FROM invitation WHERE comment IS NOT NULL")
    }
    assert comments == set(words.values())

    # what customers take home
    for person in words:
        s.world.say(person, person, "/my_data")
    await s.after("5s")
    for person, text in words.items():
        held = json.loads(_file(s, person))
        assert text in _strings(held)

    # what admins take home
    files = {}
    for kind in ("csv", "xlsx", "jsonl"):
        await s.say(ADA, f"/export {kind} comments", TEAM)
        await s.after("5s")
        files[kind] = _file(s, TEAM)
    rows = list(csv.DictReader(io.StringIO(files["csv"].decode())))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(FORMULA_STARTS)]
    in_csv = {row["comment"] for row in rows}
    assert {text if not text.startswith(FORMULA_STARTS) else f"'{text}" for text in words.values()} <= in_csv
    lines = [json.loads(line) for line in files["jsonl"].decode().splitlines()]
    assert set(words.values()) <= {line["comment"] for line in lines}
    with zipfile.ZipFile(io.BytesIO(files["xlsx"])) as book:
        sheets = b"".join(book.read(name) for name in book.namelist() if name.endswith((".xml", ".rels")))
    assert b"<f>" not in sheets
    assert b"<hyperlink " not in sheets
    assert b"&lt;u&gt;open" in sheets


def refused(s: Stage) -> list[str]:
    """What Telegram did not take, but for edits that change nothing."""
    said = [f"{call.method}: {call.error}" for call in s.world.calls if call.error]
    return [one for one in said if "message is not modified" not in one]


async def failures(s: Stage) -> list[Any]:
    """Deliveries and timers that went wrong."""
    rows = await s.rows("SELECT error FROM delivery WHERE error IS NOT NULL")
    late = await s.rows("SELECT kind, last_error FROM timer WHERE last_error IS NOT NULL")
    return [*(row["error"] for row in rows), *((row["kind"], row["last_error"]) for row in late)]


def _file(s: Stage, chat: int) -> bytes:
    message = [one for one in s.messages(chat) if "document" in one][-1]
    return s.world.file(message["document"]["file_id"])[1]


def _strings(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(_strings, inner)) if inner else set()


async def test_the_longest_words_do_not_break_out_either() -> None:
    async with stage(chats={"staff": TEAM}) as s:
        s.world.add_person(FIRST, "<u>" * 21, last_name="&" * 64, language_code="en")
        await s.say(FIRST, LONG)
        [topic] = s.world.topics(FORUM)
        assert len(topic["name"]) <= 128
        assert LONG in s.texts(FORUM, topic["thread_id"])
        await s.say(OLGA, "&" * 4096, FORUM, topic["thread_id"])
        await s.close(topic["thread_id"])
        await s.after("5s")
        question = s.last(FIRST)
        await s.press(FIRST, question, "v1")
        await s.press(FIRST, question, "c")
        await s.say(FIRST, LONG)
        await s.after("2m")
        assert f"“{mask(LONG)}”" in said(s.last(TEAM))
        assert refused(s) == []


def test_a_command_in_a_comment_cannot_be_tapped_by_staff() -> None:
    """Telegram makes a command out of every ``/word``: one tap of an admin on a customer's ``/pause`` would obey it."""
    assert mask("/pause please, or /trigger@bot") == "∕pause please, or ∕trigger@•••"
    assert mask("and/or 1/2 24/7 km/h") == "and/or 1/2 24/7 km/h"
    assert mask("(/resume)") == "(∕resume)"
    assert mask("<b>no</b> <//x>") == "<b>no</b> <//x>", "a slash after < or > begins no command"
