"""The first seconds on a fresh computer: ``.venv`` is made, filled and entered. Standard library only.

``play`` and ``test`` install for themselves, in a checkout; every other command only uses what is there and
otherwise prints the line to type. What was installed stands in a stamp inside ``.venv``; a changed
``pyproject.toml``, ``constraints.txt`` or Python makes the next ``play`` or ``test`` install again.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

OLDEST_PYTHON = (3, 11)
SELF_INSTALLING = ("play", "test")
ENTERED = "CES_SETUP_DONE"  # set for the process that runs inside the new environment: no second attempt
EXTRAS = "CES_SETUP_EXTRAS"  # "browser postgres stats": installed on top of ``test`` (continuous integration)
_STAMP = "ces-bot-setup.json"

# One module for each thing that may be missing; enough to tell a furnished environment from an empty one.
_RUN_MODULES = (
    "telegram",
    "aiohttp",
    "aiosqlite",
    "pydantic_settings",
    "structlog",
    "babel",
    "typer",
    "cronsim",
)
_EXTRA_MODULES = {
    "test": ("pytest", "pytest_asyncio", "hypothesis", "ruff", "mypy", "importlinter"),
    "browser": ("playwright",),
    "postgres": ("psycopg", "psycopg_pool"),
    "stats": ("scipy", "statsmodels"),
}


class Stamp(NamedTuple):
    """What an environment was made from: the interpreter, the two files, the extras."""

    python: str
    files: str
    extras: frozenset[str]

    def serves(self, wanted: Stamp) -> bool:
        """True where nothing needs to be installed for ``wanted``; extras beyond it do no harm."""
        return self[:2] == wanted[:2] and self.extras >= wanted.extras


def wanted_stamp(root: Path, extras: frozenset[str], python: str = sys.version) -> Stamp:
    """The stamp of an environment made now from the checkout at ``root``."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update(name.encode() + b"\0" + (root / name).read_bytes() + b"\0")
    return Stamp(python, digest.hexdigest(), extras)


def read_stamp(venv: Path) -> Stamp | None:
    """The stamp left in ``venv``; ``None`` where set-up never ended there or the stamp cannot be read."""
    try:
        held = json.loads((venv / _STAMP).read_text("utf-8"))
        return Stamp(held["python"], held["files"], frozenset(held["extras"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_stamp(venv: Path, stamp: Stamp) -> None:
    """Leave the stamp, whole or not at all. The last thing that set-up does."""
    draft = venv / (_STAMP + ".new")
    held = {"python": stamp.python, "files": stamp.files, "extras": sorted(stamp.extras)}
    draft.write_text(json.dumps(held, indent=1), "utf-8")
    os.replace(draft, venv / _STAMP)


def python_complaint(version: Sequence[int], executable: str) -> str | None:
    """One line for people whose Python is too old; ``None`` where it is new enough."""
    if tuple(version[:2]) >= OLDEST_PYTHON:
        return None
    is_this = ".".join(str(part) for part in version[:3])
    oldest = ".".join(str(part) for part in OLDEST_PYTHON)
    return f"Python {oldest} or newer is needed; this is {is_this} ({executable})"


def wanted_extras(environ: Mapping[str, str]) -> frozenset[str]:
    """``test``, and what ``CES_SETUP_EXTRAS`` names besides."""
    return frozenset({"test", *environ.get(EXTRAS, "").replace(",", " ").split()})


def missing_modules(extras: frozenset[str]) -> list[str]:
    """Modules that the bot and these extras need and this interpreter does not find."""
    needed = [*_RUN_MODULES, *(name for extra in sorted(extras) for name in _EXTRA_MODULES.get(extra, ()))]
    return [name for name in needed if importlib.util.find_spec(name) is None]


def by_hand(root: Path, arguments: Sequence[str]) -> str:
    """What to type for a command that does not install by itself."""
    if not arguments or arguments[0].startswith("-"):
        return "To try it: python3 -m bot play      To test it: python3 -m bot test      More: README.md"
    typed = " ".join(["-m", "bot", *arguments])
    return (
        f"The packages that the bot needs are not installed for {sys.executable}.\n"
        "Install them once, then start again:\n"
        f"  cd {root}\n"
        "  python3 -m venv .venv && .venv/bin/python -m pip install -e . -c constraints.txt\n"
        f"  .venv/bin/python {typed}"
    )


def inside(venv: Path) -> Path:
    """The interpreter of ``venv``."""
    return venv / "bin" / "python"


@contextlib.contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Hold the checkout's set-up lock: of two terminals that start at once, one installs and one waits."""
    import fcntl

    with open(root / "pyproject.toml", "rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _say("Another terminal is setting up .venv; waiting for it ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def enter(arguments: Sequence[str]) -> None:
    """Return where this interpreter can run the command; else go on in ``.venv``, made first if allowed.

    Ends the process with a plain message where neither is possible.
    """
    complaint = python_complaint(sys.version_info[:3], sys.executable)
    if complaint:
        sys.exit(complaint)
    root = Path(__file__).resolve().parent.parent
    venv = root / ".venv"
    is_checkout = (root / "pyproject.toml").is_file() and (root / "constraints.txt").is_file()
    installs = bool(arguments) and arguments[0] in SELF_INSTALLING
    extras = wanted_extras(os.environ) if installs else frozenset[str]()
    is_ours = Path(sys.prefix).resolve() == venv.resolve()

    missing = missing_modules(extras)
    if os.environ.pop(ENTERED, None):
        if missing:
            sys.exit(f".venv was set up and still lacks {', '.join(missing)}. Remove .venv and start again.")
        return
    stamp = read_stamp(venv) if is_checkout else None
    if is_ours and not missing and (stamp is None or stamp.serves(wanted_stamp(root, extras))):
        return  # a stamp is ours alone: without one somebody else (uv run) looks after this .venv
    if not missing and not is_ours and not (installs and sys.prefix == sys.base_prefix):
        return  # the user's own environment, already furnished
    if not installs:
        _go_on_without_installing(root, venv, stamp, arguments)
        return
    if not is_checkout:
        sys.exit(
            "play and test need a checkout of the project: pyproject.toml and constraints.txt beside bot/."
        )
    if os.name != "posix":
        sys.exit("On Windows, please run this inside WSL.")
    try:
        prepare(root, extras)
    except KeyboardInterrupt:
        sys.exit("Interrupted. The next start takes it up again.")
    _hand_over(venv, arguments)


def _go_on_without_installing(root: Path, venv: Path, stamp: Stamp | None, arguments: Sequence[str]) -> None:
    """Use a ``.venv`` that is up to date, or say what to type."""
    if Path(sys.prefix).resolve() == venv.resolve() and not missing_modules(frozenset()):
        return  # entered by hand with an older stamp: their decision
    if stamp is not None and stamp.serves(wanted_stamp(root, frozenset(), stamp.python)):
        _hand_over(venv, arguments)
    sys.exit(by_hand(root, arguments))


def _hand_over(venv: Path, arguments: Sequence[str]) -> NoReturn:
    python = str(inside(venv))
    sys.stdout.flush()
    os.execve(python, [python, "-m", "bot", *arguments], {**os.environ, ENTERED: "1"})


def prepare(root: Path, extras: frozenset[str]) -> None:
    """Bring ``root/.venv`` up to date with the checkout's files; quick when it already is.

    Ends the process with exit code 1 and a plain message when it cannot be done; the next run starts afresh.
    """
    venv = root / ".venv"
    with only_one(root):
        stamp = read_stamp(venv)
        wanted = wanted_stamp(root, extras)
        if stamp is not None and stamp.serves(wanted) and inside(venv).exists():
            return
        if stamp is not None and stamp.python == wanted.python:
            wanted = wanted._replace(extras=wanted.extras | stamp.extras)
        uv = shutil.which("uv")
        _say(f"Setting up .venv {'with uv ' if uv else ''}(half a minute the first time) ...")
        if not ((uv and _furnish_with_uv(root, venv, wanted, uv)) or _furnish_with_pip(root, venv, wanted)):
            sys.exit("Setting up .venv did not work; the lines above say why. The next start tries again.")
        write_stamp(venv, wanted)


def make_venv(venv: Path, *, with_pip: bool) -> bool:
    """Make ``venv`` anew unless one stands that runs this very Python. False where it could not be made."""
    if is_usable(venv, with_pip=with_pip):
        return True
    command = [sys.executable, "-m", "venv", "--clear", *([] if with_pip else ["--without-pip"]), str(venv)]
    made = subprocess.run(command, check=False)  # Debian's own message names the package that is missing
    return made.returncode == 0


def is_usable(venv: Path, *, with_pip: bool) -> bool:
    """True where ``venv`` holds this very Python, able to start, and pip where that is asked for."""
    look = "import sys; print(sys.version)" + ("; import pip" if with_pip else "")
    try:
        answer = subprocess.run([inside(venv), "-c", look], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.strip() == sys.version.strip()


def _requirement(extras: frozenset[str]) -> list[str]:
    return ["-e", f".[{','.join(sorted(extras))}]", "-c", "constraints.txt"]


def _furnish_with_uv(root: Path, venv: Path, wanted: Stamp, uv: str) -> bool:
    if not make_venv(venv, with_pip=False):
        return False
    command = [uv, "pip", "install", "--quiet", "--python", str(inside(venv)), *_requirement(wanted.extras)]
    if subprocess.run(command, cwd=root, check=False).returncode == 0:
        return True
    _say("uv could not do it; trying pip ...")
    return False


def _furnish_with_pip(root: Path, venv: Path, wanted: Stamp) -> bool:
    if not make_venv(venv, with_pip=True):
        return False
    options = ["--quiet", "--disable-pip-version-check"]
    command = [str(inside(venv)), "-m", "pip", "install", *options, *_requirement(wanted.extras)]
    return subprocess.run(command, cwd=root, check=False).returncode == 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
