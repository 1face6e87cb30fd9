"""A Bot API that costs next to nothing: hand-made HTTP, in a process of its own, told what to do over its stdin.

``python stand_in.py`` prints its port, then obeys one JSON object per line and answers with one each:

* ``{"do": "backlog", "first": 0, "count": 600}``: that many taps wait at once; answers when every one was answered and
  its message edited: seconds until then, and how often each call came more or less than once.
* ``{"do": "steady", "first": 0, "count": 300, "per_second": 30}``: taps come one by one; answers with the
  milliseconds from each tap to its toast and to its edit.
* ``{"do": "limit", "limit": 30}``: from now on a message that would be one too many in any second is refused with 429.
* ``{"do": "asks", "count": 300}``: waits for that many messages; answers with the second at which each came, from the
  first on, and the refusals.

Standard library only: it runs beside whatever it measures.
"""

from __future__ import annotations

import asyncio
import collections
import json
import sys
import time
from typing import Any
from urllib.parse import parse_qs

_PATIENCE_SECONDS = 300.0
_ME = {
    "id": 123456789,
    "is_bot": True,
    "first_name": "Bench",
    "username": "bench_bot",
    "can_join_groups": True,
}
_FIRST_PERSON = 1_000_000
_QUESTION_ID = 7


def person_of(number: int) -> int:
    """The Telegram id of whoever makes tap ``number``."""
    return _FIRST_PERSON + number


def token_of(number: int) -> str:
    """The token in the buttons of the question that tap ``number`` answers."""
    return f"{number:022d}"


def score_of(number: int) -> int:
    """What tap ``number`` says."""
    return number % 5 + 1


def tap(number: int) -> str:
    """The update, about 1 kB of JSON: one press of a question with five buttons."""
    person = person_of(number)
    chat = {"id": person, "type": "private", "first_name": "Customer", "username": f"customer{number}"}
    rows = [
        [{"text": "😄 Very easy"[: 6 + value], "callback_data": f"s1:{token_of(number)}:v{value}"}]
        for value in range(1, 6)
    ]
    return json.dumps(
        {
            "update_id": number + 1,
            "callback_query": {
                "id": f"q{number}",
                "from": {"id": person, "is_bot": False, "first_name": "Customer", "language_code": "en"},
                "message": {
                    "message_id": _QUESTION_ID,
                    "from": _ME,
                    "chat": chat,
                    "date": 1_780_000_000,
                    "text": "How easy was it to get the help you wanted today?",
                    "reply_markup": {"inline_keyboard": rows},
                },
                "chat_instance": str(10**18 + number),
                "data": f"s1:{token_of(number)}:v{score_of(number)}",
            },
        }
    )


class Api:
    """What Telegram would remember."""

    def __init__(self) -> None:
        self.waiting: collections.deque[tuple[int, str]] = collections.deque()
        self.polls: collections.deque[asyncio.Future[None]] = collections.deque()
        self.numbers = range(0)
        self.released: dict[int, float] = {}
        self.toasts: dict[int, list[float]] = collections.defaultdict(list)
        self.edits: dict[int, list[float]] = collections.defaultdict(list)
        self.left = 0
        self.done = asyncio.Event()
        self.limit = 10**9
        self.sent: collections.deque[float] = collections.deque()
        self.sent_at: list[float] = []
        self.refused = 0
        self.wanted = 0

    def expect(self, numbers: range) -> None:
        """From now on these taps are what counts."""
        self.numbers = numbers
        self.released.clear()
        self.toasts.clear()
        self.edits.clear()
        self.left = 2 * len(numbers)
        self.done.clear()

    def release(self, number: int, update: str) -> None:
        """The customer taps."""
        self.released[number] = time.perf_counter()
        self.waiting.append((number, update))
        while self.polls:
            poll = self.polls.popleft()
            if not poll.done():
                poll.set_result(None)
                break

    def heard(self, calls: dict[int, list[float]], number: int) -> None:
        """A call for tap ``number`` arrived."""
        times = calls[number]
        times.append(time.perf_counter())
        if number in self.numbers and len(times) == 1:
            self.left -= 1
            if not self.left:
                self.done.set()

    def may_send(self) -> bool:
        """Charge one message against the limit; False: it is refused."""
        now = time.perf_counter()
        while self.sent and self.sent[0] <= now - 1.0:
            self.sent.popleft()
        if len(self.sent) >= self.limit:
            self.refused += 1
            return False
        self.sent.append(now)
        self.sent_at.append(now)
        if len(self.sent_at) == self.wanted:
            self.done.set()
        return True

    async def call(self, method: str, given: dict[str, Any]) -> bytes:
        """The ``result`` of a call, as JSON."""
        if method == "answerCallbackQuery":
            self.heard(self.toasts, int(given["callback_query_id"][1:]))
            return b"true"
        if method == "editMessageText":
            chat = int(given["chat_id"])
            self.heard(self.edits, chat - _FIRST_PERSON)
            return _message(chat, _QUESTION_ID)
        if method == "getUpdates":
            return await self._updates(int(given.get("offset") or 0), float(given.get("timeout") or 0))
        if method == "getMe":
            return json.dumps(_ME).encode()
        if method == "getWebhookInfo":
            return b'{"url":"","pending_update_count":0}'
        if method == "sendMessage":
            return _message(int(given["chat_id"]), len(self.sent_at) + 100)
        return b"true"

    async def _updates(self, offset: int, timeout: float) -> bytes:
        while self.waiting and self.waiting[0][0] + 1 < offset:
            self.waiting.popleft()
        if not self.waiting:
            poll = asyncio.get_running_loop().create_future()
            self.polls.append(poll)
            try:
                async with asyncio.timeout(timeout):
                    await poll
            except TimeoutError:
                return b"[]"
        ready = [update for _, update in list(self.waiting)[:100]]
        return f"[{','.join(ready)}]".encode()


def _message(chat: int, message_id: int) -> bytes:
    return (
        b'{"message_id":%d,"from":{"id":123456789,"is_bot":true,"first_name":"Bench","username":"bench_bot"},'
        b'"chat":{"id":%d,"type":"private","first_name":"Customer"},"date":1780000000,"edit_date":1780000001,'
        b'"text":"Thank you! You said: 4. You can change it for a day.","reply_markup":{"inline_keyboard":'
        b'[[{"text":"Add a comment","callback_data":"s1:0000000000000000000000:c"}]]}}'
    ) % (message_id, chat)


class Connection(asyncio.Protocol):
    """One connection that is kept alive; one request at a time."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._buffer = b""
        self._transport: asyncio.Transport
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waited here is gone."""
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        """Answer when a whole request is there."""
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        lowered = head.lower()
        at = lowered.find(b"content-length:")
        length = int(lowered[at + 15 : (lowered + b"\r\n").index(b"\r\n", at)]) if at >= 0 else 0
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        body = rest[:length]
        method = head.split(b" ", 2)[1].rpartition(b"/")[2].partition(b"?")[0].decode()
        if b"application/json" in lowered:
            given = json.loads(body)
        else:
            given = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if method.startswith("send") and not self._api.may_send():
            self._answer(
                b'{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1",', 429
            )
            return
        if method == "getUpdates":
            self._task = asyncio.create_task(self._slowly(method, given))
            return
        answer = self._api.call(method, given)
        try:
            answer.send(None)
        except StopIteration as stop:
            self._answer(b'{"ok":true,"result":' + stop.value + b"}")

    async def _slowly(self, method: str, given: dict[str, Any]) -> None:
        self._answer(b'{"ok":true,"result":' + await self._api.call(method, given) + b"}")

    def _answer(self, body: bytes, status: int = 200) -> None:
        if status == 429:
            body += b'"parameters":{"retry_after":1}}'
        self._transport.write(
            b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(body), body)
        )


async def obey(api: Api, order: dict[str, Any]) -> dict[str, Any]:
    """Carry out one order; what to print."""
    if order["do"] == "limit":
        api.limit = order["limit"]
        return {}
    if order["do"] == "asks":
        return await _asks(api, order)
    numbers = range(order["first"], order["first"] + order["count"])
    updates = {number: tap(number) for number in numbers}
    api.expect(numbers)
    began = time.perf_counter()
    if order["do"] == "steady":
        for place, number in enumerate(numbers):
            await asyncio.sleep(max(0.0, began + place / order["per_second"] - time.perf_counter()))
            api.release(number, updates[number])
    else:
        for number in numbers:
            api.release(number, updates[number])
    is_done = await _patiently(api.done)
    return {
        "is_done": is_done,
        "seconds": time.perf_counter() - began,
        "toasts_after": max((times[0] for times in api.toasts.values()), default=began) - began,
        "toast_ms": [(api.toasts[n][0] - api.released[n]) * 1000 for n in numbers if api.toasts[n]],
        "edit_ms": [(api.edits[n][0] - api.released[n]) * 1000 for n in numbers if api.edits[n]],
        "lost": sum(not api.toasts[n] for n in numbers) + sum(not api.edits[n] for n in numbers),
        "doubled": sum(len(api.toasts[n]) > 1 for n in numbers) + sum(len(api.edits[n]) > 1 for n in numbers),
    }


async def _asks(api: Api, order: dict[str, Any]) -> dict[str, Any]:
    """Counting began when the process did: the bot may have been quicker than this order."""
    api.wanted = order["count"]
    if len(api.sent_at) < api.wanted:
        api.done.clear()
        await _patiently(api.done)
    at = api.sent_at[: api.wanted]
    return {"at": [instant - at[0] for instant in at], "refused": api.refused}


async def _patiently(event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def main() -> None:
    """Serve until stdin ends."""
    loop = asyncio.get_running_loop()
    api = Api()
    server = await loop.create_server(lambda: Connection(api), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    orders = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        print(json.dumps(await obey(api, json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
