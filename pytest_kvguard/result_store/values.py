"""Conversion of nested dataclasses, tuples and mappings to JSON and back. Reading executes no code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

__all__ = ["dump_value", "load_value"]

Value = TypeVar("Value")

PLAIN = (str, int, float, bool, NoneType)


def dump_value(value: object) -> bytes:
    """Return a value as JSON.

    Raises:
        TypeError: the value contains anything but plain values, dataclasses, tuples and mappings.
    """
    return json.dumps(value, default=_by_name, separators=(",", ":")).encode()


def load_value(kind: type[Value], text: bytes) -> Value:
    """Return the dataclass value that ``dump_value`` wrote.

    Raises:
        ValueError: the text is not such a value.
    """
    try:
        loaded: Value = _read(kind, json.loads(text))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"this is not a {kind.__name__}: {error!r}") from error
    return loaded


def _by_name(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"a {type(value).__name__} cannot be stored")


def _read(kind: Any, value: Any) -> Any:
    """Return a value read from JSON in the type it had before it was written."""
    if kind in PLAIN or kind is Any:
        return value
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**{name: _read(_kind_of(kind, name), member) for name, member in value.items()})
    arguments = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return None if value is None else _read(next(part for part in arguments if part is not NoneType), value)
    if get_origin(kind) is tuple:
        return _read_tuple(arguments, value)
    return {name: _read(arguments[1], member) for name, member in value.items()}


def _read_tuple(kinds: tuple[Any, ...], values: list[Any]) -> tuple[Any, ...]:
    if kinds[-1] is not Ellipsis:
        return tuple(_read(kind, value) for kind, value in zip(kinds, values, strict=True))
    if kinds[0] in PLAIN:  # fast, since a cache has tens of thousands of positions
        return tuple(values)
    return tuple(_read(kinds[0], value) for value in values)


@cache
def _kind_of(owner: Any, name: str) -> Any:
    return get_type_hints(owner)[name]
