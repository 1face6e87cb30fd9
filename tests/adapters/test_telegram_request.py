"""The aiohttp backend: warm connections, bounded waiting, and errors that say whether a call went out."""

from __future__ import annotations

import asyncio
import traceback

import pytest
from telegram import InputFile
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot.adapters.telegram.request import AiohttpRequest, NotSent, Unanswered
from tests.scripted_api import DROPPED, TOKEN, ScriptedApi
from tests.settling import until


def data(**parameters: object) -> RequestData:
    return RequestData([RequestParameter.from_input(name, value) for name, value in parameters.items()])


def url(api: ScriptedApi, method: str = "sendMessage") -> str:
    return f"{api.url}/bot{TOKEN}/{method}"


async def test_calls_one_after_the_other_share_one_connection() -> None:
    async with ScriptedApi() as api, AiohttpRequest() as request:
        for _ in range(5):
            status, body = await request.do_request(url(api), "POST", data(chat_id=7, text="hi"))
            assert (status, body[:11]) == (200, b'{"ok": true')
        assert len(api.connections) == 1


async def test_no_more_connections_than_the_pool_holds() -> None:
    async with ScriptedApi() as api, AiohttpRequest(pool=3) as request:
        await asyncio.gather(*(request.do_request(url(api), "POST", data(chat_id=n)) for n in range(12)))
        assert len(api.calls) == 12
        assert len(api.connections) <= 3
        assert api.peak <= 3


async def test_nested_parameters_travel_as_json() -> None:
    async with ScriptedApi() as api, AiohttpRequest() as request:
        markup = {"inline_keyboard": [[{"text": "😀", "callback_data": "s1:x:v5"}]]}
        await request.do_request(url(api), "POST", data(chat_id=7, text="né & =", reply_markup=markup))
        assert api.calls == [("sendMessage", {"chat_id": 7, "text": "né & =", "reply_markup": markup})]


async def test_a_file_travels_beside_its_fields() -> None:
    async with ScriptedApi() as api, AiohttpRequest() as request:
        photo = InputFile(b"\x89PNG fake", filename="week.png")
        await request.do_request(url(api, "sendPhoto"), "POST", data(chat_id=-5, caption="ü", photo=photo))
        assert api.calls == [("sendPhoto", {"chat_id": -5, "caption": "ü"})]
        assert api.files == {"photo": b"\x89PNG fake"}


async def test_a_refused_connection_means_not_sent(unused_tcp_port: int) -> None:
    async with AiohttpRequest() as request:
        with pytest.raises(NotSent):
            await request.do_request(f"http://127.0.0.1:{unused_tcp_port}/bot{TOKEN}/x", "POST")


async def test_no_free_connection_in_time_means_not_sent() -> None:
    async with ScriptedApi() as api, AiohttpRequest(pool=1) as request:
        api.gate.clear()
        first = asyncio.create_task(request.do_request(url(api), "POST", read_timeout=None))
        await until(lambda: len(api.calls) == 1)
        with pytest.raises(NotSent):
            await request.do_request(url(api), "POST", connect_timeout=0.01, pool_timeout=0.01)
        api.gate.set()
        assert (await first)[0] == 200


async def test_no_answer_in_time_means_it_may_have_arrived() -> None:
    async with ScriptedApi() as api, AiohttpRequest() as request:
        api.gate.clear()
        with pytest.raises(Unanswered):
            await request.do_request(
                url(api), "POST", read_timeout=0.05, write_timeout=0.0, connect_timeout=0.0, pool_timeout=0.05
            )
        assert len(api.calls) == 1


async def test_a_dropped_connection_means_it_may_have_arrived_and_is_not_repeated() -> None:
    async with ScriptedApi() as api, AiohttpRequest() as request:
        await request.do_request(url(api), "POST", data(chat_id=1))
        api.script["sendMessage"].append(DROPPED)
        with pytest.raises(Unanswered):
            await request.do_request(url(api), "POST", data(chat_id=1))
        assert len(api.calls) == 2


async def test_no_error_names_the_url(unused_tcp_port: int) -> None:
    async with ScriptedApi() as api, AiohttpRequest() as request:
        api.script["sendMessage"].append(DROPPED)
        for address in (
            url(api),
            f"http://127.0.0.1:{unused_tcp_port}/bot{TOKEN}/x",
            f"http://host.invalid:1/bot{TOKEN}/x",
            f"ftp://127.0.0.1/bot{TOKEN}/x",
            f"nonsense/bot{TOKEN}/x",
        ):
            with pytest.raises((NotSent, Unanswered)) as caught:
                await request.do_request(address, "POST")
            assert TOKEN not in "".join(traceback.format_exception(caught.value))


async def test_a_closed_backend_refuses_to_work_and_may_be_opened_again() -> None:
    async with ScriptedApi() as api:
        request = AiohttpRequest()
        with pytest.raises(NotSent):
            await request.do_request(url(api), "POST")
        await request.initialize()
        await request.initialize()
        await request.shutdown()
        await request.shutdown()
        await request.initialize()
        assert (await request.do_request(url(api), "POST"))[0] == 200
        await request.shutdown()
