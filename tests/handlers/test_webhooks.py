"""POST /hooks/generic through the real server of the running bot: store, then answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.config.sections import GenericSourceSettings
from bot.playground.settings import HOOK_SECRET
from handlers.webhooks import BODY_LIMIT
from tests.signing import compact, ended, recorded, reopened, signed
from tests.stage import EMMA, STRANGER, Stage, button, stage

OTHER_SECRET = "whsec_YW5vdGhlci1zZWNyZXQtZm9yLXJvdGF0aW9uLTEyMw=="


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    """A stage whose generic source has two secrets."""
    secrets = [SecretStr(OTHER_SECRET), SecretStr(HOOK_SECRET)]
    async with stage(sources={"generic": GenericSourceSettings(secrets=secrets)}) as on:
        yield on


async def endings(s: Stage) -> list[tuple[str, str | None]]:
    """State and reason of every episode, oldest first."""
    return [(row["state"], row["reason"]) for row in await s.rows("SELECT * FROM invitation ORDER BY id")]


async def deliveries(s: Stage) -> list[Any]:
    """What the inbox keeps of the source."""
    return await s.rows("SELECT key, body, error, done_at FROM delivery WHERE source='generic' ORDER BY id")


async def test_a_signed_ending_is_stored_and_asks_the_customer(s: Stage) -> None:
    body = ended(EMMA, s.clock.now())
    assert await s.hook(body, signed(body)) == (202, {"status": "stored"})
    await s.after("5s")
    assert button(s.last(EMMA), "v4")
    [kept] = await deliveries(s)
    assert (kept["key"], kept["body"]) == ("evt_1", None)  # once it is processed only the key stays


@pytest.mark.parametrize("secret", [HOOK_SECRET, OTHER_SECRET])
async def test_each_of_several_secrets_opens(s: Stage, secret: str) -> None:
    body = ended(EMMA, s.clock.now())
    assert (await s.hook(body, signed(body, secret=secret)))[0] == 202


async def test_without_a_good_signature_nothing_is_stored(s: Stage) -> None:
    body = ended(EMMA, s.clock.now())
    good = signed(body)
    for headers in (
        {},
        {**good, "webhook-signature": "v1,AAAA"},
        {key: value for key, value in good.items() if key != "webhook-timestamp"},
        {**good, "webhook-timestamp": "1700000000"},
        signed(b"{}"),
    ):
        assert (await s.hook(body, headers))[0] == 401
    assert (await s.hook(b"\xff\xfe\xfd", good))[0] == 401  # no UTF-8
    assert await deliveries(s) == []


@pytest.mark.parametrize("body", [b"", b"hello", b'{"type": ', b"{'type': 1}"])
async def test_what_is_signed_but_no_json_is_a_bad_request(s: Stage, body: bytes) -> None:
    assert await s.hook(body, signed(body)) == (400, {"error": "the body is not JSON"})
    assert await deliveries(s) == []


async def test_an_unknown_source_is_not_found_whatever_is_sent(s: Stage) -> None:
    url = f"http://127.0.0.1:{s.app.http_port}/hooks/acme"
    async with aiohttp.ClientSession() as session, session.post(url, data=b"{}") as response:
        assert response.status == 404


async def test_a_source_without_secrets_is_not_found() -> None:
    async with stage(sources={"generic": GenericSourceSettings()}) as s:
        body = ended(EMMA, s.clock.now())
        assert (await s.hook(body, signed(body)))[0] == 404


async def test_more_than_a_mebibyte_is_too_large(s: Stage) -> None:
    padding = "x" * (BODY_LIMIT - 100)
    fits, too_large = compact({"type": "x", "p": padding}), compact({"type": "x", "p": padding + 200 * "x"})
    assert (await s.hook(fits, signed(fits)))[0] == 202
    assert (await s.hook(too_large, signed(too_large, id="evt_2")))[0] == 413


async def test_the_same_delivery_again_is_known_and_asks_once(s: Stage) -> None:
    body = ended(EMMA, s.clock.now())
    assert await s.hook(body, signed(body)) == (202, {"status": "stored"})
    assert await s.hook(body, signed(body)) == (202, {"status": "known"})
    assert await endings(s) == [("scheduled", None)]


async def test_the_same_delivery_ten_times_at_once_is_stored_once(s: Stage) -> None:
    body = ended(EMMA, s.clock.now())
    url, headers = f"http://127.0.0.1:{s.app.http_port}/hooks/generic", signed(body)

    async def send(session: aiohttp.ClientSession) -> str:
        async with session.post(url, data=body, headers=headers) as response:
            return str((await response.json())["status"])

    async with aiohttp.ClientSession() as session:
        answers = await asyncio.gather(*(send(session) for _ in range(10)))
    assert sorted(answers) == ["known"] * 9 + ["stored"]
    await s.settle()
    assert await endings(s) == [("scheduled", None)]


@pytest.mark.parametrize("fraction", [0, 123456])
async def test_the_same_ending_under_another_id_is_decided_once(s: Stage, fraction: int) -> None:
    at = s.clock.now() + timedelta(microseconds=fraction)
    body = ended(EMMA, at)
    await s.hook(body, signed(body))
    again = ended(EMMA, at, tags=["corrected"])
    assert await s.hook(again, signed(again, id="evt_2")) == (202, {"status": "stored"})
    assert await endings(s) == [("scheduled", None)]


async def test_two_endings_of_one_conversation_are_two_episodes(s: Stage) -> None:
    first = ended(EMMA, s.clock.now())
    await s.hook(first, signed(first))
    await s.after("2s")
    second = ended(EMMA, s.clock.now())
    await s.hook(second, signed(second, id="evt_2"))
    assert await endings(s) == [("cancelled", "reopened"), ("scheduled", None)]
    await s.after("1m")
    assert [text.count("How easy") for text in s.texts(EMMA)].count(1) == 1


async def test_a_reopening_takes_back_what_was_only_scheduled(s: Stage) -> None:
    body = ended(EMMA, s.clock.now())
    await s.hook(body, signed(body))
    again = reopened(s.clock.now())
    assert (await s.hook(again, signed(again, id="evt_2")))[0] == 202
    await s.after("1h")
    assert await endings(s) == [("cancelled", "reopened")]
    assert not any("How easy" in text for text in s.texts(EMMA))


async def test_a_reopening_withdraws_a_question_that_was_sent(s: Stage) -> None:
    body = ended(EMMA, s.clock.now())
    await s.hook(body, signed(body))
    await s.after("5s")
    assert button(s.last(EMMA), "v1")
    again = reopened(s.clock.now())
    await s.hook(again, signed(again, id="evt_2"))
    assert await endings(s) == [("cancelled", "reopened")]
    assert not any("How easy" in text for text in s.texts(EMMA))


@pytest.mark.parametrize("customer", [None, 424242, STRANGER])
async def test_a_customer_without_a_chat_is_skipped_for_no_address(s: Stage, customer: int | None) -> None:
    body = ended(customer, s.clock.now())
    assert (await s.hook(body, signed(body)))[0] == 202
    assert await endings(s) == [("skipped", "no_address")]
    row = await s.row("SELECT customer_key FROM invitation")
    assert row["customer_key"] is None


@pytest.mark.parametrize(
    "name", ["ended_unknown_kind", "ended_huge_number", "data_is_text", "a_list", "other_type"]
)
async def test_a_shape_that_means_nothing_to_us_is_acknowledged_and_blocks_nothing(
    s: Stage, name: str
) -> None:
    odd, good = compact(recorded(name)), ended(EMMA, s.clock.now())
    assert await s.hook(odd, signed(odd)) == (202, {"status": "stored"})
    assert await s.hook(good, signed(good, id="evt_2")) == (202, {"status": "stored"})
    assert await endings(s) == [("scheduled", None)]
    assert all(row["done_at"] is not None for row in await deliveries(s))


async def test_a_shape_that_we_cannot_read_is_marked_unmapped_with_the_reason(s: Stage) -> None:
    odd = compact(recorded("ended_unknown_kind"))
    await s.hook(odd, signed(odd))
    [kept] = await deliveries(s)
    assert kept["error"].startswith("unmapped: data.kind")
    assert kept["body"] is None


async def test_a_switched_off_trigger_is_a_skip_with_its_row(s: Stage) -> None:
    await s.say(900, "/trigger generic off")
    body = ended(EMMA, s.clock.now())
    assert (await s.hook(body, signed(body)))[0] == 202
    assert await endings(s) == [("skipped", "switched_off")]


async def test_while_the_store_refuses_the_sender_is_told_to_come_again(s: Stage) -> None:
    await s.app.store.write(
        lambda tx: tx.all("PRAGMA max_page_count=1")
    )  # as small as it is: the disk is full
    big = ended(EMMA, s.clock.now(), tags=["x" * 500_000])
    url = f"http://127.0.0.1:{s.app.http_port}/hooks/generic"
    async with aiohttp.ClientSession() as session:
        async with session.post(url, data=big, headers=signed(big)) as response:
            assert response.status == 503
            assert int(response.headers["Retry-After"]) > 0
        assert await deliveries(s) == []
        await s.app.store.write(lambda tx: tx.all("PRAGMA max_page_count=1000000"))
        async with session.post(url, data=big, headers=signed(big)) as response:
            assert response.status == 202
    await s.settle()
    assert await endings(s) == [("scheduled", None)]


async def test_operators_can_ask_whether_it_lives_and_is_ready(s: Stage) -> None:
    base = f"http://127.0.0.1:{s.app.http_port}"
    async with aiohttp.ClientSession() as session:
        for path in ("/healthz", "/readyz"):
            async with session.get(base + path) as response:
                assert response.status == 200
