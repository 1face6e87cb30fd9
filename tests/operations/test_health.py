"""``/healthz``, ``/readyz`` and the command that asks them, against the whole bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.adapters.clock import RandomTokens, SystemClock
from bot.adapters.lag import LoopLag
from bot.app import App
from bot.commands.health import health
from bot.config import Settings
from tests.copies.stage import copies
from tests.copies.tcp_proxy import TcpProxy
from tests.copies.urls import through
from tests.refusing import refuse_writes
from tests.settling import until
from tests.stage import EMMA, Stage, stage


@pytest.fixture
async def s() -> AsyncIterator[Stage]:
    async with stage() as on:
        yield on


async def ask(port: int, path: str) -> tuple[int, dict[str, Any]]:
    url = f"http://127.0.0.1:{port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.headers["Cache-Control"] == "no-store"
        report: dict[str, Any] = await response.json()
        assert (response.status == 200) == (report["status"] == "ok")
        return response.status, report["checks"]


async def test_a_bot_that_works_is_healthy_and_ready_and_says_by_what_figures(s: Stage) -> None:
    status, checks = await ask(s.app.http_port, "/healthz")
    assert status == 200
    assert checks["loop"]["lag_seconds"] < 5
    assert checks["updates"]["by"] == "polling"
    assert checks["database"]["seconds"] < 3
    status, checks = await ask(s.app.http_port, "/readyz")
    assert status == 200
    assert checks["telegram"] == {"ok": True, "pending_update_count": 0}


async def test_a_database_that_refuses_is_red_in_both_until_it_works_again(s: Stage) -> None:
    await refuse_writes(s.app.store, True)
    await asyncio.gather(s.app.vitals.store.probe(), return_exceptions=True)
    for path in ("/healthz", "/readyz"):
        status, checks = await ask(s.app.http_port, path)
        assert status == 503
        assert "readonly" in checks["database"]["error"]
    await refuse_writes(s.app.store, False)
    assert (await ask(s.app.http_port, "/healthz"))[0] == 200


async def test_a_telegram_that_is_away_makes_it_unready_but_not_sick(s: Stage) -> None:
    s.world.faults.fail("getWebhookInfo", 502, "Bad Gateway")
    status, checks = await ask(s.app.http_port, "/readyz")
    assert (status, checks["telegram"]) == (503, {"ok": False, "error": "unreachable"})
    assert (await ask(s.app.http_port, "/healthz"))[0] == 200


async def test_telegram_is_asked_once_in_ten_seconds_however_often_we_are(s: Stage) -> None:
    before = sum(call.method == "getWebhookInfo" for call in s.world.calls)
    for _ in range(20):
        await ask(s.app.http_port, "/readyz")
    assert sum(call.method == "getWebhookInfo" for call in s.world.calls) == before + 1


async def test_a_poll_that_hangs_makes_it_sick(s: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await until(lambda: s.app.vitals.channel.polled_at is not None)
    monkeypatch.setattr("bot.flow.vitals._MOST_SILENCE_SECONDS", 0.0)
    status, checks = await ask(s.app.http_port, "/healthz")
    assert (status, checks["updates"]["ok"]) == (503, False)
    assert not s.app.vitals.is_alive()


async def test_before_telegram_knows_it_the_bot_is_alive_and_not_ready(
    tmp_path: Any, unused_tcp_port: int
) -> None:
    settings = Settings.model_validate(
        {
            "telegram": {
                "token": SecretStr("1234567:nobody-listens-at-this-address-at-all"),
                "api_url": f"http://127.0.0.1:{unused_tcp_port}",
            },
            "database": {"url": f"sqlite:///{tmp_path / 'ces.db'}"},
            "http": {"port": 0},
        }
    )
    async with App(settings, SystemClock(), RandomTokens()) as app:
        assert (await ask(app.http_port, "/healthz"))[0] == 200
        status, checks = await ask(app.http_port, "/readyz")
        assert status == 503
        assert not checks["started"]["ok"]
        assert not checks["telegram"]["ok"]


@pytest.fixture
async def by_webhook(unused_tcp_port: int) -> AsyncIterator[Stage]:
    """In webhook mode, on the stage's own time, which is the machine's: Telegram dates its errors."""
    telegram = {
        "mode": "webhook",
        "webhook_url": f"http://127.0.0.1:{unused_tcp_port}",
        "webhook_secret": SecretStr("only-telegram-knows"),
    }
    now = datetime.now(UTC).replace(microsecond=0)
    async with stage(telegram=telegram, http={"port": unused_tcp_port}, start=now) as on:
        yield on


async def test_a_webhook_that_delivers_is_ready_and_its_silence_is_no_fault(by_webhook: Stage) -> None:
    s = by_webhook
    _, checks = await ask(s.app.http_port, "/healthz")
    assert checks["updates"]["by"] == "webhook"
    assert checks["updates"]["age_seconds"] < 60
    status, checks = await ask(s.app.http_port, "/readyz")
    assert (status, checks["telegram"]) == (200, {"ok": True, "pending_update_count": 0})


async def test_a_webhook_that_leads_elsewhere_is_not_ready(by_webhook: Stage) -> None:
    s = by_webhook
    await s.app.vitals.channel.call("setWebhook", {"url": "https://elsewhere.example/telegram"})
    status, checks = await ask(s.app.http_port, "/readyz")
    assert (status, checks["telegram"]["error"]) == (503, "the webhook is not set to this bot")
    assert (await ask(s.app.http_port, "/healthz"))[0] == 200


async def test_deliveries_that_fail_are_told_with_telegrams_words_and_how_many_wait(
    by_webhook: Stage,
) -> None:
    s = by_webhook
    await refuse_writes(s.app.store, True)
    s.world.say(EMMA, EMMA, "Hello?")
    await until(lambda: s.world.webhook is not None and bool(s.world.webhook.last_error_message))
    status, checks = await ask(s.app.http_port, "/readyz")
    assert status == 503
    assert checks["telegram"]["pending_update_count"] == 1
    assert "503" in checks["telegram"]["error"]
    await refuse_writes(s.app.store, False)
    await s.after("2s")
    assert s.topic_of("Emma Clarke")


@pytest.mark.postgres
async def test_a_postgresql_that_is_gone_is_red_and_green_again_when_it_is_back(postgres_url: str) -> None:
    before = through(postgres_url)
    async with TcpProxy(*before.target) as proxy, copies(before.by(proxy.port), count=1) as s:
        assert (await ask(s.app.http_port, "/readyz"))[0] == 200
        proxy.cut()
        await asyncio.gather(s.app.vitals.store.probe(), return_exceptions=True)
        status, checks = await ask(s.app.http_port, "/healthz")
        assert (status, checks["database"]["ok"]) == (503, False)
        proxy.mend()
        async with asyncio.timeout(60):
            while (await ask(s.app.http_port, "/healthz"))[0] != 200:
                continue


async def test_the_command_says_how_the_running_bot_is_and_its_exit_code_too(
    s: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # not asked: the bot is on this side of it
    here = s.settings.model_copy(
        update={"http": s.settings.http.model_copy(update={"host": "0.0.0.0", "port": s.app.http_port})}
    )
    assert await asyncio.to_thread(health, here, is_readiness=False) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("✓ loop: lag_seconds ")
    s.world.faults.fail("getWebhookInfo", 502, "Bad Gateway")
    assert await asyncio.to_thread(health, here, is_readiness=True) == 1
    assert "✗ telegram: error unreachable" in capsys.readouterr().out


async def test_where_no_bot_runs_the_command_says_so(
    s: Stage, unused_tcp_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = s.settings.model_copy(
        update={"http": s.settings.http.model_copy(update={"port": unused_tcp_port})}
    )
    assert health(nowhere, is_readiness=False) == 1
    assert "does the bot run?" in capsys.readouterr().err


async def test_a_loop_that_is_held_up_shows_its_lag_and_recovers() -> None:
    loop = asyncio.get_running_loop()
    with LoopLag() as lag:
        assert lag.worst() == 0.0
        began = loop.time()
        while loop.time() - began < 0.7:
            pass  # whatever takes the loop: a chart, a huge JSON
        await until(lambda: lag.worst() > 0)
        assert 0.1 < lag.worst() < 1.0
        assert lag.worst(within_seconds=0.0) <= lag.worst()
