"""Every refusal that a bot may meet, in Telegram's own words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.adapters.clock import TravelClock
from bot.playground.botapi import World
from bot.playground.botapi.media import plain_picture
from tests.playground.conftest import ANN, BEN, CHANNEL, EVE, FORUM, GROUP, RawApi

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup "
    "are exactly the same as a current content and reply markup of the message"
)
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def sent(api: RawApi, chat_id: int = ANN, **params: Any) -> int:
    """A text by the bot; its message id."""
    body = await api("sendMessage", **({"chat_id": chat_id, "text": "?"} | params))
    message_id: int = body["result"]["message_id"]
    return message_id


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": "  \n"}, "message text is empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "*x*", "parse_mode": "Fancy"}, "unsupported parse_mode"),
        ({"text": "?", "chat_id": 404}, "chat not found"),
        ({"text": "?", "chat_id": "@nobody"}, "chat not found"),
        ({"text": "?", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        (
            {
                "text": "?",
                "reply_markup": {"inline_keyboard": [[{"text": "5", "callback_data": "x" * 65}]]},
            },
            "BUTTON_DATA_INVALID",
        ),
        (
            {"text": "?", "reply_markup": {"inline_keyboard": [[{"text": "", "callback_data": "x"}]]}},
            "inline keyboard button text must be non-empty",
        ),
        (
            {
                "text": "?",
                "reply_markup": {"inline_keyboard": [[{"text": "5", "callback_data": "x"}] * 101]},
            },
            "reply markup is too long",
        ),
    ],
)
async def test_a_text_that_cannot_be_sent(api: RawApi, params: dict[str, Any], description: str) -> None:
    assert await api.refusal("sendMessage", **({"chat_id": ANN} | params)) == f"Bad Request: {description}"


async def test_4096_characters_after_parsing_fit(api: RawApi) -> None:
    assert (await api("sendMessage", chat_id=ANN, text=f"<b>{'🙂' * 4096}</b>", parse_mode="HTML"))["ok"]


async def test_a_caption_over_1024_characters(api: RawApi, world: World) -> None:
    photo = world.send(ANN, ANN, "photo")["message_id"]
    refused = await api.refusal(
        "copyMessage", chat_id=ANN, from_chat_id=ANN, message_id=photo, caption="x" * 1025
    )
    assert refused == "Bad Request: message caption is too long"


async def test_people_who_cannot_be_written_to(bot: Bot, world: World) -> None:
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(BEN, "?")
    world.block(ANN)
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ANN, "?")
    world.unblock(ANN)
    await bot.send_message(ANN, "?")
    world.deactivate(ANN)
    with pytest.raises(Forbidden, match="user is deactivated"):
        await bot.send_message(ANN, "?")


async def test_chats_that_the_bot_was_thrown_out_of(api: RawApi, world: World) -> None:
    for chat_id, name in ((FORUM, "supergroup"), (CHANNEL, "channel")):
        world.kick_bot(chat_id, by=EVE)
        refused = await api.refusal("sendMessage", chat_id=chat_id, text="?")
        assert refused == f"Forbidden: bot was kicked from the {name} chat"


async def test_a_group_that_became_a_supergroup(bot: Bot, world: World) -> None:
    world.add_group(-7, "Old", admins={EVE: None}, members=[BEN])
    new_id = world.migrate(-7, is_forum=True)
    with pytest.raises(ChatMigrated) as raised:
        await bot.send_message(-7, "?")
    assert raised.value.new_chat_id == new_id
    assert (await bot.send_message(new_id, "?")).chat.is_forum


async def test_topics_that_are_gone_or_never_were(api: RawApi, world: World) -> None:
    thread_id = world.create_topic(EVE, FORUM, "Ann")
    world.delete_topic(EVE, FORUM, thread_id)
    for thread in (1, thread_id, 999):
        refused = await api.refusal("sendMessage", chat_id=FORUM, message_thread_id=thread, text="?")
        assert refused == "Bad Request: message thread not found"
    refused = await api.refusal("closeForumTopic", chat_id=FORUM, message_thread_id=thread_id)
    assert refused == "Bad Request: message thread not found"
    assert await api.refusal("createForumTopic", chat_id=GROUP, name="x") == (
        "Bad Request: the chat is not a forum"
    )


async def test_a_closed_topic_is_open_to_admins_only(api: RawApi, world: World) -> None:
    thread_id = world.create_topic(EVE, FORUM, "Ann")
    world.close_topic(EVE, FORUM, thread_id)
    assert (await api("sendMessage", chat_id=FORUM, message_thread_id=thread_id, text="?"))["ok"]
    assert await api.refusal("closeForumTopic", chat_id=FORUM, message_thread_id=thread_id) == (
        "Bad Request: TOPIC_NOT_MODIFIED"
    )
    world.appoint(FORUM, world.bot_id, (), by=EVE)
    refused = await api.refusal("sendMessage", chat_id=FORUM, message_thread_id=thread_id, text="?")
    assert refused == "Bad Request: TOPIC_CLOSED"


async def test_rights_that_the_bot_lacks(api: RawApi, world: World) -> None:
    thread_id = world.create_topic(EVE, FORUM, "Ann")
    by_eve = world.say(EVE, FORUM, "hello")["message_id"]
    world.appoint(FORUM, world.bot_id, ["can_manage_chat"], by=EVE)
    world.appoint(CHANNEL, world.bot_id, ["can_manage_chat"], by=EVE)
    topic = {"chat_id": FORUM, "message_thread_id": thread_id}
    by_eve_here = {"chat_id": FORUM, "message_id": by_eve}
    refusals: dict[str, tuple[str, dict[str, Any]]] = {
        "not enough rights to create a topic": ("createForumTopic", {"chat_id": FORUM, "name": "x"}),
        "not enough rights to edit the topic": ("editForumTopic", topic | {"name": "x"}),
        "not enough rights to close or open the topic": ("closeForumTopic", topic),
        "not enough rights to delete the topic": ("deleteForumTopic", topic),
        "not enough rights to manage pinned messages in the chat": ("pinChatMessage", by_eve_here),
        "message can't be deleted": ("deleteMessage", by_eve_here),
        "need administrator rights in the channel chat": ("sendMessage", {"chat_id": CHANNEL, "text": "?"}),
    }
    for description, (method, params) in refusals.items():
        assert await api.refusal(method, **params) == f"Bad Request: {description}"


async def test_edits_that_cannot_be(api: RawApi, world: World) -> None:
    markup = {"inline_keyboard": [[{"text": "5", "callback_data": "five"}]]}
    message_id = await sent(api, reply_markup=markup)
    here = {"chat_id": ANN, "message_id": message_id}
    assert await api.refusal("editMessageText", **here, text="?", reply_markup=markup) == NOT_MODIFIED
    assert (await api("editMessageReplyMarkup", **here))["ok"]
    assert await api.refusal("editMessageReplyMarkup", **here) == NOT_MODIFIED
    gone = {"chat_id": ANN, "message_id": 99}
    assert await api.refusal("editMessageText", **gone, text="!") == "Bad Request: message to edit not found"
    by_ann = {"chat_id": ANN, "message_id": 1}
    assert await api.refusal("editMessageText", **by_ann, text="!") == "Bad Request: message can't be edited"
    assert await api.refusal("editMessageCaption", **here, caption="!") == (
        "Bad Request: there is no caption in the message to edit"
    )


async def test_a_message_sent_with_force_reply_cannot_be_edited(api: RawApi) -> None:
    message_id = await sent(api, reply_markup={"force_reply": True})
    refused = await api.refusal("editMessageText", chat_id=ANN, message_id=message_id, text="!")
    assert refused == "Bad Request: message can't be edited"


async def test_a_picture_has_no_text_to_edit(bot: Bot) -> None:
    photo = await bot.send_photo(ANN, plain_picture(), caption="before")
    with pytest.raises(BadRequest, match="There is no text in the message to edit"):
        await bot.edit_message_text("!", ANN, photo.message_id)
    edited = await bot.edit_message_caption(ANN, photo.message_id, caption="after")
    assert not isinstance(edited, bool)
    assert edited.caption == "after"


async def test_what_cannot_be_deleted(api: RawApi, world: World, clock: TravelClock) -> None:
    message_id = await sent(api)
    in_group = await sent(api, GROUP)
    topic = (await api("createForumTopic", chat_id=FORUM, name="Ann"))["result"]["message_thread_id"]
    clock.move(timedelta(hours=48))
    refused = {
        (ANN, 99): "message to delete not found",
        (ANN, message_id): "message can't be deleted for everyone",
        (FORUM, topic): "message can't be deleted",
    }
    for (chat_id, gone), description in refused.items():
        assert await api.refusal("deleteMessage", chat_id=chat_id, message_id=gone) == (
            f"Bad Request: {description}"
        )
    assert (await api("deleteMessage", chat_id=GROUP, message_id=in_group))["ok"]
    assert (await api("editMessageText", chat_id=ANN, message_id=message_id, text="still mine"))["ok"]


async def test_a_message_is_deletable_for_48_hours(api: RawApi, world: World, clock: TravelClock) -> None:
    message_id = await sent(api)
    clock.move(timedelta(hours=48) - timedelta(seconds=1))
    assert (await api("deleteMessages", chat_id=ANN, message_ids=[message_id, 99]))["result"] is True
    assert [message["message_id"] for message in world.messages(ANN)] == [1]


@pytest.mark.parametrize("kind", ["paid_media", "invoice", "game", "giveaway"])
async def test_what_cannot_be_copied(api: RawApi, world: World, kind: str) -> None:
    message_id = world.send(ANN, ANN, kind)["message_id"]
    refused = await api.refusal("copyMessage", chat_id=FORUM, from_chat_id=ANN, message_id=message_id)
    assert refused == "Bad Request: the message can't be copied"


async def test_service_messages_cannot_be_copied_and_many_are_copied_without_them(
    api: RawApi, world: World
) -> None:
    pinned = world.say(ANN, ANN, "keep")["message_id"]
    world.pin(ANN, ANN, pinned)
    service = pinned + 1
    params = {"chat_id": FORUM, "from_chat_id": ANN}
    assert await api.refusal("copyMessage", **params, message_id=service) == (
        "Bad Request: the message can't be copied"
    )
    assert await api.refusal("copyMessage", **params, message_id=99) == (
        "Bad Request: message to copy not found"
    )
    copied = await api("copyMessages", **params, message_ids=[1, pinned, service, 99])
    assert len(copied["result"]) == 2
    assert await api.refusal("copyMessages", **params, message_ids=[2, 1]) == (
        "Bad Request: message identifiers must be in a strictly increasing order"
    )


async def test_a_tap_is_answerable_for_15_seconds(api: RawApi, world: World, clock: TravelClock) -> None:
    message_id = await sent(api, reply_markup={"inline_keyboard": [[{"text": "5", "callback_data": "five"}]]})
    query = world.press(ANN, ANN, message_id, "five")
    assert await api.refusal("answerCallbackQuery", callback_query_id="1") == TOO_OLD
    assert await api.refusal("answerCallbackQuery", callback_query_id=query, text="x" * 201) == (
        "Bad Request: MESSAGE_TOO_LONG"
    )
    clock.move(timedelta(seconds=15))
    assert (await api("answerCallbackQuery", callback_query_id=query, text="Thanks"))["ok"]
    clock.move(timedelta(seconds=1))
    assert await api.refusal("answerCallbackQuery", callback_query_id=query) == TOO_OLD


async def test_files_that_cannot_be_sent(bot: Bot) -> None:
    refusals: list[tuple[str | bytes, str]] = [
        (b"not a picture", "Image_process_failed"),
        ("unknown-file-id", "Wrong file identifier/http url specified"),
        ("https://a.example/x.png", "Failed to get http url content"),
    ]
    for photo, description in refusals:
        with pytest.raises(BadRequest) as raised:
            await bot.send_photo(ANN, photo)
        assert raised.value.message.lower() == description.lower()
    document = await bot.send_document(ANN, b"{}", filename="a.json")
    assert document.document is not None
    with pytest.raises(BadRequest, match="type document as photo"):
        await bot.send_photo(ANN, document.document.file_id)


async def test_tokens_and_methods_that_do_not_exist(api: RawApi, world: World) -> None:
    for token, status, description in (
        (f"{world.bot_id}:wrong", 401, "Unauthorized"),
        ("nonsense", 404, "Not Found"),
    ):
        async with api.session.get(f"{api.url}/bot{token}/getMe") as response:
            assert response.status == status
            assert (await response.json())["description"] == description
    assert await api.refusal("banChatMember", chat_id=GROUP, user_id=BEN) == "Not Found: method not found"
    assert await api.refusal("sendMesage") == "Not Found: method not found"


async def test_a_body_that_is_no_json_is_400(api: RawApi, world: World) -> None:
    headers = {"Content-Type": "application/json"}
    url = f"{api.url}/bot{world.token}/getMe"
    async with api.session.post(url, data=b"{", headers=headers) as response:
        assert response.status == 400


async def test_members_that_cannot_be_looked_up(api: RawApi, world: World) -> None:
    assert await api.refusal("getChatMember", chat_id=GROUP, user_id=404) == "Bad Request: user not found"
    assert await api.refusal("getChatAdministrators", chat_id=ANN) == (
        "Bad Request: there are no administrators in the private chat"
    )
    assert await api.refusal("getChat", chat_id=404) == "Bad Request: chat not found"
