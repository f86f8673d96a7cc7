"""What the readers of reports need; a report that lacks it is refused with the place of the fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kvguard_policies.spec import SpecError, parse_ratio

__all__ = [
    "COMPARED_REPORT",
    "LENGTH_CASE",
    "SCORE_CASE",
    "Absent",
    "Listed",
    "OrNull",
    "OrderIndex",
    "Ratio",
    "Valued",
    "shape_problem",
]

MOST = 10**9
"""The largest count that is believed."""


@dataclass(frozen=True)
class Listed:
    """A list whose items have one shape."""

    item: Any


@dataclass(frozen=True)
class OrNull:
    """A shape, or null."""

    shape: Any


@dataclass(frozen=True)
class Valued:
    """An object with any keys, whose values have one shape."""

    value: Any


@dataclass(frozen=True)
class Absent:
    """A shape of a key that earlier formats lack."""

    shape: Any


class Ratio:
    """A ratio as text."""


class OrderIndex:
    """A whole number, or -1 for an order from a search."""


NAMES = {
    str: "a text",
    bool: "true or false",
    int: f"a whole number from 0 to {MOST:,}",
    float: f"a number up to {MOST:,}",
    Ratio: 'a ratio such as "0.5"',
    OrderIndex: f"a whole number from -1 to {MOST:,}",
}

_CHECK = {"baseline": {"holds": bool}, "compressed": OrNull({"holds": bool})}
_REPLY = {"tokens": int, "stopped": str}
_SEED = {"baseline_tokens": int, "compressed_tokens": int}
_PLACE = {
    "contract": str,
    "probe": str,
    "policy": str,
    "ratio": Ratio,
    "kernel": str,
    "order_index": OrderIndex,
    "file": str,
}

SCORE_CASE = {
    **_PLACE,
    "instruction": str,
    "order": Listed(str),
    "seed": object,
    "arrangement": object,
    "checks": Listed(_CHECK),
}
"""What scores are read from."""

LENGTH_CASE = {
    **_PLACE,
    "turns": Listed(str),
    "arrangement": object,
    "baseline": Listed(_REPLY),
    "compressed": OrNull(Listed(_REPLY)),
    "null": OrNull({"replies": Listed(_REPLY)}),
    "by_seed": Listed(_SEED),
}
"""What reply lengths are read from."""

_UNDECIDED = Absent(bool)
_ARM = {"holds": bool, "undecided": _UNDECIDED, "expected": str, "observed": str}
_TEXT = {**_REPLY, "text": str}
_COMPARED_CASE = {
    **_PLACE,
    "nodeid": str,
    "line": int,
    "instruction": str,
    "instruction_text": str,
    "order": Listed(str),
    "turns": Listed(str),
    "verdict": str,
    "reason": str,
    "rerun": str,
    "arrangement": Absent(object),
    "checks": Listed({"rule": str, "verdict": str, "baseline": _ARM, "compressed": OrNull(_ARM)}),
    "baseline": OrNull(Listed(_TEXT)),
    "compressed": OrNull(Listed(_TEXT)),
    "cache": OrNull({"achieved_ratio": float, "bytes_after": int}),
    "keep_rate": OrNull({"mean": float}),
    "by_seed": Absent(Listed({"seed": OrNull(int), "verdicts": Listed(str)})),
    "distance": Absent(OrNull({"compressed": {"mean": object}})),
    "notes": Absent(Listed(str)),
}

COMPARED_REPORT = {
    "complete": bool,
    "run": {"model": str, "cells": Listed({"policy": str, "ratio": Ratio, "kernel": str, "code": Absent(OrNull(str))})},
    "environment": Valued(OrNull(str)),
    "timing": {"started": str, "seconds": float},
    "tool": {"version": OrNull(str)},
    "cases": Listed(_COMPARED_CASE),
    "gates": Listed(
        {**{key: _PLACE[key] for key in ("file", "contract", "policy", "ratio", "kernel")}, "outcome": str}
    ),
    "broken": Listed({"file": str, "message": str}),
}
"""What runs are compared by, in every format."""


def shape_problem(value: Any, shape: Any, place: str) -> str | None:
    """Return what is wrong with a value, with its place; None if it has the shape."""
    return next(_problems(value, shape, place), None)


def _problems(value: Any, shape: Any, place: str) -> Iterator[str]:
    if isinstance(shape, OrNull):
        if value is not None:
            yield from _problems(value, shape.shape, place)
    elif isinstance(shape, Listed):
        yield from _in_list(value, shape, place)
    elif isinstance(shape, Valued):
        yield from _in_map(value, dict.fromkeys(value if isinstance(value, dict) else (), shape.value), place)
    elif isinstance(shape, Mapping):
        yield from _in_map(value, shape, place)
    elif not _is_a(value, shape):
        yield f"{place}: found {_shown(value)}, allowed is {NAMES[shape]}"


def _in_list(value: Any, shape: Listed, place: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{place}: found {_shown(value)}, allowed is a list"
        return
    for number, item in enumerate(value):
        yield from _problems(item, shape.item, f"{place}[{number}]")


def _in_map(value: Any, shape: Mapping[str, Any], place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        keys = f" with {', '.join(shape)}" if shape else ""
        yield f"{place or 'the report'}: found {_shown(value)}, allowed is an object{keys}"
        return
    for key, inner in shape.items():
        if key in value:
            known = inner.shape if isinstance(inner, Absent) else inner
            yield from _problems(value[key], known, f"{place}.{key}".removeprefix("."))
        elif not isinstance(inner, Absent):
            yield f"{place or 'the report'}: {key!r} is missing"


def _is_a(value: Any, shape: Any) -> bool:
    if shape is object:
        return True
    if shape in (int, OrderIndex):
        return isinstance(value, int) and not isinstance(value, bool) and -(shape is OrderIndex) <= value <= MOST
    if shape is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MOST
    return _is_ratio(value) if shape is Ratio else isinstance(value, shape)


def _is_ratio(value: Any) -> bool:
    try:
        return isinstance(value, str) and parse_ratio(value) is not None
    except SpecError:
        return False


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(value) if not isinstance(value, int) or abs(value) <= MOST else "a huge number"
    return text if len(text) <= 60 else f"{text[:60]}…"
