"""Messages both ways between a customer and their topic."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.adapters.clock import TravelClock
from bot.flow.budgets import Budgets
from bot.store.opening import OpenStore
from tests.flow.desk_bench import BOT, EMMA, FORUM, Bench, bench_on, refusal

PHOTO = [{"file_id": "small", "file_unique_id": "u1"}, {"file_id": "large", "file_unique_id": "u1"}]


@pytest.fixture
async def bench(sqlite_store: OpenStore, clock: TravelClock) -> AsyncIterator[Bench]:
    async with bench_on(sqlite_store, clock) as desk:
        yield desk


async def test_a_first_message_opens_a_topic_that_says_who_this_is(bench: Bench) -> None:
    written = await bench.customer("Hello")
    assert bench.telegram.made("createForumTopic") == [{"name": "Emma <3", "chat_id": FORUM}]
    thread = await bench.thread()
    (intro,) = bench.telegram.made("sendMessage")
    assert "Emma &lt;3" in intro["text"]
    assert "en-GB" in intro["text"]
    assert intro["message_thread_id"] == thread
    assert bench.telegram.made("copyMessage") == [
        {"from_chat_id": EMMA, "message_id": written, "chat_id": FORUM, "message_thread_id": thread}
    ]
    assert [method for method, _ in bench.telegram.calls] == [
        "createForumTopic",
        "sendMessage",
        "copyMessage",
    ]


async def test_a_second_message_needs_no_new_topic(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.customer("Anybody?")
    assert len(bench.telegram.made("createForumTopic")) == 1
    assert len(bench.telegram.made("copyMessage")) == 2


async def test_raw_ids_of_customers_stay_out_of_the_outbox(bench: Bench, sqlite_store: OpenStore) -> None:
    bench.telegram.refuses["createForumTopic"] = [refusal("no_rights")]
    await bench.customer("Hello")
    rows = await sqlite_store.read(lambda tx: tx.all("SELECT payload, subject FROM outbox"))
    stored = " ".join(f"{row['payload']} {row['subject']}" for row in rows)
    assert bench.key in stored
    assert f":{EMMA}," not in stored


async def test_staff_answers_reach_the_customer(bench: Bench) -> None:
    await bench.customer("Hello")
    answer = await bench.staff("Hi Emma")
    assert bench.telegram.made("copyMessage")[-1] == {
        "from_chat_id": FORUM,
        "message_id": answer,
        "chat_id": EMMA,
    }


@pytest.mark.parametrize("text", ["// he is angry", "／／ 备注", "/whatever", "// a\n// b"])
async def test_internal_lines_and_commands_stay_in_the_topic(bench: Bench, text: str) -> None:
    await bench.customer("Hello")
    calls = len(bench.telegram.calls)
    await bench.staff(text)
    assert len(bench.telegram.calls) == calls


async def test_an_internal_note_with_more_lines_stays_whole_and_says_so(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.staff("// angry\nbe careful")
    assert len(bench.telegram.made("copyMessage")) == 1
    assert bench.telegram.said(FORUM)[-1] == bench.texts("staff.desk.stayed_here")
    assert bench.telegram.said(EMMA) == []


async def test_internal_lines_are_cut_out_of_a_public_message(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.staff("Hi Emma\n// careful\nWe are on it")
    assert bench.telegram.said(EMMA) == ["Hi Emma\nWe are on it"]
    await bench.staff(photo=PHOTO, caption="See this\n// blurry, I know")
    assert bench.telegram.made("copyMessage")[-1]["caption"] == "See this"


async def test_general_bots_pins_and_renames_are_never_relayed(bench: Bench) -> None:
    await bench.customer("Hello")
    calls = len(bench.telegram.calls)
    await bench.staff("in General", is_topic_message=False)
    await bench.staff("in a topic of staff's own", thread=77)
    await bench.staff("I am a bot", person=BOT)
    await bench.staff(pinned_message={"message_id": 1})
    await bench.staff(forum_topic_edited={"name": "VIP"})
    assert len(bench.telegram.calls) == calls


async def test_an_anonymous_admin_is_staff_and_a_channel_is_told_that_it_is_not(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.staff("Hi", person=1087968824, sender_chat={"id": FORUM, "type": "supergroup"})
    assert len(bench.telegram.made("copyMessage")) == 2
    await bench.staff("News", person=136817688, sender_chat={"id": -100777, "type": "channel"})
    assert len(bench.telegram.made("copyMessage")) == 2
    assert bench.telegram.said(FORUM)[-1] == bench.texts("staff.desk.as_channel")


async def test_replies_quote_on_the_other_side_both_ways(bench: Bench) -> None:
    question = await bench.customer("Hello")
    answer = await bench.staff("Hi", reply_to_message={"message_id": 5002})
    assert bench.telegram.made("copyMessage")[-1]["reply_parameters"] == {
        "message_id": question,
        "allow_sending_without_reply": True,
    }
    await bench.customer("Thanks for that", reply_to_message={"message_id": 5003})
    assert bench.telegram.made("copyMessage")[-1]["reply_parameters"]["message_id"] == answer


async def test_a_reply_to_something_unknown_goes_without_a_quote(bench: Bench) -> None:
    await bench.customer("Hello", reply_to_message={"message_id": 4711})
    await bench.staff("Hi", reply_to_message={"message_id": await bench.thread()})
    assert all("reply_parameters" not in copy for copy in bench.telegram.made("copyMessage"))


async def test_a_reply_quotes_a_message_that_was_itself_still_waiting(bench: Bench) -> None:
    first = await bench.customer("Hello", settle=False)
    await bench.customer("I mean this", reply_to_message={"message_id": first})
    second = bench.telegram.made("copyMessage")[-1]
    assert second["reply_parameters"]["message_id"] == 5002


async def test_an_album_stays_together_and_counts_once(bench: Bench) -> None:
    ids = [await bench.customer(photo=PHOTO, media_group_id="a", settle=False) for _ in range(3)]
    await bench.later(2)
    (album,) = bench.telegram.made("copyMessages")
    assert album["message_ids"] == ids
    assert album["from_chat_id"] == EMMA
    assert (await bench.topic()).customer_messages == 1
    await bench.staff("Nice", reply_to_message={"message_id": 5004})
    assert bench.telegram.made("copyMessage")[-1]["reply_parameters"]["message_id"] == ids[2]


async def test_a_text_right_behind_an_album_does_not_overtake_it(bench: Bench) -> None:
    await bench.customer(photo=PHOTO, media_group_id="a", settle=False)
    await bench.customer(photo=PHOTO, media_group_id="a", settle=False)
    await bench.customer("See?")
    relayed = [method for method, _ in bench.telegram.calls if method.startswith("copy")]
    assert relayed == ["copyMessages", "copyMessage"]


async def test_an_album_with_an_internal_caption_stays_in_the_topic(bench: Bench) -> None:
    await bench.customer("Hello")
    await bench.staff(photo=PHOTO, media_group_id="b", caption="// evidence", settle=False)
    await bench.staff(photo=PHOTO, media_group_id="b", settle=False)
    await bench.staff(photo=PHOTO, media_group_id="c", settle=False)
    await bench.staff(photo=PHOTO, media_group_id="c", caption="// evidence", settle=False)
    await bench.later(2)
    assert bench.telegram.made("copyMessages") == []


async def test_edits_follow_by_the_kind_of_change(bench: Bench) -> None:
    text = await bench.customer("Helo")
    photo = await bench.customer(photo=PHOTO, caption="Hrer")
    await bench.customer("Hello", edit_of=text)
    await bench.customer(photo=PHOTO, caption="Here", edit_of=photo)
    other = [{"file_id": "other", "file_unique_id": "u2"}]
    await bench.customer(photo=other, caption="Here", edit_of=photo)
    edits = [(m, p) for m, p in bench.telegram.calls if m.startswith("edit")]
    assert edits == [
        ("editMessageText", {"text": "Hello", "entities": [], "message_id": 5002, "chat_id": FORUM}),
        (
            "editMessageCaption",
            {"caption": "Here", "caption_entities": [], "message_id": 5003, "chat_id": FORUM},
        ),
        (
            "editMessageMedia",
            {
                "media": {"type": "photo", "media": "other", "caption": "Here", "caption_entities": []},
                "message_id": 5003,
                "chat_id": FORUM,
            },
        ),
    ]
    await bench.customer(photo=other, caption="There", edit_of=photo)
    assert bench.telegram.calls[-1][0] == "editMessageCaption"


async def test_an_edit_by_staff_follows_without_its_internal_lines(bench: Bench) -> None:
    await bench.customer("Hello")
    answer = await bench.staff("Hi")
    await bench.staff("Hi Emma\n// check name", edit_of=answer)
    assert bench.telegram.made("editMessageText")[-1] == {
        "text": "Hi Emma",
        "entities": [],
        "message_id": 5003,
        "chat_id": EMMA,
    }
    await bench.staff("// hide", edit_of=answer)
    assert bench.telegram.said(FORUM)[-1] == bench.texts("staff.desk.too_late_to_hide")


async def test_an_edit_that_cannot_follow_is_said(bench: Bench) -> None:
    sticker = await bench.customer(sticker={"file_id": "s", "file_unique_id": "s"})
    await bench.customer(sticker={"file_id": "s", "file_unique_id": "s"}, edit_of=sticker)
    assert bench.telegram.said(FORUM)[-1] == bench.texts("staff.desk.edit_unseen")
    await bench.customer("Hello")
    answer = await bench.staff("Hi")
    bench.telegram.refuses["editMessageText"] = [refusal("rejected")]
    await bench.staff("Hi!", edit_of=answer)
    assert bench.telegram.said(FORUM)[-1] == bench.texts("staff.desk.edit_undelivered")


async def test_an_edit_of_a_message_that_was_never_relayed_changes_nothing(bench: Bench) -> None:
    await bench.customer("Hello")
    calls = len(bench.telegram.calls)
    await bench.customer("a comment, edited", edit_of=999)
    assert len(bench.telegram.calls) == calls


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"story": {"id": 1}}, "story"),
        ({"game": {"title": "x"}}, "game"),
        ({"invoice": {"title": "x"}}, "invoice"),
        ({"giveaway": {}}, "giveaway"),
        ({"paid_media": {}}, "paid_media"),
        ({"poll": {"type": "quiz"}}, "poll"),
    ],
)
async def test_what_cannot_be_copied_is_said_on_both_sides(
    bench: Bench, fields: dict[str, Any], kind: str
) -> None:
    await bench.customer(**fields)
    words = bench.texts("staff.desk.not_copied", kind=bench.texts(f"staff.desk.kind.{kind}"))
    assert bench.telegram.said(FORUM)[-1] == words
    assert bench.telegram.said(EMMA) == [bench.texts("customer.relay.unsupported")]
    assert bench.telegram.made("copyMessage") == []
    await bench.staff(**fields)
    assert "Not delivered" in bench.telegram.said(FORUM)[-1]


@pytest.mark.parametrize(
    "kind",
    [
        *("photo", "voice", "video", "video_note", "audio", "animation", "document", "sticker"),
        *("location", "venue", "contact", "dice"),
    ],
)
async def test_every_kind_that_can_be_copied_is_copied(bench: Bench, kind: str) -> None:
    holds: dict[str, Any] = {"latitude": 1.0, "longitude": 2.0} if kind == "location" else {"file_id": "f"}
    fields: dict[str, Any] = {kind: [holds] if kind == "photo" else holds}
    await bench.customer(**fields)
    assert len(bench.telegram.made("copyMessage")) == 1


async def test_a_plain_poll_is_copied_and_a_pin_of_the_customer_is_silent(bench: Bench) -> None:
    await bench.customer(poll={"type": "regular"})
    assert len(bench.telegram.made("copyMessage")) == 1
    calls = len(bench.telegram.calls)
    await bench.customer(pinned_message={"message_id": 1})
    assert len(bench.telegram.calls) == calls


async def test_of_a_live_location_only_the_first_and_the_last_point_are_passed_on(bench: Bench) -> None:
    def point(latitude: float, live: int | None = 600) -> dict[str, Any]:
        return {"latitude": latitude, "longitude": 2.0} | ({"live_period": live} if live else {})

    shared = await bench.customer(location=point(1.0))
    for latitude in (1.1, 1.2, 1.3):
        await bench.customer(location=point(latitude), edit_of=shared)
    assert [p["latitude"] for p in bench.telegram.made("sendLocation")] == [1.0]
    await bench.customer(location=point(1.4, live=None), edit_of=shared)
    first, last = bench.telegram.made("sendLocation")
    assert last["latitude"] == 1.4
    assert last["reply_parameters"]["message_id"] == 5003  # the first point, behind the introduction
    assert "live_period" not in first | last
    await bench.later(700)
    assert len(bench.telegram.made("sendLocation")) == 2


async def test_a_live_location_that_runs_out_ends_with_its_last_point(bench: Bench) -> None:
    shared = await bench.customer(location={"latitude": 1.0, "longitude": 2.0, "live_period": 600})
    await bench.customer(location={"latitude": 1.5, "longitude": 2.0, "live_period": 600}, edit_of=shared)
    await bench.later(601)
    assert [p["latitude"] for p in bench.telegram.made("sendLocation")] == [1.0, 1.5]


async def test_a_message_that_telegram_refuses_to_copy_is_said_on_both_sides(bench: Bench) -> None:
    bench.telegram.refuses["copyMessage"] = [refusal("rejected", "Bad Request: message can't be copied")]
    written = await bench.customer("secret")
    assert "could not be passed on" in bench.telegram.said(FORUM)[-1]
    told = bench.telegram.made("sendMessage")[-1]
    told = told if told["chat_id"] == EMMA else bench.telegram.made("sendMessage")[-2]
    assert told["text"] == bench.texts("customer.relay.undelivered")
    assert told["reply_parameters"]["message_id"] == written


async def test_an_answer_that_fails_is_said_as_a_reply_to_it(bench: Bench) -> None:
    await bench.customer("Hello")
    bench.telegram.refuses["copyMessage"] = [refusal("rejected", "Bad Request: <no>")]
    answer = await bench.staff("Hi")
    notice = bench.telegram.made("sendMessage")[-1]
    assert "&lt;no&gt;" in notice["text"]
    assert notice["reply_parameters"]["message_id"] == answer


async def test_staff_see_when_the_relay_lags_once_a_minute(
    sqlite_store: OpenStore, clock: TravelClock
) -> None:
    async with bench_on(sqlite_store, clock, budgets=Budgets(per_group_minute=3)) as bench:
        for number in range(8):
            await bench.customer(f"{number}", settle=False, reply_to_message={"message_id": 4711})
        await bench.later(600)
        lagged = [text for text in bench.telegram.said(FORUM) if "behind" in text]
        assert lagged
        assert "60 seconds" in lagged[0]
        assert len(lagged) <= 4
        order = [copy["message_id"] for copy in bench.telegram.made("copyMessage")]
        assert order == sorted(order)
