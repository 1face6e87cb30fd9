"""What is written down for running the bot gives it no more than it needs; and the threat model names real tests."""

from __future__ import annotations

import ast
import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def text(path: str) -> str:
    """A file of the repository."""
    return (ROOT / path).read_text("utf-8")


def block(yaml: str, *keys: str) -> str:
    """The lines below a key of a YAML file that is indented by two."""
    for depth, key in enumerate(keys):
        found = re.search(rf"(?m)^{'  ' * depth}{key}:\n((?:{'  ' * (depth + 1)}.*\n|\n)+)", yaml)
        assert found, key
        yaml = found[1]
    return yaml


def test_the_image_runs_as_nobody_special() -> None:
    lines = text("deploy/Dockerfile").splitlines()
    last_stage = lines[max(place for place, line in enumerate(lines) if line.startswith("FROM")) :]
    [user] = [line.split()[1] for line in last_stage if line.startswith("USER")]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user), "a number, so that it cannot be root by another name"
    after = last_stage[last_stage.index(f"USER {user}") :]
    assert not [line for line in after if line.startswith(("RUN", "COPY", "ADD"))]
    copied = [line for line in last_stage if line.startswith("COPY")]
    assert not [line for line in copied if "--chown" in line], "it may read its own code and not change it"
    assert not re.search(r"(?i)(token|secret|password|pepper)\S*=\S", text("deploy/Dockerfile"))


def test_the_container_has_a_read_only_root_and_no_capability() -> None:
    service = block(text("deploy/compose.yaml"), "services", "bot")
    for line in (
        "read_only: true",
        "cap_drop: [ALL]",
        'security_opt: ["no-new-privileges:true"]',
        "tmpfs: [/tmp]",
    ):
        assert re.search(rf"(?m)^    {re.escape(line)}", service), line
    assert "privileged" not in service.replace("no-new-privileges", "")
    assert "cap_add" not in service
    published = re.findall(r'- "(.+:\d+)"', service)
    assert published
    assert all(one.startswith("127.0.0.1:") for one in published), "only the proxy of this machine reaches it"
    assert re.search(r"config\.toml:/etc/ces-bot/config\.toml:ro", service)
    assert "docker.sock" not in text("deploy/compose.yaml")


def test_the_database_of_the_compose_file_is_reached_by_the_bot_alone() -> None:
    assert "ports:" not in block(text("deploy/compose.yaml"), "services", "database")


def test_the_unit_gives_the_bot_one_folder_and_nothing_else() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # systemd's keys are written with capitals
    unit.read_string(text("deploy/ces-bot.service"))
    service = unit["Service"]
    for key, value in {
        "DynamicUser": "yes",
        "StateDirectory": "ces-bot",
        "StateDirectoryMode": "0700",
        "UMask": "0077",
        "CapabilityBoundingSet": "",
        "ProtectHome": "yes",
        "PrivateDevices": "yes",
        "RestrictNamespaces": "yes",
        "LoadCredential": "token:/etc/ces-bot/token",
    }.items():
        assert service[key] == value, key
    assert "ReadWritePaths" not in service


def test_the_proxy_does_not_write_down_the_secret_path() -> None:
    assert re.search(r"access_log\s+off;", text("deploy/nginx.conf"))
    assert re.search(r"client_max_body_size\s+1m;", text("deploy/nginx.conf"))


def test_what_the_bot_is_installed_from_is_pinned() -> None:
    pins = [line for line in text("constraints.txt").splitlines() if line and not line.startswith("#")]
    assert [line for line in pins if not re.match(r"^[A-Za-z0-9._-]+==[^=\s]+( ;.*)?$", line)] == []
    assert "-c constraints.txt" in text("deploy/Dockerfile")


ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")]
    for line in text("SECURITY.md").splitlines()
    if line.startswith("|") and not set(line) <= set("|- ")
]
TESTS = [name for row in ROWS for name in re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", row[-1])]


def test_every_threat_has_a_defence_and_a_test() -> None:
    threats = [row for row in ROWS if len(row) == 4 and row[0] != "who"]
    assert len(threats) > 20
    assert [row[1] for row in threats if not row[2] or not re.search(r"`tests/", row[3])] == []


@pytest.mark.parametrize("name", sorted(set(TESTS)))
def test_the_tests_of_the_threat_model_exist(name: str) -> None:
    path, _, function = name.partition("::")
    tree = ast.parse(text(path))
    functions = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert any(one.startswith("test_") for one in functions)
    assert not function or function in functions
