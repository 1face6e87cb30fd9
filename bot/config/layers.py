"""Where a value was said: the file, the environment, a secret file, the command line. The first layer wins."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str | int, ...]

_HEADER = re.compile(r"\s*\[(\[?)\s*([^\]\[]+?)\s*\]")
_ASSIGNMENT = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_NAME = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


@dataclass(frozen=True)
class Layer:
    """One source of values, as nested dictionaries, and what it is called in a complaint."""

    kind: str  # "file", "environment", "secret file", "command line"
    name: str
    values: Mapping[str, Any]
    lines: Mapping[Key, int] = field(default_factory=dict)

    def has(self, key: Key) -> bool:
        """True where this layer says something about ``key``."""
        try:
            self.get(key)
        except (KeyError, IndexError, TypeError):
            return False
        return True

    def get(self, key: Key) -> Any:
        """What this layer says. Raises KeyError, IndexError or TypeError where it says nothing."""
        value: Any = self.values
        for part in key:
            value = value[part]
        return value

    def place(self, key: Key) -> str:
        """Where a reader finds ``key``, as the beginning of a complaint."""
        if self.kind == "environment":
            return "environment variable CES_" + "__".join(str(part) for part in key).upper()
        if self.kind != "file":
            return f"{self.name}, {dotted(key)}"
        line = next((self.lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in self.lines), None)
        at_line = f", line {line}" if line else ""
        return f"{self.name}{at_line}, {bracketed(key)}"


def dotted(key: Key) -> str:
    """``("summary", "windows", 1)`` → ``summary.windows[1]``."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def bracketed(key: Key) -> str:
    """As it looks in the file: ``[summary] timezone``, ``[[triggers]] (2nd) delay``."""
    if len(key) == 1:
        return f"[{key[0]}]"
    if isinstance(key[1], int):
        rest = dotted(key[2:])
        return f"[[{key[0]}]] no. {key[1] + 1}{' ' + rest if rest else ''}"
    names = [part for part in key if isinstance(part, str)]
    last = dotted((names[-1], *key[len(names) :]))
    return f"[{'.'.join(names[:-1])}] {last}"


def lines_of(text: str) -> dict[Key, int]:
    """The line on which each section and key of a TOML text stands, as far as one look per line tells."""
    found: dict[Key, int] = {}
    counts: dict[str, int] = {}
    section: Key = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            section = _names(header[2])
            if header[1]:
                name = str(section[0])
                counts[name] = counts.get(name, -1) + 1
                section = (*section, counts[name])
            found.setdefault(section, number)
        elif assignment := _ASSIGNMENT.match(line):
            found.setdefault((*section, *_names(assignment[1])), number)
    return found


def laid_over(layers: Sequence[Layer]) -> dict[str, Any]:
    """All layers as one; the first that says something about a key wins, tables are joined, lists are not."""
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        merged = _joined(merged, layer.values)
    return merged


def _joined(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(below)
    for name, value in above.items():
        lower = joined.get(name)
        both_tables = isinstance(lower, Mapping) and isinstance(value, Mapping)
        joined[name] = _joined(lower, value) if both_tables and isinstance(lower, Mapping) else value
    return joined


def _names(written: str) -> Key:
    return tuple(name.strip("\"'") for name in _NAME.findall(written))
