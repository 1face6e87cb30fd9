"""Three bots that answer a tap and edit its message, and store nothing: what speed costs without durability.

``python rivals.py raw|ptb|aiogram <port>``; each needs its own library and nothing of this project.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

_TOKEN = "123456789:AA" + "A" * 33
_THANKS = "Thank you! You said: 4. You can change it for a day."


def _buttons(data: str) -> list[list[dict[str, str]]]:
    token = data.rpartition(":")[0]
    return [[{"text": "Add a comment", "callback_data": f"{token}:c"}]]


async def raw(port: int) -> None:
    """aiohttp alone: no objects, up to 256 taps at once."""
    import json

    import aiohttp

    base = f"http://127.0.0.1:{port}/bot{_TOKEN}/"
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=300)) as session:

        async def call(method: str, parameters: dict[str, Any]) -> Any:
            async with session.post(base + method, json=parameters, timeout=timeout) as response:
                return json.loads(await response.read())["result"]

        async def react(query: dict[str, Any], places: asyncio.Semaphore) -> None:
            async with places:
                await call("answerCallbackQuery", {"callback_query_id": query["id"], "text": "Thank you!"})
                message = query["message"]
                await call(
                    "editMessageText",
                    {
                        "chat_id": message["chat"]["id"],
                        "message_id": message["message_id"],
                        "text": _THANKS,
                        "reply_markup": {"inline_keyboard": _buttons(query["data"])},
                    },
                )

        places, offset = asyncio.Semaphore(256), 0
        async with asyncio.TaskGroup() as group:
            while True:
                updates = await call("getUpdates", {"offset": offset, "timeout": 25})
                for update in updates:
                    offset = update["update_id"] + 1
                    group.create_task(react(update["callback_query"], places))


async def ptb(port: int) -> None:
    """python-telegram-bot as it comes: httpx, one update at a time."""
    from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
    from telegram.ext import Application, CallbackQueryHandler, ContextTypes

    async def react(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        query = update.callback_query
        assert query is not None
        assert query.data is not None
        await query.answer("Thank you!")
        [[button]] = _buttons(query.data)
        keyboard = InlineKeyboardMarkup(
            [[InlineKeyboardButton(text=button["text"], callback_data=button["callback_data"])]]
        )
        await query.edit_message_text(_THANKS, reply_markup=keyboard)

    application = (
        Application.builder().token(_TOKEN).base_url(f"http://127.0.0.1:{port}/bot").job_queue(None).build()
    )
    application.add_handler(CallbackQueryHandler(react))
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling()
        await asyncio.Event().wait()


async def aiogram(port: int) -> None:
    """aiogram 3 as it comes: its own aiohttp session, a task for each update."""
    from aiogram import Bot, Dispatcher
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer
    from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

    dispatcher = Dispatcher()

    @dispatcher.callback_query()
    async def react(query: CallbackQuery) -> None:
        assert query.data is not None
        assert isinstance(query.message, Message)
        await query.answer("Thank you!")
        [[button]] = _buttons(query.data)
        keyboard = InlineKeyboardMarkup(
            inline_keyboard=[
                [InlineKeyboardButton(text=button["text"], callback_data=button["callback_data"])]
            ]
        )
        await query.message.edit_text(_THANKS, reply_markup=keyboard)

    session = AiohttpSession(api=TelegramAPIServer.from_base(f"http://127.0.0.1:{port}"))
    await dispatcher.start_polling(Bot(_TOKEN, session=session), handle_signals=False)


def main() -> None:
    """Run the one that is named, for ever."""
    asyncio.run({"raw": raw, "ptb": ptb, "aiogram": aiogram}[sys.argv[1]](int(sys.argv[2])))


if __name__ == "__main__":
    main()
