"""The command line: options and exit codes. The work is done by the module that each command names.

Modules are imported inside the commands, so that ``--help`` and ``migrate`` do not load what only ``run`` needs.
Exit codes: 0 done, 1 the answer is no (a check failed, the settings are wrong), 2 the command line is wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.adapters.garbage import put_off_search
from bot.adapters.logs import configure
from bot.config import Settings, load
from bot.domain.errors import CesError

DEFAULT_CONFIG = Path("config.toml")

cli = typer.Typer(
    help="Asks customers how easy it was, and tells the team a score it can trust.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its tracebacks print local variables, and the token may be one
)

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The settings. Default: config.toml, if there is one."),
]


@cli.command()
def play(
    port: Annotated[int, typer.Option(help="Port of the page; 0 picks a free one.")] = 8123,
    language: Annotated[str, typer.Option(help="Language of the staff's side: en, zh-Hans.")] = "en",
) -> None:
    """Try everything in the browser: no token, no account."""
    from bot.playground.play import play as start

    _run(start(port=port, language=language))


@cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Lint, types, import contracts and all tests. What follows is handed to pytest."""
    from bot.commands.test import run_checks

    raise typer.Exit(run_checks(context.args))


@cli.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def bench(context: typer.Context) -> None:
    """Measure how fast the bot is here, beside bots that store nothing. What follows is handed on; try --help."""
    from bot.commands.bench import run_benchmark

    raise typer.Exit(run_benchmark(context.args))


@cli.command()
def run(config: Config = None) -> None:
    """Run the bot until it is told to stop."""
    put_off_search()
    settings = _settings(config, is_service=True)
    from bot.app import run as start

    _run(start(settings))


@cli.command()
def check(
    config: Config = None,
    database: Annotated[
        bool, typer.Option("--database", help="Only the database, but all of it: does it agree with itself?")
    ] = False,
) -> None:
    """Read the settings, open the database, ask Telegram, and say what is missing and how to fix it."""
    settings = _settings(config)
    from bot.commands.check import check as start

    _run(start(settings, is_of_the_database=database))


@cli.command()
def health(
    config: Config = None,
    ready: Annotated[
        bool, typer.Option("--ready", help="Ask whether everything works, Telegram too.")
    ] = False,
) -> None:
    """Ask the running bot how it is; exit code 1 where it is not well. For container health checks."""
    settings = _settings(config)
    from bot.commands.health import health as ask

    raise typer.Exit(ask(settings, is_readiness=ready))


@cli.command()
def migrate(config: Config = None) -> None:
    """Bring the database's schema up to date."""
    settings = _settings(config)
    from bot.commands.migrate import migrate as start

    _run(start(settings))


@cli.command()
def backup(
    to: Annotated[
        Path | None, typer.Option("--to", help="File, or folder; default: backups, beside the database.")
    ] = None,
    keep: Annotated[int, typer.Option(help="In a folder, so many of the newest stay.", min=1)] = 7,
    config: Config = None,
) -> None:
    """Copy the SQLite database, checked, into one file. Works beside a running bot."""
    settings = _settings(config)
    from bot.commands.backup import take

    _run(take(settings, to, keep))


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    config: Config = None,
) -> None:
    """Put a backup in the SQLite database's place; who asked to be forgotten since is forgotten again."""
    settings = _settings(config)
    from bot.commands.backup import bring_back

    _run(bring_back(settings, file))


@cli.command()
def move(
    source: Annotated[str, typer.Option("--from", help="Where everything is, as in database.url.")],
    target: Annotated[str, typer.Option("--to", help="Where it shall be: an empty database.")],
) -> None:
    """Move everything to another database, SQLite or PostgreSQL, checked row by row. No bot may run on either."""
    configure("console", "warning", secrets=())
    from bot.commands.move import move as start

    _run(start(source, target))


@cli.command()
def summary(
    config: Config = None,
    picture: Annotated[Path | None, typer.Option(help="Also write the picture to this file (PNG).")] = None,
) -> None:
    """Print the rolling summary as the staff channel gets it. Works beside a running bot."""
    settings = _settings(config)
    from bot.commands.summary import summary as start

    _run(start(settings, picture))


@cli.command()
def recompute(
    report: Annotated[
        int | None, typer.Argument(help="Its number; without one, the latest are listed.")
    ] = None,
    config: Config = None,
) -> None:
    """Count a posted summary again, from the raw rows as they were then. Works beside a running bot."""
    settings = _settings(config)
    from bot.commands.recompute import recompute as start

    _run(start(settings, report))


@cli.command()
def simulate(
    words: Annotated[
        list[str],
        typer.Argument(help="How far to look back, and what to try: 30d cooldown=7d sampling=50%"),
    ],
    config: Config = None,
) -> None:
    """Rehearse other rules on the last days: who would have been asked. Works beside a running bot."""
    settings = _settings(config)
    from bot.commands.simulate import simulate as start

    _run(start(settings, words))


@cli.command()
def export(
    to: Annotated[Path | None, typer.Option("--to", help="File to write; default: standard output.")] = None,
    config: Config = None,
    comments: Annotated[bool, typer.Option(help="With the customers' own words.")] = False,
) -> None:
    """Write all answers as CSV, without any Telegram id. Works beside a running bot."""
    settings = _settings(config)
    from bot.commands.export import export as start

    _run(start(settings, to, with_comments=comments))


@cli.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="What export wrote, or past answers of another tool: CSV, JSON Lines.")
    ],
    config: Config = None,
    check: Annotated[bool, typer.Option("--check", help="Only read the file and list its mistakes.")] = False,
) -> None:
    """Take answers from a file, all or none. The same file twice changes nothing."""
    settings = _settings(config)
    from bot.commands.importing import import_file as start

    _run(start(settings, file, is_check=check))


def _settings(config: Path | None, *, is_service: bool = False) -> Settings:
    """The settings, or the list of their mistakes on stderr and exit code 1. Logging follows them from here on.

    Only the service needs a token, and only its log is more than warnings: a command's answer stands alone.
    """
    path = config or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None)
    try:
        settings = load(path, needs_token=is_service)
    except CesError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    log = settings.log
    level = log.level if is_service or log.level == "debug" else "warning"
    configure(log.format, level, secrets=settings.secrets())
    return settings


def _run(work: Coroutine[Any, Any, int]) -> None:
    """Run one command to its end and leave with its exit code; a plain message for errors made on purpose."""
    try:
        code = asyncio.run(work)
    except CesError as error:
        typer.echo(str(error), err=True)
        code = 1
    except KeyboardInterrupt:
        code = 130
    raise typer.Exit(code)
