"""What is said about wrong settings: all at once, each with its place, what is wrong and what would be right.

A secret is never quoted, whatever is wrong with it; and because people put tokens into the wrong key, the whole
text goes through the log's redactor as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.adapters.logs import redact
from bot.config.kinds import OneOf, is_secret
from bot.config.layers import Key, Layer, bracketed
from bot.domain.errors import ConfigError

_WRONG_TYPE = {
    "int_parsing": "not a whole number",
    "int_type": "not a whole number",
    "int_from_float": "not a whole number",
    "float_parsing": "not a number",
    "float_type": "not a number",
    "bool_parsing": "neither true nor false",
    "bool_type": "neither true nor false",
    "string_type": "not a text; put it in quotes",
    "list_type": 'not a list; write ["a", "b"]',
    "path_type": "not a path; put it in quotes",
    "model_type": "not a section",
    "model_attributes_type": "not a section",
    "missing": "is missing",
}
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def complaint(lines: Sequence[str]) -> ConfigError:
    """One error for all mistakes, one line each."""
    places = "one place" if len(lines) == 1 else f"{len(lines)} places"
    return ConfigError(
        redact("\n".join([f"The settings are wrong in {places}:", *(f"  {line}" for line in lines)]))
    )


def explained(error: ValidationError, layers: Sequence[Layer], model: type[BaseModel]) -> list[str]:
    """One line for each mistake that pydantic found, in the order of the keys."""
    return [_line(details, layers, model) for details in error.errors(include_url=False, include_input=False)]


def did_you_mean(written: str, choices: Iterable[str]) -> str:
    """`` Did you mean 'x'?``, or nothing where no choice is near. A zone's city alone is near enough."""
    by_lower = {choice.lower(): choice for choice in reversed(list(choices))}
    by_city = {name.rsplit("/", 1)[-1]: name for name in by_lower if "/" in name}
    near = get_close_matches(written.lower(), by_lower, n=1, cutoff=0.6)
    near = near or [by_city[city] for city in get_close_matches(written.lower(), by_city, n=1, cutoff=0.75)]
    return f" Did you mean '{by_lower[near[0]]}'?" if near else ""


def _line(details: ErrorDetails, layers: Sequence[Layer], model: type[BaseModel]) -> str:
    key: Key = tuple(details["loc"])
    said = key[:-1] if details["type"] == "missing" else key
    layer = next((layer for layer in layers if layer.has(said)), None)
    place = layer.place(key) if layer else bracketed(key)
    if details["type"] == "extra_forbidden":
        return f"{place}: {_unknown(key, model)}"
    value = layer.get(said) if layer else None
    sentence = _sentence(details, value)
    is_shown = isinstance(value, str | int | float) and not _is_hidden(model, key)
    return f"{place}{f' = {value!r}' if is_shown else ''}: {sentence}"


def _sentence(details: ErrorDetails, value: Any) -> str:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "value_error":
        cause = context["error"]
        hint = (
            did_you_mean(value, cause.choices) if isinstance(cause, OneOf) and isinstance(value, str) else ""
        )
        return f"{_stop(str(cause))}{hint}"
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        hint = did_you_mean(value, choices) if isinstance(value, str) else ""
        return f"not one of {', '.join(choices)}.{hint}"
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"must be {words} {context[bound]}."
    if kind == "string_pattern_mismatch":
        return "takes small letters, digits, _ and -, beginning with a letter, 32 at most."
    return _stop(_WRONG_TYPE.get(kind, details["msg"]))


def _unknown(key: Key, model: type[BaseModel]) -> str:
    name = str(key[-1])
    parent = _model_at(model, key[:-1]) or model
    word = "key" if len(key) > 1 else "section"
    elsewhere = [
        section
        for section, field in model.model_fields.items()
        if (inner := _model_in(field.annotation)) and name in inner.model_fields
    ]
    if elsewhere:
        return f"no such {word} here. It belongs to [{elsewhere[0]}]."
    hint = did_you_mean(name, parent.model_fields)
    return (
        f"no such {word}.{hint}" if hint else f"no such {word}; there are {', '.join(parent.model_fields)}."
    )


def unknown_variables(environ: Mapping[str, str], model: type[BaseModel]) -> list[str]:
    """Lines for variables that look like settings and would be passed over in silence."""
    lines = []
    for name in sorted(environ):
        if not name.upper().startswith("CES_"):
            continue
        section, separator, _ = name[4:].lower().partition("__")
        if separator and section not in model.model_fields:
            hint = did_you_mean(section, model.model_fields)
            lines.append(f"environment variable {name}: no such section.{hint}")
        elif not separator and (meant := _with_two_underscores(section, model)):
            lines.append(f"environment variable {name}: no such setting. Did you mean '{meant}'?")
    return lines


def _with_two_underscores(written: str, model: type[BaseModel]) -> str | None:
    for section, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        name = written.removeprefix(section + "_")
        if inner and name != written and name in inner.model_fields:
            return f"CES_{section}__{name}".upper()
    return None


def _is_hidden(model: type[BaseModel], key: Key) -> bool:
    """True for secrets, and for keys that this program does not know: a token may stand anywhere."""
    names = [part for part in key if isinstance(part, str)]
    parent = _model_at(model, tuple(names[:-1]))
    field = parent.model_fields.get(names[-1]) if parent else None
    return field is None or not field.repr or is_secret(field.annotation)


def _model_at(model: type[BaseModel], key: Key) -> type[BaseModel] | None:
    at: type[BaseModel] | None = model
    for part in key:
        if isinstance(part, str):
            field: FieldInfo | None = at.model_fields.get(part) if at else None
            at = _model_in(field.annotation) if field else None
    return at


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The section inside an annotation such as ``list[TriggerSettings]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _stop(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", ")")) else sentence + "."
