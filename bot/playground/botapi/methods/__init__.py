"""Every method that the stand-in has, by its name in lower case. getUpdates waits and lives in ``api.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.playground.botapi.methods import bot, editing, places, sending
from bot.playground.botapi.methods.ask import Ask

Method = Callable[[Ask], Any]

_BY_NAME: dict[str, Method] = {
    "getMe": bot.get_me,
    "setWebhook": bot.set_webhook,
    "deleteWebhook": bot.delete_webhook,
    "getWebhookInfo": bot.get_webhook_info,
    "setMyCommands": bot.set_my_commands,
    "getMyCommands": bot.get_my_commands,
    "deleteMyCommands": bot.delete_my_commands,
    "setMyDescription": bot.set_my_text("description"),
    "setMyShortDescription": bot.set_my_text("short_description"),
    "setChatMenuButton": bot.set_chat_menu_button,
    "getFile": bot.get_file,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_file("photo"),
    "sendDocument": sending.send_file("document"),
    "sendSticker": sending.send_file("sticker"),
    "sendVoice": sending.send_file("voice"),
    "sendVideo": sending.send_file("video"),
    "sendAudio": sending.send_file("audio"),
    "sendAnimation": sending.send_file("animation"),
    "sendVideoNote": sending.send_file("video_note"),
    "sendMediaGroup": sending.send_media_group,
    "sendLocation": sending.send_location,
    "sendContact": sending.send_contact,
    "sendChatAction": sending.send_chat_action,
    "copyMessage": sending.copy_message,
    "copyMessages": sending.copy_messages,
    "forwardMessage": sending.forward_message,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageMedia": editing.edit_message_media,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "editMessageLiveLocation": editing.edit_message_live_location,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "setMessageReaction": editing.set_message_reaction,
    "answerCallbackQuery": editing.answer_callback_query,
    "createForumTopic": places.create_forum_topic,
    "editForumTopic": places.edit_forum_topic,
    "closeForumTopic": places.close_forum_topic,
    "reopenForumTopic": places.reopen_forum_topic,
    "deleteForumTopic": places.delete_forum_topic,
    "pinChatMessage": places.pin_chat_message,
    "unpinChatMessage": places.unpin_chat_message,
    "unpinAllChatMessages": places.unpin_all_chat_messages,
    "getChat": places.get_chat,
    "getChatMember": places.get_chat_member,
    "getChatAdministrators": places.get_chat_administrators,
    "getChatMemberCount": places.get_chat_member_count,
}
METHODS: Mapping[str, Method] = {name.lower(): method for name, method in _BY_NAME.items()}
