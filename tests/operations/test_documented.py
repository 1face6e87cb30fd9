"""What docs/operations.md lists is what there is: events of the log, metrics, and nothing that names a person."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.stage import CHANNEL, EMMA, FORUM, LIN, Stage, stage

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
LOG = PAGE[PAGE.index("## The log") : PAGE.index("## Upgrading")]
LEVELS = {"exception": "error"}


def _logged() -> dict[str, set[str]]:
    """Every event that the code logs, with its levels."""
    found: dict[str, set[str]] = {}
    for top in ("bot", "handlers"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                    continue
                logger, level = node.func.value, node.func.attr
                if isinstance(logger, ast.Name) and logger.id == "log" and node.args:
                    name = node.args[0]
                    assert isinstance(name, ast.Constant), f"{path}:{node.lineno}: an event's name is fixed"
                    found.setdefault(str(name.value), set()).add(LEVELS.get(level, level))
    return found


def _described() -> dict[str, set[str]]:
    """Every event on the page, with its level: one for the whole line, or one for each."""
    found: dict[str, set[str]] = {}
    for names, levels in re.findall(r"(?m)^\| (`[a-z_.`, ]+`) \| ([a-z, ]+) \|", LOG):
        events, said = re.findall(r"`([a-z_.]+)`", names), levels.split(", ")
        if len(said) == 1:
            said *= len(events)
        found |= {event: {level} for event, level in zip(events, said, strict=True)}
    return found


def test_every_event_of_the_log_is_described_with_its_level_and_no_other() -> None:
    assert _described() == _logged()


def test_every_event_has_a_name_of_one_form() -> None:
    assert [name for name in _logged() if not re.fullmatch(r"[a-z]+\.[a-z_]+", name)] == []


@pytest.fixture
async def s(unused_tcp_port: int) -> AsyncIterator[Stage]:
    async with stage(metrics={"port": unused_tcp_port}) as on:
        yield on


async def metrics(s: Stage) -> str:
    url = f"http://127.0.0.1:{s.app.metrics_port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
        assert response.content_type == "text/plain"
        return await response.text()


def samples(page: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def value(page: str, name: str, **labels: str) -> float:
    return samples(page)[name, frozenset(labels.items())]


async def test_every_metric_is_described_and_no_other(s: Stage) -> None:
    await s.asked()
    await s.press(EMMA, s.last(EMMA), "v2")
    await s.conversation(LIN, "林晓")
    given = set(re.findall(r"(?m)^# TYPE (\w+) ", await metrics(s)))
    named = {name for name, _ in re.findall(r"(?m)^\| `(ces_\w+)(\{[a-z,]+\})?` \|", PAGE)}
    assert {name for name in given if name.startswith("ces_")} == named
    assert any(name.startswith("process_") for name in given)


async def test_the_labels_are_those_on_the_page(s: Stage) -> None:
    await s.asked()
    described = {
        name: frozenset(labels.strip("{}").split(",")) if labels else frozenset()
        for name, labels in re.findall(r"(?m)^\| `(ces_\w+)(\{[a-z,]+\})?` \|", PAGE)
    }
    for name, labels in samples(await metrics(s)):
        if name in described and name != "ces_build_info":
            assert {label for label, _ in labels} == described[name], name


async def test_a_tap_and_all_that_led_to_it_are_counted_once(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v2")
    await s.press(EMMA, question, "v2")
    await s.press(EMMA, s.last(EMMA), "rwait")
    page = await metrics(s)
    for state in ("scheduled", "sending", "sent", "answered"):
        assert value(page, "ces_invitations_total", state=state, reason="") == 1, state
    assert value(page, "ces_taps_total", kind="reason") == 1
    assert value(page, "ces_taps_total", kind="late_tap") == 0
    sent = sum(call.method == "sendMessage" and not call.error for call in s.world.calls)
    assert value(page, "ces_send_results_total", method="sendMessage", result="ok") == sent
    assert value(page, "ces_outbox_oldest_seconds") == 0
    assert value(page, "ces_ready") == value(page, "ces_leader") == 1
    assert value(page, "ces_store_commits_total") <= value(page, "ces_store_writes_total") + 10
    writes = value(page, "ces_store_write_seconds_count")
    assert writes == value(page, "ces_store_writes_total") > 10


async def test_what_waits_shows_its_kind_and_its_age(s: Stage) -> None:
    await s.conversation()
    s.world.faults.fail("sendMessage", 502, "Bad Gateway", times=1000)
    await s.after("65s")
    page = await metrics(s)
    assert value(page, "ces_outbox_waiting", kind="question") == 1
    assert 60 <= value(page, "ces_outbox_oldest_seconds") <= 65
    assert value(page, "ces_send_results_total", method="sendMessage", result="unreachable") > 3


async def test_no_metric_names_anybody(s: Stage) -> None:
    question = await s.asked()
    await s.press(EMMA, question, "v4")
    page = await metrics(s)
    key = s.key(EMMA)
    for secret in (f'"{EMMA}"', str(abs(CHANNEL)), str(abs(FORUM)), key, "Emma", "Northwind"):
        assert secret not in page


async def test_without_a_port_nothing_listens_and_the_library_is_not_loaded() -> None:
    async with stage() as s:
        assert s.app.metrics_port == 0


async def test_while_the_database_is_away_the_page_tells_what_the_process_knows(s: Stage) -> None:
    await s.app.store.close()
    page = await metrics(s)
    assert "ces_outbox_waiting" not in page
    assert value(page, "ces_store_refusing") == 1
