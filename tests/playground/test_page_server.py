"""The page's server: who may ask, what it tells, and what people may do through it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from bot.adapters.clock import TravelClock
from bot.playground.botapi import World
from bot.playground.page import PageServer, Stage
from tests.playground.conftest import ANN, CHANNEL, EVE, FORUM, GROUP
from tests.playground.page_client import PageClient
from tests.playground.page_stage import EMMA, LAYLA, LIN, QuietStage


@pytest.fixture
def stage(world: World, clock: TravelClock) -> QuietStage:
    return QuietStage(world, clock)


@pytest.fixture
async def page(stage: Stage) -> AsyncIterator[PageClient]:
    server = PageServer(stage)
    async with aiohttp.ClientSession() as session:
        yield PageClient(session, await server.start())
        await server.stop()


async def test_the_page_is_served_whole_and_nothing_inline_may_run(page: PageClient) -> None:
    paths = ("/", "/static/js/main.js", "/static/css/base.css", "/fonts/NotoSans-Regular.ttf")
    for path in paths:
        async with page.session.get(page.url + path) as response:
            assert response.status == 200, path
            policy = response.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'self'")
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "rebound.example"}, 403),
        ({"Origin": "https://foreign.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
async def test_nobody_but_the_page_may_act(page: PageClient, headers: dict[str, str], status: int) -> None:
    sent = {"Content-Type": "application/json"} | headers
    body = b'{"move": "1d"}'
    async with page.session.post(f"{page.url}/api/time", data=body, headers=sent) as response:
        assert response.status == status


async def test_a_foreign_name_for_this_machine_reads_nothing(page: PageClient) -> None:
    async with page.session.get(f"{page.url}/api/state", headers={"Host": "rebound.example"}) as response:
        assert response.status == 403


async def test_a_new_visitor_gets_everything_and_then_what_happens(page: PageClient, world: World) -> None:
    world.start(EMMA)
    async with page.events() as stream:
        first = await stream.next()
        assert first.name == "snapshot"
        assert [m["text"] for m in first.data["messages"]] == ["/start"]
        assert first.data["stage"]["started"] == [EMMA]
        assert first.data["stage"]["roles"]["staff_chats"] == [CHANNEL, GROUP]
        assert first.data["stage"]["settings"]["survey.delay"] == "5s"
        said = world.say(EMMA, EMMA, "Is anybody there?")
        assert await stream.message() == said


async def test_a_visitor_who_was_cut_off_gets_what_was_missed(page: PageClient, world: World) -> None:
    world.start(EMMA)
    async with page.events() as stream:
        await stream.next()
        world.say(EMMA, EMMA, "one")
        last_seen = (await stream.named("update")).event_id
    world.say(EMMA, EMMA, "two")
    world.say(EMMA, EMMA, "three")
    async with page.events(last_seen) as stream:
        missed = [await stream.next(), await stream.next()]
        assert [heard.data["message"]["text"] for heard in missed] == ["two", "three"]
        assert (await stream.next()).name == "stage"


@pytest.mark.parametrize("last_seen", ["another.3", "", "nonsense", "x.y"])
async def test_a_visitor_from_before_a_restart_gets_everything_anew(page: PageClient, last_seen: str) -> None:
    async with page.events(last_seen) as stream:
        assert (await stream.next()).name == "snapshot"


async def test_a_visitor_who_missed_too_much_gets_everything_anew(page: PageClient, world: World) -> None:
    async with page.events() as stream:
        first = await stream.next()
    for number in range(5_001):
        world.happenings.tell("deleted", EMMA, message_ids=[number])
    async with page.events(first.event_id) as stream:
        assert (await stream.next()).name == "snapshot"


async def test_chats_that_the_page_does_not_show_are_not_sent(page: PageClient, world: World) -> None:
    async with page.events() as stream:
        first = await stream.next()
        assert str(ANN) not in first.data["stage"]["people"]
        world.say(ANN, ANN, "a made-up customer")
        world.say(LIN, LIN, "你好")
        assert (await stream.named("update")).data["chat_id"] == LIN


async def test_events_bring_what_the_page_needs_to_draw_them(page: PageClient, world: World) -> None:
    async with page.events() as stream:
        await stream.next()
        thread = world.create_topic(EVE, FORUM, "Emma")
        assert (await stream.named("update")).data["message"]["message_id"] == thread
        topic = (await stream.named("update")).data
        assert [(t["name"], t["is_closed"]) for t in topic["topics"]] == [("Emma", False)]
        world.pin(EVE, FORUM, world.say(EVE, FORUM, "read this", thread_id=thread)["message_id"])
        await stream.named("update")
        assert (await stream.named("update")).data["pinned"] == [thread + 1]


async def test_a_block_and_its_end_are_seen(page: PageClient, world: World) -> None:
    world.start(EMMA)
    await page.act(EMMA, "block")
    assert (await page.get("/api/state"))["blocked"] == [EMMA]
    await page.act(EMMA, "unblock")
    assert (await page.get("/api/state"))["blocked"] == []


async def test_an_idle_stream_says_that_it_lives(stage: Stage) -> None:
    server = PageServer(stage, ping_seconds=0.01)
    async with aiohttp.ClientSession() as session:
        page = PageClient(session, await server.start())
        async with page.events() as stream:
            await stream.next()
            assert (await stream.next()).data == [": ping"]
        await server.stop()


async def test_stopping_does_not_wait_for_open_streams(stage: Stage) -> None:
    server = PageServer(stage)
    async with aiohttp.ClientSession() as session:
        page = PageClient(session, await server.start())
        async with page.events() as stream:
            await stream.next()
            async with asyncio.timeout(20):
                await server.stop()
            with pytest.raises(EOFError):
                await stream.next()


async def test_people_start_write_answer_and_edit(page: PageClient, world: World) -> None:
    await page.act(LAYLA, "start", payload="from-shop")
    said = await page.act(LAYLA, "say", chat_id=LAYLA, text="السلام عليكم")
    await page.act(LAYLA, "say", chat_id=LAYLA, text="هل من أحد؟", reply_to=said["message_id"])
    await page.act(LAYLA, "edit", chat_id=LAYLA, message_id=said["message_id"], text="مرحبًا")
    start, first, second = world.messages(LAYLA)
    assert start["text"] == "/start from-shop"
    assert (first["text"], "edit_date" in first) == ("مرحبًا", True)
    assert second["reply_to_message"]["message_id"] == said["message_id"]


async def test_a_file_goes_in_as_base64_and_comes_out_as_a_download(page: PageClient, world: World) -> None:
    content = base64.b64encode(b"<script>alert(1)</script>").decode()
    sent = await page.act(
        EMMA, "send", chat_id=EMMA, kind="document", content=content, file_name="片.html", caption="look"
    )
    document = world.message(EMMA, sent["message_id"])["document"]
    async with page.session.get(f"{page.url}/file/{document['file_id']}") as response:
        assert await response.read() == b"<script>alert(1)</script>"
        assert response.content_type == "application/octet-stream"
        assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E7%89%87.html"


async def test_a_picture_is_shown_as_one(page: PageClient, world: World) -> None:
    sent = await page.act(EMMA, "send", chat_id=EMMA, kind="photo")
    (size,) = world.message(EMMA, sent["message_id"])["photo"]
    async with page.session.get(f"{page.url}/file/{size['file_id']}") as response:
        assert response.content_type == "image/png"
    assert (await page.get("/file/nothing", 404))["error"] == "no such file"


async def test_a_live_location_moves_and_ends(page: PageClient, world: World) -> None:
    sent = await page.act(EMMA, "send", chat_id=EMMA, kind="location", live_period=900, latitude=1.5)
    where = {"chat_id": EMMA, "message_id": sent["message_id"]}
    await page.act(EMMA, "edit", **where, location={"latitude": 2.5})
    await page.act(EMMA, "edit", **where, location={"live_period": None})
    location = world.message(EMMA, sent["message_id"])["location"]
    assert (location["latitude"], "live_period" in location) == (2.5, False)


async def test_staff_close_and_reopen_a_topic(page: PageClient, world: World) -> None:
    thread = world.create_topic(EVE, FORUM, "Emma")
    for act, is_closed in (("close_topic", True), ("reopen_topic", False)):
        await page.act(EVE, act, chat_id=FORUM, thread_id=thread)
        assert world.topics(FORUM)[0]["is_closed"] is is_closed


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"who": EMMA, "do": "fly"}, "nobody can do 'fly'"),
        ({"who": 4, "do": "start"}, "nobody has the id 4"),
        ({"who": "Emma", "do": "start"}, "who is not a whole number"),
        ({"who": EMMA, "do": "say", "chat_id": EMMA}, "text is missing"),
        ({"who": EMMA, "do": "say", "chat_id": True, "text": "x"}, "chat_id is not a whole number"),
        ({"who": EMMA, "do": "say", "chat_id": EMMA, "text": ["x"]}, "text is not a text"),
        (
            {"who": EMMA, "do": "send", "chat_id": EMMA, "kind": "photo", "content": "é"},
            "content is not base64",
        ),
        (
            {"who": EMMA, "do": "edit", "chat_id": EMMA, "message_id": 1, "location": "here"},
            "location is not a place",
        ),
        (
            {"who": EMMA, "do": "say", "chat_id": ANN, "text": "x"},
            f"{EMMA} does not see the private chat of {ANN}",
        ),
    ],
)
async def test_what_is_no_act_is_refused_with_its_reason(
    page: PageClient, body: dict[str, object], reason: str
) -> None:
    assert await page.post("/api/act", 400, **body) == {"error": reason}


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
async def test_a_body_that_is_no_json_object_is_refused(page: PageClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with page.session.post(f"{page.url}/api/act", data=body, headers=headers) as response:
        assert response.status == 400


async def test_the_time_is_moved_and_told(page: PageClient, stage: QuietStage) -> None:
    async with page.events() as stream:
        await stream.next()
        answer = await page.post("/api/time", move="1d")
        assert answer == {"now": "2026-11-26T10:00:00+00:00"}
        assert (await stream.named("stage")).data["now"] == answer["now"]
    assert stage.asked == [("move", timedelta(days=1))]
    await page.post("/api/time", 400, move="1y")


async def test_one_long_thing_runs_at_a_time_and_everybody_sees_it(
    page: PageClient, stage: QuietStage
) -> None:
    stage.gate.clear()
    async with page.events() as stream:
        await stream.next()
        week = asyncio.create_task(page.post("/api/week", seed=7))
        assert (await stream.named("stage")).data["busy"] == "week"
        assert await page.post("/api/time", 409, move="5m") == {"error": "busy: week"}
        stage.gate.set()
        assert await week == {"conversations": 3}
        assert (await stream.named("stage")).data["busy"] is None
    await page.post("/api/time", move="5m")


async def test_a_helpdesk_conversation_carries_its_facts(page: PageClient, stage: QuietStage) -> None:
    answer = await page.post("/api/helpdesk", customer=LIN, agent="Olga", tags=["billing"], agent_messages=5)
    assert answer == {"status": 202, "customer": LIN}
    ((_, person_id, facts),) = stage.asked
    assert (person_id, facts["agent"], facts["tags"], facts["agent_messages"]) == (
        LIN,
        "Olga",
        ["billing"],
        5,
    )
    assert facts["team"] is None
    await page.post("/api/helpdesk", 400, customer=EVE)
    await page.post("/api/helpdesk", 400, customer=LIN, tags="billing")


async def test_the_rules_are_switched_and_shown(page: PageClient) -> None:
    await page.post("/api/rules", production=True)
    state = await page.get("/api/state")
    assert (state["production_rules"], state["settings"]["survey.delay"]) == (True, "5m")
    await page.post("/api/rules", 400, production="yes")


async def test_starting_over_gives_every_visitor_the_new_world(page: PageClient, stage: QuietStage) -> None:
    stage.world.start(EMMA)
    async with page.events() as stream:
        old = await stream.next()
        await page.post("/api/reset")
        new = await stream.named("snapshot")
        assert new.data["messages"] == []
        assert new.data["stage"]["epoch"] != old.data["stage"]["epoch"]
        stage.world.say(LIN, LIN, "你好")
        assert (await stream.message())["text"] == "你好"


async def test_the_commands_of_a_place_are_those_that_its_reader_sees(page: PageClient, world: World) -> None:
    world.start(LIN)
    world.menus.put(("all_private_chats", None, None), "zh", [{"command": "help", "description": "帮助"}])
    found = await page.get(f"/api/commands?chat_id={LIN}&person_id={LIN}")
    assert found == {"commands": [{"command": "help", "description": "帮助"}]}
    await page.get("/api/commands?chat_id=5&person_id=5", 404)
    await page.get("/api/commands", 404)
