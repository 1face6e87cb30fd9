"""What ``check`` finds: one plain sentence each, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from rich.console import Console
from rich.text import Text

from bot.adapters.logs import redact
from bot.commands.plain_text import printable


class Mark(Enum):
    """How it stands: the sign that is printed, and its colour."""

    FINE = ("✓", "green")
    UNWISE = ("!", "yellow")
    WRONG = ("✗", "bold red")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. ``fix``: what to do, or ''."""

    mark: Mark
    text: str
    fix: str = ""


def fine(text: str) -> Finding:
    """As it should be."""
    return Finding(Mark.FINE, text)


def unwise(text: str, fix: str = "") -> Finding:
    """It works, and most teams would change it."""
    return Finding(Mark.UNWISE, text, fix)


def wrong(text: str, fix: str = "") -> Finding:
    """Something that the settings ask for will not work."""
    return Finding(Mark.WRONG, text, fix)


class Findings:
    """Prints findings as they come, and counts them. Colours where ``console`` is a terminal.

    ``secrets`` are hidden wherever they appear: chats' titles and errors' texts come from outside.
    """

    def __init__(self, console: Console, secrets: Iterable[str]) -> None:
        self._console = console
        self._secrets = tuple(secrets)
        self._counts = dict.fromkeys(Mark, 0)

    def add(self, title: str, findings: Iterable[Finding]) -> None:
        """Print one part of the check; a part without findings leaves no trace."""
        found = list(findings)
        if not found:
            return
        self._line(Text(title, "bold"))
        for finding in found:
            self._counts[finding.mark] += 1
            sign, style = finding.mark.value
            self._line(Text.assemble("  ", (sign, style), f" {self._clean(finding.text)}"))
            if finding.fix:
                self._line(Text(f"    → {self._clean(finding.fix)}"))

    def end(self, fix_with: str) -> int:
        """Print the verdict; the exit code. ``fix_with``: what to run when nothing is wrong, or ''."""
        n_wrong, n_unwise = self._counts[Mark.WRONG], self._counts[Mark.UNWISE]
        remarks = f" ({_counted(n_unwise, 'remark')} marked !)" if n_unwise else ""
        if n_wrong:
            self._line(Text(f"{_counted(n_wrong, 'thing')} to put right, marked ✗{remarks}.", "bold red"))
            return 1
        go_on = f"Nothing is in the way{remarks}. Start the bot: {fix_with}"
        self._line(Text(go_on if fix_with else f"All is well{remarks}.", "bold green"))
        return 0

    def _clean(self, text: str) -> str:
        return redact(printable(" ".join(text.split())), self._secrets)

    def _line(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def _counted(n: int, thing: str) -> str:
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"
