"""Checks calls and objects against the published Bot API (schema/botapi-10.3.json).

A violation is one line: where in the call, what is there, what should be. A call without violations may still be
refused by Telegram for what the schema cannot know (rights, states, lengths after entities parsing).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

_ABSENT: Any = object()
_ARRAY = "Array of "
_ATTACH = "attach://"
# Marks and entities make a text longer than what is counted; a raw text may be this many times the limit.
_SLACK_BEFORE_PARSING = 4
_SHOWN_CHARACTERS = 40
_BUTTON_LOOKS = frozenset({"text", "icon_custom_emoji_id", "style"})


@dataclass
class _Run:
    """One check under way: the files that travel along, those referred to, and what was found."""

    files: Collection[str] = ()
    used: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)


_Check = Callable[[Any, str, _Run], None]


@dataclass(frozen=True)
class _Field:
    name: str
    types: tuple[str, ...]
    is_required: bool
    check: _Check


class Schema:
    """The Bot API as a validator. Types are compiled when first met; one instance serves a whole process."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.version: str = data["version"]
        self.methods: dict[str, str] = {name.lower(): name for name in data["methods"]}
        self._data = data
        self._compiled_types: dict[str, _Check] = {}
        self._compiled_methods: dict[str, dict[str, _Field]] = {}

    def validate(self, method: str, params: Mapping[str, Any], files: Collection[str] = ()) -> list[str]:
        """What is wrong with a call as it goes over the wire; empty when nothing is.

        ``params`` are form strings or JSON values; ``files`` are the names of the form fields that carry files.
        """
        return self.read(method, params, files)[1]

    def read(
        self, method: str, params: Mapping[str, Any], files: Collection[str] = ()
    ) -> tuple[dict[str, Any], list[str]]:
        """The parameters as JSON values (form strings decoded), and the violations as in ``validate``."""
        name = self.methods.get(method.lower())
        if name is None:
            return dict(params), [f"{method}: no such method in {self.version}"]
        fields = self._method(name)
        run = _Run(files)
        decoded: dict[str, Any] = {}
        for key, raw in params.items():
            known = fields.get(key)
            if known is None:
                run.found.append(f"{name}.{key}: unknown parameter")
                continue
            decoded[key] = value = _from_wire(raw, known.types)
            known.check(value, f"{name}.{key}", run)
        for known in fields.values():
            if known.name in params:
                continue
            if "InputFile" in known.types and known.name in files:
                run.used.add(known.name)
            elif known.is_required:
                run.found.append(f"{name}.{known.name}: missing, it is required")
        run.found += [
            f"{name}: the file {file!r} belongs to no parameter" for file in files if file not in run.used
        ]
        return decoded, run.found

    def check(self, type_name: str, value: Any) -> list[str]:
        """What is wrong with an object of a type such as ``Update``; empty when nothing is."""
        run = _Run()
        self._type(type_name)(value, type_name, run)
        return run.found

    def _method(self, name: str) -> dict[str, _Field]:
        fields = self._compiled_methods.get(name)
        if fields is None:
            fields = self._compiled_methods[name] = self._fields(self._data["methods"][name])
        return fields

    def _fields(self, owner: Mapping[str, Any]) -> dict[str, _Field]:
        return {
            given["name"]: _Field(
                given["name"],
                tuple(given["types"]),
                bool(given.get("required")),
                _with_limits(self._union(given["types"]), given),
            )
            for given in owner.get("fields", ())
        }

    def _union(self, types: Sequence[str]) -> _Check:
        if len(types) == 1:
            return self._type(types[0])
        if all(name.startswith(_ARRAY) for name in types):  # a mixed album is one array, not one of five
            return _array_of(self._union([name.removeprefix(_ARRAY) for name in types]))
        return _one_of([self._type(name) for name in types])

    def _type(self, name: str) -> _Check:
        if name in _PRIMITIVES:
            return _PRIMITIVES[name]
        if name.startswith(_ARRAY):
            return _array_of(self._type(name.removeprefix(_ARRAY)))

        def check(value: Any, path: str, run: _Run) -> None:
            compiled = self._compiled_types.get(name)
            if compiled is None:
                compiled = self._compiled_types[name] = self._compile(name)
            compiled(value, path, run)

        return check

    def _compile(self, name: str) -> _Check:
        given = self._data["types"][name]
        if "subtypes" in given:
            return _one_of([self._type(subtype) for subtype in given["subtypes"]])
        return _object(name, self._fields(given))


@functools.cache
def published() -> Schema:
    """The Bot API 10.3, read once."""
    text = resources.files(__package__).joinpath("schema", "botapi-10.3.json").read_text(encoding="utf-8")
    return Schema(json.loads(text))


def _from_wire(raw: Any, types: tuple[str, ...]) -> Any:
    if not isinstance(raw, str):
        return raw
    if "Integer" in types and raw.removeprefix("-").isascii() and raw.removeprefix("-").isdigit():
        return int(raw)
    if "String" in types or "InputFile" in types:
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return {"True": True, "False": False}.get(raw, raw) if "Boolean" in types else raw


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _primitive(name: str, accepts: Callable[[Any], bool]) -> _Check:
    def check(value: Any, path: str, run: _Run) -> None:
        if not accepts(value):
            run.found.append(f"{path}: {_shown(value)} is not of type {name}")

    return check


def _string(value: Any, path: str, run: _Run) -> None:
    if not isinstance(value, str):
        run.found.append(f"{path}: {_shown(value)} is not of type String")
    elif value.startswith(_ATTACH):
        file = value.removeprefix(_ATTACH)
        run.used.add(file)
        if file not in run.files:
            run.found.append(f"{path}: no file {file!r} travels with the call")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_PRIMITIVES: Mapping[str, _Check] = {
    "Integer": _primitive("Integer", _whole),
    "Float": _primitive("Float", lambda value: _whole(value) or isinstance(value, float)),
    "Boolean": _primitive("Boolean", lambda value: isinstance(value, bool)),
    "String": _string,
    "InputFile": _primitive("InputFile", lambda value: False),
}


def _array_of(member: _Check) -> _Check:
    def check(value: Any, path: str, run: _Run) -> None:
        if not isinstance(value, list):
            run.found.append(f"{path}: {_shown(value)} is not an array")
            return
        for index, item in enumerate(value):
            member(item, f"{path}[{index}]", run)

    return check


def _one_of(alternatives: Sequence[_Check]) -> _Check:
    """The alternative with the fewest violations is the one that was meant."""

    def check(value: Any, path: str, run: _Run) -> None:
        best: _Run | None = None
        for alternative in alternatives:
            trial = _Run(run.files)
            alternative(value, path, trial)
            if best is None or len(trial.found) < len(best.found):
                best = trial
            if not best.found:
                break
        if best is not None:
            run.found += best.found
            run.used |= best.used

    return check


def _object(name: str, fields: Mapping[str, _Field]) -> _Check:
    required = [known.name for known in fields.values() if known.is_required]
    is_button = name == "InlineKeyboardButton"

    def check(value: Any, path: str, run: _Run) -> None:
        if not isinstance(value, dict):
            run.found.append(f"{path}: {_shown(value)} is not an object of type {name}")
            return
        for key, item in value.items():
            known = fields.get(key)
            if known is None:
                run.found.append(f"{path}.{key}: unknown field of {name}")
            else:
                known.check(item, f"{path}.{key}", run)
        for key in required:
            if key not in value:
                run.found.append(f"{path}.{key}: missing, {name} requires it")
        if is_button and (actions := len(value.keys() - _BUTTON_LOOKS)) != 1:
            run.found.append(f"{path}: a button has exactly one action, this one has {actions}")

    return check


def _with_limits(check_type: _Check, given: Mapping[str, Any]) -> _Check:
    always = given.get("always", _ABSENT)
    slack = _SLACK_BEFORE_PARSING if given.get("parsed") else 1
    limits: list[tuple[str, int, int, Callable[[Any], int | None]]] = []
    for unit, measure in _MEASURES.items():
        if unit in given:
            least, most = given[unit]
            limits.append((unit, least, most * slack, measure))
    if always is _ABSENT and not limits:
        return check_type

    def check(value: Any, path: str, run: _Run) -> None:
        check_type(value, path, run)
        if always is not _ABSENT and value != always:
            run.found.append(f"{path}: {_shown(value)} must be {always!r}")
        for unit, least, most, measure in limits:
            size = measure(value)
            if size is not None and not least <= size <= most:
                run.found.append(f"{path}: {size} {unit}, allowed are {least}-{most}")

    return check


_MEASURES: Mapping[str, Callable[[Any], int | None]] = {
    "characters": lambda value: len(value) if isinstance(value, str) else None,
    "bytes": lambda value: len(value.encode()) if isinstance(value, str) else None,
    "items": lambda value: len(value) if isinstance(value, list) else None,
    "range": lambda value: value if _whole(value) else None,
}
