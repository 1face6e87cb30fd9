"""Frozen records of figures ⇄ plain JSON, by their type hints: what a report row keeps of its summary.

Fields marked ``is_stored: False`` are left out and read back as their defaults. Unknown keys are ignored, so that
an older copy of the program reads what a newer one wrote.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

R = TypeVar("R")


def to_json(record: Any) -> Any:
    """A record as JSON-ready dicts, lists, strings and numbers; instants as ISO 8601, spans in seconds."""
    if is_dataclass(record):
        return {
            each.name: to_json(getattr(record, each.name))
            for each in fields(record)
            if each.metadata.get("is_stored", True)
        }
    if isinstance(record, Enum):
        return record.value
    if isinstance(record, (datetime, date)):
        return record.isoformat()
    if isinstance(record, timedelta):
        return record.total_seconds()
    if isinstance(record, Mapping):
        return {key: to_json(value) for key, value in record.items()}
    if isinstance(record, (tuple, list)):
        return [to_json(each) for each in record]
    return record


def from_json(kind: type[R], data: Mapping[str, Any]) -> R:
    """The record of type ``kind`` again. Raises KeyError where a field without a default is missing."""
    hints = typing.get_type_hints(kind)
    values = {}
    for each in fields(kind):  # type: ignore[arg-type]  # every kind that is asked for is a dataclass
        if each.name in data:
            values[each.name] = _value(hints[each.name], data[each.name])
        elif each.default is MISSING and each.default_factory is MISSING:
            raise KeyError(f"{kind.__name__}.{each.name}")
    return kind(**values)


def _value(hint: Any, data: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if data is None else _value(arguments[0], data)
    if origin is typing.Literal:
        return data
    if origin is tuple:
        return tuple(_value(arguments[0], each) for each in data)
    if origin is not None and issubclass(origin, Mapping):
        return dict(data)
    if is_dataclass(hint):
        return from_json(typing.cast("type[Any]", hint), data)
    if issubclass(hint, Enum):
        return hint(data)
    if hint in (datetime, date):
        return hint.fromisoformat(data)
    if hint is timedelta:
        return timedelta(seconds=data)
    return hint(data) if hint is float else data
