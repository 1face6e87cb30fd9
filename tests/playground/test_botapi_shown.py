"""What is shown, to people, to pages and to tests: files, menus, members, the feed, the calls."""

from __future__ import annotations

import aiohttp
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
    ChatMemberAdministrator,
)

from bot.playground.botapi import World
from bot.playground.botapi.media import plain_picture
from bot.playground.botapi.schema import published
from tests.playground.conftest import ANN, BEN, CHANNEL, EVE, FORUM, GROUP, RawApi, updates_of


def in_parts(params: dict[str, str]) -> aiohttp.FormData:
    """Parameters as multipart/form-data."""
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in params.items():
        form.add_field(name, value)
    return form


async def test_files_are_downloaded_as_they_were_uploaded(bot: Bot, world: World) -> None:
    sent = await bot.send_document(ANN, b'{"a": 1}', filename="data.json", caption="yours")
    assert sent.document is not None
    assert world.file(sent.document.file_id) == ("data.json", b'{"a": 1}')
    voice = world.send(ANN, ANN, "voice", content=b"sound")["voice"]["file_id"]
    assert bytes(await (await bot.get_file(voice)).download_as_bytearray()) == b"sound"
    picture = await bot.send_photo(ANN, plain_picture(30, 20))
    assert (picture.photo[0].width, picture.photo[0].height) == (30, 20)
    again = await bot.send_photo(CHANNEL, picture.photo[0].file_id, caption="again")
    assert again.photo[0].file_unique_id == picture.photo[0].file_unique_id


async def test_force_reply_is_shown_to_people_and_not_returned_to_bots(api: RawApi, world: World) -> None:
    markup = {"force_reply": True, "input_field_placeholder": "Your words"}
    sent = (await api("sendMessage", chat_id=ANN, text="Why?", reply_markup=markup))["result"]
    assert "reply_markup" not in sent
    assert world.message(ANN, sent["message_id"])["reply_markup"] == markup
    world.say(ANN, ANN, "because", reply_to=sent["message_id"])
    (update,) = await api.updates()
    assert update["message"]["reply_to_message"]["message_id"] == sent["message_id"]
    assert "reply_markup" not in update["message"]["reply_to_message"]


async def test_the_narrowest_menu_in_the_persons_language_is_shown(bot: Bot, world: World) -> None:
    async def put(name: str, scope: object = None, language: str | None = None) -> None:
        await bot.set_my_commands([BotCommand(name, name)], scope=scope, language_code=language)  # type: ignore[arg-type]  # any scope

    await put("default")
    await put("private", BotCommandScopeAllPrivateChats())
    await put("private_zh", BotCommandScopeAllPrivateChats(), "zh")
    await put("groups", BotCommandScopeAllGroupChats())
    await put("admins", BotCommandScopeChatAdministrators(GROUP))
    await put("ann", BotCommandScopeChat(ANN))
    world.start(BEN)

    def shown(chat_id: int, person_id: int, language: str = "en") -> str:
        command: str = world.commands_for(chat_id, person_id, language)[0]["command"]
        return command

    assert shown(ANN, ANN) == "ann"
    assert shown(BEN, BEN) == "private"
    assert shown(BEN, BEN, "zh-hans") == "private_zh"
    assert shown(GROUP, BEN) == "groups"
    assert shown(GROUP, EVE) == "admins"
    await bot.delete_my_commands(scope=BotCommandScopeChat(ANN))
    assert shown(ANN, ANN) == "private"
    assert [command.command for command in await bot.get_my_commands()] == ["default"]


async def test_the_feed_tells_what_can_be_seen_and_can_be_followed(bot: Bot, world: World) -> None:
    before = world.feed()[-1]["seq"]
    follower = world.subscribe()
    sent = await bot.send_message(ANN, "one")
    await bot.edit_message_text("two", ANN, sent.message_id)
    await bot.pin_chat_message(ANN, sent.message_id)
    await bot.delete_message(ANN, sent.message_id)
    seen = world.feed(before)
    assert [event["type"] for event in seen] == ["message", "edited", "pinned", "message", "deleted"]
    assert [event["seq"] for event in seen] == list(range(before + 1, before + 6))
    assert [follower.get_nowait() for _ in seen] == seen
    world.unsubscribe(follower)
    world.say(ANN, ANN, "three")
    assert follower.empty()


async def test_who_is_who_in_a_chat(bot: Bot, world: World) -> None:
    me = await bot.get_chat_member(FORUM, world.bot_id)
    assert isinstance(me, ChatMemberAdministrator)
    assert me.can_manage_topics
    assert (await bot.get_chat_member(FORUM, EVE)).status == "creator"
    assert (await bot.get_chat_member(FORUM, BEN)).status == "left"
    assert [member.user.id for member in await bot.get_chat_administrators(GROUP)] == [EVE, world.bot_id]
    assert await bot.get_chat_member_count(GROUP) == 3
    world.appoint(FORUM, world.bot_id, ["can_pin_messages"], by=EVE)
    (update,) = await updates_of(bot)
    assert update.my_chat_member is not None
    changed = update.my_chat_member.new_chat_member
    assert isinstance(changed, ChatMemberAdministrator)
    assert (changed.can_pin_messages, changed.can_manage_topics) == (True, False)


async def test_every_chat_and_answer_has_the_published_shape(api: RawApi, world: World) -> None:
    for chat_id in (ANN, FORUM, GROUP, CHANNEL):
        full = (await api("getChat", chat_id=chat_id))["result"]
        assert published().check("ChatFullInfo", full) == []
        sent = (await api("sendMessage", chat_id=chat_id, text="?"))["result"]
        assert published().check("Message", sent) == []
        member = (await api("getChatMember", chat_id=chat_id, user_id=world.bot_id))["result"]
        assert published().check("ChatMember", member) == []
    assert published().check("WebhookInfo", (await api("getWebhookInfo"))["result"]) == []
    assert published().check("User", (await api("getMe"))["result"]) == []
    topic = (await api("createForumTopic", chat_id=FORUM, name="Ann"))["result"]
    assert published().check("ForumTopic", topic) == []


async def test_calls_are_remembered_with_their_outcome(bot: Bot, api: RawApi, world: World) -> None:
    await bot.send_message(ANN, "?")
    await api("sendMessage", chat_id=404, text="?")
    good, bad = world.calls
    assert (good.method, good.params["chat_id"], good.error) == ("sendMessage", ANN, None)
    assert good.result["text"] == "?"
    assert bad.error == "Bad Request: chat not found"


async def test_parameters_may_come_in_the_address_as_a_form_or_as_json(api: RawApi, world: World) -> None:
    url = f"{api.url}/bot{world.token}/SENDMESSAGE"
    params = {"chat_id": str(ANN), "text": "?"}
    for call in (
        api.session.get(url, params=params),
        api.session.post(url, data=params),
        api.session.post(url, json=params | {"chat_id": ANN}),
        api.session.post(url, data=in_parts(params)),
    ):
        async with call as response:
            assert (await response.json())["result"]["text"] == "?"
    assert world.violations == []
