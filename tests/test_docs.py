"""What the documents say is so: links, commands, settings, paths, tables, and examples that are run."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import takewhile
from math import ceil, sqrt
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from bot.adapters.telegram.errors import PHRASES
from bot.commands.cli import cli
from bot.config import Settings, TriggerSettings, load
from bot.config.kinds import SCALE_NAMES
from bot.domain.controls import CUSTOMER_COMMANDS, Retention
from bot.domain.intervals import normal_quantile
from bot.domain.scales import SCALES
from bot.domain.scoring import Counts, tier
from bot.playground.settings import HOOK_SECRET
from bot.store.outbox import PRIORITY
from handlers.commands import STAFF_COMMANDS
from tests.present import need
from tests.settings_file import no_settings_from_outside, written  # noqa: F401 - a fixture that is always on
from tests.stage import EMMA, buttons, stage

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")])
DEPLOYED = sorted(path for path in (ROOT / "deploy").iterdir() if path.is_file())
TOP = ("bot/", "handlers/", "tests/", "docs/", "deploy/", ".ci/")
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(page: str, language: str) -> list[str]:
    """The fenced code of one language, without the indentation of a list it stands in."""
    found = re.findall(rf"(?ms)^( *)```{language}\n(.*?)^ *```$", page)
    return [re.sub(rf"(?m)^{indent}", "", code) for indent, code in found]


def prose(page: str) -> str:
    """A page without its fenced code."""
    return re.sub(r"(?ms)^ *```.*?^ *```$", "", page)


def quoted(page: str) -> list[str]:
    """Whatever stands between backticks in running text."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def section(page: str, title: str) -> str:
    """What stands under a heading, up to the next one of any level."""
    return re.split(r"(?m)^#", page.split(f"# {title}\n", 1)[1])[0]


def rows(part: str) -> list[list[str]]:
    """The cells of a table's body, as they are written."""
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def table(page: str, head: str) -> list[list[str]]:
    """The table whose head begins so."""
    lines = page[page.index(f"| {head}") :].splitlines()
    return rows("\n".join(takewhile(lambda line: line.startswith("|"), lines)))


def setting_keys(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[str]:
    """Dotted names of all sections and settings."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        inner = TriggerSettings if name == "triggers" else field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from setting_keys(inner, f"{prefix}{name}.")


SETTINGS = frozenset(setting_keys())
# Events of the log are named alike (`http.listening`); tests/operations/test_documented.py holds the page to them.
EVENTS = frozenset(
    event
    for top in ("bot", "handlers")
    for path in (ROOT / top).rglob("*.py")
    for event in re.findall(r"\blog\.\w+\(\s*\"([a-z_.]+)\"", path.read_text("utf-8"))
)
COMMANDS = frozenset(typer.main.get_group(cli).commands)


@every_page
def test_every_link_and_picture_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text("utf-8")))
    local = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in local if not (page.parent / link).exists()] == []


@every_page
def test_every_path_that_is_named_exists(page: Path) -> None:
    named = [name for name in quoted(page.read_text("utf-8")) if name.startswith(TOP) and "<" not in name]
    paths = [
        name.split()[0].partition("::")[0].rstrip(",.:")
        for name in named
        if not name.startswith("docs/images/")
    ]
    assert [
        path for path in paths if "*" not in path and "{" not in path and not (ROOT / path).exists()
    ] == []


@every_page
def test_every_setting_that_is_named_exists(page: Path) -> None:
    named = [name for name in quoted(page.read_text("utf-8")) if re.fullmatch(r"[a-z]+(\.[a-z_]+)+", name)]
    meant = [name for name in named if name.split(".")[0] in SETTINGS and not name.endswith((".py", ".toml"))]
    assert [name for name in meant if name not in SETTINGS | EVENTS] == []


@pytest.mark.parametrize("page", [*PAGES, *DEPLOYED], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_variable_of_the_environment_names_a_setting(page: Path) -> None:
    names = re.findall(r"CES_([A-Z_]+__[A-Z_]+)", page.read_text("utf-8"))
    assert [name for name in names if name.lower().replace("__", ".") not in SETTINGS] == []


@every_page
def test_every_settings_file_that_is_shown_loads(page: Path, tmp_path: Path) -> None:
    for number, shown in enumerate(blocks(page.read_text("utf-8"), "toml")):
        load(written(tmp_path, shown, f"{number}.toml"), needs_token=False)


@every_page
def test_every_command_line_that_is_shown_names_a_command(page: Path) -> None:
    called = re.findall(r"python3? -m bot ([a-z]+)", page.read_text("utf-8"))
    assert set(called) <= COMMANDS


def test_the_readme_has_every_command_of_every_role_and_no_other() -> None:
    readme = text("README.md")

    def listed(role: str) -> set[str]:
        return {row[0].strip("`").removeprefix("/") for row in rows(section(readme, role))}

    def of(*audiences: str) -> set[str]:
        return {rule.name for rule in STAFF_COMMANDS.values() if rule.audience in audiences}

    assert listed("Customers") == set(CUSTOMER_COMMANDS)
    assert listed("Staff") == of("staff")
    assert listed("Admins") == of("admin", "anyone")
    assert listed("On the machine") == {f"python3 -m bot {name}" for name in COMMANDS}


def test_the_readme_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\((docs/[a-z_]+\.md)\)", text("README.md")))
    assert {str(page.relative_to(ROOT)) for page in PAGES if page.parent.name == "docs"} == linked


def test_the_table_of_folders_is_the_tree() -> None:
    named = {
        folder.rstrip("/")
        for row in table(text("docs/architecture.md"), "folder |")
        for folder in re.findall(r"`([a-z_/]+/)`", row[0])
    }
    code = {
        str(path.parent.relative_to(ROOT))
        for top in ("bot", "handlers")
        for path in (ROOT / top).rglob("*.py")
    }
    code |= {str(path.relative_to(ROOT)) for path in (ROOT / "tests").iterdir() if any(path.glob("*"))}
    missing = {folder for folder in code if (ROOT / folder).is_dir()} - named - {"tests/__pycache__"}
    assert missing == set()
    assert {folder for folder in named if not (ROOT / folder).is_dir()} == set()


@pytest.mark.parametrize(
    ("library", "thing"), [("telegram", "python-telegram-bot"), ("aiohttp", "aiohttp"), ("typst", "typst")]
)
def test_libraries_are_used_only_where_the_page_says(library: str, thing: str) -> None:
    [allowed] = [row[1] for row in table(text("docs/architecture.md"), "thing |") if row[0] == thing]
    places = tuple(re.findall(r"`([^`]+)`", allowed))
    imported = re.compile(rf"(?m)^\s*(?:from|import) {library}\b|import_module\(\"{library}\b")
    code = [path for top in ("bot", "handlers") for path in (ROOT / top).rglob("*.py")]
    users = {str(path.relative_to(ROOT)) for path in code if imported.search(path.read_text("utf-8"))}
    assert users
    assert [user for user in users if not user.startswith(places)] == []


def test_pictures_are_quick_to_load() -> None:
    assert [path.name for path in (ROOT / "docs/images").iterdir() if path.stat().st_size > 400_000] == []


def test_the_image_is_made_of_what_is_there() -> None:
    copied = re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", text("deploy/Dockerfile"))
    sources = [name for line in copied for name in line.split()]
    assert sources
    assert [name for name in sources if not (ROOT / name).exists()] == []
    let_in = re.findall(r"(?m)^!(.+)$", text("deploy/Dockerfile.dockerignore"))
    assert sorted(sources) == sorted(let_in)
    assert (
        f"dockerfile: {next(path for path in DEPLOYED if path.name == 'Dockerfile').relative_to(ROOT)}"
        in text("deploy/compose.yaml")
    )


def test_every_table_of_the_database_is_on_the_privacy_page() -> None:
    schema = "".join(path.read_text("utf-8") for path in (ROOT / "bot/store/migrations").glob("*.sql"))
    tables = set(re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", schema))
    assert tables - set(quoted(text("docs/privacy.md"))) == set()


def test_the_privacy_page_promises_what_customers_are_promised() -> None:
    page, promised = text("docs/privacy.md"), Retention()
    assert f"the words: {promised.comments.days} days" in page
    assert f"until {promised.address.days} days after" in page
    assert f"{promised.scores_months} months" in page


def test_the_page_about_sending_has_every_kind_of_letter_and_every_reason() -> None:
    page = text("docs/sending.md")
    priorities = {int(row[0]) for row in table(page, "priority |")}
    assert priorities == set(PRIORITY.values())
    reasons = {name for row in table(page, "Telegram says |") for name in re.findall(r"`(\w+)`", row[1])}
    assert {reason for _, reason in PHRASES} <= reasons
    budgets = {name.partition(" = ")[0] for name in re.findall(r"`(sending\.\w+)` = ", page)}
    assert budgets == {f"sending.{name}" for name in type(Settings().sending).model_fields}


def test_the_scales_are_those_of_the_table() -> None:
    def span(values: frozenset[int] | tuple[int, ...]) -> str:
        low, high = min(values), max(values)
        return f"{low}" if low == high else f"{low}–{high}"

    shown = table(text("docs/numbers.md"), "`survey.scale`")
    assert [row[0].strip("`") for row in shown] == list(SCALE_NAMES)
    for row in shown:
        scale = SCALES[row[0].strip("`")]
        assert row[1:4] == [span(scale.values), span(scale.hard), span(scale.easy)]
        assert row[4].startswith("mean" if scale.headline == "mean" else "easy share")


def test_the_planning_tables_are_computed() -> None:
    page, z, power, deviation = text("docs/numbers.md"), normal_quantile(0.975), normal_quantile(0.8), 1.1
    for change, needed in table(page, "change to be found |"):
        assert int(needed) == ceil(2 * ((z + power) * deviation / float(change)) ** 2)
    for answers, half_width in table(page, "answers | one score"):
        assert half_width == f"± {z * deviation / sqrt(int(answers)):.2f}"


def test_the_tiers_are_where_the_page_says() -> None:
    for row in table(text("docs/numbers.md"), "answers | what is shown"):
        ends = [int(number) for number in re.findall(r"\d+", row[0])]
        assert tier(ends[0]) == tier(ends[-1])
        assert ends[0] == 0 or tier(ends[0] - 1) != tier(ends[0])


def test_the_example_of_the_numbers_page_is_right() -> None:
    counts = Counts.of(SCALES["emoji5"], dict(enumerate((1, 4, 9, 16, 13), start=1)))
    interval, easy, net = counts.interval(), counts.easy, counts.net_easy_interval()
    words = (
        f"{counts.n} answers, score {counts.mean:.2f} ({interval.low:.2f}–{interval.high:.2f}),"
        f" median {counts.median:.0f}, easy {easy.value:.0%} ({easy.interval.low * 100:.0f}–"
        f"{easy.interval.high * 100:.0f}%), net easy +{counts.net_easy:.0f} (+{net.low:.0f} to +{net.high:.0f})"
    ).replace("%", " %")
    assert words in " ".join(text("docs/numbers.md").split())


def test_the_webhook_page_has_every_field_that_is_read_and_no_other() -> None:
    read = set()
    for node in ast.walk(ast.parse(text("handlers/sources/generic.py"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            said = [
                one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            if name in ("_text", "_number", "_part", "get") and said:
                read.add(said[0])
    page = text("docs/webhook.md")
    body = page[page.index("## The body") : page.index("## Headers")]
    named = {name.split(".")[-1] for name in re.findall(r"`((?:data)?\.?[a-z_.]+)`", body) if "." in name}
    assert read - named <= {"type", "data", "timestamp", "customer", "agent", "team", "facts"}
    assert named - read - {"conversation.ended", "ended", "reopened"} - {"blocked_tags"} == set()


@pytest.mark.parametrize("language", ["python", "sh"])
async def test_the_webhook_examples_work_as_they_stand(language: str) -> None:
    page = text("docs/webhook.md")
    example = next(code for code in blocks(page, language) if "/hooks/generic" in code)
    need(
        "curl and openssl",
        language == "python" or bool(shutil.which("curl") and shutil.which("openssl")),
        "the example calls them",
    )
    async with stage(start=datetime.now(UTC)) as s:
        for shown, meant in (
            ("http://127.0.0.1:8080/", f"http://127.0.0.1:{s.app.http_port}/"),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=", HOOK_SECRET),
            ("700000042", str(EMMA)),
        ):
            assert shown in example
            example = example.replace(shown, meant)
        command = [sys.executable, "-c", example] if language == "python" else ["bash", "-euc", example]
        environment = {**os.environ, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=30, env=environment
        )
        assert '{"status": "stored"}' in done.stdout, done.stderr
        await s.after("1m")
        assert buttons(s.last(EMMA))[-1] == "Don't ask me again"
